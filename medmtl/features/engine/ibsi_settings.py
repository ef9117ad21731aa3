"""What a user may choose of IBSI's image processing (Zwanenburg A et al., arXiv:1612.07003)."""

from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from medmtl.features.engine.feature_classes import FEATURE_CLASSES, FeatureClass
from medmtl.features.engine.stock import check_parameters

FORBID = ConfigDict(extra="forbid", frozen=True)
Length = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FixedBinSize(BaseModel):
    """Grey level floor((x - lowest) / width) + 1 (IBSI Q3RU); `lowest` absent: the region's lowest value."""

    model_config = FORBID

    kind: Literal["fixed_bin_size"] = "fixed_bin_size"
    width: Annotated[float, Field(gt=0, description="Width of a grey level, in the image's unit.")] = 25.0
    lowest: Annotated[
        float | None, Field(description="Lower edge of level 1; absent: that of the range, or the region's minimum.")
    ] = None


class FixedBinNumber(BaseModel):
    """As many grey levels of equal width as asked for, between the region's extremes (IBSI K15C)."""

    model_config = FORBID

    kind: Literal["fixed_bin_number"] = "fixed_bin_number"
    levels: Annotated[int, Field(ge=2, description="Number of grey levels.")] = 32


class IbsiSettings(BaseModel):
    """From the image as it is to grey levels, in IBSI's order, and which neighbours textures are made of."""

    model_config = FORBID

    spacing_mm: Annotated[
        tuple[Length, Length, Length] | None,
        Field(description="Spacing x, y, z [mm] of the interpolated image; 0 keeps that axis; null: no interpolation."),
    ] = (2.0, 2.0, 2.0)
    interpolation: Literal["nearest", "linear", "cubic"] = Field("linear", description="How the image is interpolated.")
    round_to: Annotated[
        float | None, Field(gt=0, description="Interpolated values are rounded to multiples of this; null: not (PET).")
    ] = 1.0
    mask_threshold: Annotated[
        float, Field(gt=0, le=1, description="Share of a voxel that must lie in the linearly interpolated mask.")
    ] = 0.5
    resegment_range: Annotated[
        tuple[float | None, float | None] | None,
        Field(description="Lowest and highest value, both included, of the intensity mask; null leaves a side open."),
    ] = None
    outlier_sigma: Annotated[
        float | None,
        Field(gt=0, description="Values further than this many standard deviations from the mean go, after the range."),
    ] = None
    discretisation: Annotated[FixedBinSize | FixedBinNumber, Field(discriminator="kind")] = FixedBinSize()
    texture_dimension: Annotated[
        Literal["3D", "2.5D", "2D"],
        Field(description="Neighbours in the volume; in the slice, counted over all; or averaged slice by slice."),
    ] = "3D"
    aggregation: Annotated[
        tuple[Literal["average", "merged"], ...],
        Field(min_length=1, description="GLCM and GLRLM: mean over directions, matrices of all directions merged."),
    ] = ("average", "merged")
    image_types: dict[str, dict[str, Any]] = Field(default={"Original": {}}, description="As PyRadiomics' imageType.")
    feature_classes: Annotated[tuple[FeatureClass, ...], Field(min_length=1)] = FEATURE_CLASSES
    dependence_alpha: Annotated[int, Field(ge=0, description="Coarseness of the dependence matrix.")] = 0
    pad_voxels: Annotated[int, Field(ge=0, description="Surroundings kept around the region for filters.")] = 12

    @field_validator("image_types")
    @classmethod
    def _accepted(cls, types: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        check_parameters({"imageType": types})
        return types

    @field_validator("aggregation", "feature_classes")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"each must be named once. Found {', '.join(names)}")
        return names

    @model_validator(mode="after")
    def _possible(self) -> Self:
        low, high = self.bounds
        if not low < high:
            raise ValueError(f"`resegment_range` must go from a lower to a higher value. Found {low:g} to {high:g}")
        if isinstance(self.discretisation, FixedBinSize) and self.discretisation.lowest is not None:
            self._check_lowest(self.discretisation.lowest)
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that the range lets in, infinite where it is open."""
        low, high = self.resegment_range or (None, None)
        return -inf if low is None else low, inf if high is None else high

    def _check_lowest(self, lowest: float) -> None:
        low, high = self.bounds
        if not (low == -inf or lowest <= low) or lowest > high:
            raise ValueError(
                f"`discretisation.lowest` must not lie above the range's lower bound {low:g}: values between them "
                f"would have no grey level. Found {lowest:g}"
            )
