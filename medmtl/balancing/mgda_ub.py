"""The shortest combination of the gradients at the shared feature maps."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.at_cut import CutBalancer
from medmtl.balancing.cut import Cut
from medmtl.balancing.mgda import shortest
from medmtl.balancing.ranks import mean_over_ranks


class MgdaUpperBound(CutBalancer):
    """MGDA-UB: MGDA's weights, found from the gradients by the feature maps in the place of the shared weights.

    One walk through the shared part instead of one per task; the bound is tight where the maps determine the weights.
    Where the sharing gives every task maps of its own (soft, stitches, attention, experts), gradients at them have no
    product in common, and the weights are one over the squared lengths.
    Source: Sener and Koltun, Multi-task learning as multi-objective optimization, NeurIPS 2018.
    """

    def weigh_maps(self, maps: Sequence[tuple[Tensor, ...]], losses: Mapping[str, Tensor], cut: Cut) -> Tensor:
        """Return the weights, which sum to 1."""
        products = torch.stack([_products(rows) for rows in zip(*maps, strict=True)]).sum(dim=0)
        gramian = mean_over_ranks(products).double().cpu()
        felt = gramian.diagonal() > 0  # a task that pulls at no map would take all the weight
        weights = felt.double()
        weights[felt] = shortest(gramian[felt][:, felt]) if bool(felt.any()) else weights[felt]
        return weights


def _products(rows: Sequence[Tensor]) -> Tensor:
    """Return the scalar products [T, T] of the tasks' gradients at one map; a copy of each of them would be large."""
    return torch.stack([torch.stack([(a.float() * b.float()).sum() for b in rows]) for a in rows])
