"""How many cases a model of so many parameters needs, and how many events each parameter has."""

from dataclasses import dataclass
from math import ceil, exp, log

from medmtl.errors import MedmtlError

SHRINKAGE = 0.9  # the slope that the model may be expected to keep on new cases
LOST_R2 = 0.05  # how much of R2 (Nagelkerke) may be apparent only
RISK_MARGIN = 0.05  # half the width of the interval of the mean risk at the horizon
Z_95 = 1.959963984540054
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Observed:
    """What a cohort has seen: cases, events, and the sum of all times [years]."""

    cases: int
    events: int
    years: float

    def __post_init__(self) -> None:
        if not (self.cases > 0 and self.events > 0 and self.years > 0):
            raise MedmtlError(
                "A sample size needs a case, an event and a time above 0. "
                f"Found {self.cases} cases, {self.events} events and {self.years:g} years."
            )

    @property
    def max_r2(self) -> float:
        """The largest R2 of Cox and Snell that these outcomes allow, the baseline taken as exponential."""
        return 1 - exp(2 * (self.events * log(self.events / self.years) - self.events) / self.cases)


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Cases needed for little shrinkage, for little loss of R2 and for a precise mean risk; `needed` is the largest."""

    shrinkage: int
    loss_of_r2: int
    mean_risk: int | None
    needed: int
    events_per_parameter: float


def riley_sample_size(observed: Observed, parameters: int, nagelkerke_r2: float, horizon_years: float) -> SampleSize:
    """Return the three minimum sizes for a survival model that reaches `nagelkerke_r2`, in (0, 1), of what is possible.

    The third is None where the risk at the horizon is so near 1 that any size is precise. `events_per_parameter` is
    that of the observed cohort.
    Source: Riley RD et al., Minimum sample size for developing a multivariable prediction model: II, Stat Med 38, 2019.
    """
    if not (parameters >= 1 and 0 < nagelkerke_r2 < 1):
        raise MedmtlError(
            f"A sample size needs a parameter and an R2 within 0 and 1. Found {parameters} and {nagelkerke_r2:g}."
        )
    r2 = nagelkerke_r2 * observed.max_r2
    first = _cases(parameters, r2, SHRINKAGE)
    second = _cases(parameters, r2, r2 / (r2 + LOST_R2 * observed.max_r2))
    third = _for_mean_risk(observed, horizon_years)
    needed = max(first, second, third or 0)
    return SampleSize(first, second, third, needed, observed.events / parameters)


def _cases(parameters: int, r2: float, shrinkage: float) -> int:
    return ceil(parameters / ((shrinkage - 1) * log(1 - r2 / shrinkage)))


def _for_mean_risk(observed: Observed, horizon_years: float) -> int | None:
    rate, followed = observed.events / observed.years, observed.years / observed.cases
    widest = RISK_MARGIN * exp(rate * horizon_years)
    if widest >= 1:
        return None  # the risk is so near 1 that any size is precise
    slack = -log(1 - widest) / horizon_years
    return ceil(Z_95**2 * rate / (followed * slack**2))
