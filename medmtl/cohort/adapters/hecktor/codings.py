"""What a cell of HECKTOR's clinical tables means: codes become named levels, the many spellings of a stage one."""

import re
from collections.abc import Mapping
from typing import Final

from medmtl.cohort.cells import read_number
from medmtl.errors import MedmtlError

_UNKNOWN: Final = frozenset(("unknown", "not available", "not assessed", "not evaluated"))
_NO_YES: Final = {"0": "no", "no": "no", "n": "no", "1": "yes", "yes": "yes", "y": "yes"}
_SEX: Final = dict.fromkeys(("1", "m", "male"), "Male") | dict.fromkeys(("0", "2", "f", "female"), "Female")
_HPV: Final = dict.fromkeys(("0", "negative", "neg"), "negative") | dict.fromkeys(("1", "positive", "pos"), "positive")
_TREATMENT: Final = {"0": "radiotherapy", "1": "chemoradiotherapy"}  # as the dictionary of 2025 has it
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sex": _SEX,
    "tobacco": _NO_YES,
    "alcohol": _NO_YES,
    "surgery": _NO_YES,
    "chemotherapy": _NO_YES,
    "hpv": _HPV,
    "performance_status": {str(grade): str(grade) for grade in range(5)},
    "tnm_edition": {"7": "7", "7th": "7", "8": "8", "8th": "8"},
}
_PREFIX = r"(?:[yra]{0,2}[cp])?"  # how a stage was found: clinically, in pathology, after therapy, at recurrence
_STAGES: Final = {
    "t_stage": re.compile(rf"{_PREFIX}t?\s*([0-4x]|is)(?:mi|[a-e])?\d?", re.IGNORECASE),
    "n_stage": re.compile(rf"{_PREFIX}n?\s*([0-3x])(?:mi|[a-c])?\d?", re.IGNORECASE),
    "m_stage": re.compile(rf"{_PREFIX}m?\s*([01x])[a-c]?", re.IGNORECASE),
}
_GROUP = re.compile(r"(?:stage\s*)?(0|iv|i{1,3}|[1-4])\s*[a-c]?", re.IGNORECASE)
_ROMAN: Final = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_RANGES: Final = {"age": (0.0, 120.0), "weight_kg": (20.0, 400.0)}  # what a person can be


def decode(name: str, cell: str, year: int, decimal: str) -> float | str | None:
    """Return the value of a cell that is not empty, None where it says that nothing is known (`unknown`, Tx, Nx, Mx).

    `decimal` is how the table writes decimals. A sub-stage is given up: N2b is N2, IVA is IV, T4a is T4. Raises
    MedmtlError for what the edition does not define, naming what it does.
    """
    text = _whole(cell)
    if text.lower() in _UNKNOWN:
        return None
    if name in _RANGES:
        return _within(name, read_number(cell, decimal))
    if name in _STAGES:
        return _stage(name, text)
    if name == "tnm_group":
        return _group(text)
    return _treatment(text, year) if name == "treatment" else _word(text, _WORDS[name])


def _whole(cell: str) -> str:
    """Return a whole number without its decimals (1.0 is the code 1), and any other cell as it is."""
    return re.sub(r"^(\d+)[.,]0+$", r"\1", cell.strip())


def _word(text: str, words: Mapping[str, str]) -> str:
    if text.lower() not in words:
        raise MedmtlError(f"one of {', '.join(words)} must stand here, or nothing. Found {text!r}")
    return words[text.lower()]


def _within(name: str, value: float) -> float:
    low, high = _RANGES[name]
    if not low < value <= high:
        raise MedmtlError(f"a number above {low:g}, to {high:g}, must stand here, or nothing. Found {value:g}")
    return value


def _stage(name: str, text: str) -> str | None:
    found, letter = _STAGES[name].fullmatch(text), name[0].upper()
    if found is None:
        raise MedmtlError(f"a stage such as {letter}1 must stand here, or nothing. Found {text!r}")
    stage = found[1].lower()
    return None if stage == "x" else letter + stage


def _group(text: str) -> str:
    found = _GROUP.fullmatch(text)
    if found is None:
        raise MedmtlError(f"a stage group, I to IV, must stand here, or nothing. Found {text!r}")
    return _ROMAN.get(found[1], found[1].upper())


def _treatment(text: str, year: int) -> str:
    """Return the word of 2025's dictionary; 2026 has codes that it does not explain, and they stay codes."""
    if year == 2025:
        return _word(text, _TREATMENT | {word: word for word in _TREATMENT.values()})
    return f"code_{text}" if text.isdigit() else text.lower()
