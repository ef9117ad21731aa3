"""How images become the network's input: the options of `prepare` in an experiment."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from medmtl.members import Member

WHOLE = Member(class_path="medmtl.imaging.region.whole.Whole")
Positive = Annotated[float, Field(gt=0)]


class PrepareSettings(BaseModel):
    """How images become the network's input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spacing_mm: tuple[Positive, Positive, Positive] = Field((4.0, 4.0, 4.0), description="Working grid [mm], x y z.")
    suv_ceiling: Positive = Field(30.0, description="SUV [g/mL] is clipped to 0..this, then log(1 + SUV) is taken.")
    ct_window_hu: tuple[float, float] = Field((-200.0, 300.0), description="HU is clipped to this window, as -1..1.")
    labels: dict[str, Annotated[int, Field(gt=0, lt=256)]] = Field(
        {"GTVp": 1}, description="The regions to segment and their label values in the masks."
    )

    region: Member = Field(WHOLE, description="Which part of the CT the network sees, chosen without the mask.")

    def told(self) -> str:
        """Return the settings as a text that changes with what is prepared; all of the CT is as if not told."""
        return self.model_dump_json(exclude={"region"} if self.region == WHOLE else None)

    @field_validator("ct_window_hu")
    @classmethod
    def _ascends(cls, window: tuple[float, float]) -> tuple[float, float]:
        if not window[0] < window[1]:
            raise ValueError("a window must go from its lower to its upper end")
        return window

    @field_validator("labels")
    @classmethod
    def _are_distinct(cls, labels: dict[str, int]) -> dict[str, int]:
        if not labels or len(set(labels.values())) < len(labels):
            raise ValueError("there must be a region to segment, and no two may share a label value")
        return labels
