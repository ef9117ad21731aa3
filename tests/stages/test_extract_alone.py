"""A table of images and masks measured without a run: a drop-in for PyRadiomics' batch."""

import json
import logging
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics.featureextractor import RadiomicsFeatureExtractor

from medmtl.cli import main
from medmtl.errors import MedmtlError
from medmtl.features.engine.settings import profile_from
from medmtl.features.image_row import ExtractionPlan
from medmtl.stages import row_memory
from medmtl.stages.extract_alone import extract_images
from medmtl.stages.image_list import read_image_list
from medmtl.stages.stability import write_stability

PARAMETERS = """setting: {binWidth: 10, label: 1}
featureClass: {firstorder: [Mean, Energy], glcm: [Contrast]}
imageType: {Original: {}}
"""
DOCUMENT = {"setting": {"binWidth": 10}, "featureClass": {"firstorder": ["Mean"], "shape": ["MeshVolume"]}}
PLAN = ExtractionPlan(profile_from(DOCUMENT, "test"))


def _images(folder: Path, cases: int = 3) -> list[tuple[Path, Path]]:
    pairs = []
    for number in range(cases):
        rng = np.random.default_rng(number)
        mask = np.zeros((10, 12, 14), dtype=np.uint8)
        mask[3 : 6 + number, 3:9, 4:11] = 1
        image = rng.normal(50 + 10 * number, 20, mask.shape).astype(np.float32)
        paths = folder / f"image{number}.nii.gz", folder / f"mask{number}.nii.gz"
        for array, path in zip((image, mask), paths, strict=True):
            sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        pairs.append(paths)
    return pairs


def _table(folder: Path, header: str = "Image,Mask", **cells: list[str]) -> Path:
    lines = [",".join([image.name, mask.name]) for image, mask in _images(folder)]
    more = [",".join(values) for values in zip(*cells.values(), strict=True)]
    lines = [f"{line},{rest}" for line, rest in zip(lines, more, strict=True)] if more else lines
    path = folder / "images.csv"
    path.write_text("\n".join([",".join([header, *cells]), *lines]) + "\n", "utf-8")
    return path


def test_the_table_holds_pyradiomics_numbers_under_its_names(tmp_path: Path) -> None:
    path = _table(tmp_path, ID=["a", "b", "c"], Note=["x", "", "z"])
    (tmp_path / "params.yaml").write_text(PARAMETERS)
    out = tmp_path / "out"
    main(
        [
            "extract",
            "--images",
            str(path),
            "--settings",
            str(tmp_path / "params.yaml"),
            "--out",
            str(out),
            "--jobs",
            "1",
        ]
    )
    table = pd.read_csv(out / "radiomics.csv")
    assert table["case_id"].tolist() == ["a", "b", "c"]
    assert table["Note"].fillna("").tolist() == ["x", "", "z"]
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own libraries
        extractor = RadiomicsFeatureExtractor(str(tmp_path / "params.yaml"), additionalInfo=False)
    for row, (image, mask) in enumerate(_images(tmp_path)):
        for name, value in extractor.execute(str(image), str(mask)).items():
            assert table[name][row] == pytest.approx(float(value), rel=1e-9), name


def test_csv_and_parquet_say_the_same_and_provenance_tells_where_it_is_from(tmp_path: Path) -> None:
    extract_images(_table(tmp_path), PLAN, tmp_path / "out", 1)
    csv, parquet = pd.read_csv(tmp_path / "out/radiomics.csv"), pd.read_parquet(tmp_path / "out/radiomics.parquet")
    np.testing.assert_array_equal(csv["original_firstorder_Mean"], parquet["original_firstorder_Mean"])
    told = json.loads((tmp_path / "out/provenance.json").read_text())
    assert told["radiomics_provider"]["name"] in {"pyradiomics-cuda", "pyradiomics"}
    assert told["columns"]["original_firstorder_Mean"]["ibsi_code"] == "Q4LE"
    assert told["rows"][0]["regions"][0]["voxels_before"] == 3 * 6 * 7
    assert len(told["rows"][0]["files_sha256"]) == 64
    assert told["settings"]["parameters"]["setting"]["binWidth"] == 10


