"""What a user may choose about intervals and horizons."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class EvaluationSettings(BaseModel):
    """How intervals are formed and at which times survival is reported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resamples: Annotated[int, Field(ge=2, description="Bootstrap resamples of the cases.")] = 1000
    level: Annotated[float, Field(gt=0, lt=1, description="Confidence level of every interval.")] = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of the resamples.")] = 0
    at_risk_days: Annotated[
        tuple[float, ...], Field(description="Times [days] at which numbers at risk are counted.")
    ] = (0.0, 365.0, 730.0, 1095.0, 1460.0, 1825.0)
