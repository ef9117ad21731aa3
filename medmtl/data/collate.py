"""Joins samples into a batch; what is not known is marked, never invented."""

from collections.abc import Sequence

import torch

from medmtl.data.dataset import Sample
from medmtl.tensors import Batch, Inputs, Label, Survival


def collate(samples: Sequence[Sample]) -> Batch:
    """Return the batch of these samples, in their order."""
    image = torch.stack([sample.image for sample in samples])
    clinical = torch.stack([sample.clinical for sample in samples])
    endpoints = sorted({name for sample in samples for name in sample.endpoints})
    labels = sorted({name for sample in samples for name in sample.labels})
    return Batch(
        case_ids=[sample.case_id for sample in samples],
        inputs=Inputs(image, clinical),
        mask=torch.stack([sample.mask for sample in samples]),
        mask_known=torch.tensor([sample.mask_known for sample in samples]),
        survival={name: _survival(samples, name) for name in endpoints},
        labels={name: _label(samples, name) for name in labels},
    )


def _survival(samples: Sequence[Sample], name: str) -> Survival:
    found = [sample.endpoints.get(name) for sample in samples]
    return Survival(
        time_days=torch.tensor([0.0 if one is None else one.time_days for one in found], dtype=torch.float32),
        event=torch.tensor([one is not None and one.event for one in found]),
        known=torch.tensor([one is not None for one in found]),
    )


def _label(samples: Sequence[Sample], name: str) -> Label:
    found = [sample.labels.get(name) for sample in samples]
    value = torch.tensor([0.0 if one is None else one for one in found], dtype=torch.float32)
    return Label(value, torch.tensor([one is not None for one in found]))