def test_bad_lines_keep_their_rows_and_the_columns_stay_the_same(tmp_path: Path) -> None:
    extract_images(_table(tmp_path), PLAN, tmp_path / "good", 1)
    lines = ["MASK,image", "mask0.nii.gz,image0.nii.gz", ",image0.nii.gz", "mask0.nii.gz,none.nii.gz", "a,b,c"]
    (tmp_path / "bad.csv").write_text("\n".join(lines) + "\n")
    extract_images(tmp_path / "bad.csv", PLAN, tmp_path / "out", 1)
    table, good = pd.read_csv(tmp_path / "out/radiomics.csv"), pd.read_csv(tmp_path / "good/radiomics.csv")
    assert table["status"].tolist() == ["ok", "error", "error", "error"]
    assert table["case_id"].tolist() == [2, 3, 4, 5]  # without an ID, the line
    for words, reason in zip(("no Mask", "does not exist", "more cells"), table["reason"][1:], strict=True):
        assert words in reason
    assert [name.lower() for name in sorted(table.columns, key=str.lower)] == sorted(map(str.lower, good.columns))


def test_a_label_of_the_line_is_measured(tmp_path: Path) -> None:
    extract_images(_table(tmp_path, Label=["1", "1.0", "2"]), PLAN, tmp_path / "out", 1)
    table = pd.read_csv(tmp_path / "out/radiomics.csv")
    assert table["part"].tolist() == ["label 1", "label 1", "label 2"]
    assert table["status"].tolist() == ["ok", "ok", "empty"]


def test_what_was_measured_is_not_measured_again_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _table(tmp_path)
    extract_images(path, PLAN, tmp_path / "out", 1)
    first = (tmp_path / "out/radiomics.csv").read_bytes()
    forgotten = sorted((tmp_path / "out/memory").glob("*.json"))[0]
    forgotten.unlink()
    measured = []
    real = row_memory.measure_row
    monkeypatch.setattr(row_memory, "measure_row", lambda row, plan: measured.append(row.line) or real(row, plan))
    extract_images(path, PLAN, tmp_path / "out", 1)
    assert len(measured) == 1
    assert (tmp_path / "out/radiomics.csv").read_bytes() == first


def test_a_changed_image_or_setting_is_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _table(tmp_path)
    extract_images(path, PLAN, tmp_path / "out", 1)
    measured = []
    real = row_memory.measure_row
    monkeypatch.setattr(row_memory, "measure_row", lambda row, plan: measured.append(row.line) or real(row, plan))
    sitk.WriteImage(sitk.ReadImage(str(tmp_path / "image1.nii.gz")) + 1, str(tmp_path / "image1.nii.gz"))
    extract_images(path, PLAN, tmp_path / "out", 1)
    assert measured == [3]
    other = ExtractionPlan(profile_from(DOCUMENT | {"setting": {"binWidth": 5}}, "test"))
    extract_images(path, other, tmp_path / "out", 1)
    assert sorted(measured) == [2, 3, 3, 4]


