"""What the columns of HECKTOR's tables are called in one edition or another."""

import re
from collections.abc import Iterable
from typing import Final

ID: Final = "case_id"
CENTRE: Final = "centre"
BOX: Final = ("x1", "x2", "y1", "y2", "z1", "z2")  # corners [mm], in the patient's space
ENDPOINTS: Final = {"pfs": ("progression", "pfs"), "rfs": ("relapse", "rfs")}  # by their event and their days
_SPELT: Final = {  # by letters and digits alone, in lower case; what stands in brackets is left out
    ID: ("patientid", "pid", "patient"),
    CENTRE: ("centerid", "center", "centreid", "centre"),
    "age": ("age",),
    "sex": ("gender", "sex"),
    "performance_status": ("performancestatus",),
    "tobacco": ("tobacco", "tobaccoconsumption"),
    "alcohol": ("alcohol", "alcoholconsumption"),
    "weight_kg": ("weight", "weightkg", "estimatedweight", "estimatedweightforsuv", "estimatedweightkgforsuv"),
    "hpv": ("hpvstatus", "hpv"),
    "t_stage": ("tstage",),
    "n_stage": ("nstage",),
    "m_stage": ("mstage",),
    "tnm_edition": ("tnmedition",),
    "tnm_group": ("tnmgroup",),
    "surgery": ("surgery",),
    "chemotherapy": ("chemotherapy",),
    "treatment": ("treatment",),
    "progression": ("progression",),
    "pfs": ("progressionfreesurvival", "pfs", "pfsdays"),
    "relapse": ("relapse",),
    "rfs": ("rfs", "rfsdays", "relapsefreesurvival", "recurrencefreesurvival"),
    **{corner: (corner,) for corner in BOX},
}
_NAMES: Final = {spelling: name for name, spellings in _SPELT.items() for spelling in spellings}
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")


def known_columns(header: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what the columns hold, by this package's names: usually one column each, more where two fit one name."""
    found: dict[str, tuple[str, ...]] = {}
    for column in header:
        name = _NAMES.get(spelling(column))
        if name is not None:
            found[name] = (*found.get(name, ()), column)
    return found


def spelling(column: str) -> str:
    """Return a column's title by which it is known: its letters and digits, in lower case, without brackets."""
    return "".join(sign for sign in _IN_BRACKETS.sub("", column).lower() if sign.isalnum())
