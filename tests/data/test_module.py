from pathlib import Path

import numpy as np
import pytest

from medmtl.data.collate import collate
from medmtl.data.dataset import CaseDataset, TrainingDataset
from medmtl.data.module import EpochSampler, FoldData
from medmtl.data.settings import DataSettings
from medmtl.records import Case, Endpoint


@pytest.fixture
def whole(cases: tuple[Case, ...], files: dict[str, Path]) -> CaseDataset:
    return CaseDataset(cases, files, np.zeros((3, 0)))


def test_what_is_not_known_is_marked(whole: CaseDataset) -> None:
    batch = collate([whole[index, 0] for index in range(3)])
    assert batch.case_ids == ["a", "b", "c"]
    assert batch.mask_known.tolist() == [True, False, True]
    assert batch.survival["pfs"].known.tolist() == [True, True, False]
    assert batch.survival["pfs"].time_days.tolist() == [100.0, 200.0, 0.0]
    assert batch.survival["pfs"].event.tolist() == [True, False, False]
    assert batch.inputs.image.shape == (3, 2, 14, 16, 18)
    assert batch.inputs.clinical.shape == (3, 0)


def test_a_batch_without_one_endpoint_has_none(whole: CaseDataset) -> None:
    assert collate([whole[2, 0]]).survival == {}


def test_each_endpoint_is_known_by_itself(whole: CaseDataset) -> None:
    sample = whole[0, 0]._replace(endpoints={"os": Endpoint(5.0, False)})
    batch = collate([sample, whole[1, 0]])
    assert list(batch.survival) == ["os", "pfs"]
    assert batch.survival["os"].known.tolist() == [True, False]
    assert batch.survival["pfs"].known.tolist() == [False, True]


def test_an_epoch_meets_every_case_once_in_an_order_of_its_own() -> None:
    sampler = EpochSampler(20, seed=0, shuffle=True)
    orders = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        keys = list(sampler)
        assert sorted(index for index, _ in keys) == list(range(20))
        assert {told for _, told in keys} == {epoch}
        orders.append([index for index, _ in keys])
    assert orders[0] != orders[1] != orders[2]
    sampler.set_epoch(1)
    assert [index for index, _ in sampler] == orders[1]
    assert [index for index, _ in EpochSampler(20, seed=9, shuffle=True)] != orders[0]


def test_without_shuffling_the_order_is_that_of_the_cases() -> None:
    assert list(EpochSampler(3, seed=0, shuffle=False)) == [(0, 0), (1, 0), (2, 0)]


@pytest.mark.parametrize(("size", "sizes"), [(1, [1, 1, 1]), (2, [2]), (3, [3]), (8, [3])])
def test_a_short_last_batch_is_left_out_unless_it_is_the_only_one(
    size: int, sizes: list[int], cases: tuple[Case, ...], files: dict[str, Path], whole: CaseDataset
) -> None:
    settings = DataSettings(patch=(8, 8, 8), batch_size=size)
    data = FoldData(TrainingDataset(cases, files, np.zeros((3, 0)), settings, 0), whole, settings, 0)
    assert [len(batch.case_ids) for batch in data.train_dataloader()] == sizes


def test_validation_meets_case_after_case_in_order(whole: CaseDataset, files: dict[str, Path]) -> None:
    settings = DataSettings(patch=(8, 8, 8))
    training = TrainingDataset(whole.cases, files, np.zeros((3, 0)), settings, 0)
    (loader,) = FoldData(training, whole, settings, 0).val_dataloader()
    assert [batch.case_ids for batch in loader] == [["a"], ["b"], ["c"]]
    nobody = CaseDataset((), files, np.zeros((0, 0)))
    assert FoldData(training, nobody, settings, 0).val_dataloader() == []
