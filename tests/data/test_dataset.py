import random
from pathlib import Path

import numpy as np
import pytest
import torch

from medmtl.data.dataset import CaseDataset, Sample, TrainingDataset
from medmtl.data.settings import AugmentSettings, DataSettings
from medmtl.evaluation.overlap import dice
from medmtl.records import Case

SETTINGS = DataSettings(patch=(12, 12, 12), batch_size=2)
STILL = AugmentSettings(flip=0, rotate_radians=0, scale=0, translate_voxels=0, pet_gain=0, ct_shift=0, noise=0)
CLINICAL = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


@pytest.fixture
def training(cases: tuple[Case, ...], files: dict[str, Path]) -> TrainingDataset:
    return TrainingDataset(cases, files, CLINICAL, SETTINGS, seed=1)


def same(first: Sample, second: Sample) -> bool:
    return torch.equal(first.image, second.image) and torch.equal(first.mask, second.mask)


def test_one_index_and_epoch_give_one_patch(training: TrainingDataset) -> None:
    first = training[0, 3]
    training[1, 0], training[2, 7]
    assert same(first, training[0, 3])


def test_another_epoch_case_or_seed_gives_another_patch(
    training: TrainingDataset, cases: tuple[Case, ...], files: dict[str, Path]
) -> None:
    first = training[0, 3]
    other_seed = TrainingDataset(cases, files, CLINICAL, SETTINGS, seed=2)
    assert not same(first, training[0, 4])
    assert not same(first, training[2, 3])
    assert not same(first, other_seed[0, 3])


def test_a_sample_has_the_shape_of_the_patch_and_what_is_known(training: TrainingDataset) -> None:
    whole, no_mask, no_endpoint = (training[index, 0] for index in range(3))
    assert whole.image.shape == (2, 12, 12, 12)
    assert (whole.image.dtype, whole.mask.dtype) == (torch.float32, torch.int64)
    assert (whole.mask_known, no_mask.mask_known, no_endpoint.mask_known) == (True, False, True)
    assert not no_mask.mask.any()
    assert no_endpoint.endpoints == {}
    assert whole.clinical.tolist() == [0.0, 1.0]
    assert no_endpoint.clinical.tolist() == [4.0, 5.0]


def test_image_and_mask_move_together(training: TrainingDataset) -> None:
    found = [dice((sample.image[0] > 1).numpy(), sample.mask.numpy()) for sample in (training[0, e] for e in range(20))]
    assert min(found) > 0.7
    assert np.mean(found) > 0.85
    assert len({tuple(training[0, epoch].mask.sum((1, 2)).tolist()) for epoch in range(8)}) > 4


def test_augmentation_changes_every_property_that_it_is_asked_to(training: TrainingDataset) -> None:
    varied = [training[0, epoch] for epoch in range(12)]
    gains = [float(sample.image[0][sample.mask == 1].median()) for sample in varied]
    rising = [bool(sample.image[1, 6, 6, -1] > sample.image[1, 6, 6, 0]) for sample in varied]
    assert 1.6 < min(gains) < 1.9
    assert 2.1 < max(gains) < 2.4
    assert set(rising) == {True, False}


def test_without_variation_the_patch_is_what_was_cut(cases: tuple[Case, ...], files: dict[str, Path]) -> None:
    settings = DataSettings(patch=(14, 16, 18), augment=STILL)
    still, whole = TrainingDataset(cases, files, CLINICAL, settings, 0), CaseDataset(cases, files, CLINICAL)
    np.testing.assert_allclose(still[0, 5].image, whole[0, 0].image, atol=1e-5)
    assert torch.equal(still[0, 5].mask, whole[0, 0].mask)


def test_a_case_smaller_than_the_patch_is_padded(cases: tuple[Case, ...], files: dict[str, Path]) -> None:
    settings = DataSettings(patch=(24, 24, 24), augment=STILL)
    sample = TrainingDataset(cases, files, CLINICAL, settings, 0)[0, 0]
    assert sample.mask.sum() == 4 * 5 * 5
    assert sample.image[1, 0, 0, 0] == -1.0


def test_no_global_generator_moves(training: TrainingDataset) -> None:
    before = random.getstate(), str(np.random.get_state()), torch.get_rng_state()  # noqa: NPY002
    training[0, 0]
    after = random.getstate(), str(np.random.get_state()), torch.get_rng_state()  # noqa: NPY002
    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])


def test_validation_sees_the_whole_case_unvaried(cases: tuple[Case, ...], files: dict[str, Path]) -> None:
    sample = CaseDataset(cases, files, CLINICAL)[0, 9]
    assert sample.image.shape == (2, 14, 16, 18)
    assert sample.image[0].sum() == 2 * 4 * 5 * 5
    assert sample.mask.sum() == 4 * 5 * 5
