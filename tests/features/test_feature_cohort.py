"""Many cases measured in parallel, and remembered."""

import numpy as np
import pytest

from medmtl.features.base import FeatureStatus
from medmtl.features.cohort import ExtractionJob, Workshop, extract_cohort
from medmtl.features.settings import RadiomicsSettings
from medmtl.features.table import feature_table, read_features, write_features
from medmtl.imaging.image import write_image
from medmtl.records import Grid, Image

GRID = Grid((20, 20, 20), (3.0, 3.0, 3.0), (0.0, 0.0, 0.0))
SETTINGS = RadiomicsSettings(feature_classes=("shape", "firstorder"))


def _job(folder, case_id, radius):
    z, y, x = np.indices((20, 20, 20))
    inside = (x - 10) ** 2 + (y - 10) ** 2 + (z - 10) ** 2 < radius**2
    noise = np.random.default_rng(len(case_id)).random((20, 20, 20)).astype(np.float32)
    paths = [folder / f"{case_id}-{name}.nii.gz" for name in ("pet", "ct", "mask")]
    for path, array in zip(paths, (noise + 5 * inside, 100 * noise, inside.astype(np.uint8)), strict=True):
        write_image(Image(array.astype(np.float32) if array.dtype != np.uint8 else array, GRID), path)
    return ExtractionJob(case_id, *paths)


@pytest.fixture
def jobs(tmp_path):
    return [_job(tmp_path, "a", 6), _job(tmp_path, "bb", 0), _job(tmp_path, "ccc", 8)]


def _ignore(case_id, features):
    pass


def test_every_case_is_measured_and_heard_of_once(jobs):
    heard = []
    found = extract_cohort(jobs, SETTINGS, Workshop(), lambda case_id, _: heard.append(case_id))
    assert list(found) == ["a", "bb", "ccc"]
    assert sorted(heard) == ["a", "bb", "ccc"]
    assert [case.status.value for case in found.values()] == ["ok", "empty", "ok"]


def test_two_processes_find_what_one_finds(jobs):
    alone = extract_cohort(jobs, SETTINGS, Workshop(), _ignore)
    together = extract_cohort(jobs, SETTINGS, Workshop(workers=2), _ignore)
    for case_id in alone:
        np.testing.assert_equal(dict(together[case_id].values), dict(alone[case_id].values))


def test_a_missing_file_is_an_error_and_the_others_go_on(jobs):
    jobs[0].pet.unlink()
    found = extract_cohort(jobs, SETTINGS, Workshop(), _ignore)
    assert found["a"].status is FeatureStatus.ERROR
    assert "the file does not exist" in found["a"].reason
    assert found["ccc"].status is FeatureStatus.OK


def test_what_was_measured_is_remembered_until_its_input_changes(jobs, tmp_path):
    workshop = Workshop(cache=tmp_path / "cache")
    extract_cohort(jobs, SETTINGS, workshop, _ignore)
    remembered = set(workshop.cache.iterdir())
    extract_cohort(jobs, SETTINGS, workshop, _ignore)
    assert set(workshop.cache.iterdir()) == remembered
    _job(tmp_path, "a", 7)
    extract_cohort(jobs, SETTINGS, workshop, _ignore)
    extract_cohort(jobs, SETTINGS.model_copy(update={"ct_bin_width": 10.0}), workshop, _ignore)
    assert len(set(workshop.cache.iterdir()) - remembered) == 4


def test_a_remembered_case_is_not_measured_again(jobs, tmp_path):
    workshop = Workshop(cache=tmp_path / "cache")
    first = extract_cohort(jobs, SETTINGS, workshop, _ignore)
    entry = next(workshop.cache.glob("ccc-*.json"))
    entry.write_text(entry.read_text().replace('"reason": ""', '"reason": "from memory"'))
    again = extract_cohort(jobs, SETTINGS, workshop, _ignore)
    assert again["ccc"].reason == "from memory"
    assert again["a"] == first["a"]


def test_a_cohort_without_a_case_has_no_features():
    assert extract_cohort([], SETTINGS, Workshop(), _ignore) == {}


@pytest.mark.parametrize("name", ["features.csv", "features.parquet"])
def test_a_table_is_read_as_it_was_written(jobs, tmp_path, name):
    features = extract_cohort(jobs, SETTINGS, Workshop(), _ignore)
    table = feature_table(features, {"a": 0, "ccc": 1})
    write_features(table, tmp_path)
    again = read_features(tmp_path / name)
    assert list(again.columns[:6]) == ["fold", "status", "volume_ml", "suv_max", "suv_mean", "tlg"]
    assert again["fold"].isna().tolist() == [False, True, False]
    np.testing.assert_array_equal(again.iloc[:, 2:].to_numpy(float), table.iloc[:, 2:].to_numpy(float))
    assert not list(tmp_path.glob(".partial*"))
