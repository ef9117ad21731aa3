"""The tasks' losses on the validation cases, in the units of their training losses."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from medmtl.data.patch import Corner, corner_around, cut, cut_image
from medmtl.losses.base import Loss
from medmtl.network import MultiTaskNetwork
from medmtl.tensors import Batch


class ValidationLosses:
    """Remembers of each validation case what its tasks' losses need, on the patch around its tumour or its middle."""

    def __init__(self, network: MultiTaskNetwork, losses: nn.ModuleDict) -> None:
        self._network, self._modules = network, losses
        self._losses: Mapping[str, Loss] = {name: loss for name, loss in losses.items() if isinstance(loss, Loss)}
        self._kept: dict[str, list[Tensor]] = {name: [] for name in self._losses}

    def add(self, batch: Batch, patch: Corner) -> None:
        """Ask every task about one case; what losses remember of training stays as it is."""
        seen = patch_of(batch, patch)
        predictions = self._network(seen.inputs, ask=tuple(self._losses))
        memory = {name: value.clone() for name, value in self._modules.state_dict().items()}
        for name, loss in self._losses.items():
            found = loss.remember(predictions[name], seen)
            self._kept[name] += [] if found is None else [found]
        self._modules.load_state_dict(memory)

    def figures(self) -> dict[str, float]:
        """Return the losses that are known, by task."""
        found = {name: loss.of_unseen(self._kept[name]) for name, loss in self._losses.items() if loss.comparable}
        return {name: value for name, value in found.items() if value is not None}


def patch_of(batch: Batch, patch: Corner) -> Batch:
    """Return the batch of one case [1, ...] cut to the patch around its tumour, or around its middle."""
    image, mask = batch.inputs.image[0].cpu().numpy(), batch.mask[0].cpu().numpy()
    shape: Corner = mask.shape
    tumour = (batch.mask[0] > 0).nonzero().float()
    z, y, x = tumour.mean(dim=0).round().int().tolist() if len(tumour) else [n // 2 for n in shape]
    corner = corner_around((z, y, x), shape, patch)
    near = torch.from_numpy(cut_image(image, corner, patch))[None].to(batch.inputs.image)
    drawn = torch.from_numpy(cut(mask, corner, patch, 0))[None].to(batch.mask)
    return batch._replace(inputs=batch.inputs._replace(image=near), mask=drawn)
