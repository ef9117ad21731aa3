from pathlib import Path

import numpy as np
import pytest
import torch

from medmtl.cohort.clinical import ClinicalEncoder, fit_clinical
from medmtl.errors import CaseError
from medmtl.imaging.image import write_image
from medmtl.imaging.prepared import PreparedCase
from medmtl.inference.ensemble import Ensemble
from medmtl.inference.reading import FurtherMasks
from medmtl.inference.settings import InferenceSettings
from medmtl.network import build_network
from medmtl.network_settings import NetworkSettings
from medmtl.records import Case, ClinicalColumn, Grid, Image, Scale
from medmtl.tensors import Inputs
from medmtl.training.saved import ModelDocument, load_model, save_model
from medmtl.training.settings import TrainingSettings
from medmtl.volume import ALL_FLIPS, read_volume

SETTINGS = NetworkSettings.model_validate(
    {
        "encoder": {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [4, 8]}},
        "tasks": {
            "segmentation": {"class_path": "medmtl.tasks.segmentation.Segmentation"},
            "survival": {
                "class_path": "medmtl.tasks.cascaded_survival.CascadedSurvival",
                "init_args": {"dense_layers": [1], "growth": 2, "hidden": 4},
            },
        },
    }
)
COLUMNS = (ClinicalColumn("age", Scale.NUMERIC),)
WORKING = Grid((16, 16, 16), (4.0, 4.0, 4.0), (0.0, 0.0, 0.0))
CT = Grid((20, 24, 18), (3.1, 2.5, 3.4), (-1.0, 2.0, 0.3))
CPU = TrainingSettings(precision="32-true", accelerator="cpu")
NO_FLIPS = InferenceSettings(flips=False, min_component_ml=0)
FLIPS = InferenceSettings(flips=True, min_component_ml=0)


def _case(folder: Path) -> Case:
    write_image(Image(np.zeros(CT.size[::-1], np.int16), CT), folder / "ct.nii.gz")
    return Case("known", "A", folder / "ct.nii.gz", folder / "pet.nii.gz", clinical={"age": 61.0})


def _save(folder: Path, fold: int, offset: float) -> Path:
    torch.manual_seed(fold)
    ages = (Case(str(age), "A", folder, folder, clinical={"age": float(age)}) for age in (40, 60, 80))
    document = ModelDocument(
        fold=fold,
        endpoint="pfs",
        network=SETTINGS,
        patch=(16, 16, 16),
        classes=2,
        clinical=fit_clinical(tuple(ages), COLUMNS).to_dict(),
        offset=offset,
        trained_on=("known",) if fold == 1 else (),
    )
    save_model(build_network(SETTINGS, 1, 2, "pfs").state_dict(), document, folder / f"{fold}.ckpt")
    return folder / f"{fold}.ckpt"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return _case(tmp_path)


@pytest.fixture
def prepared() -> PreparedCase:
    rng = np.random.default_rng(0)
    return PreparedCase("known", rng.normal(size=(2, 16, 16, 16)).astype(np.float32), None, WORKING)


def test_an_ensemble_is_the_mean_of_its_models(case: Case, prepared: PreparedCase, tmp_path: Path) -> None:
    models = [_save(tmp_path, fold, offset=0.0) for fold in (0, 1)]
    alone = [Ensemble([model], (1,), NO_FLIPS, CPU).predict(case, prepared) for model in models]
    both = Ensemble(models, (1,), NO_FLIPS, CPU).predict(case, prepared)
    risks = [one.deep_log_hazard for one in alone]
    assert risks[0] != risks[1]
    assert both.log_hazards == pytest.approx(risks)
    assert both.deep_log_hazard == pytest.approx(np.mean(risks))
    assert both.deep_spread == pytest.approx(np.std(risks, ddof=1))
    assert np.isnan(alone[0].deep_spread)


def test_a_models_own_constant_is_taken_off(case: Case, prepared: PreparedCase, tmp_path: Path) -> None:
    plain = Ensemble([_save(tmp_path, 0, offset=0.0)], (1,), NO_FLIPS, CPU).predict(case, prepared)
    moved = Ensemble([_save(tmp_path, 0, offset=2.5)], (1,), NO_FLIPS, CPU).predict(case, prepared)
    assert moved.deep_log_hazard == pytest.approx(plain.deep_log_hazard - 2.5)


