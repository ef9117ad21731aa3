"""Every fault of a cohort is told at once, by case and file, as text, as a page and for programs."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.cli.main import main
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Image
from medmtl.stages.check import check_cohort
from medmtl.stages.make_phantoms import make_phantoms

PLAN = Experiment.model_validate({"jobs": 1, "folds": {"count": 2, "validate_fraction": 0.0}})
Change = Callable[[np.ndarray], np.ndarray]


def _change(path: Path, change: Change) -> None:
    image = read_image(path)
    write_image(Image(change(image.array), image.grid), path)


def _move(path: Path, origin: tuple[float, float, float]) -> None:
    image = read_image(path)
    write_image(Image(image.array, replace(image.grid, origin=origin)), path)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _some(phantoms: Path, folder: Path, n: int = 6) -> pd.DataFrame:
    """Write a manifest of the first phantoms, their images where they are; return its table."""
    table = pd.read_csv(phantoms / "manifest.csv", dtype=str).iloc[:n].copy()
    for name in ("ct", "pet", "mask"):
        table[name] = [str(phantoms / path) for path in table[name]]
    table.to_csv(folder / "manifest.csv", index=False)
    return table


def _nan(array: np.ndarray) -> np.ndarray:
    spoilt = array.astype(np.float32)
    spoilt[0, 0, 0] = np.nan
    return spoilt


def _scattered(array: np.ndarray) -> np.ndarray:
    spoilt = array.copy()
    spoilt[2:40:6, 4, 4] = 1
    return spoilt


SPOILT: dict[int, tuple[str, Callable[[Path], None], str]] = {  # by case: the image, what is done to it, the code
    1: ("pet", _half, "image"),
    2: ("ct", lambda path: _change(path, _nan), "image"),
    3: ("pet", lambda path: _change(path, lambda a: a * 5000), "pet-activity"),
    4: ("pet", lambda path: _move(path, (900.0, 0.0, 0.0)), "no-overlap"),
    5: ("mask", lambda path: _change(path, lambda a: a * 4), "mask-labels"),
    6: ("mask", lambda path: _change(path, lambda a: 1 - a), "mask-inverted"),
    7: ("ct", lambda path: _change(path, lambda a: a + 1024), "ct-shifted"),
    8: ("mask", lambda path: _move(path, (500.0, 0.0, 0.0)), "mask-outside-ct"),
    9: ("mask", lambda path: _change(path, lambda a: a * 0), "mask-empty"),
    10: ("mask", lambda path: _change(path, _scattered), "mask-parts"),
    11: ("pet", lambda path: _change(path, lambda a: a * 1e-5), "pet-faint"),
    12: ("mask", lambda path: _change(path, lambda a: a * np.float32(0.5)), "mask-labels"),
    13: ("pet", lambda path: path.write_bytes((path.parents[1] / "phantom-000" / "pet.nii.gz").read_bytes()),
         "duplicate-pet"),
}  # fmt: skip


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty phantoms without a fault."""
    folder = tmp_path_factory.mktemp("phantoms") / "cohort"
    settings = PhantomSettings(n_cases=20, field_mm=120.0, missing_mask=0, missing_endpoint=0, missing_clinical=0)
    return make_phantoms(folder, settings, jobs=1).parent


