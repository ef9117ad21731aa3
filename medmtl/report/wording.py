"""Writes numbers the way the page does, missing ones in words."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, TypeGuard

UNKNOWN = "not known"
MINUS = "\N{MINUS SIGN}"
DAYS_PER_MONTH = 365.25 / 12
_MODELS = {
    "fused": "Fused model",
    "deep": "Deep risk alone",
    "clinical": "Clinical alone",
    "image": "Volume and SUVmax",
    "volume": "Volume alone",
    "elastic_net": "Elastic net",
}
_SHORT = {"image": "volume and SUVmax", "deep": "deep risk"}
_FEATURES = {"log_volume_ml": "log volume", "log_suv_max": "log SUVmax"}


def number(value: Any, digits: int = 2) -> str:
    """Return the number with this many decimals; `not known` for None and NaN."""
    return f"{value:.{digits}f}".replace("-", MINUS) if is_known(value) else UNKNOWN


def span(low: Any, high: Any, digits: int = 2) -> str:
    """Return an interval as `0.60 to 0.81`, or that none can be given."""
    known = is_known(low) and is_known(high)
    return f"{number(low, digits)} to {number(high, digits)}" if known else "no interval"


def with_interval(estimate: Any, interval: Any) -> str:
    """Return `0.71 (0.60 to 0.81)`; `interval` is a pair or None."""
    return f"{number(estimate)} ({span(*(interval or (None, None)))})" if is_known(estimate) else UNKNOWN


def follow_up(days: Any) -> str:
    """Return a time in days as years where it is more than two of them, in months otherwise."""
    if not is_known(days):
        return UNKNOWN
    return f"{days / 365.25:.1f} years" if days > 2 * 365.25 else f"{days / DAYS_PER_MONTH:.0f} months"


def count(n: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun in the right form: `1 case`, `3 cases`."""
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def model_name(model: str) -> str:
    """Return a model's name in words; its own where it is not one of the usual."""
    return _MODELS.get(model, model)


def short_name(model: str) -> str:
    """Return a model's name within a sentence; its own where it is not one of the usual."""
    return _SHORT.get(model, model)


def feature_name(feature: str) -> str:
    """Return a feature of the fused model in words: `age_missing` as `age (missing)`."""
    stem, flag, rest = feature.partition("_missing")
    whole = flag and not rest
    words = _FEATURES.get(stem if whole else feature, (stem if whole else feature).replace("_", " "))
    return f"{words} (missing)" if whole else words


def level_words(results: Mapping[str, Any]) -> str:
    """Return the level of the intervals as `95 %`."""
    return f"{100 * float(results.get('level') or 0.95):g} %"


def in_order(models: Any) -> list[str]:
    """Return the models with the fused first, its parts after it and strangers last."""
    usual = list(_MODELS)
    return sorted(models, key=lambda model: (usual.index(model) if model in usual else len(usual), model))


def is_known(value: Any) -> TypeGuard[float]:
    """Say whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
