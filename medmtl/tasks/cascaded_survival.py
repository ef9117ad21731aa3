"""Survival as in DeepMTS: pooled features of every scale, and a dense network that also looks at the tumour found."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from medmtl.encoders.blocks import DenseBlock
from medmtl.losses.base import Loss
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.likelihood import Likelihood, log_hazard_of, outputs_of, survival_loss
from medmtl.tensors import Inputs, Pyramid


class CascadedSurvival(Task):
    """The log hazard from the pyramid, from PET + CT + tumour probability, and from the clinical values.

    Source: Meng et al., DeepMTS: deep multi-task learning for survival prediction in patients with advanced
    nasopharyngeal carcinoma using pretreatment PET/CT, IEEE J Biomed Health Inform 2022, fig. 2; smaller here.
    """

    gives = Gives.LOG_HAZARD
    needs = Gives.MASK

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        context: TaskContext,
        reads: str = "segmentation",
        endpoint: str | None = None,
        stop_gradient: bool = False,
        likelihood: Likelihood = "cox",
        intervals: int = 10,
        dense_layers: Sequence[int] = (2, 4, 4),
        growth: int = 8,
        hidden: int = 32,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.reads = (reads,)
        self._stop_gradient = stop_gradient
        self.endpoint: str = context.endpoint_of(endpoint)
        self.scales = nn.ModuleList(_squeeze(channels) for channels in context.channels)
        self.cascade = _Cascade(2 + 1, dense_layers, growth)
        self.from_scales = _embedding(sum(c // 2 for c in context.channels), hidden, dropout)
        self.from_cascade = _embedding(self.cascade.channels, hidden, dropout)
        self._likelihood: Likelihood = likelihood
        self._intervals = intervals
        outputs = outputs_of(likelihood, intervals)
        self.log_hazard = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * hidden + context.clinical, outputs))

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the log hazard [B], larger = sooner, or the logits [B, intervals] of a discrete one; float32."""
        tumour = 1 - earlier[self.reads[0]][:, :1]  # the probability of not being background
        tumour = tumour.detach() if self._stop_gradient else tumour
        pooled = [_pool(squeeze(maps)) for squeeze, maps in zip(self.scales, pyramid, strict=True)]
        seen = self.cascade(torch.cat([inputs.image, tumour.to(inputs.image.dtype)], dim=1))
        with torch.autocast(inputs.image.device.type, enabled=False):
            embeddings = [self.from_scales(torch.cat(pooled, dim=1)), self.from_cascade(seen), inputs.clinical.float()]
            found: Tensor = self.log_hazard(torch.cat(embeddings, dim=1))
        return found[:, 0] if self._likelihood in {"cox", "cox_batch"} else found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the log hazard [B]; a constant added to all of them means nothing."""
        return log_hazard_of(prediction, self._likelihood)

    def loss(self, known: Known) -> Loss:
        """Return the loss of the endpoint; by default Cox over the whole training fold."""
        return survival_loss(self._likelihood, self.endpoint, known.endpoints.get(self.endpoint, {}), self._intervals)


class _Cascade(nn.Module):
    """A small DenseNet whose every block gives its mean over space."""

    def __init__(self, channels_in: int, layers: Sequence[int], growth: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv3d(channels_in, 2 * growth, 3, 2, padding=1, bias=False), nn.MaxPool3d(2))
        channels, self.channels = 2 * growth, 0
        self.blocks = nn.ModuleList()
        for count in layers:
            block = DenseBlock(channels, count, growth)
            channels = block.channels // 2
            self.blocks.append(
                nn.Sequential(block, nn.BatchNorm3d(block.channels), nn.ReLU(), nn.Conv3d(block.channels, channels, 1))
            )
            self.channels += channels

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        pooled = []
        for index, block in enumerate(self.blocks):
            x = block(x if index == 0 else nn.functional.avg_pool3d(x, 2))
            pooled.append(_pool(x))
        return torch.cat(pooled, dim=1)


def _squeeze(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv3d(channels, channels // 2, 1), nn.BatchNorm3d(channels // 2), nn.ReLU())


def _embedding(width: int, hidden: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, hidden), nn.ReLU())


def _pool(maps: Tensor) -> Tensor:
    return maps.float().mean(dim=(2, 3, 4))