def test_the_mask_lies_on_the_ct_and_its_volume_is_told(case: Case, prepared: PreparedCase, tmp_path: Path) -> None:
    found = Ensemble([_save(tmp_path, 0, 0.0)], (9,), NO_FLIPS, CPU).predict(case, prepared)
    np.testing.assert_allclose(found.mask.grid.origin, CT.origin, atol=1e-5)
    assert found.mask.grid.size == CT.size
    assert set(np.unique(found.mask.array)) <= {0, 9}
    expected = np.count_nonzero(found.mask.array) * 3.1 * 2.5 * 3.4 / 1000
    assert found.volume_ml == pytest.approx(expected, rel=1e-5)


def test_a_model_that_was_trained_on_the_case_is_refused_out_of_fold(
    case: Case, prepared: PreparedCase, tmp_path: Path
) -> None:
    models = [_save(tmp_path, fold, 0.0) for fold in (0, 1)]
    assert Ensemble(models[:1], (1,), NO_FLIPS, CPU).predict(case, prepared, unseen=True).case_id == "known"
    with pytest.raises(CaseError, match=r"Case known: the model of fold 1 was trained on it"):
        Ensemble(models, (1,), NO_FLIPS, CPU).predict(case, prepared, unseen=True)


def test_the_age_of_the_case_matters_as_the_training_fold_scaled_it(
    case: Case, prepared: PreparedCase, tmp_path: Path
) -> None:
    ensemble = Ensemble([_save(tmp_path, 0, 0.0)], (1,), NO_FLIPS, CPU)
    older = Case("known", "A", case.ct, case.pet, clinical={"age": 95.0})
    nobody = Case("known", "A", case.ct, case.pet, clinical={"age": None})
    sixty = Case("known", "A", case.ct, case.pet, clinical={"age": 60.0})  # the median of the training ages
    risks = [ensemble.predict(one, prepared).deep_log_hazard for one in (sixty, older, nobody)]
    assert risks[0] != risks[1]
    assert risks[0] == risks[2]


ALL = FurtherMasks(flips=True, models=True, thresholds=(0.45, 0.55))


def test_the_mean_of_mirrored_views_is_that_of_reading_them_together(
    case: Case, prepared: PreparedCase, tmp_path: Path
) -> None:
    network, document = load_model(_save(tmp_path, 0, offset=0.25))
    reading = Ensemble([tmp_path / "0.ckpt"], (1,), FLIPS, CPU).read(case, prepared, further=ALL)
    clinical = torch.as_tensor(ClinicalEncoder.from_dict(document.clinical).transform([case]), dtype=torch.float32)
    together = read_volume(network, Inputs(torch.from_numpy(prepared.image)[None], clinical), (16, 16, 16), ALL_FLIPS)
    np.testing.assert_allclose(reading.probability, together["segmentation"].numpy(), atol=1e-6)
    assert reading.log_hazards[0] == pytest.approx(float(together["survival"]) - 0.25, abs=1e-5)
    assert len(reading.parts) == 8
    np.testing.assert_allclose(np.mean([*reading.parts.values()], axis=0), reading.probability, atol=1e-6)


def test_a_single_model_gives_no_mask_of_models_and_two_give_those_of_each_alone(
    case: Case, prepared: PreparedCase, tmp_path: Path
) -> None:
    models = [_save(tmp_path, fold, 0.0) for fold in (0, 1)]
    alone = [Ensemble([model], (1,), NO_FLIPS, CPU) for model in models]
    assert alone[0].read(case, prepared, further=ALL).parts == {}
    both = Ensemble(models, (1,), NO_FLIPS, CPU)
    masks = dict(both.further_masks(case, both.read(case, prepared, further=ALL), ALL))
    assert set(masks) == {"model_0", "model_1", "threshold_0.45", "threshold_0.55"}
    for place, one in enumerate(alone):
        np.testing.assert_array_equal(masks[f"model_{place}"].array, one.predict(case, prepared).mask.array)


def test_a_lower_threshold_finds_more_and_the_usual_one_the_mask_itself(
    case: Case, prepared: PreparedCase, tmp_path: Path
) -> None:
    ensemble = Ensemble([_save(tmp_path, 0, 0.0)], (1,), NO_FLIPS, CPU)
    reading = ensemble.read(case, prepared)
    levels = tuple(np.quantile(1 - reading.probability[0], (0.2, 0.8)).round(4))
    low, usual, high = (
        mask.array > 0
        for _, mask in ensemble.further_masks(case, reading, FurtherMasks(thresholds=(levels[0], 0.5, levels[1])))
    )
    np.testing.assert_array_equal(usual, ensemble.predict(case, prepared).mask.array > 0)
    assert low[high].all()
    assert 0 < np.count_nonzero(high) < np.count_nonzero(low)
