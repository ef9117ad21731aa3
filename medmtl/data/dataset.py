"""The training and validation samples of a fold: a patch and what is known of its case."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from medmtl.cohort.labels import Levels, label_values
from medmtl.data.augment import Augment
from medmtl.data.patch import cut, cut_image, random_corner
from medmtl.data.settings import DataSettings
from medmtl.imaging.prepared import PreparedCase, load_prepared
from medmtl.records import Case, Endpoint


class Sample(NamedTuple):
    """One case for the network; an unknown mask is all background and flagged."""

    case_id: str
    image: Tensor  # [2, D, H, W] float32
    mask: Tensor  # [D, H, W] int64
    mask_known: bool
    clinical: Tensor  # [K] float32
    endpoints: Mapping[str, Endpoint]
    labels: Mapping[str, float] = {}


class CaseDataset(Dataset[Sample]):
    """Whole cases by (index, epoch), as validation sees them."""

    def __init__(
        self,
        cases: Sequence[Case],
        files: Mapping[str, Path],
        clinical: NDArray[np.float64],
        levels: Levels | None = None,
    ) -> None:
        self.cases = tuple(cases)
        self._labels = [label_values(case, levels or {}) for case in cases]
        self._files = files
        self._clinical = torch.as_tensor(clinical, dtype=torch.float32)

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index, _ = key
        prepared = load_prepared(self._files[self.cases[index].case_id])
        mask = _mask_or_blank(prepared).astype(np.int64)
        return self._sample(index, torch.from_numpy(prepared.image), torch.from_numpy(mask), prepared)

    def _sample(self, index: int, image: Tensor, mask: Tensor, prepared: PreparedCase) -> Sample:
        case, known = self.cases[index], prepared.mask is not None
        told = (case.endpoints, self._labels[index])
        return Sample(case.case_id, image, mask, known, self._clinical[index], *told)


class TrainingDataset(CaseDataset):
    """Patches cut at random and varied. One (index, epoch) gives one patch, so that a resumed run repeats itself."""

    def __init__(  # noqa: PLR0913, PLR0917  (each is one thing that a sample is made of)
        self,
        cases: Sequence[Case],
        files: Mapping[str, Path],
        clinical: NDArray[np.float64],
        settings: DataSettings,
        seed: int,
        levels: Levels | None = None,
    ) -> None:
        super().__init__(cases, files, clinical, levels)
        self._patch = settings.patch
        self._augment = Augment(settings.augment)
        self._foreground = settings.foreground
        self._seed = seed

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index, epoch = key
        rng = np.random.default_rng((self._seed, epoch, index))
        prepared = load_prepared(self._files[self.cases[index].case_id])
        z, y, x = prepared.image.shape[1:]
        corner = random_corner(prepared.mask, (z, y, x), self._patch, self._foreground, rng)
        image = cut_image(prepared.image, corner, self._patch)
        mask = cut(_mask_or_blank(prepared), corner, self._patch, 0).astype(np.uint8)
        varied = self._augment(image, mask, int(rng.integers(2**31)))
        return self._sample(index, *varied, prepared)


def _mask_or_blank(prepared: PreparedCase) -> NDArray[np.uint8]:
    return np.zeros(prepared.image.shape[1:], dtype=np.uint8) if prepared.mask is None else prepared.mask
