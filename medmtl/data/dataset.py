"""The training and validation samples of a fold: a patch and what is known of its case."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from medmtl.data.augment import Augment
from medmtl.data.patch import Corner, central_corner, cut, cut_image, random_corner
from medmtl.data.settings import DataSettings
from medmtl.imaging.prepared import load_prepared
from medmtl.records import Case, Endpoint


class Sample(NamedTuple):
    """One case for the network; an unknown mask is all background and flagged."""

    case_id: str
    image: Tensor  # [2, D, H, W] float32
    mask: Tensor  # [D, H, W] int64
    mask_known: bool
    clinical: Tensor  # [K] float32
    endpoints: Mapping[str, Endpoint]


class CaseDataset(Dataset[Sample]):
    """Samples by (index, epoch): the same pair always gives the same patch, so that a resumed run repeats itself."""

    def __init__(
        self, cases: Sequence[Case], files: Mapping[str, Path], clinical: NDArray[np.float64], settings: DataSettings
    ) -> None:
        self.cases = tuple(cases)
        self._files = files
        self._clinical = torch.as_tensor(clinical, dtype=torch.float32)
        self._patch = settings.patch

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index, _ = key
        prepared = load_prepared(self._files[self.cases[index].case_id])
        corner = central_corner(_shape(prepared.image), self._patch)
        image, mask = _cut_both(prepared.image, prepared.mask, corner, self._patch)
        return self._sample(index, torch.from_numpy(image), torch.from_numpy(mask.astype(np.int64)), prepared.mask)

    def _sample(self, index: int, image: Tensor, mask: Tensor, known: NDArray[np.uint8] | None) -> Sample:
        case = self.cases[index]
        return Sample(case.case_id, image, mask, known is not None, self._clinical[index], case.endpoints)


class TrainingDataset(CaseDataset):
    """Samples cut at random and varied."""

    def __init__(
        self,
        cases: Sequence[Case],
        files: Mapping[str, Path],
        clinical: NDArray[np.float64],
        settings: DataSettings,
        seed: int,
    ) -> None:
        super().__init__(cases, files, clinical, settings)
        self._augment = Augment(settings.augment)
        self._foreground = settings.foreground
        self._seed = seed

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index, epoch = key
        rng = np.random.default_rng((self._seed, epoch, index))
        prepared = load_prepared(self._files[self.cases[index].case_id])
        shape = _shape(prepared.image)
        corner = random_corner(prepared.mask, shape, self._patch, self._foreground, rng)
        image, mask = _cut_both(prepared.image, prepared.mask, corner, self._patch)
        varied = self._augment(image, mask, int(rng.integers(2**31)))
        return self._sample(index, *varied, prepared.mask)


def _cut_both(
    image: NDArray[np.float32], mask: NDArray[np.uint8] | None, corner: Corner, patch: Corner
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    blank = np.zeros(image.shape[1:], dtype=np.uint8) if mask is None else mask
    return cut_image(image, corner, patch), cut(blank, corner, patch, 0).astype(np.uint8)


def _shape(image: NDArray[np.float32]) -> Corner:
    z, y, x = image.shape[1:]
    return z, y, x
