"""Searches a folder for one edition of HECKTOR, and says what it found."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medmtl.cohort.adapters.hecktor.editions import Edition
from medmtl.cohort.adapters.hecktor.layout import Layout, find_cases, walk
from medmtl.cohort.adapters.hecktor.patients import Patient, read_patients
from medmtl.cohort.adapters.hecktor.sheets import Sheets, find_sheets
from medmtl.cohort.adapters.hecktor.signs import check_edition, find_signs
from medmtl.cohort.adapters.hecktor.suv_table import SuvRow, is_suv_table, read_suv_rows
from medmtl.cohort.tables import Table, read_table
from medmtl.errors import CaseError, MedmtlError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What a folder holds: the cases with images, what the tables say of patients, and how their PET becomes SUV.

    All three are by the patient's key (`centres.key_of`); `tables` are the files that were read.
    """

    layout: Layout
    patients: Mapping[str, Patient | CaseError]
    suv: Mapping[str, SuvRow | MedmtlError]
    tables: tuple[Path, ...]


def read_tree(source: Path, edition: Edition, suv_table: Path | None) -> Tree:
    """Return what the folder holds; `suv_table` takes the place of one that lies in it.

    Raises MedmtlError where there is no image of a patient, where a table cannot be used, or where the tree looks like
    another edition.
    """
    if not source.is_dir():
        raise MedmtlError(f"{source}: the folder of the challenge's data must exist. Correct the path.")
    paths = list(walk(source))
    layout = find_cases(paths)
    if not layout.cases:
        raise MedmtlError(_nothing(source, paths))
    sheets = find_sheets(paths)
    check_edition(source, edition, find_signs(source, paths, layout, sheets.patients))
    conversions = sheets.suv if suv_table is None else (_given(suv_table),)
    rows = read_suv_rows(conversions)
    _tell(source, edition, layout, sheets, len(rows))
    _tell_of_outcome(edition, sheets)
    files = [sheet.table.path for sheet in sheets.patients] + [table.path for table in conversions]
    return Tree(layout, read_patients(sheets.patients, edition), rows, tuple(files))


def _given(path: Path) -> Table:
    table = read_table(path)
    if not is_suv_table(table):
        header = ", ".join(map(str, table.cells.columns))
        raise MedmtlError(f"{path}: an SUV table must have the columns pid and bqml_to_suvbw_factor. Found {header}.")
    return table


def _nothing(source: Path, paths: list[Path]) -> str:
    names = "ID_ct, ID_pt and ID_gtvt (2020, 2021), or ID__CT, ID__PT and ID (since 2022), as .nii.gz or .mha"
    found = ", ".join(path.name for path in paths[:3])
    return (
        f"{source}: images must be named {names}. Found {len(paths)} files, none so named ({found or 'none at all'})."
    )


def _tell(source: Path, edition: Edition, layout: Layout, sheets: Sheets, n_suv: int) -> None:
    _LOG.info("HECKTOR %d in %s: %s", edition.year, source, layout.describe())
    for sheet in sheets.patients:
        place, lines = sheet.table.path.relative_to(source), len(sheet.table.cells)
        _LOG.info("table %s: %s of %d patients", place, " and ".join(sheet.kinds), lines)
    if n_suv:
        _LOG.info("constants to convert PET to SUV: of %d patients", n_suv)
    for path in sheets.others:
        _LOG.info("table %s: not used, since it names no patient or nothing that is known", path.relative_to(source))


def _tell_of_outcome(edition: Edition, sheets: Sheets) -> None:
    if edition.endpoint is None:
        _LOG.warning("HECKTOR %d has no outcome: learn masks alone, with configs/hecktor2020.yaml", edition.year)
    elif not any("endpoints" in sheet.kinds for sheet in sheets.patients):
        _LOG.warning("no table tells of %s: the manifest has no endpoint, and gives masks alone", edition.endpoint)
