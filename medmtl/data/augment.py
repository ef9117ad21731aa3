"""Varies a training patch with MONAI's random transforms, drawn from a seed of its own."""

import numpy as np
import torch
from monai.transforms import (
    Compose,
    RandAffined,
    RandFlipd,
    RandGaussianNoised,
    RandScaleIntensityd,
    RandShiftIntensityd,
)
from numpy.typing import NDArray

from medmtl.data.settings import AugmentSettings

_IMAGES = ("pet", "ct")
_ALL = (*_IMAGES, "mask")


class Augment:
    """Mirrors, turns, scales, shifts; changes PET gain and CT offset; adds noise. One seed gives one patch."""

    def __init__(self, settings: AugmentSettings) -> None:
        flips = [RandFlipd(_ALL, prob=settings.flip, spatial_axis=axis) for axis in range(3)]
        self._transform = Compose([*flips, _affine(settings), *_intensity(settings)])

    def __call__(
        self, image: NDArray[np.float32], mask: NDArray[np.uint8], seed: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return image [2, D, H, W] float32 and mask [D, H, W] int64, varied together."""
        self._transform.set_random_state(seed=seed)
        parts = {"pet": image[:1], "ct": image[1:], "mask": mask[None].astype(np.float32)}
        varied = self._transform({key: torch.from_numpy(np.ascontiguousarray(part)) for key, part in parts.items()})
        plain = {key: torch.as_tensor(varied[key]).as_subclass(torch.Tensor) for key in _ALL}
        return torch.cat([plain["pet"], plain["ct"]]).float(), plain["mask"][0].round().long()


def _affine(settings: AugmentSettings) -> RandAffined:
    return RandAffined(
        _ALL,
        prob=1.0,
        rotate_range=(settings.rotate_radians,) * 3,
        scale_range=(settings.scale,) * 3,
        translate_range=(settings.translate_voxels,) * 3,
        mode=("bilinear", "bilinear", "nearest"),
        padding_mode="border",
    )


def _intensity(settings: AugmentSettings) -> list[object]:
    return [
        RandScaleIntensityd("pet", factors=settings.pet_gain, prob=float(settings.pet_gain > 0)),
        RandShiftIntensityd("ct", offsets=settings.ct_shift, prob=float(settings.ct_shift > 0)),
        RandGaussianNoised(_IMAGES, std=settings.noise, prob=float(settings.noise > 0), sample_std=False),
    ]
