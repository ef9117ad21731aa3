"""How well the centre can be told from the features, in the table and on the page that users look at."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.cli import main
from medmtl.stages.centres import CentreRows, centre_table

CASES = 36  # so that ComBat has its ten per centre in four fifths of them


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of two centres, one of which measures 20 more; a third centre has two cases, one case has none."""
    folder = tmp_path_factory.mktemp("centres")
    lines = ["Image,Mask,Hospital"]
    mask = np.zeros((6, 8, 8), dtype=np.uint8)
    mask[1:5, 2:6, 2:6] = 1
    sitk.WriteImage(sitk.GetImageFromArray(mask), str(folder / "mask.nii.gz"))
    for number in range(CASES):
        rng = np.random.default_rng(number)
        array = (rng.normal(50, 3) + 20 * (number % 2) + rng.normal(0, 5, mask.shape)).astype(np.float32)
        sitk.WriteImage(sitk.GetImageFromArray(array), str(folder / f"{number}.nii.gz"))
        centre = "far" if number in (4, 5) else "" if number == 6 else ("high" if number % 2 else "low")
        lines.append(f"{number}.nii.gz,mask.nii.gz,{centre}")
    (folder / "images.csv").write_text("\n".join(lines) + "\n")
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean, Median, Variance, Entropy]}\n")
    return folder / "images.csv"


@pytest.fixture(scope="module")
def out(images: Path) -> Path:
    out = images.with_name("out")
    given = ["--images", images, "--settings", images.with_name("params.yaml"), "--out", out, "--centre", "Hospital"]
    main(["extract", *map(str, given), "--jobs", "1"])
    return out


def test_a_centre_that_measures_more_is_told_until_combat_takes_it_out(out: Path) -> None:
    (row,) = pd.read_csv(out / "centres.csv").to_dict("records")
    assert (row["part"], row["harmoniser"], row["centres"]) == ("label 1", "ComBat", "high, low")
    assert row["cases"] == CASES - 3  # two of a centre too small, one of none
    assert row["before"] > 0.95
    assert row["after"] < 0.8


def test_the_page_says_the_same_in_words(out: Path) -> None:
    (row,) = pd.read_csv(out / "centres.csv").to_dict("records")
    page = (out / "centres.html").read_text("utf-8")
    for words in (f"<td>{row['before']:.2f}</td><td>{row['after']:.2f}</td>", "high, low", 'name="viewport"'):
        assert words in page


def test_the_tables_carry_who_measured_them(out: Path) -> None:
    told = json.loads((out / "provenance.json").read_text())
    assert (told["engine"], told["profile"]) == ("fast", "pyradiomics")
    assert pd.read_parquet(out / "radiomics.parquet").attrs["radiomics_provider"] == told["radiomics_provider"]


def test_a_column_that_is_not_there_is_refused_before_anything_is_measured(images: Path, tmp_path: Path, fails) -> None:
    told = fails(["extract", "--images", images, "--out", tmp_path / "out", "--centre", "Site"])
    assert "--centre must name a column. Found Site, not one of Image, Mask, Hospital" in told
    assert not (tmp_path / "out").exists()


def test_one_centre_alone_gives_the_reason_in_place_of_a_figure() -> None:
    rows = CentreRows(pd.DataFrame({"a": range(12)}), ["one"] * 12)
    (row,) = centre_table({"mask": rows}, {"class_path": "medmtl.features.combat.ComBat"}).to_dict("records")
    assert np.isnan(row["before"])
    assert "two centres" in row["reason"]


def test_a_run_tells_of_its_own_centres(finished) -> None:
    (row,) = pd.read_csv(finished.run / "centres.csv").fillna("").to_dict("records")
    assert row["part"] == "mask"
    assert row["before"] != "" or "two centres of 5 cases" in row["reason"]
    assert "Can the centre be told" in (finished.run / "report.html").read_text("utf-8")
