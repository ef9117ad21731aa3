"""Masks of several labels are scored label by label, as the HECKTOR challenge does."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.errors import CaseError
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Case
from medmtl.stages.evaluate import mask_scores
from medmtl.stages.masks import overlaps

LABELS = {"GTVp": 1, "GTVn": 2}
SPACINGS = {"a": (1.0, 1.0, 1.0), "b": (2.0, 2.0, 3.0)}


def write(array: np.ndarray, spacing: tuple[float, float, float], path: Path) -> Path:
    image = sitk.GetImageFromArray(array.astype(np.uint8))
    image.SetSpacing(spacing)
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def masks(tmp_path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Reference and predicted mask of two cases; case b has no node, and none is predicted."""
    rng = np.random.default_rng(0)
    made = {name: (rng.integers(0, 3, (6, 7, 8)), rng.integers(0, 3, (6, 7, 8))) for name in SPACINGS}
    made["b"] = tuple(np.where(one == 2, 0, one) for one in made["b"])
    for name, (reference, predicted) in made.items():
        write(reference, SPACINGS[name], tmp_path / f"{name}.nii.gz")
        write(predicted, SPACINGS[name], tmp_path / f"{name}_predicted.nii.gz")
    return made


def cases(folder: Path) -> list[Case]:
    return [Case(n, "A", Path("ct"), Path("pet"), folder / f"{n}.nii.gz", {}, {}) for n in SPACINGS]


def test_each_label_has_the_dice_of_its_volumes_over_all_cases(masks, tmp_path: Path) -> None:
    found = overlaps(cases(tmp_path), lambda name: tmp_path / f"{name}_predicted.nii.gz", LABELS)
    scores = mask_scores(found, EvaluationSettings())
    expected = []
    for name, value in LABELS.items():
        volumes = {case: np.prod(spacing) for case, spacing in SPACINGS.items()}
        both = sum(volumes[c] * ((r == value) & (p == value)).sum() for c, (r, p) in masks.items())
        total = sum(volumes[c] * ((r == value).sum() + (p == value).sum()) for c, (r, p) in masks.items())
        expected.append(2 * both / total)
        assert scores["labels"][name]["dice_aggregated"] == pytest.approx(expected[-1])
    assert scores["dice_aggregated_labels"] == pytest.approx(np.mean(expected))
    assert scores["labels"]["GTVn"]["n_empty"] == 1
    assert scores["labels"]["GTVn"]["dice_cases"]["b"] == 1.0
    assert scores["n_empty"] == 0


def test_one_label_is_scored_once(masks, tmp_path: Path) -> None:
    found = overlaps(cases(tmp_path)[1:], lambda name: tmp_path / f"{name}_predicted.nii.gz", {"GTVp": 1})
    scores = mask_scores(found, EvaluationSettings())
    assert "labels" not in scores
    assert scores["n_masks"] == 1


def test_a_reference_of_unknown_labels_is_refused(masks, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="must hold 0 and the labels"):
        overlaps(cases(tmp_path), lambda name: tmp_path / f"{name}_predicted.nii.gz", {"GTVp": 1})
