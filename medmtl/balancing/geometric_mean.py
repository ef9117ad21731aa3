"""The geometric mean of the losses."""

from torch import Tensor

from medmtl.balancing.scalar import ScalarBalancer


class GeometricMean(ScalarBalancer):
    """GLS: the geometric mean, whose gradient does not depend on the losses' units.

    Source: Chennupati et al., MultiNet++, CVPR workshops 2019.
    """

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the geometric mean over the active tasks."""
        mean = values.clamp_min(1e-8).log().mean().exp()
        self.tell(mean.detach() / (len(values) * values.detach().clamp_min(1e-8)), rows)
        return mean