@pytest.fixture(scope="module")
def faulty(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with faults in images and table; returns the manifest."""
    folder = tmp_path_factory.mktemp("faulty") / "cohort"
    folder.mkdir()
    for path in phantoms.rglob("*"):
        target = folder / path.relative_to(phantoms)
        target.mkdir(exist_ok=True) if path.is_dir() else target.write_bytes(path.read_bytes())
    for index, (role, spoil, _) in SPOILT.items():
        spoil(folder / "images" / f"phantom-{index:03d}" / f"{role}.nii.gz")
    table = pd.read_csv(folder / "manifest.csv", dtype=str)
    table.loc[14, "pfs_days"] = "-3"
    table.loc[15, "pet"] = "images/absent.nii.gz"
    table.loc[16, ["pet", "pfs_event"]] = [table.loc[17, "pet"], "2"]
    table.loc[18, ["ct", "sex"]] = [None, "Other"]
    table.loc[19, ["mask", "pfs_days", "pfs_event"]] = None
    table.loc[0, "case_id"] = "phantom/000"
    table.to_csv(folder / "manifest.csv", index=False)
    return folder / "manifest.csv"


@pytest.fixture(scope="module")
def told(faulty: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a check of the faulty cohort says, and the folder of what it writes."""
    out = tmp_path_factory.mktemp("out") / "check"
    with pytest.raises(MedmtlError) as caught:
        check_cohort(faulty, PLAN, out)
    return str(caught.value), out


@pytest.fixture(scope="module")
def findings(told: tuple[str, Path]) -> pd.DataFrame:
    return pd.read_csv(told[1] / "findings.csv", keep_default_na=False)


@pytest.mark.parametrize("index", SPOILT)
def test_every_spoilt_image_is_found_in_one_go(index: int, findings: pd.DataFrame) -> None:
    name = {13: "phantom-013"}.get(index, f"phantom-{index:03d}")
    of_case = findings[findings["case_id"] == name]
    assert SPOILT[index][2] in of_case["code"].tolist()


@pytest.mark.parametrize(
    ("case_id", "code"),
    [
        ("phantom-014", "time"),
        ("phantom-015", "file-missing"),
        ("phantom-016", "event"),
        ("phantom-017", "file-shared"),
        ("phantom-018", "no-ct"),
        ("phantom-018", "unknown-level"),
        ("phantom-019", "nothing-known"),
        ("phantom/000", "case-id-unsafe"),
    ],
)
def test_every_fault_of_the_table_is_found_beside_those_of_the_images(
    case_id: str, code: str, findings: pd.DataFrame
) -> None:
    assert code in findings.loc[findings["case_id"] == case_id, "code"].tolist()


def test_the_text_names_every_fault_with_its_remedy_and_tells_where_the_page_is(told: tuple[str, Path]) -> None:
    text, out = told
    assert re.search(r"manifest\.csv: \d+ faults in \d+ cases stop a run; \d+ warnings", text)
    for words in (
        "Case phantom-001: ",
        "Is the file complete?",
        "Case phantom-003: ",
        "as activity [Bq/mL] does; convert it first",
        "Case phantom-005: ",
        "Found [0, 4]. Name the label there",
        "Found [0, 0.5]. Threshold the mask",
        "Case phantom-007: ",
        "subtract 1024",
        "Case phantom-014, column pfs_days: a time must be",
        "Case phantom-018, column ct: a run needs a CT beside the PET",
        str(out / "check.html"),
    ):
        assert words in text, words


def test_faults_of_the_table_leave_the_counted_folds_to_the_other_rows(told: tuple[str, Path]) -> None:
    assert re.search(r"Counted without 5 of 20 rows", told[0])


def test_the_document_for_programs_says_the_same(told: tuple[str, Path], findings: pd.DataFrame) -> None:
    document = json.loads((told[1] / "check.json").read_text())
    assert len(document["findings"]) == len(findings)
    assert document["counts"]["fault"] == (findings["level"] == "fault").sum()
    assert len(document["cases"]) == 20
    assert document["missing"]["all"] == {"cases": 20, "mask": 1, "pfs": 1, "age": 0, "performance_status": 0, "sex": 0}


def test_the_page_shows_every_case_its_pictures_and_what_is_wrong(told: tuple[str, Path]) -> None:
    page = (told[1] / "check.html").read_text()
    assert page.count('<article class="card') == 20
    assert "stop a run" in page
    assert page.count("data:image/webp") == 20 * 2 - 4  # no PET of 001 and 015, no CT of 002 and 018
    assert 'data-level="fault"' in page
    assert 'data-centre="Aldgate"' in page
    for title in (
        "PET in activity, not SUV",
        "Masks turned inside out",
        "PET without CT",
        "Files that are named twice",
    ):
        assert title in page


def test_the_page_needs_nothing_else(told: tuple[str, Path]) -> None:
    page = (told[1] / "check.html").read_text()
    assert re.findall(r"https?:|//\w+\.\w+|<link|@import|src=\"(?!data:)", page) == []


def test_the_same_cohort_gives_the_same_bytes(phantoms: Path, tmp_path: Path) -> None:
    _some(phantoms, tmp_path)
    for name in ("one", "two"):
        check_cohort(tmp_path / "manifest.csv", PLAN, tmp_path / name)
    for file in ("check.html", "check.json", "findings.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_phantoms_have_no_fault_and_warnings_do_not_stop(phantoms: Path, tmp_path: Path) -> None:
    text = check_cohort(phantoms / "manifest.csv", PLAN, tmp_path)
    assert "No fault found: a run can begin" in text
    assert "Faults (" not in text
    assert not (phantoms / "check").exists()


def test_a_warning_alone_exits_with_0(phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _some(phantoms, tmp_path).assign(stage="II").to_csv(tmp_path / "manifest.csv", index=False)
    (tmp_path / "schema.yaml").write_text("clinical: {stage: {scale: nominal}}")
    main(["check", str(tmp_path), "--jobs=1", "--folds.count=2"])
    assert "Column stage: every cell is 'II'" in capsys.readouterr().out
    assert (tmp_path / "check" / "check.html").is_file()


def test_without_a_plan_the_tables_own_endpoint_is_looked_at(phantoms: Path, tmp_path: Path) -> None:
    table = _some(phantoms, tmp_path).rename(columns=lambda name: name.replace("pfs_", "rfs_"))
    table.to_csv(tmp_path / "manifest.csv", index=False)
    assert "so rfs was looked at" in check_cohort(tmp_path / "manifest.csv", PLAN, tmp_path / "a", planned=False)
    with pytest.raises(MedmtlError, match=r"Column pfs_days: .* Or choose another endpoint: rfs"):
        check_cohort(tmp_path / "manifest.csv", PLAN, tmp_path / "b", planned=True)


def test_a_schema_that_cannot_be_used_does_not_hide_the_other_faults(phantoms: Path, tmp_path: Path) -> None:
    table = pd.read_csv(phantoms / "manifest.csv", dtype=str).iloc[:3]
    table.to_csv(tmp_path / "manifest.csv", index=False)
    (tmp_path / "schema.yaml").write_text("clinical: {centre: {scale: nominal}}")
    with pytest.raises(MedmtlError) as caught:
        check_cohort(tmp_path / "manifest.csv", PLAN)
    assert "centre: such a column has a meaning of its own" in str(caught.value)
    assert str(caught.value).count("the file must exist") == 9


def test_a_run_refuses_an_image_that_two_cases_name(faulty: Path, tmp_path: Path, fails: Callable[..., str]) -> None:
    table = pd.read_csv(faulty, dtype=str)
    keep = table.iloc[[1, 16, 17]].assign(pfs_event="1", pfs_days="200")
    for name in ("ct", "pet", "mask"):
        keep[name] = [str(faulty.parent / path) for path in keep[name]]
    keep.to_csv(tmp_path / "manifest.csv", index=False)
    given = ["run", "--cohort", tmp_path, "--out", tmp_path / "run", "--folds.count=2", "--folds.validate_fraction=0"]
    assert "one image must belong to one case" in fails(given)
    assert not (tmp_path / "run").exists()


def test_a_case_of_four_dimensions_is_told_by_its_file(phantoms: Path, tmp_path: Path) -> None:
    table = _some(phantoms, tmp_path)
    flat = sitk.GetImageFromArray(np.zeros((2, 4, 5, 6), np.float32), isVector=False)
    sitk.WriteImage(flat, str(tmp_path / "flat.nii.gz"))
    table.loc[0, "pet"] = "flat.nii.gz"
    table.to_csv(tmp_path / "manifest.csv", index=False)
    with pytest.raises(MedmtlError, match=r"flat\.nii\.gz: an image must have 3 dimensions and 1 channel"):
        check_cohort(tmp_path / "manifest.csv", PLAN)


def test_a_file_in_the_place_of_the_folder_is_refused_before_the_work(phantoms: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MedmtlError, match="must go into a folder"):
        check_cohort(phantoms, Experiment(), tmp_path / "file")
