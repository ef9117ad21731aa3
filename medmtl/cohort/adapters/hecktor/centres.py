"""Which hospital a case of HECKTOR came from: what its id begins with, else the number in its table."""

import re
from typing import Final

PATIENT = re.compile(r"[A-Za-z][A-Za-z]*[-_]?\d+")  # CHGJ007 in 2020 and 2021, CHUM-001 since
_BEGINS = re.compile(r"[A-Za-z]+")
_RENAMED: Final = {"CHGJ": "HGJ", "CHMR": "HMR"}  # as 2022 and later write the hospitals of 2020 and 2021
CENTRES: Final = frozenset(("CHB", "CHUM", "CHUP", "CHUS", "CHUV", "HGJ", "HMR", "MDA", "USZ"))


def centre_of(case_id: str, number: str | None) -> str:
    """Return the hospital; ids that begin otherwise are of the centre that the table numbers, or of that beginning."""
    begins = _BEGINS.match(case_id)
    prefix = begins[0].upper() if begins else ""
    name = _RENAMED.get(prefix, prefix)
    if name in CENTRES:
        return name
    return f"centre_{number}" if number else name or "unknown"


def key_of(case_id: str) -> str:
    """Return what tells patients apart: the id in upper case without hyphens, underscores and blanks."""
    return re.sub(r"[-_\s]", "", case_id).upper()