def test_stability_is_written_where_changes_are_measured(tmp_path: Path) -> None:
    plan = ExtractionPlan(PLAN.settings, perturb=True)
    extract_images(_table(tmp_path), plan, tmp_path / "out", 1)
    write_stability(plan, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/stability.csv")
    assert set(table["source"]) == {"all", "contour", "image"}
    whole = table[(table["feature"] == "original_shape_MeshVolume")].set_index("source")
    assert whole["repeats"].tolist() == [7, 3, 5]
    assert whole["icc_1_1"]["image"] > whole["icc_1_1"]["contour"]
    assert whole["with_volume"]["all"] == pytest.approx(1.0)
    assert "<svg" in (tmp_path / "out/stability.html").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Image,Segmentation\na,b\n", "columns Image and Mask"),
        ("Image,Mask,MASK\na,b,c\n", "Found twice: mask"),
        ("Image,Mask,status\na,b,c\n", "rename them: status"),
        ("", "header"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "images.csv"
    path.write_text(text)
    with pytest.raises(MedmtlError, match=words):
        read_image_list(path, frozenset({"status"}))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["extract"], "Found neither"),
        (["extract", "run", "--images", "a.csv"], "Found both"),
        (["extract", "run", "--suv"], "only with --images"),
        (["extract", "--images", "a.csv"], "--images needs --out"),
        (["extract", "--images", "none.csv", "--out", "out"], "does not exist"),
        (["extract", "--images", "a.csv", "--out", "out", "--regions", "ring"], "Found ring"),
        (["extract", "--images", "a.csv", "--out", "out", "--labels", "GTVp"], "Found GTVp"),
    ],
)
def test_the_two_ways_of_calling_are_told_apart(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_voxel_maps_are_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("voxelSetting: {kernelRadius: 1}\n")
    with pytest.raises(SystemExit):
        main(["extract", "--images", "a.csv", "--out", "out", "--settings", str(path)])
    assert "`voxelSetting` asks for maps" in capsys.readouterr().err


def test_a_column_case_id_names_the_cases_and_blank_columns_of_a_spreadsheet_are_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "images.csv"
    path.write_text("case_id,Image,Mask,,\nA,a.nii,b.nii,,\n", "utf-8")
    (row,) = read_image_list(path, frozenset({"case_id"}))
    assert (row.case_id, row.fault) == ("A", "")
    assert row.carried == {"Image": "a.nii", "Mask": "b.nii"}


@pytest.mark.parametrize("label", ["1.7", "0", "-1", "nan", "1e30", "GTV"])
def test_a_label_that_is_no_whole_number_above_zero_is_the_lines_fault(tmp_path: Path, label: str) -> None:
    path = tmp_path / "images.csv"
    path.write_text(f"Image,Mask,Label\na.nii,b.nii,{label}\n", "utf-8")
    assert "whole number above 0" in read_image_list(path, frozenset())[0].fault


def test_a_name_that_no_file_can_have_does_not_stop_the_others(tmp_path: Path) -> None:
    path = _table(tmp_path)
    path.write_text(path.read_text("utf-8") + f"{'a' * 300}.nii.gz,mask0.nii.gz\n", "utf-8")
    extract_images(path, PLAN, tmp_path / "out", jobs=1)
    assert list(pd.read_csv(tmp_path / "out" / "radiomics.csv")["status"]) == ["ok", "ok", "ok", "error"]


def test_a_damaged_memory_is_measured_again(tmp_path: Path) -> None:
    path, out = _table(tmp_path), tmp_path / "out"
    extract_images(path, PLAN, out, jobs=1)
    first = (out / "radiomics.csv").read_bytes()
    for place in (out / "memory").iterdir():
        place.write_text(place.read_text("utf-8")[:50], "utf-8")
    extract_images(path, PLAN, out, jobs=1)
    assert (out / "radiomics.csv").read_bytes() == first


def test_voxels_in_a_file_of_their_own_are_part_of_what_is_remembered(tmp_path: Path) -> None:
    path, out = _table(tmp_path), tmp_path / "out"
    image = sitk.GetImageFromArray(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "image0.nii.gz"))))
    sitk.WriteImage(image, str(tmp_path / "image0.mhd"))
    path.write_text("Image,Mask\nimage0.mhd,mask0.nii.gz\n", "utf-8")
    extract_images(path, PLAN, out, jobs=1)
    sitk.WriteImage(image + 7, str(tmp_path / "image0.mhd"))  # another .raw, the same header
    before = pd.read_csv(out / "radiomics.csv")["original_firstorder_Mean"][0]
    extract_images(path, PLAN, out, jobs=1)
    after = pd.read_csv(out / "radiomics.csv")["original_firstorder_Mean"][0]
    assert after - before == pytest.approx(7, rel=1e-5)


def test_two_commands_may_write_into_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = _table(tmp_path), tmp_path / "out"
    extract_images(path, PLAN, out, jobs=1)
    first, write = (out / "radiomics.csv").read_bytes(), pd.DataFrame.to_csv

    def while_another_writes(table: pd.DataFrame, partial: Path, **options: object) -> None:
        write(table, partial, **options)
        with monkeypatch.context() as other:
            other.setattr(pd.DataFrame, "to_csv", write)
            other.setattr("os.getpid", lambda: 1)
            extract_images(path, PLAN, out, jobs=1)

    monkeypatch.setattr(pd.DataFrame, "to_csv", while_another_writes)
    extract_images(path, PLAN, out, jobs=1)
    assert (out / "radiomics.csv").read_bytes() == first
    assert not list(out.glob(".partial-*"))
