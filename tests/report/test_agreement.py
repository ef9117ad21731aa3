"""What is drawn of weights, cosines and affinities is what was logged, and only where it moves."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from medmtl.report.agreement import agreement_panels

TASKS = ("mask", "site", "risk")


@dataclass
class Logged:
    """Stands for the contents of a run folder."""

    metrics: pd.DataFrame


def table(**columns: list[float]) -> Logged:
    losses = {f"train_{task}": [1.0] * 4 for task in (*TASKS, "loss")}
    return Logged(pd.DataFrame({"fold": [0, 0, 1, 1], "epoch": [0, 1, 0, 1], **losses, **columns}))


def test_weights_cosines_and_affinities_have_a_drawing_for_each_task_or_pair() -> None:
    moving = [0.1, 0.2, 0.3, 0.4]
    panels = agreement_panels(
        table(
            weight_mask=moving, weight_risk=[1.0] * 4,
            gradient_cosine_mask_risk=moving,
            gradient_affinity_mask_risk=moving, gradient_affinity_risk_mask=moving,
        )
    )  # fmt: skip
    assert [panel.title for panel in panels] == [
        "Weights of the tasks",
        "Agreement of the tasks",
        "Affinity of the tasks",
    ]
    drawn = [str(panel.svg) for panel in panels]
    assert all(f">{task}</text>" in drawn[0] for task in ("mask", "risk"))
    assert ">site</text>" not in drawn[0]
    assert ">mask and risk</text>" in drawn[1]
    assert ">mask for risk</text>" in drawn[2]
    assert ">risk for mask</text>" in drawn[2]
    assert panels[0].words.endswith("Thin: 2 folds; thick: their mean.")


@pytest.mark.parametrize(
    "columns", [{}, {"weight_mask": [1.0] * 4, "weight_risk": [0.3] * 4}, {"weight_mask": [np.nan] * 4}]
)
def test_nothing_is_drawn_of_constants_or_of_what_was_not_logged(columns: dict[str, list[float]]) -> None:
    assert agreement_panels(table(**columns)) == []
    assert agreement_panels(Logged(pd.DataFrame())) == []


def test_of_many_pairs_those_that_change_most_are_drawn() -> None:
    names = [f"task{n}" for n in range(6)]
    losses = {f"train_{name}": [1.0, 1.0] for name in names}
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    cosines = {f"gradient_cosine_{a}_{b}": [0.0, 0.01 * place] for place, (a, b) in enumerate(pairs)}
    panel = agreement_panels(Logged(pd.DataFrame({"fold": [0, 0], "epoch": [0, 1], **losses, **cosines})))[0]
    assert "The 12 that change most of 15" in panel.words
    assert ">task0 and task1</text>" not in str(panel.svg)
    assert ">task4 and task5</text>" in str(panel.svg)
