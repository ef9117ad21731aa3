"""Each year's layout, fabricated from phantoms, becomes a cohort."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cohort.adapters.hecktor_layouts import Made, in_activity, suv_row, write_layout

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, check_experiment
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Case, Grid, Image
from medmtl.stages.check import check_cohort
from medmtl.stages.import_hecktor import HecktorRequest, import_hecktor
from medmtl.stages.run import create_run, open_run, read_record

YEARS = (2020, 2021, 2022, 2025, 2026)
ENDPOINT = {2021: "pfs", 2022: "rfs", 2025: "rfs", 2026: "rfs"}
EXPERIMENT = {
    "endpoint": "rfs",
    "jobs": 1,
    "folds": {"count": 2, "validate_fraction": 0.0},
    "prepare": {"labels": {"GTVp": 1, "GTVn": 2}, "spacing_mm": [8.0, 8.0, 8.0]},
    "data": {"patch": [16, 16, 16]},
}


@dataclass(frozen=True)
class Imported:
    """A fabricated tree, what is in it, and the cohort made from it."""

    source: Path
    made: Mapping[str, Made]
    manifest: Path

    @property
    def cases(self) -> dict[str, Case]:
        return {case.case_id: case for case in read_manifest(self.manifest).cases}

    @property
    def report(self) -> pd.DataFrame:
        return _report(self.manifest)


def _report(manifest: Path) -> pd.DataFrame:
    return pd.read_csv(manifest.parent / "import_report.csv", keep_default_na=False).set_index("case_id")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Imported]:
    found = {}
    for year in YEARS:
        root = tmp_path_factory.mktemp(str(year))
        made = write_layout(year, root / "source", n_cases=8, size=20)
        summary = import_hecktor(HecktorRequest(root / "source", year), root / "cohort", jobs=1)
        found[year] = Imported(root / "source", made, summary.manifest)
    return found


@pytest.fixture
def tree(imported: dict[int, Imported], tmp_path: Path) -> Path:
    """A copy of 2026's tree, to be spoilt."""
    shutil.copytree(imported[2026].source, tmp_path / "source")
    return tmp_path / "source"


def _import(tree: Path, year: int = 2026, **options: object) -> Path:
    request = HecktorRequest(tree, year, **options)  # type: ignore[arg-type]
    return import_hecktor(request, tree.parent / "cohort", jobs=1).manifest


def _image(tree: Path, case_id: str, kind: str) -> Path:
    return tree / "hecktor2026_training" / case_id / f"{case_id}{kind}.nii.gz"


@pytest.mark.parametrize("year", YEARS)
def test_every_patient_of_the_layout_is_a_case_of_its_centre(imported: dict[int, Imported], year: int) -> None:
    one = imported[year]
    assert {case.case_id: case.centre for case in one.cases.values()} == {
        m.case_id: m.centre for m in one.made.values()
    }
    assert set(one.report["status"]) == {"imported"}


@pytest.mark.parametrize("year", YEARS)
def test_every_mask_keeps_its_labels(imported: dict[int, Imported], year: int) -> None:
    for case_id, case in imported[year].cases.items():
        expected = imported[year].made[case_id].mask
        assert (case.mask is None) == (expected is None)
        if case.mask and expected:
            np.testing.assert_array_equal(read_image(case.mask).array, expected.array)
            assert set(np.unique(expected.array)) == ({0, 1} if year < 2022 else {0, 1, 2})


