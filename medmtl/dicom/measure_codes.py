"""What is measured, in codes of DICOM, SNOMED CT and UCUM; what has no public code is in a scheme of our own."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

SCHEME = "99MEDMTL"
ML, GRAM = Code("mL", "UCUM", "mL"), Code("g", "UCUM", "g")


@dataclass(frozen=True, slots=True)
class MeasureCode:
    """The name of a measurement and its unit; how it was derived from voxels, and by which method (None: plain)."""

    name: Code
    unit: Code
    derivation: Code | None = None
    method: Code | None = None


def _own(value: str, meaning: str) -> Code:
    return Code(value, SCHEME, meaning)


_SUV = (codes.DCM.Suvbw, codes.UCUM.StandardizedUptakeValueBodyWeight)
MEASURES: Mapping[str, MeasureCode] = {  # by the names of the table of features
    "volume_ml": MeasureCode(codes.SCT.Volume, ML, method=codes.DCM.SumOfSegmentedVoxelMethodForVolume),
    "suv_max": MeasureCode(*_SUV, derivation=codes.SCT.Maximum),
    "suv_mean": MeasureCode(*_SUV, derivation=codes.SCT.Mean),
    "tlg": MeasureCode(
        codes.DCM.TotalLesionGlycolysis, GRAM, method=_own("TLG", "SUVbw mean times volume of the region")
    ),
    "mtv_41_percent_ml": MeasureCode(
        codes.DCM.MetabolicVolume, ML, method=_own("MTV41", "Voxels of the region, SUVbw >= 41 % of its SUVmax")
    ),
    "mtv_suv_2_5_ml": MeasureCode(
        codes.DCM.MetabolicVolume, ML, method=_own("MTV2.5", "Voxels of the region, SUVbw >= 2.5 g/mL")
    ),
    "mtv_suv_4_ml": MeasureCode(
        codes.DCM.MetabolicVolume, ML, method=_own("MTV4", "Voxels of the region, SUVbw >= 4 g/mL")
    ),
}
RISKS: Mapping[str, MeasureCode] = {  # larger is worse; no probability
    "risk": MeasureCode(_own("RISK", "Log relative hazard, fused Cox model (higher = worse)"), codes.UCUM.NoUnits),
    "deep_log_hazard": MeasureCode(
        _own("LOGHAZARD", "Log relative hazard, network (higher = worse)"), codes.UCUM.NoUnits
    ),
}
GROUP = _own("RISKGROUP", "Risk group, cut at the training cases' median")
GROUPS: Mapping[str, Code] = {"low": codes.SCT.LowRisk, "high": codes.SCT.HighRisk}
WHOLE = _own("WHOLE", "All labels of the case together, and the case's risk")
