"""Says in sentences what the numbers allow to be said, and no more."""

from collections.abc import Mapping
from typing import Any

from medmtl.report.concordance import sample_words
from medmtl.report.contents import Contents
from medmtl.report.provenance import dropped_features
from medmtl.report.wording import count, is_known, number, short_name, span

_ENOUGH_EVENTS = 10.0  # per column: Peduzzi et al., J Clin Epidemiol, 1995; the usual rule of thumb
_BLOCKS = {"deep": "the deep risk", "radiomics": "the radiomics score"}
_LEAST = 0.005  # a difference that rounds to nothing


def readings(contents: Contents) -> list[str]:
    """Return the page's reading of the run, one sentence or two per finding, in the order of importance."""
    results = contents.results
    if not contents.endpoint:
        return [_overlap(results)]
    found = [
        _discrimination(contents),
        _ceiling(results),
        *(_comparison(name, row) for name, row in (results.get("differences") or {}).items()),
        _overlap(results),
        _events(contents.model),
        _left_out(contents),
    ]
    return [sentence for sentence in found if sentence]


def _discrimination(contents: Contents) -> str:
    estimate, interval = contents.results.get("harrell_c"), _interval(contents.results.get("harrell_c_interval"))
    if not is_known(estimate):
        return "The C-index of the fused model is not known: no pair of cases could be compared."
    words = f"The fused model puts {100 * estimate:.0f} % of the comparable pairs in the right order"
    words += f" (C-index {number(estimate)}, interval {span(*interval)}; {sample_words(contents)})."
    if is_known(interval[0]) and interval[0] <= 0.5 <= interval[1]:
        words += " The interval contains 0.5: that is not shown to be better than chance."
    return words


def _comparison(name: str, row: Mapping[str, Any]) -> str:
    first, _, second = (short_name(part) for part in name.partition(" - "))
    if not (is_known(row.get("estimate")) and is_known(row.get("low")) and is_known(row.get("high"))):
        return f"{first.capitalize()} and {second} could not be compared."
    between = f"{first.capitalize()} less {second}: {number(row['estimate'], 3)} ({span(row['low'], row['high'], 3)})"
    if row["low"] > 0:
        return f"{between}. Its interval lies above 0: {first} is better than {second} on these cases."
    if row["high"] < 0:
        return f"{between}. Its interval lies below 0: {first} is worse than {second} on these cases."
    return f"{between}. Its interval contains 0: {first} is not shown to be better than {second} alone."


def _ceiling(results: Mapping[str, Any]) -> str:
    ceiling, fused = results.get("ceiling"), results.get("harrell_c")
    if not (is_known(ceiling) and is_known(fused)):
        return ""
    gap = ceiling - fused
    if abs(gap) < _LEAST:
        return f"That is at the ceiling of {number(ceiling)} that the phantoms' true hazard reaches."
    side = "below" if gap > 0 else "above"
    luck = "" if gap > 0 else ", which only luck in so few pairs can do"
    reach = f"the ceiling of {number(ceiling)} that the phantoms' true hazard reaches"
    return f"That is {number(abs(gap))} {side} {reach}{luck}."


def _overlap(results: Mapping[str, Any]) -> str:
    if not is_known(results.get("dice_mean")):
        return "Overlap is not known: no case has a reference mask."
    cases = [value for value in (results.get("dice_cases") or {}).values() if is_known(value)]
    missed = sum(value < 0.1 for value in cases)
    words = f"Predicted and reference mask overlap with a mean Dice of {number(results['dice_mean'])}"
    words += f" ({span(*_interval(results.get('dice_mean_interval')))})"
    lost = count(missed, "tumour is", "tumours are") if missed else "no tumour is"
    return f"{words}; {lost} missed or all but missed (Dice below 0.1)."


def _events(model: Mapping[str, Any]) -> str:
    fused = (model.get("models") or {}).get("fused") or {}
    columns, events = len((fused.get("hazard") or {}).get("names") or ()), fused.get("n_events")
    if not (columns and is_known(events)):
        return ""
    words = f"The stored fused model weighs {count(columns, 'column')} on {count(int(events), 'event')}"
    if events < _ENOUGH_EVENTS * columns:
        return f"{words}: fewer than the usual {_ENOUGH_EVENTS:.0f} for each, so read its hazard ratios as hints."
    return f"{words}, at least the usual {_ENOUGH_EVENTS:.0f} for each."


def _left_out(contents: Contents) -> str:
    names = [_BLOCKS[name] for name, _ in dropped_features(contents) if name in _BLOCKS]
    if not names:
        return ""
    told = f"The rules for few events left {' and '.join(names)} out of the stored fused model"
    return f"{told}; the reasons stand below its hazard ratios."


def _interval(values: Any) -> tuple[Any, Any]:
    return (values[0], values[1]) if values else (None, None)
