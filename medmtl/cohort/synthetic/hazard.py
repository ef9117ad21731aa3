"""The true hazard of a synthetic case, and the follow-up that is drawn from it."""

from dataclasses import asdict, dataclass

import numpy as np

from medmtl.records import ClinicalColumn, Endpoint, Scale

COLUMNS = (
    ClinicalColumn("age", Scale.NUMERIC),
    ClinicalColumn("performance_status", Scale.ORDINAL, ("0", "1", "2")),
    ClinicalColumn("sex", Scale.NOMINAL, ("Female", "Male")),
)
FORMULA = (
    "log hazard = log_volume * ln(volume_ml / 15) + log_uptake * ln(uptake / 7)"
    " + heterogeneity * (heterogeneity - 0.35) + age * (age - 62) / 10 + performance_status * performance_status"
)
SHAPE = 1.3  # of the Weibull baseline: above 1, the hazard rises with time
SCALE_DAYS = 1800.0  # by which 63 % of cases with log hazard 0 have had their event
CENSORING_DAYS = (250.0, 2600.0)  # follow-up ends uniformly in between, whatever the hazard


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The weights in the hazard; sex has none, and nothing else matters."""

    log_volume: float = 1.25
    log_uptake: float = 1.6
    heterogeneity: float = 2.0
    age: float = 0.4
    performance_status: float = 0.6


@dataclass(frozen=True, slots=True)
class Traits:
    """All that the hazard depends on.

    Volume [mL] of the mask on the CT's grid; mean true uptake [g/mL] in it; heterogeneity: standard deviation over mean
    of that uptake; age [years]; performance status 0, 1 or 2 (larger is worse).
    """

    volume_ml: float
    uptake: float
    heterogeneity: float
    age: float
    performance_status: int


def log_hazard(traits: Traits, weights: Coefficients = Coefficients()) -> float:
    """Return the log hazard relative to a typical case, by FORMULA; larger is sooner."""
    terms = {
        "log_volume": np.log(traits.volume_ml / 15),
        "log_uptake": np.log(traits.uptake / 7),
        "heterogeneity": traits.heterogeneity - 0.35,
        "age": (traits.age - 62) / 10,
        "performance_status": traits.performance_status,
    }
    return float(sum(weight * terms[name] for name, weight in asdict(weights).items()))


def draw_follow_up(risk: float, rng: np.random.Generator) -> Endpoint:
    """Draw a Weibull time under proportional hazards, censored independently of it; whole days, at least 1."""
    waited = SCALE_DAYS * (rng.exponential() / np.exp(risk)) ** (1 / SHAPE)
    followed = rng.uniform(*CENSORING_DAYS)
    return Endpoint(max(1.0, float(np.ceil(min(waited, followed)))), bool(waited <= followed))
