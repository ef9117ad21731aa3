"""Says what a clinical column measures from the words in it, by a rule that is told."""

from collections import Counter
from collections.abc import Sequence

from medmtl.cohort.cells import looks_like_date, read_number
from medmtl.errors import MedmtlError
from medmtl.records import ClinicalColumn, Scale

MOST_LEVELS = 12  # more words than this are free text, or ids


def infer_column(name: str, cells: Sequence[str], decimal: str, predictor: bool) -> ClinicalColumn | str:
    """Return the column, or why it cannot be carried; `cells` are the known ones only.

    Numeric where every cell is a number. Else nominal with its words as levels, in the order of the alphabet, where
    there are at most `MOST_LEVELS` and one occurs twice, or where the column is to be a predictor. Dates are neither.
    """
    if not cells:
        return "no cell is filled"
    if all(_is_number(cell, decimal) for cell in cells) and not all(_is_eight_digit_date(cell) for cell in cells):
        return ClinicalColumn(name, Scale.NUMERIC, predictor=predictor)
    if any(looks_like_date(cell) for cell in cells):
        return "it holds dates"
    counts = Counter(cells)
    if not predictor and (len(counts) > MOST_LEVELS or max(counts.values()) < 2):
        return f"free text: {len(counts)} different words in {len(cells)} cells"
    return ClinicalColumn(name, Scale.NOMINAL, tuple(sorted(counts)), predictor)


def _is_number(cell: str, decimal: str) -> bool:
    try:
        read_number(cell, decimal)
    except MedmtlError:
        return False
    return True


def _is_eight_digit_date(cell: str) -> bool:
    return len(cell) == 8 and looks_like_date(cell)
