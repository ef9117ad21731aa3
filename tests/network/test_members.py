from pathlib import Path

import pytest
import torch

from medmtl.encoders.base import Encoder
from medmtl.encoders.residual import ResidualEncoder
from medmtl.errors import MedmtlError
from medmtl.members import build
from medmtl.network import build_network
from medmtl.network_settings import NetworkSettings
from medmtl.tasks.base import Task, TaskContext

RESIDUAL = "medmtl.encoders.residual.ResidualEncoder"
OF_THE_USER = """
from torch import nn
from medmtl.encoders.base import Encoder

class Flat(Encoder):
    def __init__(self, width=3):
        super().__init__()
        self.channels = (width, width)
        self.fine = nn.Conv3d(2, width, 1)
        self.coarse = nn.AvgPool3d(2)

    def forward(self, image):
        fine = self.fine(image)
        return fine, self.coarse(fine)
"""


def test_a_member_is_built_with_its_arguments() -> None:
    encoder = build({"class_path": RESIDUAL, "init_args": {"widths": [4, 8, 16]}}, Encoder)
    assert isinstance(encoder, ResidualEncoder)
    assert encoder.channels == (4, 8, 16)


@pytest.mark.parametrize(
    "path", ["medmtl.encoders.absent.Thing", "medmtl.encoders.residual.Thing", "Thing", "", "a..b"]
)
def test_a_class_that_cannot_be_found_is_named(path: str) -> None:
    with pytest.raises(MedmtlError, match=r"class_path '.*' must name a class that can be imported"):
        build({"class_path": path}, Encoder)


def test_a_class_of_another_family_is_refused() -> None:
    with pytest.raises(MedmtlError, match=r"must be a Task \(medmtl\.tasks\.base\)\. Found <class .*ResidualEncoder"):
        build({"class_path": RESIDUAL}, Task)


def test_what_is_no_class_is_refused() -> None:
    with pytest.raises(MedmtlError, match=r"must be a Encoder \(medmtl\.encoders\.base\)\. Found <function"):
        build({"class_path": "medmtl.network.build_network"}, Encoder)


def test_an_unknown_argument_is_named_beside_those_there_are() -> None:
    with pytest.raises(
        MedmtlError, match=r"init_args must be among \['widths', 'convolutions', 'channels_in'\].*'wide'"
    ):
        build({"class_path": RESIDUAL, "init_args": {"wide": 3}}, Encoder)


@pytest.mark.parametrize(
    ("member", "options", "told"),
    [
        ("medmtl.tasks.segmentation.Segmentation", {"voxel_loss": "Focal"}, "voxel_loss must fit .*'cross_entropy' or"),
        ("medmtl.tasks.segmentation.Segmentation", {"convolutions": "two"}, "convolutions must fit .*valid integer"),
        ("medmtl.tasks.cascaded_survival.CascadedSurvival", {"dropout": [0.5]}, "dropout must fit .*valid number"),
    ],
)
def test_an_argument_of_another_type_is_refused_and_never_taken_for_the_default(
    member: str, options: dict[str, object], told: str
) -> None:
    context = TaskContext((4, 8), clinical=0, classes=2, endpoint="pfs")
    with pytest.raises(MedmtlError, match=told):
        build({"class_path": member, "init_args": options}, Task, context)


def test_a_number_that_yaml_takes_for_a_word_is_a_number_again() -> None:
    context = TaskContext((4, 8), clinical=0, classes=2, endpoint="pfs")
    survival = {"class_path": "medmtl.tasks.cascaded_survival.CascadedSurvival", "init_args": {"dropout": "1e-1"}}
    assert build(survival, Task, context).log_hazard[0].p == pytest.approx(0.1)


def test_what_the_program_gives_is_not_offered_as_an_argument(make_network) -> None:
    task = {"class_path": "medmtl.tasks.segmentation.Segmentation", "init_args": {"depth": 3}}
    with pytest.raises(MedmtlError, match=r"init_args must be among \['convolutions', 'voxel_loss'\]"):
        make_network({"segmentation": task})


def test_a_member_in_a_file_of_the_users_works_by_its_class_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survival, make_inputs
) -> None:
    (tmp_path / "of_the_user.py").write_text(OF_THE_USER)
    monkeypatch.syspath_prepend(tmp_path)
    settings = NetworkSettings.model_validate(
        {
            "encoder": {"class_path": "of_the_user.Flat", "init_args": {"width": 4}},
            "tasks": {
                "segmentation": {"class_path": "medmtl.tasks.segmentation.Segmentation"},
                "survival": survival(),
            },
        }
    )
    network = build_network(settings, clinical=3, classes=2, endpoint="pfs")
    found = network(make_inputs())
    assert type(network.sharing.encoder).__name__ == "Flat"
    assert found["segmentation"].shape == (2, 2, 16, 16, 16)
    assert torch.isfinite(found["survival"]).all()
