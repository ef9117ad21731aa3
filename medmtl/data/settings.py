"""How cases become batches: the options of `data` in an experiment."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Edge = Annotated[int, Field(ge=8)]


class AugmentSettings(BaseModel):
    """How strongly training patches are varied; 0 switches one kind off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flip: Fraction = Field(0.5, description="Probability of a mirror along each axis.")
    rotate_radians: float = Field(0.3, ge=0, description="Largest rotation about each axis [rad].")
    scale: Fraction = Field(0.2, description="Largest relative change of size along each axis.")
    translate_voxels: float = Field(3.0, ge=0, description="Largest shift along each axis [voxels].")
    pet_gain: Fraction = Field(0.15, description="Largest relative change of the normalised PET.")
    ct_shift: Fraction = Field(0.1, description="Largest shift of the normalised CT.")
    noise: float = Field(0.03, ge=0, description="Standard deviation of added noise, normalised units.")


class DataSettings(BaseModel):
    """Patches and batches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patch: tuple[Edge, Edge, Edge] = Field((64, 64, 64), description="Patch [voxels], z y x; smaller cases are padded.")
    batch_size: int = Field(4, ge=1, description="Cases per step.")
    foreground: Fraction = Field(
        0.8, description="Part of the patches centred on a tumour voxel, where a case is larger."
    )
    workers: int = Field(0, ge=0, description="Processes that load ahead; 0 loads in the training process.")
    augment: AugmentSettings = Field(AugmentSettings(), description="Variation of training patches.")
