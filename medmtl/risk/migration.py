"""Brings a stored document to the present version, one step per version, without changing a prediction."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medmtl.errors import MedmtlError


def migrated(content: Mapping[str, Any], present: int, path: Path) -> dict[str, Any]:
    """Return the content as the present version has it.

    Raises MedmtlError that names the file where the version is later than the present one, no number, or the content
    is not whole.
    """
    found = content.get("format_version")
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= present:
        raise MedmtlError(
            f"{path}: the document's version must be 1 to {present}. Found {found!r}; it takes a newer medmtl."
        )
    try:
        return _from_1(content) if found == 1 else dict(content)
    except (KeyError, TypeError, AttributeError) as error:
        told = f"{type(error).__name__}: {error}"
        raise MedmtlError(f"{path}: the document must hold whole models. Found {told}. Fit again.") from error


def _from_1(content: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 knew ridge Cox models alone, and no covariance; its radiomics scaler took the logarithms."""
    models = {name: _model_from_1(model) for name, model in content["models"].items()}
    return {**content, "format_version": 2, "note": {}, "models": models}


def _model_from_1(model: Mapping[str, Any]) -> dict[str, Any]:
    blocks = [_block_from_1(block) for block in model["blocks"]]
    hazard = {**model["hazard"], "covariance": []}
    return {"class_path": "medmtl.risk.coxph.FittedCox", **model, "blocks": blocks, "hazard": hazard}


def _block_from_1(block: Mapping[str, Any]) -> dict[str, Any]:
    if block["kind"] != "radiomics":
        return dict(block)
    inputs = block["score"]["scaler"]["inputs"]
    radiomics = {"inputs": inputs, "chosen": inputs, "logged": [False] * len(inputs), "harmoniser": None}
    return {**block, "score": {**block["score"], "radiomics": radiomics}}
