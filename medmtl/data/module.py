"""The LightningDataModule of one fold."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Sampler

from medmtl.data.collate import collate
from medmtl.data.dataset import CaseDataset, TrainingDataset
from medmtl.data.settings import DataSettings
from medmtl.errors import MedmtlError
from medmtl.tensors import Batch


class Share(NamedTuple):
    """The part of every batch that one of several processes takes; together they take whole batches only."""

    rank: int = 0
    ranks: int = 1
    batch: int = 1  # cases of a batch, over all processes

    def of(self, order: Sequence[int]) -> list[int]:
        """Return this process's part of the order; all of it where there is but one process."""
        if self.ranks == 1:
            return list(order)
        own = self.batch // self.ranks
        starts = range(0, len(order) - self.batch + 1, self.batch)
        return [index for start in starts for index in order[start + self.rank * own : start + (self.rank + 1) * own]]


ALL = Share()


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields every (index, epoch) once, in an order drawn from seed and epoch; Lightning tells it the epoch."""

    def __init__(self, length: int, seed: int, shuffle: bool, share: Share = ALL) -> None:
        self._length = length
        self._seed = seed
        self._shuffle = shuffle
        self._share = share
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._share.of(range(self._length)))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(self._length, generator=generator) if self._shuffle else torch.arange(self._length)
        return iter([(index, self._epoch) for index in self._share.of(order.tolist())])


class FoldData(LightningDataModule):
    """Training and validation batches of one fold. A validation batch is one case; every process validates them all."""

    def __init__(self, training: TrainingDataset, validation: CaseDataset, settings: DataSettings, seed: int) -> None:
        super().__init__()
        self._training = training
        self._validation = validation
        self._settings = settings
        self._seed = seed

    def train_dataloader(self) -> DataLoader[Batch]:
        """Return shuffled batches; a short last batch is left out unless it is the only one."""
        size = min(self._settings.batch_size, len(self._training))
        share = Share(self.trainer.global_rank, self.trainer.world_size, size) if self.trainer else ALL
        if size % share.ranks:
            raise MedmtlError(
                f"data.batch_size must be a multiple of training.devices, {share.ranks}. Found {size}, as there are "
                f"{len(self._training)} training cases."
            )
        sampler = EpochSampler(len(self._training), self._seed, shuffle=True, share=share)
        return self._loader(self._training, sampler, size // share.ranks)

    def val_dataloader(self) -> list[DataLoader[Batch]]:
        """Return the validation cases one by one; nothing where the fold has none."""
        if not len(self._validation):
            return []
        return [self._loader(self._validation, EpochSampler(len(self._validation), self._seed, shuffle=False), 1)]

    def _loader(self, dataset: CaseDataset, sampler: EpochSampler, size: int) -> DataLoader[Batch]:
        return DataLoader(
            dataset,  # type: ignore[arg-type]  # the stub knows only datasets of integers
            batch_size=size,
            sampler=sampler,
            drop_last=True,
            num_workers=self._settings.workers,
            persistent_workers=self._settings.workers > 0,
            collate_fn=collate,
            generator=torch.Generator(),  # else each pass draws from the global one, and dropout depends on resuming
        )
