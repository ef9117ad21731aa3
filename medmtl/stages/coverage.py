"""Tells how much of the reference masks lies in what the network sees: what is cut off cannot be found."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from medmtl.imaging.coverage import Coverage, coverage
from medmtl.imaging.prepared import load_grid
from medmtl.records import Case, Cohort
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)
_COLUMNS = ["case_id", "label", "volume_ml", "inside"]
_NAMED = 10  # of the cases that are cut; the table has them all


def write_coverage(cohort: Cohort, files: Mapping[str, Path], labels: dict[str, int], path: Path, workers: int) -> None:
    """Write for each reference mask and label the part that lies in the region; a case without a file is left out."""
    parallel = Parallel(n_jobs=workers)
    found: Sequence[tuple[Coverage, ...]] = parallel(
        delayed(_one)(case, files[case.case_id], labels)
        for case in cohort.cases
        if case.mask is not None and case.case_id in files
    )
    rows = [asdict(one) for ones in found for one in ones]
    with whole_file(path) as partial:
        pd.DataFrame(rows, columns=_COLUMNS).to_csv(partial, index=False)


def tell_coverage(path: Path) -> None:
    """Log in one sentence how many masks lie wholly in the region, and name those that do not."""
    if not path.is_file():  # a run that was begun before there was such a table
        return
    table = pd.read_csv(path, dtype={"case_id": str}).dropna(subset="inside")
    cut = table[table["inside"] < 1].sort_values("inside")
    cases = table["case_id"].nunique()
    whole = cases - cut["case_id"].nunique()
    _LOG.info("coverage: %d of %d reference masks lie wholly in the region", whole, cases)
    for case_id, label, inside in zip(*(cut[name][:_NAMED] for name in ("case_id", "label", "inside")), strict=True):
        outside = max(100 * (1 - inside), 0.1)  # one voxel of many is not none
        _LOG.warning("Case %s: %.1f%% of its %s lies outside of the region", case_id, outside, label)
    if len(cut) > _NAMED:
        _LOG.warning("%d more are cut; %s has them all", len(cut) - _NAMED, path)


def _one(case: Case, file: Path, labels: dict[str, int]) -> tuple[Coverage, ...]:
    return coverage(case, load_grid(file), labels)
