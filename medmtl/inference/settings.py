"""How trained models are applied: the options of `inference` in an experiment."""

from pydantic import BaseModel, ConfigDict, Field


class InferenceSettings(BaseModel):
    """Views and clean-up of the predicted mask."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flips: bool = Field(True, description="Average over the eight mirrored views of a case.")
    min_component_ml: float = Field(
        0.5, ge=0, description="Connected parts of a mask below this volume [mL] are removed."
    )
    largest_only: bool = Field(False, description="Keep the largest connected part alone.")
