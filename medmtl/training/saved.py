"""A trained fold as a file: weights, and a document that says how to use them. Read without pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.errors import MedmtlError
from medmtl.network import MultiTaskNetwork, build_network
from medmtl.network_settings import NetworkSettings
from medmtl.whole_file import whole_file


class ModelDocument(BaseModel):
    """What a fold's model must be told to predict, and what it must not be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    fold: int
    endpoint: str | None  # None where the network learned no survival
    network: NetworkSettings
    patch: tuple[int, int, int]
    classes: int
    clinical: dict[str, Any]  # the ClinicalEncoder fitted on the training cases
    levels: dict[str, tuple[str, ...]] = {}  # of every label that a task may have learned
    offset: float  # mean log hazard of the training cases: an arbitrary constant of this model
    trained_on: tuple[str, ...]  # train and validate cases: never predicted by this model as if unseen


def save_model(weights: Mapping[str, Tensor], document: ModelDocument, path: Path) -> None:
    """Write weights and document so that a file of this name is either whole or absent."""
    with whole_file(path) as partial:
        torch.save({"network": dict(weights), "document": document.model_dump_json()}, partial)


def load_model(path: Path) -> tuple[MultiTaskNetwork, ModelDocument]:
    """Read a fold's network, in evaluation mode, and its document."""
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        document = ModelDocument.model_validate_json(stored["document"])
    except Exception as error:  # torch raises whatever it meets in a file that is damaged or would run code
        raise MedmtlError(f"{path} must be a model of `medmtl train`. It cannot be read: {error}") from error
    network = document_network(document)
    network.load_state_dict(stored["network"])
    return network.eval(), document


def document_network(document: ModelDocument) -> MultiTaskNetwork:
    """Build the network that the document describes, with fresh weights."""
    width = len(ClinicalEncoder.from_dict(document.clinical).names)
    return build_network(document.network, width, document.classes, document.endpoint, document.levels)
