"""A network of many tasks, with labels missing here and there, trains under any balancer."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.members import Member
from medmtl.records import Case, ClinicalColumn, Cohort, Endpoint, Scale
from medmtl.tensors import Inputs
from medmtl.training.saved import load_model

TASKS = "medmtl.tasks"
MANY: dict[str, Member] = {
    "segmentation": {"class_path": f"{TASKS}.conv_mcd.ConvMcd"},
    "contour": {"class_path": f"{TASKS}.shape.ContourMap"},
    "distance": {"class_path": f"{TASKS}.shape.DistanceMap"},
    "hpv": {"class_path": f"{TASKS}.classification.Classification", "init_args": {"label": "hpv"}},
    "stage": {"class_path": f"{TASKS}.classification.Classification", "init_args": {"label": "stage", "ordinal": True}},
    "weight": {"class_path": f"{TASKS}.regression.Regression", "init_args": {"label": "weight"}},
    "centre": {"class_path": f"{TASKS}.adversary.Adversary"},
    "lesion": {"class_path": f"{TASKS}.lesion.LesionCentroid"},
    "image": {"class_path": f"{TASKS}.reconstruction.Reconstruction"},
    "pet": {"class_path": f"{TASKS}.pet_synthesis.PetSynthesis"},
    "kilograms": {
        "class_path": f"{TASKS}.expectation.Expectation",
        "init_args": {"label": "weight", "low": 40.0, "high": 160.0},
    },
    "survival": {
        "class_path": f"{TASKS}.cascaded_survival.CascadedSurvival",
        "init_args": {"dense_layers": [1, 1], "growth": 2, "hidden": 4, "likelihood": "mtlr", "intervals": 3},
    },
    "os": {"class_path": f"{TASKS}.pooled_survival.PooledSurvival", "init_args": {"endpoint": "os", "hidden": 4}},
}
CARRIED = (
    ClinicalColumn("hpv", Scale.NOMINAL, ("no", "yes"), predictor=False),
    ClinicalColumn("stage", Scale.ORDINAL, ("I", "II", "III"), predictor=False),
    ClinicalColumn("weight", Scale.NUMERIC, (), predictor=False),
)


def told(case: Case, place: int) -> Case:
    """Give a case labels; every third lacks one or the other."""
    clinical = dict(case.clinical) | {
        "hpv": None if place % 3 == 0 else ("no", "yes")[place % 2],
        "stage": None if place % 3 == 1 else ("I", "II", "III")[place % 3],
        "weight": None if place % 3 == 2 else 60.0 + place,
    }
    ends = dict(case.endpoints) | ({"os": Endpoint(300.0 + place, place % 2 == 0)} if place % 4 else {})
    return replace(case, clinical=clinical, endpoints=ends, centre="AB"[place % 2])


@pytest.fixture
def many(material):
    """The small cohort with labels, and a network of thirteen tasks."""
    cases = tuple(told(case, place) for place, case in enumerate(material.cohort.cases))
    network = material.recipe.network.model_copy(update={"tasks": MANY})
    return replace(
        material,
        cohort=Cohort(cases, material.cohort.columns, CARRIED),
        recipe=material.recipe._replace(network=network),
    )


@pytest.mark.parametrize(
    "balancer", ["normalised_sum.NormalisedSum", "famo.Famo", "upgrad.UpGrad", "mgda_ub.MgdaUpperBound"]
)
def test_many_tasks_train_together_and_the_auxiliary_ones_are_not_asked_afterwards(
    balancer: str, many, tmp_path: Path
) -> None:
    recipe = many.recipe._replace(balancer={"class_path": f"medmtl.balancing.{balancer}"})
    network, document = load_model(replace(many, recipe=recipe).train(tmp_path))
    assert document.levels["stage"] == ("I", "II", "III")
    assert document.levels["centre"] == ("A", "B")
    inputs = Inputs(
        torch.randn(1, 2, 16, 16, 16), torch.zeros(1, len(ClinicalEncoder.from_dict(document.clinical).names))
    )
    found = network(inputs)
    assert list(found) == ["segmentation", "survival", "os"]
    everything = network(inputs, list(MANY))
    assert list(everything) == list(MANY)
    assert all(torch.equal(found[name], everything[name]) for name in found)
    assert (network.mask_task, network.risk_task) == ("segmentation", "survival")
    metrics = (tmp_path / "metrics.csv").read_text().splitlines()[0]
    assert "validate_hpv_balanced_accuracy" in metrics
    assert "train_centre" in metrics


def test_an_epoch_is_told_what_the_trace_norm_shares(material, tmp_path: Path) -> None:
    sharing: Member = {"class_path": "medmtl.sharing.trace_norm.TraceNormSharing"}
    network = material.recipe.network.model_copy(update={"sharing": sharing})
    saved = replace(material, recipe=material.recipe._replace(network=network)).train(tmp_path)
    told = pd.read_csv(tmp_path / "metrics.csv")
    assert told["sharing_layer_0"].between(0.5, 1.0).all()  # no epoch is without
    assert told["sharing_relation_segmentation_survival"].between(-1.0, 1.0 + 1e-6).all()
    of_saved = load_model(saved)[0].sharing.figures()["layer_0"]
    assert (told["sharing_layer_0"] - of_saved).abs().min() < 1e-6
