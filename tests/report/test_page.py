"""The page says what the run folder holds, says in words what it lacks, and stands by itself."""

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from medmtl.errors import MedmtlError
from medmtl.records import Cohort
from medmtl.report.page import write_report

HOSTILE = "<script>alert('$x')</script>"


class _Texts(HTMLParser):
    """Collects the words that a reader sees, and every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


def _read(page: Path) -> _Texts:
    texts = _Texts()
    texts.feed(page.read_text("utf-8"))
    return texts


def _words(run: Path, cohort: Cohort) -> str:
    return " ".join(" ".join(_read(write_report(run, cohort)).words).split())


def test_the_headlines_are_the_results(run: Path, cohort: Cohort) -> None:
    words = _words(run, cohort)

    assert "Fused C-index 0.64 0.55 to 0.73, out of fold" in words
    assert "Clinical alone 0.58 0.47 to 0.69" in words
    assert "Mean Dice 0.73 0.65 to 0.81, 3 reference masks" in words
    assert "Volume alone not known no interval" in words
    assert "Cases 4 2 events, followed for 2.2 years (median)" in words


def test_the_figures_carry_their_numbers_as_words(run: Path, cohort: Cohort) -> None:
    words = _words(run, cohort)

    assert "0.060 (\N{MINUS SIGN}0.021 to 0.140)" in words
    assert "1.82 (1.05 to 3.17)" in words
    assert "Log-rank p = 0.042." in words
    for at_risk in ("22", "21", "19", "13"):
        assert f" {at_risk} " in words
    assert "ct_energy constant in training" in words
    assert "20240229" in words


def test_a_feature_of_the_stored_model_alone_is_said_to_be_unscored(run: Path, cohort: Cohort) -> None:
    said = "Without dots: deep log hazard. No fold's model holds it"
    assert said in _words(run, cohort)

    table = pd.read_csv(run / "risk" / "coefficients.csv", dtype={"fold": str})
    table.assign(feature="deep_log_hazard").to_csv(run / "risk" / "coefficients.csv", index=False)

    assert said not in _words(run, cohort)


def test_only_cases_that_could_not_be_measured_are_said_to_stay_in_the_scores(run: Path, cohort: Cohort) -> None:
    assert "These cases stay in every score." in _words(run, cohort)

    (run / "failures.csv").write_text("case_id,stage,reason\n(model deep),fit,no case has a value of deep\n", "utf-8")

    assert "These cases stay in every score." not in _words(run, cohort)


def test_a_hostile_case_id_stays_text(run: Path, cohort: Cohort) -> None:
    texts = _read(write_report(run, cohort))

    assert [tag for tag, _ in texts.tags].count("script") == 1
    assert HOSTILE in texts.words
    assert "PET <is> unreadable" in texts.words


def test_the_title_is_the_experiments_own_name(run: Path, cohort: Cohort) -> None:
    assert "<phantoms>" in _read(write_report(run, cohort)).words

    (run / "experiment.yaml").write_text("seed: 1\n", "utf-8")

    assert "phantoms" in _read(write_report(run, cohort)).words


def test_numbers_at_risk_end_with_the_longest_curve(run: Path, cohort: Cohort, change: Callable[..., None]) -> None:
    curve = {"time_days": [0.0, 400.0], "survival": [1.0, 0.5], "low": [1.0, 0.1], "high": [1.0, 0.9]}
    change(kaplan_meier={"groups": {"low": curve}, "at_risk": {"time_days": [0, 365, 730], "low": [4041, 4042, 4043]}})

    words = _words(run, cohort)

    assert "4042" in words
    assert "4043" not in words
    assert "No log-rank test" in words


def test_the_page_asks_for_nothing_outside_itself(run: Path, cohort: Cohort) -> None:
    page = write_report(run, cohort)
    texts = _read(page)
    asked = [
        value for _, attributes in texts.tags for name, value in attributes.items() if name in ("src", "href", "data")
    ]

    assert all(value and value.startswith(("#", "data:image/png;base64,")) for value in asked)
    assert not re.search(r"https?:|@import|url\((?!#)", page.read_text("utf-8"))
    assert not {"link", "iframe", "object", "embed", "base"} & {tag for tag, _ in texts.tags}


def test_every_reference_inside_a_figure_is_met_once(run: Path, cohort: Cohort) -> None:
    page = write_report(run, cohort).read_text("utf-8")
    ids = re.findall(r'\bid="([^"]+)"', page)

    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', page)) <= set(ids)


def test_the_same_run_gives_the_same_bytes(run: Path, cohort: Cohort) -> None:
    first = write_report(run, cohort).read_bytes()

    assert write_report(run, cohort).read_bytes() == first
    assert not list(run.glob(".partial*"))


def test_best_median_and_worst_case_are_shown(run: Path, cohort: Cohort) -> None:
    texts = _read(write_report(run, cohort))
    shown = [attributes["alt"] for tag, attributes in texts.tags if tag == "img"]

    views = ("axial", "coronal", "sagittal", "projection")
    assert shown == [f"{case}, {view}: masks on PET/CT" for case in ("A-1", "A-2", "A-3") for view in views]


def test_a_case_whose_images_cannot_be_read_is_said_so(run: Path, cohort: Cohort, change: Callable[..., None]) -> None:
    change(dice_cases={HOSTILE: 0.5})

    assert "It cannot be shown:" in _words(run, cohort)


def test_without_results_the_report_says_what_to_do_first(tmp_path: Path, cohort: Cohort) -> None:
    with pytest.raises(MedmtlError, match="medmtl evaluate"):
        write_report(tmp_path, cohort)


def test_a_folder_that_holds_only_empty_results_is_told_in_words(run: Path, cohort: Cohort) -> None:
    for name in ("predictions", "risk", "fold_0"):
        shutil.rmtree(run / name)
    for name in ("features.csv", "failures.csv", "run.json", "experiment.yaml"):
        (run / name).unlink()
    (run / "results.json").write_text('{"endpoint": "pfs", "n": 0, "n_events": 0}', "utf-8")

    words = _words(run, cohort)

    for said in (
        "The C-index of the fused model is not known",
        "No C-index is known",
        "No two models could be compared",
        "No curve is known",
        "The fused model holds no feature",
        "Dice is not known",
        "Overlap is not known",
        "No case can be shown",
        "No learning curve is known",
        "No case failed in any stage.",
        "run.json is missing",
    ):
        assert said in words


def test_without_reference_masks_cases_of_telling_volume_are_shown(
    run: Path, cohort: Cohort, change: Callable[..., None]
) -> None:
    change(dice_cases={}, dice_mean=None, n_masks=0)

    words = _words(run, cohort)

    assert "largest A-1 31.5 mL" in words
    assert "smallest A-3 0.0 mL" in words


def test_nulls_in_the_results_never_become_numbers(run: Path, cohort: Cohort, change: Callable[..., None]) -> None:
    change(
        harrell_c=None,
        harrell_c_interval=[None, None],
        concordance={"fused": {"estimate": None, "low": None, "high": None, "n": 4, "pairs": 0}},
        differences={"fused - clinical": {"estimate": None, "low": None, "high": None, "n": 4}},
    )

    words = _words(run, cohort)

    assert "Fused C-index not known no interval, out of fold" in words
    assert "Fused and clinical could not be compared." in words
    assert not re.search(r"\b(None|nan|NaN)\b", words.partition("// Sorts a table")[0])
