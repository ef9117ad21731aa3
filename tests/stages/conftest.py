"""One small run on phantoms, made once by the command line and looked at by many."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from medmtl.cli import main
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.stages.make_phantoms import make_phantoms

TINY = {
    "name": "A tiny run",
    "jobs": 1,
    "folds": {"count": 2, "validate_fraction": 0.25},
    "prepare": {"spacing_mm": [8.0, 8.0, 8.0]},
    "data": {"patch": [16, 16, 16], "batch_size": 2, "augment": {"rotate_radians": 0.0, "scale": 0.0, "noise": 0.0}},
    "network": {
        "encoder": {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [8, 16]}},
        "tasks": {
            "segmentation": {"class_path": "medmtl.tasks.segmentation.Segmentation"},
            "survival": {
                "class_path": "medmtl.tasks.cascaded_survival.CascadedSurvival",
                "init_args": {"dense_layers": [1, 1], "growth": 2, "hidden": 4},
            },
        },
    },
    "training": {"epochs": 30, "learning_rate": 0.01, "precision": "32-true", "accelerator": "cpu"},
    "inference": {"flips": False},
    "radiomics": {"spacing_mm": 4.0, "min_voxels": 16, "feature_classes": ["shape", "firstorder"]},
    "risk": {"penalizers": [0.1, 1.0], "inner_folds": 2, "optimism": 3},
    "evaluation": {"resamples": 20},
}


@dataclass(frozen=True)
class Material:
    """Where the cohort, the experiment and the run of one small study lie."""

    root: Path

    @property
    def manifest(self) -> Path:
        return self.root / "cohort" / "manifest.csv"

    @property
    def config(self) -> Path:
        return self.root / "tiny.yaml"

    @property
    def run(self) -> Path:
        return self.root / "run"

    def command(self, *more: str) -> list[str]:
        """Return the command that made the run."""
        given = ["--config", self.config, "--cohort", self.manifest, "--out", self.run]
        return ["run", *map(str, given), *more]

    def copy(self, root: Path, *names: str) -> "Material":
        """Return the same study in another folder, with these parts of it."""
        for name in names or ("cohort", "run", "tiny.yaml"):
            source = self.root / name
            root.mkdir(exist_ok=True)
            shutil.copytree(source, root / name) if source.is_dir() else shutil.copy2(source, root / name)
        return Material(root)


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Eighteen phantoms, and the experiment that is to run on them."""
    root = tmp_path_factory.mktemp("study")
    settings = PhantomSettings(n_cases=18, field_mm=120.0, missing_mask=0.1, missing_endpoint=0.1)
    make_phantoms(root / "cohort", settings, jobs=1)
    (root / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return Material(root)


@pytest.fixture(scope="session")
def finished(study: Material) -> Material:
    """The study after `medmtl run`."""
    main(study.command())
    return study


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]):
    """Run a command that must exit with 2; return what it says."""

    def _fails(arguments: Sequence[object]) -> str:
        with pytest.raises(SystemExit) as stopped:
            main([str(one) for one in arguments])
        assert stopped.value.code == 2
        return capsys.readouterr().err

    return _fails
