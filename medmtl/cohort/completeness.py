"""What a table lacks, by centre, and columns from which nothing can be learned."""

from collections.abc import Sequence

import pandas as pd

from medmtl.findings import Finding, warning
from medmtl.records import ClinicalColumn, Scale

_FEWEST = 3  # cases of a centre from which on a wholly missing column is no accident


def completeness_findings(
    table: pd.DataFrame, columns: Sequence[ClinicalColumn], endpoints: Sequence[str]
) -> list[Finding]:
    """Return the warnings about cells that are missing, constant or seen once, and about centres of one case."""
    known = _asked(table, columns, endpoints)
    found = [*_unused(table, endpoints), *_centres(table)]
    for name in known:
        found += _empty(known[name], str(name)) or _whole_centres(known[name], table)
    for column in columns:
        if column.name in table:
            found += _constant(table[column.name], column.name)
        if column.scale is not Scale.NUMERIC and column.name in table:
            found += _rare(table[column.name].dropna(), column.name)
    return found


def missing_by_centre(table: pd.DataFrame, columns: Sequence[ClinicalColumn], endpoints: Sequence[str]) -> pd.DataFrame:
    """Return how many cases lack each item: a row per centre, then all; the column `cases` counts the centre's."""
    asked = _asked(table, columns, endpoints)
    centres = _centre_of(table)
    rows = {str(name): [len(group), *group.isna().sum().tolist()] for name, group in asked.groupby(centres, sort=True)}
    rows["all"] = [len(asked), *asked.isna().sum().tolist()]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["cases", *asked.columns])


def _asked(table: pd.DataFrame, columns: Sequence[ClinicalColumn], endpoints: Sequence[str]) -> pd.DataFrame:
    """Return the cells of masks, endpoints (by their days) and clinical columns, under the names for people."""
    names = {"mask": "mask", **{f"{name}_days": name for name in endpoints}, **{c.name: c.name for c in columns}}
    present = {name: said for name, said in names.items() if name in table}
    return table[list(present)].rename(columns=present)


def _centre_of(table: pd.DataFrame) -> "pd.Series[str]":
    return table["centre"].fillna("(none)") if "centre" in table else pd.Series("(none)", index=table.index)


def _unused(table: pd.DataFrame, endpoints: Sequence[str]) -> list[Finding]:
    labels = table.reindex(columns=["mask", *(f"{name}_days" for name in endpoints)])
    rows = labels.index[labels.isna().all(axis=1)]
    ids = table["case_id"] if "case_id" in table else pd.Series(index=table.index, dtype=object)
    found = warning("nothing-known", "a case with neither mask nor endpoint teaches nothing. Add one, or take it out.")
    return [found.of(ids[row] or "", int(row) + 2) for row in rows]


def _centres(table: pd.DataFrame) -> list[Finding]:
    sizes = _centre_of(table).value_counts()
    single = sorted(sizes.index[sizes == 1]) if len(sizes) > 1 else []
    if not single:
        return []
    message = f"a centre should have several cases. Found one in: {', '.join(single)}. Is the name spelt as elsewhere?"
    return [warning("centre-single", message, column="centre")]


def _empty(cells: "pd.Series[str]", name: str) -> list[Finding]:
    if cells.notna().any():
        return []
    return [warning("column-empty", "every cell is missing, so nothing can be learned from it.", column=name)]


def _constant(cells: "pd.Series[str]", name: str) -> list[Finding]:
    if len(cells) < 2 or cells.isna().any() or len(cells.unique()) > 1:
        return []
    message = f"every cell is {cells.iloc[0]!r}, so nothing can be learned from it."
    return [warning("column-constant", message, column=name)]


def _whole_centres(cells: "pd.Series[str]", table: pd.DataFrame) -> list[Finding]:
    groups = cells.isna().groupby(_centre_of(table))
    lost = [str(name) for name, missing in groups if missing.all() and len(missing) >= _FEWEST]
    if not lost:
        return []
    message = (
        f"every cell is missing in {', '.join(lost)}, but not elsewhere: what is learned from it tells centres "
        "apart, not patients."
    )
    return [warning("missing-in-centre", message, column=str(cells.name))]


def _rare(cells: "pd.Series[str]", name: str) -> list[Finding]:
    counts = cells.value_counts()
    once = sorted(counts.index[counts == 1]) if len(counts) > 1 else []
    if not once:
        return []
    message = f"a level should be seen often. Found once: {', '.join(once)}. Merge levels, or mend the spelling."
    return [warning("level-once", message, column=name)]
