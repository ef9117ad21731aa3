from pathlib import Path

import pytest

from medmtl.cohort.publish import new_cohort
from medmtl.errors import MedmtlError


def _make(out: Path, text: str) -> None:
    with new_cohort(out) as partial:
        (partial / "manifest.csv").write_text(text)


def test_a_finished_cohort_appears_and_nothing_else(tmp_path: Path) -> None:
    _make(tmp_path / "a" / "cohort", "x")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["cohort"]


def _fail(out: Path) -> None:
    with new_cohort(out) as partial:
        (partial / "manifest.csv").write_text("x")
        raise KeyError


def test_a_cohort_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        _fail(tmp_path / "cohort")
    assert list(tmp_path.iterdir()) == []


def test_an_equal_cohort_is_kept_and_another_is_not_overwritten(tmp_path: Path) -> None:
    _make(tmp_path / "cohort", "x")
    _make(tmp_path / "cohort", "x")
    with pytest.raises(MedmtlError, match="another cohort"):
        _make(tmp_path / "cohort", "y")
    assert (tmp_path / "cohort" / "manifest.csv").read_text() == "x"


def test_a_folder_of_other_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(MedmtlError, match="new or empty"):
        _make(tmp_path, "x")
    assert (tmp_path / "thesis.tex").exists()


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "cohort").mkdir()
    _make(tmp_path / "cohort", "x")
    assert (tmp_path / "cohort" / "manifest.csv").exists()
