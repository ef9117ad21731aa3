"""The classes of features, by PyRadiomics' names."""

from typing import Literal

FeatureClass = Literal["shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm"]
FEATURE_CLASSES: tuple[FeatureClass, ...] = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
