import json
from pathlib import Path

import pandas as pd
import pytest

from medmtl.cohort.manifest import read_manifest
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.stages.make_phantoms import make_phantoms

SETTINGS = PhantomSettings(n_cases=8, seed=5, missing_mask=0.2)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_phantoms(tmp_path_factory.mktemp("made") / "cohort", SETTINGS, jobs=1)


def test_the_manifest_obeys_the_rules_of_every_manifest(manifest: Path) -> None:
    cohort = read_manifest(manifest, endpoint="pfs")
    assert cohort.ids == tuple(f"phantom-{index:03d}" for index in range(8))
    assert [column.name for column in cohort.columns] == ["age", "performance_status", "sex"]


def test_the_images_can_be_read_and_the_mask_lies_on_the_ct(manifest: Path) -> None:
    case = next(case for case in read_manifest(manifest).cases if case.mask)
    assert case.mask is not None
    assert read_image(case.mask).grid == read_image(case.ct).grid
    assert read_image(case.pet).array.max() > 3


def test_the_truth_is_written_beside_the_manifest(manifest: Path) -> None:
    truth = json.loads((manifest.parent / "truth.json").read_text())
    known = [case for case in read_manifest(manifest).cases if case.endpoints]
    assert truth["n"] == len(known)
    assert 0.5 < truth["ceiling"] <= 1
    assert "log_volume * ln(volume_ml / 15)" in truth["formula"]
    assert truth["made_of"]["coefficients"]["log_volume"] == 1.25
    assert pd.read_csv(manifest.parent / "truth.csv")["log_hazard"].notna().sum() == 8


def test_a_finished_cohort_is_not_made_again(manifest: Path) -> None:
    before = manifest.stat().st_mtime_ns
    assert make_phantoms(manifest.parent, SETTINGS, jobs=1) == manifest
    assert manifest.stat().st_mtime_ns == before


def test_a_cohort_of_other_settings_is_not_overwritten(manifest: Path) -> None:
    with pytest.raises(MedmtlError, match="other settings"):
        make_phantoms(manifest.parent, PhantomSettings(n_cases=9, seed=5), jobs=1)


def test_cases_made_in_parallel_are_the_same(manifest: Path, tmp_path: Path) -> None:
    other = make_phantoms(tmp_path / "cohort", SETTINGS, jobs=2)
    assert other.read_text() == manifest.read_text()
    assert (other.parent / "truth.csv").read_text() == (manifest.parent / "truth.csv").read_text()
