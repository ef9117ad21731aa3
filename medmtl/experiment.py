"""The one schema of an experiment: every option of every stage, with its type, default and sentence."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medmtl.data.settings import DataSettings
from medmtl.errors import MedmtlError
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.settings import PrepareSettings
from medmtl.inference.settings import InferenceSettings
from medmtl.members import Member
from medmtl.network_settings import NetworkSettings
from medmtl.risk.settings import RiskSettings
from medmtl.training.settings import TrainingSettings
from medmtl.whole_file import whole_file

RELIABLE = "medmtl.risk.selectors.reliable.Reliable"
OWN_REPEATS = "repeats"  # the argument of it that names the table


class FoldSettings(BaseModel):
    """How the cohort is divided."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["cases", "centre"] = Field(
        "cases", description="Deal cases to `count` folds, or leave each centre out in turn."
    )
    count: int = Field(5, ge=2, description="Folds; each case is tested once, by the model that never saw it.")
    validate_fraction: float = Field(
        0.15,
        ge=0,
        le=0.5,
        description="Part of the other cases that stops training; 0 trains every epoch on all of them.",
    )


class ParallelSettings(BaseModel):
    """Who shares the work of `extract`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Literal["loky", "threading", "dask"] = Field(
        "loky", description="Processes or threads of this machine, or the workers of a Dask cluster (medmtl[dask])."
    )
    address: str | None = Field(None, description="Of Dask's scheduler, as tcp://host:8786.")


class Experiment(BaseModel):
    """Everything that decides what a run computes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("experiment", description="Title of the report.")
    endpoint: str | None = Field(
        "pfs", description="Endpoint of the survival task and of the fused Cox model; null learns masks alone."
    )
    predictors: tuple[str, ...] | None = Field(
        None,
        description="Clinical columns to predict from; without a list, those of the schema without `predictor: false`.",
    )
    seed: int = Field(0, ge=0, description="Seed of folds, weights, patches and resamples.")
    jobs: int = Field(-1, description="Processes of per-case work; -1 is one per core. Changes no result.")
    folds_at_once: int | None = Field(
        None,
        ge=1,
        description="Folds trained at once, each on its share of the cores, with its own memory; null is 1 on a GPU, "
        "elsewhere one per core and at most `jobs`. Changes results by rounding alone.",
    )
    parallel: ParallelSettings = Field(
        ParallelSettings(), description="Who shares the work of extraction. Changes no result."
    )
    folds: FoldSettings = Field(FoldSettings(), description="Division of the cohort.")
    prepare: PrepareSettings = Field(PrepareSettings(), description="Images to network input.")
    data: DataSettings = Field(DataSettings(), description="Patches and batches.")
    network: NetworkSettings = Field(NetworkSettings(), description="Encoder, sharing and tasks.")
    balancer: Member = Field(
        Member(class_path="medmtl.balancing.weighted_sum.WeightedSum"), description="How task losses become one."
    )
    training: TrainingSettings = Field(TrainingSettings(), description="Joint training.")
    inference: InferenceSettings = Field(InferenceSettings(), description="Prediction.")
    radiomics: RadiomicsSettings = Field(RadiomicsSettings(), description="Features of the predicted masks.")
    risk: RiskSettings = Field(RiskSettings(), description="The fused Cox model and those beside it.")
    evaluation: EvaluationSettings = Field(EvaluationSettings(), description="Intervals and horizons.")


def read_experiment(path: Path) -> Experiment:
    """Read an experiment's YAML; raise MedmtlError that names the file and every wrong key."""
    try:
        given = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MedmtlError(f"{path}: the experiment cannot be read: {error}.") from error
    return check_experiment(given or {}, str(path))


def check_experiment(given: dict[str, Any], source: str) -> Experiment:
    """Return the experiment of these options; raise MedmtlError that names the source and every wrong key."""
    try:
        experiment = Experiment.model_validate(given)
    except ValidationError as error:
        faults = "\n".join(
            f"  {'.'.join(map(str, e['loc']))}: {e['msg']}. Found {e['input']!r}." for e in error.errors()
        )
        raise MedmtlError(f"{source}: these options must be mended (see `medmtl run --help`):\n{faults}") from error
    _check_stability(experiment, source)
    return experiment


def asks_own_repeats(member: Member) -> bool:
    """Say whether a selector reads repeated measurements, and names no table: it means the run's own."""
    return member["class_path"] == RELIABLE and member.get("init_args", {}).get(OWN_REPEATS) is None


def _check_stability(experiment: Experiment, source: str) -> None:
    stability = experiment.radiomics.stability
    if "flips" in stability.masks and not experiment.inference.flips:
        raise MedmtlError(
            f"{source}: radiomics.stability.masks may name flips where mirrored views are predicted. Found "
            "inference.flips false; set it to true, or leave flips out."
        )
    if any(map(asks_own_repeats, experiment.risk.selectors)) and not stability.asked:
        raise MedmtlError(
            f"{source}: the selector Reliable must have repeated measurements. Found neither its `repeats` nor "
            "radiomics.stability; name the changes there, as masks: [flips, thresholds]."
        )


def write_experiment(experiment: Experiment, path: Path) -> None:
    """Write the whole experiment, defaults included, so that a file of this name is either whole or absent."""
    with whole_file(path) as partial:
        partial.write_text(yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False), "utf-8")
