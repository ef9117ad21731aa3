"""The LightningDataModule of one fold."""

from collections.abc import Iterator

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Sampler

from medmtl.data.collate import collate
from medmtl.data.dataset import CaseDataset, TrainingDataset
from medmtl.data.settings import DataSettings
from medmtl.tensors import Batch


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields every (index, epoch) once, in an order drawn from seed and epoch; Lightning tells it the epoch."""

    def __init__(self, length: int, seed: int, shuffle: bool) -> None:
        self._length = length
        self._seed = seed
        self._shuffle = shuffle
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(self._length, generator=generator) if self._shuffle else torch.arange(self._length)
        return iter([(index, self._epoch) for index in order.tolist()])


class FoldData(LightningDataModule):
    """Training and validation batches of one fold. A validation batch is one case."""

    def __init__(self, training: TrainingDataset, validation: CaseDataset, settings: DataSettings, seed: int) -> None:
        super().__init__()
        self._training = training
        self._validation = validation
        self._settings = settings
        self._seed = seed

    def train_dataloader(self) -> DataLoader[Batch]:
        """Return shuffled batches; a short last batch is left out unless it is the only one."""
        size = min(self._settings.batch_size, len(self._training))
        sampler = EpochSampler(len(self._training), self._seed, shuffle=True)
        return self._loader(self._training, sampler, size)

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
