"""Gives a run's own repeated measurements to the selectors that ask for the features which keep still."""

from medmtl.experiment import OWN_REPEATS, asks_own_repeats
from medmtl.members import Member
from medmtl.risk.settings import RiskSettings
from medmtl.stages.extract_alone import REPEATS
from medmtl.stages.run import Run


def risk_settings(run: Run) -> RiskSettings:
    """Return the run's settings of risk; a selector `Reliable` without `repeats` reads those of the run.

    Within each fit it meets the repeats of the training cases alone, and their masks are out of fold, as the features.
    """
    settings, table = run.experiment.risk, run.folder.stability / f"{REPEATS}.parquet"
    chosen = tuple(_with(one, str(table)) if asks_own_repeats(one) else one for one in settings.selectors)
    return settings.model_copy(update={"selectors": chosen})


def _with(member: Member, table: str) -> Member:
    return Member(class_path=member["class_path"], init_args={**member.get("init_args", {}), OWN_REPEATS: table})
