"""What a user may choose about the fused outcome model."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from medmtl.members import Member

ModelName = Literal["fused", "deep", "clinical", "volume", "image"]


class BlockName(StrEnum):
    """A source of columns."""

    DEEP = "deep"
    IMAGE = "image"  # log volume and log SUVmax, named before any data is seen
    VOLUME = "volume"  # log volume alone
    RADIOMICS = "radiomics"  # one cross-fitted score
    ALL_RADIOMICS = "all_radiomics"  # every feature that the selectors leave, for models that choose or average
    CLINICAL = "clinical"


RIDGE = "medmtl.risk.ridge_cox.RidgeCox"
ELASTIC_NET = "medmtl.risk.elastic_net_cox.ElasticNetCox"
MODELS: dict[str, tuple[BlockName, ...]] = {
    "fused": (BlockName.DEEP, BlockName.IMAGE, BlockName.RADIOMICS, BlockName.CLINICAL),
    "deep": (BlockName.DEEP,),
    "clinical": (BlockName.CLINICAL,),
    "volume": (BlockName.VOLUME,),
    "image": (BlockName.IMAGE,),
    "elastic_net": (BlockName.DEEP, BlockName.IMAGE, BlockName.ALL_RADIOMICS, BlockName.CLINICAL),
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
    members: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], Member],
        Field(
            description="Further models by name, each a class and its arguments, `blocks` among them; a name of "
            "`models` is replaced. None given: ridge Cox models, and an elastic net where events are many."
        ),
    ] = {}
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
    clinical_if_few: Annotated[
        int,
        Field(
            ge=0, description="Clinical columns, the first of the schema, in a mixed model below deep_evidence_events."
        ),
    ] = 3
    clinical_if_some: Annotated[
        int, Field(ge=0, description="The same from there on, below elastic_net_min_events.")
    ] = 4
    elastic_net_min_events: Annotated[
        int, Field(ge=0, description="Training events from which an elastic net on all features is reported as well.")
    ] = 100
    selectors: Annotated[
        tuple[Member, ...],
        Field(description="Further choices among the radiomics, in order, after `redundancy`; inside the training."),
    ] = ()
    harmoniser: Annotated[
        Member | None,
        Field(description="What takes the centre out of the radiomics, fitted inside the training; None is nothing."),
    ] = None
    nested: Annotated[
        bool,
        Field(
            description="Whether the penalty is chosen by refitting everything, scales and radiomics score included, "
            "without each part of the training cases in turn; a part is what one network held out."
        ),
    ] = False
    repeats: Annotated[
        int,
        Field(ge=0, description="Further random divisions of the cases by which every model is cross-fitted as well."),
    ] = 0
    by_centre: Annotated[
        bool, Field(description="Whether every model is fitted without each centre in turn as well.")
    ] = False
    permutations: Annotated[
        int,
        Field(
            ge=0,
            description="Permuted outcomes to find the C-index of `fused` (else the first model) on; 0: none.",
        ),
    ] = 0
    optimism: Annotated[
        int,
        Field(
            ge=0,
            description="Resamples on which each of `models` is fitted again, to tell by how much the C-index on the "
            "cases of the fit flatters; 0: none. Some 15 ms each for 36 cases.",
        ),
    ] = 100
    seed: Annotated[int, Field(ge=0, description="Seed of the inner folds and of the evidence's resamples.")] = 0
