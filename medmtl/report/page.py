"""Writes report.html: one file that needs nothing else, made from the run folder and the cohort's images."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medmtl.records import Cohort
from medmtl.report.agreement import agreement_panels
from medmtl.report.calibration import SCORE_COLUMNS, calibration_panel, decision_panel, score_rows
from medmtl.report.caveats import caveats
from medmtl.report.concordance import concordance_panel, difference_panel, sample_words
from medmtl.report.contents import Contents, read_contents
from medmtl.report.dice import dice_facts, dice_panel
from medmtl.report.features import feature_panels, feature_sheets
from medmtl.report.hazards import hazard_panel
from medmtl.report.kaplan_meier import kaplan_meier_panel
from medmtl.report.learning import learning_panels
from medmtl.report.model_checks import sheets
from medmtl.report.overlays import overlays
from medmtl.report.provenance import dropped_features, provenance_rows
from medmtl.report.readings import readings
from medmtl.report.tables import case_columns, case_rows, cohort_facts, failure_rows
from medmtl.report.wording import count, follow_up, is_known, level_words, model_name, number, span
from medmtl.whole_file import whole_file

_METHODS = {
    "jackknife": " That of a C-index is the jackknife's on the logit scale.",
    "percentile": " That of a C-index is the percentiles of resampled cases.",
    "bias_corrected": " That of a C-index is the bias-corrected bootstrap's.",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the numbers at the top of the page."""

    name: str
    value: str
    words: str


def write_report(run: Path, cohort: Cohort) -> Path:
    """Write report.html into the run folder and return its path; the same folder gives the same bytes.

    Raises MedmtlError where the run is not evaluated. What else is missing is said in words on the page.
    """
    page = _render(read_contents(run), cohort)
    with whole_file(run / "report.html") as partial:
        partial.write_text(page, "utf-8")
    return run / "report.html"


def _render(contents: Contents, cohort: Cohort) -> str:
    environment = Environment(
        loader=PackageLoader("medmtl.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(_content(contents, cohort))


def _content(contents: Contents, cohort: Cohort) -> Mapping[str, Any]:
    return {
        "title": contents.name,
        "endpoint": contents.endpoint,
        "version": contents.results.get("medmtl") or "",
        "sample": sample_words(contents),
        "style": _asset("page.css"),
        "script": _asset("page.js"),
        "headlines": headlines(contents),
        "readings": [*readings(contents), *caveats(contents.results)],
        "level": level_words(contents.results),
        "method": _METHODS.get(str(contents.results.get("interval")), ""),
        "discrimination": [concordance_panel(contents), difference_panel(contents)],
        "survival": [kaplan_meier_panel(contents), hazard_panel(contents)],
        "calibration": [calibration_panel(contents), decision_panel(contents)],
        "score_columns": SCORE_COLUMNS,
        "score_rows": score_rows(contents),
        "dropped": dropped_features(contents),
        "sheets": sheets(contents),
        "dice": dice_panel(contents),
        "dice_facts": dice_facts(contents) if contents.results.get("dice_cases") else [],
        "overlays": overlays(contents, cohort),
        "features": feature_panels(contents),
        "feature_sheets": feature_sheets(contents),
        "learning": [*learning_panels(contents), *agreement_panels(contents)],
        "columns": case_columns(contents),
        "rows": case_rows(contents, cohort),
        "failures": failure_rows(contents),
        "facts_of_cohort": cohort_facts(contents, cohort),
        "provenance": provenance_rows(contents),
        "experiment": contents.experiment,
    }


def headlines(contents: Contents) -> list[Headline]:
    """Return the numbers at the top: what was reached, and on how much."""
    results = contents.results
    if not contents.endpoint:
        return [*_overlap(results), *_counted(results)]
    fused = span(*(results.get("harrell_c_interval") or (None, None)))
    return [
        Headline("Fused C-index", number(results.get("harrell_c")), f"{fused}, out of fold"),
        *(_simple(results, name) for name in ("clinical", "volume")),
        _overlap(results)[0],
        Headline("Cases", str(results.get("n") or 0), _followed(results)),
    ]


def _counted(results: Mapping[str, Any]) -> list[Headline]:
    """Return what the masks alone were learned from."""
    n = results.get("n") or 0
    masks = Headline("Reference masks", str(results.get("n_masks") or 0), f"of {count(n, 'case')}")
    return [masks, Headline("Cases", str(n), "no endpoint asked for")]


def _overlap(results: Mapping[str, Any]) -> list[Headline]:
    """Return the mean Dice and the aggregated one."""
    mean, pooled = (span(*(results.get(f"dice_{name}_interval") or (None, None))) for name in ("mean", "aggregated"))
    masks = count(results.get("n_masks") or 0, "reference mask")
    return [
        Headline("Mean Dice", number(results.get("dice_mean")), f"{mean}, {masks}"),
        Headline("Aggregated Dice", number(results.get("dice_aggregated")), f"{pooled}, over all volumes"),
    ]


def _simple(results: Mapping[str, Any], name: str) -> Headline:
    scores = (results.get("concordance") or {}).get(name) or {}
    return Headline(model_name(name), number(scores.get("estimate")), span(scores.get("low"), scores.get("high")))


def _followed(results: Mapping[str, Any]) -> str:
    events, days = count(results.get("n_events") or 0, "event"), results.get("median_follow_up_days")
    return f"{events}, followed for {follow_up(days)} (median)" if is_known(days) else f"{events}, follow-up not known"


def _asset(name: str) -> Markup:
    return Markup(files("medmtl.report").joinpath(name).read_text("utf-8"))
