"""Shows a whole case to a network that was trained on patches."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import torch
from monai.inferers import sliding_window_inference
from torch import Tensor
from torch.nn import functional as F

from medmtl.data.patch import CT_OUTSIDE, PET_OUTSIDE, Corner, corner_around
from medmtl.network import MultiTaskNetwork
from medmtl.tensors import Inputs

Flip = tuple[int, ...]  # the axes of [B, C, D, H, W] that are mirrored
NO_FLIP: tuple[Flip, ...] = ((),)
ALL_FLIPS: tuple[Flip, ...] = tuple(axes for n in range(4) for axes in combinations((2, 3, 4), n))


@torch.no_grad()
def read_volume(
    network: MultiTaskNetwork,
    inputs: Inputs,
    patch: Corner,
    flips: Sequence[Flip] = NO_FLIP,
    ask: Collection[str] | None = None,
) -> dict[str, Tensor]:
    """Return the mean reading of the tasks over the mirrored views of one case, float32.

    Args:
        network: in evaluation mode.
        inputs: of one case, image [1, 2, D, H, W] of any size.
        patch: the training patch, z y x. A larger case is segmented in overlapping windows of this size; tasks that
            give one number per case then look at the window around the tumour found.
        flips: the axes to mirror, one tuple per view.
        ask: tasks to be asked; else all but the auxiliary.

    A dense reading is [classes, D, H, W], a log hazard a scalar, any other [K].
    """
    shape = inputs.image.shape[2:]
    padded, start = _padded(inputs.image, patch)
    views = [_read_view(network, Inputs(_flip(padded, axes), inputs.clinical), patch, axes, ask) for axes in flips]
    window = (slice(None), *(slice(a, a + n) for a, n in zip(start, shape, strict=True)))
    means = {name: torch.stack([view[name] for view in views]).mean(dim=0)[0] for name in views[0]}
    maps = _maps(network, means)
    return {name: mean[window] if name in maps else mean for name, mean in means.items()}


def _read_view(
    network: MultiTaskNetwork, inputs: Inputs, patch: Corner, axes: Flip, ask: Collection[str] | None
) -> dict[str, Tensor]:
    whole = inputs.image.shape[2:] == torch.Size(patch)
    readings = _read(network, inputs, ask) if whole else _read_windows(network, inputs, patch, ask)
    maps = _maps(network, readings)
    return {name: _flip(value, axes) if name in maps else value for name, value in readings.items()}


def _read_windows(
    network: MultiTaskNetwork, inputs: Inputs, patch: Corner, ask: Collection[str] | None
) -> dict[str, Tensor]:
    readings = {name: _slide(network, inputs, patch, name) for name in network.dense_tasks}
    image = _around_tumour(inputs.image, readings, patch)
    found = _read(network, Inputs(image, inputs.clinical), ask)
    return readings | {name: value for name, value in found.items() if name not in readings}


def _maps(network: MultiTaskNetwork, readings: Mapping[str, Tensor]) -> set[str]:
    tasks = network.named_tasks()
    return {name for name in readings if tasks[name].dense}


def _slide(network: MultiTaskNetwork, inputs: Inputs, patch: Corner, task: str) -> Tensor:
    def predictor(windows: Tensor) -> Tensor:
        seen = Inputs(windows, inputs.clinical.expand(len(windows), -1))
        return _read(network, seen, [task])[task]

    result: Tensor = sliding_window_inference(inputs.image, patch, 1, predictor, overlap=0.5, mode="gaussian")
    return result


def _around_tumour(image: Tensor, readings: dict[str, Tensor], patch: Corner) -> Tensor:
    if not readings:
        return _window(image, corner_around(_middle(image), _shape(image), patch), patch)
    tumour = (1 - next(iter(readings.values()))[0, 0]).clamp(min=1e-6)  # where nothing is found: the image's centre
    axes = [torch.arange(n, dtype=tumour.dtype, device=tumour.device) for n in tumour.shape]
    grids = torch.meshgrid(*axes, indexing="ij")
    z, y, x = (round(float((grid * tumour**2).sum() / (tumour**2).sum())) for grid in grids)
    return _window(image, corner_around((z, y, x), _shape(image), patch), patch)


def _read(network: MultiTaskNetwork, inputs: Inputs, ask: Collection[str] | None) -> dict[str, Tensor]:
    tasks = network.named_tasks()
    return {name: tasks[name].read(found).float() for name, found in network(inputs, ask).items()}


def _padded(image: Tensor, patch: Corner) -> tuple[Tensor, list[int]]:
    short = [max(0, p - n) for p, n in zip(patch, image.shape[2:], strict=True)]
    start = [s - s // 2 for s in short]  # as data.patch.central_corner places a case in its patch
    widths = [w for s, a in zip(reversed(short), reversed(start), strict=True) for w in (a, s - a)]
    parts = [F.pad(image[:, c : c + 1], widths, value=outside) for c, outside in enumerate((PET_OUTSIDE, CT_OUTSIDE))]
    return torch.cat(parts, dim=1), start


def _window(image: Tensor, corner: Corner, patch: Corner) -> Tensor:
    z, y, x = (slice(c, c + p) for c, p in zip(corner, patch, strict=True))
    return image[:, :, z, y, x]


def _shape(image: Tensor) -> Corner:
    z, y, x = image.shape[2:]
    return z, y, x


def _middle(image: Tensor) -> Corner:
    z, y, x = (n // 2 for n in image.shape[2:])
    return z, y, x


def _flip(values: Tensor, axes: Flip) -> Tensor:
    return values.flip(axes) if axes else values
