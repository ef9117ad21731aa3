"""Begins a network's weights from a stored model: medmtl's own, or a state dictionary such as a MONAI bundle's."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from medmtl.errors import MedmtlError


class Taken(NamedTuple):
    """Which of a network's tensors were taken from a file, and what was left on either side."""

    matched: tuple[str, ...]
    fresh: tuple[str, ...]  # of the network, not in the file
    unused: tuple[str, ...]  # of the file, not in the network, or of another shape


def init_from(network: nn.Module, path: Path, cases: frozenset[str] = frozenset()) -> Taken:
    """Take over every tensor whose name and shape agree; names may differ in what comes before.

    `cases` are those that the network will be tested on: a medmtl model that was trained on one of them is refused.
    A medmtl model must agree in its whole shared part. Raises MedmtlError where the file cannot be read without running
    code, or nothing agrees.
    """
    stored, trained_on = _read(path)
    seen = sorted(cases & trained_on)
    if seen:
        raise MedmtlError(
            f"{path}: a model to begin from must not have seen the cases that are tested. It was trained on "
            f"{', '.join(seen[:5])}; begin from another, or leave network.init_from out."
        )
    own = network.state_dict()
    _check_same_shared(own, stored, path)
    pairs = {name: source for name in own if (source := _source(name, own[name], stored)) is not None}
    if not pairs:
        raise MedmtlError(f"{path}: tensors must agree with the network in name and shape. None of {len(stored)} does.")
    network.load_state_dict({name: stored[source] for name, source in pairs.items()}, strict=False)
    used = set(pairs.values())
    return Taken(tuple(pairs), tuple(n for n in own if n not in pairs), tuple(n for n in stored if n not in used))


def _check_same_shared(own: Mapping[str, Tensor], stored: Mapping[str, Tensor], path: Path) -> None:
    """Raise MedmtlError where the file has a shared part of medmtl's that is not of this network's make."""
    shapes = [{k: v.shape for k, v in of.items() if k.startswith("sharing.")} for of in (own, stored)]
    if not shapes[1]:
        return
    differ = sorted(k for k in shapes[0].keys() | shapes[1].keys() if shapes[0].get(k) != shapes[1].get(k))
    if differ:
        raise MedmtlError(
            f"{path}: a model to begin from must have the same encoder, and tasks that share it in the same way. Found "
            f"{len(differ)} of {len(shapes[0])} tensors otherwise, such as {differ[0]}; take a network like it."
        )


def _read(path: Path) -> tuple[dict[str, Tensor], frozenset[str]]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever it meets in a file that is damaged or would run code
        raise MedmtlError(
            f"{path} must be a model of medmtl or a state dictionary. It cannot be read: {error}"
        ) from error
    trained_on: frozenset[str] = frozenset()
    if isinstance(content, Mapping) and isinstance(content.get("document"), str):
        trained_on = frozenset(_trained_on(content["document"]))
    for key in ("network", "state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    tensors = {str(k): v for k, v in content.items() if isinstance(v, Tensor)} if isinstance(content, Mapping) else {}
    return tensors, trained_on


def _trained_on(document: str) -> list[str]:
    return [str(case) for case in json.loads(document).get("trained_on", [])]


def _source(name: str, value: Tensor, stored: Mapping[str, Tensor]) -> str | None:
    """Return the stored tensor of this name, or of the longest name that this one ends with, if its shape agrees."""
    parts = name.split(".")
    for start in range(len(parts)):
        ending = ".".join(parts[start:])
        if start < len(parts) - 1 and ending in stored:
            return ending if stored[ending].shape == value.shape else None
    return None
