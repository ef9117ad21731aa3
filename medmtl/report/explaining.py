"""Says in words why one case has its risk."""

from math import exp

from medmtl.report.wording import feature_name, number, span
from medmtl.risk.explanation import Explanation, Term

_SHOWN = 12  # terms; the others are told together, and each in the JSON
_LARGEST = 700.0  # a log hazard whose factor is still a number


def explain_in_words(told: Explanation, model: str, endpoint: str, fold: int) -> str:
    """Return a page of text: the risk, what moved it, and how to read it."""
    lines = [
        f"Case {told.case_id}, {endpoint}: the model `{model}` that was fitted without fold {fold}, this case's own.",
        f"Risk {_signed(told.risk)}: {_factor(told.risk)} times the hazard of the mean training case"
        f"{_interval(told.low, told.high)}; in the {told.group} half of the training cases.",
        *_survival(told),
        "",
        "What moved it, the strongest first (hazard as a factor, with its 95 % interval):"
        if told.terms
        else "Nothing moved it: the model holds no column, so every case has the same risk.",
        *(f"  {_term(term)}" for term in told.terms[:_SHOWN]),
    ]
    if len(told.terms) > _SHOWN:
        others = sum(term.log_hazard for term in told.terms[_SHOWN:])
        lines.append(f"  {len(told.terms) - _SHOWN} more columns together: factor {_factor(others)}")
    if abs(told.rest) > 1e-9:
        lines.append(f"  the median of the votes in place of their mean: factor {_factor(told.rest)}")
    lines += [f"Not in the model: {feature_name(name)} ({reason})." for name, reason in told.dropped.items()]
    lines += [
        "",
        "The factors multiply to the risk. They say what the model did with these values, not what causes the event.",
        "Intervals are given the penalty and the choice of columns, and so too narrow.",
    ]
    return "\n".join(lines)


def _term(term: Term) -> str:
    value = "missing, filled with the median" if term.value is None else f"{number(term.value)}"
    factor = f"factor {_factor(term.log_hazard)}{_interval(term.low, term.high)}"
    direction = "raises" if term.log_hazard > 0 else "lowers"
    return f"{feature_name(term.name)} = {value} (mean {number(term.typical)}) {direction} the hazard: {factor}"


def _survival(told: Explanation) -> list[str]:
    known = [f"{number(share)} at {float(days) / 365.25:.1f} years" for days, share in told.survival.items()]
    return [f"Predicted probability of no event until then: {', '.join(known)}."] if known else []


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" ({span(exp(min(low, _LARGEST)), exp(min(high, _LARGEST)))})"


def _factor(log_hazard: float) -> str:
    return number(exp(min(log_hazard, _LARGEST)))


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value)
