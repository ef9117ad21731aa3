"""How images become the network's input: the options of `prepare` in an experiment."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _ascending(window: tuple[float, float]) -> tuple[float, float]:
    if not window[0] < window[1]:
        raise ValueError("a window must go from its lower to its upper end")
    return window


def _distinct(labels: dict[str, int]) -> dict[str, int]:
    if len(set(labels.values())) < len(labels):
        raise ValueError("two regions must not share a label value")
    return labels


Positive = Annotated[float, Field(gt=0)]
Window = Annotated[tuple[float, float], AfterValidator(_ascending)]
Labels = Annotated[dict[str, Annotated[int, Field(gt=0, lt=256)]], Field(min_length=1), AfterValidator(_distinct)]


class PrepareSettings(BaseModel):
    """How images become the network's input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spacing_mm: tuple[Positive, Positive, Positive] = Field((4.0, 4.0, 4.0), description="Working grid [mm], x y z.")
    suv_ceiling: Positive = Field(30.0, description="SUV [g/mL] is clipped to 0..this, then log(1 + SUV) is taken.")
    ct_window_hu: Window = Field((-200.0, 300.0), description="HU is clipped to this window, as -1..1.")
    labels: Labels = Field({"GTVp": 1}, description="The regions to segment and their label values in the masks.")
