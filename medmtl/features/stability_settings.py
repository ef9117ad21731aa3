"""What a run measures again, slightly changed, to tell which features keep still."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MaskChange = Literal["flips", "thresholds", "ensemble", "border"]
ImageChange = Literal["noise", "translation"]
Threshold = Annotated[float, Field(gt=0, lt=1)]

OF_THE_NETWORK = ("flips", "thresholds", "ensemble")  # the other masks are made of the predicted one


class StabilitySettings(BaseModel):
    """Which changes of a case's mask and images; none: nothing is measured twice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    masks: Annotated[
        tuple[MaskChange, ...],
        Field(
            description="Further masks: of each mirrored view, of other thresholds, of each model alone (new cases "
            "only: of a run's own, one model never saw the case), and with the border moved out and in."
        ),
    ] = ()
    images: Annotated[
        tuple[ImageChange, ...],
        Field(description="Changes of the images: noise of their own size, a quarter of a voxel's translation."),
    ] = ()
    thresholds: Annotated[
        tuple[Threshold, ...],
        Field(description="Probabilities of tumour at which `thresholds` cuts; 0.5 is the mask itself."),
    ] = (0.3, 0.7)

    @property
    def asked(self) -> bool:
        """Whether anything is measured again."""
        return bool(self.masks or self.images)

    def asks_network(self) -> bool:
        """Return whether masks are wanted that only a prediction can give."""
        return any(name in OF_THE_NETWORK for name in self.masks)
