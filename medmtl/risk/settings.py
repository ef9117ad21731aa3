"""What a user may choose about the fused outcome model."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ModelName = Literal["fused", "deep", "clinical", "volume", "image"]


class BlockName(StrEnum):
    """A source of columns."""

    DEEP = "deep"
    IMAGE = "image"  # log volume and log SUVmax, named before any data is seen
    VOLUME = "volume"  # log volume alone
    RADIOMICS = "radiomics"
    CLINICAL = "clinical"


MODELS: dict[ModelName, tuple[BlockName, ...]] = {
    "fused": (BlockName.DEEP, BlockName.IMAGE, BlockName.RADIOMICS, BlockName.CLINICAL),
    "deep": (BlockName.DEEP,),
    "clinical": (BlockName.CLINICAL,),
    "volume": (BlockName.VOLUME,),
    "image": (BlockName.IMAGE,),
}


class RiskSettings(BaseModel):
    """Which models are fitted, and by which rules columns enter them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: Annotated[tuple[ModelName, ...], Field(min_length=1, description="Models to fit and to compare.")] = (
        "fused",
        "deep",
        "clinical",
        "volume",
        "image",
    )
    penalizers: Annotated[
        tuple[Annotated[float, Field(gt=0)], ...],
        Field(min_length=1, description="Ridge penalties per case to choose from, on columns of unit variance."),
    ] = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    inner_folds: Annotated[
        int, Field(ge=2, description="Folds inside the training cases, to choose the penalty and to score radiomics.")
    ] = 5
    radiomics_score_min_events: Annotated[
        int, Field(ge=0, description="Training events below which radiomics enter as volume and SUVmax alone.")
    ] = 50
    redundancy: Annotated[
        float, Field(gt=0, le=1, description="Absolute Spearman correlation above which one feature stands for both.")
    ] = 0.9
    deep_entry: Annotated[
        Literal["always", "evidence"],
        Field(
            description="Whether the deep risk always enters the fused model or, with few events, only when its own "
            "out-of-fold C-index on the training cases has an interval above 0.5."
        ),
    ] = "evidence"
    deep_evidence_events: Annotated[
        int, Field(ge=0, description="Training events from which the deep risk needs no evidence.")
    ] = 30
    seed: Annotated[int, Field(ge=0, description="Seed of the inner folds and of the evidence's resamples.")] = 0
