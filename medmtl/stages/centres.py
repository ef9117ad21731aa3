"""Writes how well the centre can be told from the features, as measured and harmonised."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import pandas as pd

from medmtl.errors import MedmtlError
from medmtl.features.base import FeatureStatus
from medmtl.features.centre_auc import CentreAuc, centre_auc
from medmtl.features.engine.result import RegionStatus
from medmtl.features.extract import feature_names
from medmtl.features.harmoniser import Harmoniser
from medmtl.features.image_row import ExtractionPlan
from medmtl.features.measure_row import feature_columns
from medmtl.features.regions import RegionName
from medmtl.members import Member, build
from medmtl.report.centres import centres_page
from medmtl.stages.image_tables import FEATURES
from medmtl.stages.run import Run
from medmtl.whole_file import whole_file

COMBAT = Member(class_path="medmtl.features.combat.ComBat")
COLUMNS = ("part", "harmoniser", "before", "after", "cases", "centres", "reason")
MEASURED = [RegionStatus.OK.value, RegionStatus.TOO_SMALL.value]
TABLE, PAGE = "centres.csv", "centres.html"


@dataclass(frozen=True, slots=True, eq=False)
class CentreRows:
    """Measured features, one row per case, and the centre of each."""

    features: pd.DataFrame
    centres: Sequence[str]


def write_run_centres(run: Run, table: pd.DataFrame) -> None:
    """Write centres.csv of a run, by its own harmoniser, else by ComBat; of one centre alone nothing is written."""
    centres = {case.case_id: case.centre for case in run.cohort.cases}
    if len(set(centres.values())) < 2:
        run.folder.centres.unlink(missing_ok=True)
        return
    own = table[table["status"] == FeatureStatus.OK]
    rows = CentreRows(own[[*feature_names(run.experiment.radiomics)]], [centres[str(one)] for one in own.index])
    told = centre_table({"mask": rows}, run.experiment.risk.harmoniser or COMBAT)
    _write(told, run.folder.centres)


def write_image_centres(plan: ExtractionPlan, column: str, folder: Path) -> None:
    """Write centres.csv and centres.html of what `extract_images` measured; an empty cell is a centre not known.

    Each part is told of by its rows of the mask itself that could be measured.
    """
    table, features = pd.read_parquet(folder / f"{FEATURES}.parquet"), feature_columns(plan)
    known = table["status"].isin(MEASURED) & (table[column].fillna("") != "")
    own = table[(table["region"] == RegionName.MASK) & known]
    parts = {
        str(part): CentreRows(rows[[*features]], rows[column].astype(str).tolist())
        for part, rows in own.groupby("part", sort=False)
    }
    told = centre_table(parts, COMBAT)
    _write(told, folder / TABLE)
    with whole_file(folder / PAGE) as partial:
        partial.write_text(centres_page(told), "utf-8")


def centre_table(parts: Mapping[str, CentreRows], harmoniser: Member) -> pd.DataFrame:
    """Return one row per part of `COLUMNS`: the AUC before and after, of how many cases and which centres."""
    recipe = build(harmoniser, Harmoniser)  # type: ignore[type-abstract]
    name = harmoniser["class_path"].rpartition(".")[2]
    rows = []
    for part, one in parts.items():
        found = _auc(one, recipe)
        before, after, cases, centres, reason = astuple(found)
        rows.append((part, name, before, after, cases, ", ".join(centres), reason))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _auc(rows: CentreRows, recipe: Harmoniser) -> CentreAuc:
    try:
        return centre_auc(rows.features.to_numpy(dtype=float), rows.centres, recipe)
    except MedmtlError as error:  # a diagnostic, which must not cost the features
        return CentreAuc(float("nan"), float("nan"), len(rows.centres), tuple(sorted(set(rows.centres))), str(error))


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as partial:
        table.to_csv(partial, index=False)