@pytest.mark.parametrize("year", YEARS)
def test_every_pet_is_in_suv(imported: dict[int, Imported], year: int) -> None:
    for case_id, case in imported[year].cases.items():
        expected = imported[year].made[case_id].pet.array
        np.testing.assert_allclose(read_image(case.pet).array, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("year", YEARS)
def test_every_endpoint_is_that_of_its_patient_or_absent(imported: dict[int, Imported], year: int) -> None:
    for case_id, case in imported[year].cases.items():
        made = imported[year].made[case_id]
        found = {name: (one.time_days, int(one.event)) for name, one in case.endpoints.items()}
        told = year in ENDPOINT and made.days is not None
        assert found == ({ENDPOINT[year]: (made.days, made.event)} if told else {})


@pytest.mark.parametrize("year", YEARS)
def test_what_the_phantom_knew_comes_back_and_what_it_did_not_stays_missing(
    imported: dict[int, Imported], year: int
) -> None:
    for case_id, case in imported[year].cases.items():
        truth = imported[year].made[case_id].clinical
        assert {name: case.clinical[name] for name in truth} == dict(truth)


def test_stages_are_carried_without_their_sub_stages_and_the_unknown_is_missing(imported: dict[int, Imported]) -> None:
    old = imported[2021].cases
    assert [old["CHUP002"].clinical[name] for name in ("t_stage", "n_stage", "m_stage", "tnm_group")] == [
        "T4",
        None,
        "M0",
        "IV",
    ]
    assert old["CHUM010"].clinical["t_stage"] is None
    assert {case.clinical["t_stage"] for case in imported[2026].cases.values()} == {"T0", "T1", "T3", "T4"}


@pytest.mark.parametrize("year", YEARS)
def test_stages_hpv_and_treatment_are_carried_and_not_predicted_from(imported: dict[int, Imported], year: int) -> None:
    columns = read_manifest(imported[year].manifest).columns
    assert [column.name for column in columns if column.predictor] == [
        "age",
        "sex",
        "performance_status",
        "tobacco",
        "alcohol",
    ]
    assert {"hpv"} <= {column.name for column in columns if not column.predictor}


@pytest.mark.parametrize("year", [2022, 2025])
def test_the_cohort_passes_the_check(imported: dict[int, Imported], year: int) -> None:
    check_cohort(imported[year].manifest, check_experiment(EXPERIMENT, "here"))


def test_a_stage_is_a_predictor_where_it_is_asked_for(imported: dict[int, Imported]) -> None:
    named = check_experiment(EXPERIMENT | {"predictors": ["age", "t_stage"]}, "here")
    assert named.predictors == ("age", "t_stage")
    check_cohort(imported[2025].manifest, named)
    unknown = Experiment(**EXPERIMENT | {"predictors": ["t_stage", "surgery"]})
    with pytest.raises(MedmtlError, match=r"predictors: .*Found surgery"):
        check_cohort(imported[2025].manifest, unknown)


def test_a_run_predicts_from_what_is_not_carried_unless_it_says_so(
    imported: dict[int, Imported], tmp_path: Path
) -> None:
    manifest = imported[2025].manifest
    named = check_experiment(EXPERIMENT | {"predictors": ["t_stage"]}, "here")
    default = create_run(check_experiment(EXPERIMENT, "here"), manifest, tmp_path / "a")
    asked = create_run(named, manifest, tmp_path / "b")
    assert [column.name for column in asked.cohort.columns] == ["t_stage"]
    assert "t_stage" not in [column.name for column in default.cohort.columns]
    assert [column["name"] for column in read_record(asked.folder)["clinical"]] == ["t_stage"]
    assert open_run(tmp_path / "b").cohort.columns == asked.cohort.columns


def test_the_command_line_imports_and_names_what_is_wrong(
    imported: dict[int, Imported], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, given = str(imported[2022].source), ["import", "hecktor", "--jobs", "1", "--out", str(tmp_path / "cohort")]
    main([*given, "--edition", "2022", source])
    assert "8 imported, 0 failed, 0 left out" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main([*given, "--edition", "2021", "--crop", source])
    assert stopped.value.code == 2
    assert "Give --edition 2022" in capsys.readouterr().err


def test_without_an_outcome_the_check_says_that_there_is_none(imported: dict[int, Imported]) -> None:
    with pytest.raises(MedmtlError, match=r"Column rfs_days.* has no endpoint"):
        check_cohort(imported[2020].manifest, check_experiment(EXPERIMENT | {"prepare": {}}, "here"))


def test_patients_of_one_task_of_2025_have_what_that_task_knows(imported: dict[int, Imported]) -> None:
    cases = imported[2025].cases
    mask_only, outcome_only, hpv_only = (cases[name] for name in ("MDA-300", "HGJ-007", "HMR-012"))
    assert (mask_only.mask is not None, mask_only.endpoints) == (True, {})
    assert (outcome_only.mask, set(outcome_only.endpoints)) == (None, {"rfs"})
    assert (hpv_only.mask, hpv_only.endpoints) == (None, {})
    assert "Task 3" in str(hpv_only.ct)
    assert "not hecktor2025_training/Task 2/CHUM-001, " in imported[2025].report.loc["CHUM-001", "chosen"]


def test_images_are_referred_to_where_they_lie_but_for_converted_pets(imported: dict[int, Imported]) -> None:
    one = imported[2026]
    converted = {case_id for case_id, case in one.cases.items() if one.source not in case.pet.parents}
    assert converted == {case_id for case_id in one.made if in_activity(case_id)} == {"CHUP-014", "MDA-300"}
    written = sorted(path.name for path in (one.manifest.parent / "images").rglob("*.nii.gz"))
    assert written == ["pet.nii.gz", "pet.nii.gz"]
    line = one.report.loc["CHUP-014"]
    assert (line["suv_branch"], line["notes"]) == ("organisers' table", "PET converted from Bq/mL")
    assert json.loads(str(line["suv_constants"]))["patient_weight_kg"] == 70.0


def test_a_pet_in_activity_without_a_row_fails_with_the_remedy(tree: Path) -> None:
    (tree / "hecktor2026_training" / "suv_conversion_tags.csv").unlink()
    manifest = _import(tree)
    report = _report(manifest)
    assert set(report.index[report["status"] == "failed"]) == {"CHUP-014", "MDA-300"}
    assert "--suv-table" in report.loc["MDA-300", "reason"]
    assert len(read_manifest(manifest).cases) == 6


@pytest.mark.parametrize(("brightest", "status"), [(190.0, "imported"), (210.0, "failed")])
def test_a_pet_is_activity_where_one_voxel_in_a_thousand_exceeds_200(tree: Path, brightest: float, status: str) -> None:
    path = _image(tree, "CHUM-001", "__PT")
    pet = read_image(path)
    scale = np.float32(brightest / np.quantile(pet.array, 0.999))
    write_image(Image(pet.array * scale, pet.grid), path)
    assert _report(_import(tree)).loc["CHUM-001", "status"] == status


def test_an_suv_table_may_lie_elsewhere(tree: Path) -> None:
    shutil.move(tree / "hecktor2026_training" / "suv_conversion_tags.csv", tree.parent / "tags.csv")
    manifest = _import(tree, suv_table=tree.parent / "tags.csv")
    assert set(_report(manifest)["status"]) == {"imported"}


def test_a_row_that_cannot_be_true_fails_the_patient_that_needs_it_alone(tree: Path) -> None:
    rows = [suv_row("CHUP-014") | {"patient_weight_kg": 7000}, suv_row("MDA-300"), suv_row("CHUM-001")]
    pd.DataFrame(rows).to_csv(tree / "hecktor2026_training" / "suv_conversion_tags.csv", index=False)
    report = _report(_import(tree))
    assert "patient_weight_kg must be 20 to 300" in report.loc["CHUP-014", "reason"]
    assert report.loc["MDA-300", "status"] == "imported"
    assert report.loc["CHUM-001", "notes"] == "named in the SUV table, but its PET is in SUV already"


def test_a_case_that_lacks_a_file_or_is_broken_fails_and_the_rest_go_on(tree: Path) -> None:
    _image(tree, "CHUM-001", "__PT").unlink()
    _image(tree, "CHUP-054", "__CT").write_bytes(b"broken")
    _image(tree, "HGJ-007", "__CT").unlink()
    _image(tree, "HGJ-007", "__PT").unlink()
    manifest = _import(tree)
    report = _report(manifest)
    assert "no PET, but" in report.loc["CHUM-001", "reason"]
    assert "CHUP-054__CT.nii.gz: the image cannot be read" in report.loc["CHUP-054", "reason"]
    assert "no CT and no PET, but" in report.loc["HGJ-007", "reason"]
    assert len(read_manifest(manifest).cases) == 5


def test_a_mask_with_another_label_or_grid_fails(tree: Path) -> None:
    mask = read_image(_image(tree, "CHUM-001", ""))
    write_image(
        Image(np.where(mask.array == 2, 7, mask.array).astype(np.uint8), mask.grid), _image(tree, "CHUM-001", "")
    )
    moved = Grid(mask.grid.size, mask.grid.spacing, (0.0, 0.0, 0.0))
    write_image(Image(mask.array, moved), _image(tree, "HGJ-007", ""))
    write_image(
        Image(np.zeros_like(mask.array), read_image(_image(tree, "HMR-012", "")).grid), _image(tree, "HMR-012", "")
    )
    report = _report(_import(tree))
    assert "{'GTVp': 1, 'GTVn': 2}. Found the labels [1, 7]" in report.loc["CHUM-001", "reason"]
    assert "must lie on the CT's grid" in report.loc["HGJ-007", "reason"]
    assert (report.loc["HMR-012", "status"], report.loc["HMR-012", "notes"]) == ("imported", "the mask is empty")


def test_who_is_in_the_tables_or_in_the_images_alone_is_told(tree: Path) -> None:
    table = tree / "hecktor2026_training" / "HECKTOR_2026_training_data.csv"
    lines = table.read_text().splitlines()
    absent = lines[1].replace("CHUM-001", "USZ-099")
    table.write_text("\n".join([lines[0], *lines[2:], absent]) + "\n")
    manifest = _import(tree)
    report = _report(manifest)
    assert (report.loc["USZ-099", "status"], report.loc["USZ-099", "reason"]) == ("left_out", "no images found")
    assert (report.loc["CHUM-001", "status"], report.loc["CHUM-001", "notes"]) == ("imported", "no line in the tables")
    alone = {case.case_id: case for case in read_manifest(manifest).cases}["CHUM-001"]
    assert (alone.endpoints, set(alone.clinical.values())) == ({}, {None})


def test_a_line_that_cannot_be_read_fails_its_patient(tree: Path) -> None:
    table = tree / "hecktor2026_training" / "HECKTOR_2026_training_data.csv"
    table.write_text(table.read_text().replace(",T1,", ",T9,", 1))
    report = _report(_import(tree))
    (failed,) = report.index[report["status"] == "failed"]
    assert "column T_stage: a stage such as T1 must stand here" in report.loc[failed, "reason"]


def test_a_wrong_edition_is_refused_and_leaves_nothing(tree: Path) -> None:
    with pytest.raises(MedmtlError, match=r"looks like 2026.*Give --edition 2026"):
        _import(tree, 2025)
    assert [path.name for path in tree.parent.iterdir()] == ["source"]


@pytest.mark.parametrize("year", YEARS)
def test_every_tree_is_known_by_its_own_edition_alone(imported: dict[int, Imported], year: int, tmp_path: Path) -> None:
    for other in set(YEARS) - {year}:
        with pytest.raises(MedmtlError, match=f"looks like {year}"):
            import_hecktor(HecktorRequest(imported[year].source, other), tmp_path / "cohort", jobs=1)


def test_an_equal_import_changes_nothing_and_another_is_refused(tree: Path) -> None:
    before = _import(tree).read_text()
    assert _import(tree).read_text() == before
    table = tree / "hecktor2026_training" / "HECKTOR_2026_training_data.csv"
    table.write_text(table.read_text().replace("T0", "T1"))
    with pytest.raises(MedmtlError, match="another cohort"):
        _import(tree)


def test_boxes_are_carried_and_cut_to_where_asked(imported: dict[int, Imported], tmp_path: Path) -> None:
    whole = imported[2021]
    boxes = pd.read_csv(whole.manifest.parent / "bounding_boxes.csv").set_index("case_id")
    assert set(boxes.index) == set(whole.cases)
    request = HecktorRequest(whole.source, 2021, crop=True)
    cut = import_hecktor(request, tmp_path / "cohort", jobs=1).manifest
    for case in read_manifest(cut).cases:
        assert case.mask
        assert case.ct
        mask, before = read_image(case.mask), read_image(Path(str(whole.cases[case.case_id].mask)))
        assert mask.grid.size < before.grid.size
        assert np.count_nonzero(mask.array) > 0.5 * np.count_nonzero(before.array)
        assert read_image(case.ct).grid == mask.grid
        low = np.array([boxes.loc[case.case_id, f"{axis}1"] for axis in "xyz"], dtype=float)
        edge = np.array(mask.grid.origin) - np.array(mask.grid.spacing) / 2
        assert ((edge <= low + 1e-3) | np.isclose(mask.grid.origin, before.grid.origin)).all()
        pet, spread = read_image(case.pet).grid, read_image(whole.cases[case.case_id].pet).grid
        beyond = np.array(pet.origin) + 1.5 * np.array(pet.spacing) <= low  # the PET keeps voxels to interpolate from
        assert (beyond | np.isclose(pet.origin, spread.origin)).all()
        assert beyond.any()
