import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.records import Case
from medmtl.stages.import_report import ImportSummary, read_report
from medmtl.stages.import_stamps import CaseImages
from medmtl.stages.importing import ImportPlan, Source, import_cases


def _convert(log: Path, name: str, destination: Path) -> CaseImages:
    """Write a PET; note every conversion; `bad` cannot be converted, at `stop` the user interrupts."""
    with log.open("a") as file:
        file.write(name + "\n")
    if name == "bad":
        raise MedmtlError("the weight must be given")
    if (log.parent / f"stop-at-{name}").exists():
        raise KeyboardInterrupt
    destination.mkdir(parents=True, exist_ok=True)
    (destination / "pet.nii.gz").write_text(name)
    return CaseImages(destination / "pet.nii.gz", notes=("PET alone",), chosen={"PT": "1.2"}, suv_branch="GML:BW")


def _describe(case_id: str, images: CaseImages) -> Case:
    return Case(case_id, "here", images.ct, images.pet, images.mask)


def _plan(log: Path, *names: str, key: str = "table") -> ImportPlan:
    sources = tuple(Source(name, "dicom", f"key of {name}", partial(_convert, log, name)) for name in names)
    return ImportPlan(sources, _describe, (), key, "There must be a patient.")


def _import(folder: Path, *names: str, key: str = "table") -> ImportSummary:
    return import_cases(_plan(folder / "log", *names, key=key), folder / "cohort", jobs=1)


def _converted(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


def test_one_bad_case_does_not_stop_the_rest_and_is_named(tmp_path: Path) -> None:
    summary = _import(tmp_path, "a", "bad", "c")
    assert read_manifest(summary.manifest).ids == ("a", "c")
    assert [(entry.status, entry.reason) for entry in summary.entries] == [
        ("imported", ""),
        ("failed", "the weight must be given"),
        ("imported", ""),
    ]
    assert "2 imported, 1 failed, 0 left out" in str(summary)
    assert "bad: the weight must be given" in str(summary)
    assert f"medmtl check {tmp_path / 'cohort'}" in str(summary)


def test_the_report_tells_what_was_chosen_and_how_the_pet_became_suv(tmp_path: Path) -> None:
    line = pd.read_csv(_import(tmp_path, "a").manifest.parent / "import_report.csv", keep_default_na=False).iloc[0]
    assert (line["chosen"], line["notes"], line["suv_branch"]) == ("PT 1.2", "PET alone", "GML:BW")


def test_an_interrupted_import_goes_on_and_converts_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "stop-at-b").touch()
    with pytest.raises(KeyboardInterrupt):
        _import(tmp_path, "a", "b", "c")
    assert not (tmp_path / "cohort").exists()
    (tmp_path / "stop-at-b").unlink()

    summary = _import(tmp_path, "a", "b", "c")

    assert _converted(tmp_path) == ["a", "b", "b", "c"]
    assert read_manifest(summary.manifest).ids == ("a", "b", "c")
    assert {path.name for path in summary.manifest.parent.rglob("*")} == {
        *("manifest.csv", "schema.yaml", "import_report.csv", "import.json", "images", "a", "b", "c", "pet.nii.gz")
    }


def test_a_case_whose_files_changed_is_converted_again(tmp_path: Path) -> None:
    (tmp_path / "stop-at-b").touch()
    with pytest.raises(KeyboardInterrupt):
        _import(tmp_path, "a", "b")
    (tmp_path / "stop-at-b").unlink()
    plan = _plan(tmp_path / "log", "a", "b")
    changed = (replace(plan.sources[0], key="another"), plan.sources[1])

    import_cases(replace(plan, sources=changed), tmp_path / "cohort", jobs=1)

    assert _converted(tmp_path) == ["a", "b", "a", "b"]


def test_what_an_interrupted_import_left_of_other_cases_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "stop-at-b").touch()
    with pytest.raises(KeyboardInterrupt):
        _import(tmp_path, "a", "b")
    summary = _import(tmp_path, "c")
    assert [path.name for path in (summary.manifest.parent / "images").iterdir()] == ["c"]


def test_a_finished_cohort_is_kept_without_converting_and_another_is_refused(tmp_path: Path) -> None:
    first = _import(tmp_path, "a", "bad")
    again = _import(tmp_path, "a", "bad")
    assert _converted(tmp_path) == ["a", "bad"]
    assert (again.entries, again.manifest) == (first.entries, first.manifest)
    assert read_report(first.manifest.parent) == first.entries
    for names, key in ((("a",), "table"), (("a", "bad"), "other table")):
        with pytest.raises(MedmtlError, match="another cohort"):
            _import(tmp_path, *names, key=key)
    assert _converted(tmp_path) == ["a", "bad"]


def test_where_no_case_can_be_imported_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"There must be a patient. Found none:\s+bad: the weight"):
        _import(tmp_path, "bad")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_folder_of_other_files_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort" / "thesis.tex").touch()
    with pytest.raises(MedmtlError, match="new or empty"):
        _import(tmp_path, "a")
    assert not (tmp_path / "log").exists()


def test_several_processes_give_the_same_cohort_in_the_same_order(tmp_path: Path) -> None:
    names = ("d", "a", "c", "b")
    one = _import(tmp_path, *names)
    two = import_cases(_plan(tmp_path / "log", *names), tmp_path / "two", jobs=2)
    assert two.manifest.read_text() == one.manifest.read_text()
    assert two.entries == one.entries


def _dies(name: str, destination: Path) -> CaseImages:
    """End the process as the system does for want of memory, for the case `greedy`."""
    if name == "greedy":
        os.kill(os.getpid(), signal.SIGKILL)
    destination.mkdir(parents=True, exist_ok=True)
    (destination / "pet.nii.gz").write_text(name)
    return CaseImages(destination / "pet.nii.gz")


def test_a_process_that_is_killed_is_told_with_a_remedy_and_what_is_done_stays(tmp_path: Path) -> None:
    names = ("a", "b", "c", "greedy")
    sources = tuple(Source(name, "dicom", name, partial(_dies, name)) for name in names)
    plan = ImportPlan(sources, _describe, (), "key", "There must be a patient.")
    with pytest.raises(MedmtlError, match=r"no process of the import may be killed.*--jobs 1"):
        import_cases(plan, tmp_path / "cohort", jobs=2)
    assert not (tmp_path / "cohort").exists()
    assert list((tmp_path / ".partial-cohort" / "stamps").glob("[abc].json"))
