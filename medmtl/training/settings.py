"""How a fold is trained: the options of `training` in an experiment."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """Optimiser, length, precision and stopping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(60, ge=1, description="Passes over the training cases; the rate falls to zero over them.")
    learning_rate: float = Field(2e-3, gt=0, description="Peak rate, reached after a tenth of the epochs (one cycle).")
    task_rates: dict[str, float] = Field(
        {}, description="Factors of the rate by task, for its head alone; a task not named has 1."
    )
    weight_decay: float = Field(1e-3, ge=0, description="Decoupled weight decay (AdamW).")
    clip: float = Field(5.0, gt=0, description="Largest norm of the gradient.")
    accumulate: int = Field(
        1, ge=1, description="Batches whose gradients are averaged into one step, where memory bears no larger batch."
    )
    patience: int = Field(1000, ge=1, description="Epochs without a better joint criterion before training stops.")
    validate_every: int = Field(2, ge=1, description="Epochs between validations.")
    precision: Literal["auto", "32-true", "bf16-mixed"] = Field(
        "auto", description="auto: bf16-mixed where the hardware multiplies bf16 matrices, else 32-true."
    )
    accelerator: Literal["auto", "cpu", "gpu"] = Field("auto", description="Device that trains and predicts.")
    devices: int = Field(
        1, ge=1, description="Processes that train a fold together, each on its part of every batch (DDP)."
    )
    survival_weight: float = Field(
        0.5, ge=0, description="Part of survival in the criterion; see training.criterion. Segmentation has 1."
    )
    ema: float = Field(
        0.0, ge=0, lt=1, description="Decay of a running mean of the weights, which is validated and kept; 0 is none."
    )
    sharpness: float = Field(
        0.0, ge=0, description="Radius of sharpness-aware minimisation (0.05 is usual); 0 is none, else steps cost two."
    )
    probe_every: int = Field(
        0,
        ge=0,
        description="Batches between looks at the tasks' gradients and affinities, for metrics.csv; 0 is never.",
    )
