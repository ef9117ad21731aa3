"""What the labels of a mask are called in the codes of SNOMED CT, and the colours they are shown in."""

import re
from dataclasses import dataclass

from highdicom.color import CIELabColor
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

CATEGORY: Code = codes.SCT.MorphologicallyAbnormalStructure


@dataclass(frozen=True, slots=True)
class LabelCode:
    """What a label is, where it lies (None: anywhere), and its colour (red, green, blue; 0 to 255)."""

    what: Code
    where: Code | None
    colour: tuple[int, int, int]

    @property
    def lab(self) -> CIELabColor:
        """The colour as DICOM SEG wants it."""
        return CIELabColor.from_rgb(*self.colour)


_CODES = (  # GTVp and GTVn as AAPM TG-263 names them
    (r"GTV[-_ ]?(p|t)\d*", LabelCode(codes.SCT.NeoplasmPrimary, None, (255, 64, 64))),
    (r"GTV[-_ ]?n\d*", LabelCode(codes.SCT.NeoplasmSecondary, codes.SCT.LymphNode, (64, 160, 255))),
)
_OTHER = LabelCode(codes.SCT.Neoplasm, None, (255, 200, 0))


def code_of(label: str) -> LabelCode:
    """Return the code of a label by its name; one that is not known is a neoplasm."""
    return next((code for pattern, code in _CODES if re.fullmatch(pattern, label, re.IGNORECASE)), _OTHER)
