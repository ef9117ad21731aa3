"""What a user may choose about radiomics."""

from math import ceil
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from medmtl.features.regions import RegionName
from medmtl.features.stability_settings import StabilitySettings

ImageType = Literal["Original", "LoG", "Wavelet"]
FeatureClass = Literal["shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm"]

MIN_PAD_VOXELS = 5  # pyradiomics' own default, exact for wavelets
_TAKEN = {*(region.value for region in RegionName), "pet", "ct"}  # beginnings of other columns
PAD_SIGMAS = 4.0  # a Gaussian is spent at 4 sigma; with less, a tenth of the LoG features moves by over 8 %


class RadiomicsSettings(BaseModel):
    """How the images are brought to one spacing, discretised and measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spacing_mm: Annotated[float, Field(gt=0, description="Isotropic spacing [mm] at which textures are measured.")] = (
        3.0
    )
    pet_bin_width: Annotated[float, Field(gt=0, description="Width of a grey level of PET [SUV].")] = 0.25
    ct_bin_width: Annotated[float, Field(gt=0, description="Width of a grey level of CT [HU].")] = 25.0
    labels: Annotated[
        tuple[int, ...], Field(description="Mask labels measured together as one region; empty: every label but 0.")
    ] = ()
    parts: Annotated[
        dict[str, int],
        Field(description="Labels measured one by one as well, by name, such as {GTVp: 1, GTVn: 2}: `GTVp_volume_ml`."),
    ] = {}
    min_voxels: Annotated[
        int, Field(ge=8, description="Voxels at `spacing_mm` below which a region is too small for textures.")
    ] = 64
    image_types: Annotated[
        tuple[ImageType, ...], Field(min_length=1, description="Images to measure: as they are, or filtered.")
    ] = ("Original",)
    log_sigma_mm: Annotated[
        tuple[float, ...], Field(min_length=1, description="Widths [mm] of the Laplacian of Gaussian (LoG).")
    ] = (3.0, 6.0)
    feature_classes: Annotated[
        tuple[FeatureClass, ...], Field(min_length=1, description="PyRadiomics' feature classes.")
    ] = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")

    regions: Annotated[
        tuple[RegionName, ...],
        Field(description="Further regions of each mask that are measured too, such as shell_4mm; docs/radiomics.md."),
    ] = ()

    stability: Annotated[
        StabilitySettings, Field(description="What is measured again, slightly changed: which features keep still.")
    ] = StabilitySettings()

    @field_validator("parts")
    @classmethod
    def _named(cls, parts: dict[str, int]) -> dict[str, int]:
        clash = [name for name in parts if not name.isidentifier() or name in _TAKEN]
        if clash or len(set(parts.values())) < len(parts) or min(parts.values(), default=1) < 1:
            raise ValueError(
                "`parts` must give labels of 1 or more, each once, names of letters and digits that no region has"
            )
        return parts

    @field_validator("regions")
    @classmethod
    def _further(cls, names: tuple[RegionName, ...]) -> tuple[RegionName, ...]:
        if RegionName.MASK in names or len(set(names)) < len(names):
            raise ValueError("`regions` must name every region once, and not the mask itself: it is always measured")
        return names

    @model_validator(mode="after")
    def _within(self) -> Self:
        beyond = sorted(set(self.parts.values()) - set(self.labels)) if self.labels else []
        if beyond:
            raise ValueError(f"`parts` must be among `labels` {list(self.labels)}. Found {beyond}")
        return self

    def told(self) -> str:
        """Return all that decides what is measured of one image and mask, as text."""
        return self.model_dump_json(exclude={"stability"})

    @property
    def pad_voxels(self) -> int:
        """Voxels of surroundings kept around the region, so that no filter feels the edge."""
        reach = max(self.log_sigma_mm) if "LoG" in self.image_types else 0.0
        return max(MIN_PAD_VOXELS, ceil(PAD_SIGMAS * reach / self.spacing_mm))
