from pathlib import Path

import pytest
import yaml

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, check_experiment, read_experiment, write_experiment


def test_an_experiment_survives_its_file(tmp_path: Path) -> None:
    experiment = check_experiment({"name": "A name", "prepare": {"labels": {"GTVp": 1, "GTVn": 2}}}, "here")
    write_experiment(experiment, tmp_path / "experiment.yaml")
    assert read_experiment(tmp_path / "experiment.yaml") == experiment
    assert set(yaml.safe_load((tmp_path / "experiment.yaml").read_text())) == set(Experiment.model_fields)


def test_an_empty_file_is_the_default_experiment(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    assert read_experiment(tmp_path / "empty.yaml") == Experiment()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"epochs": 3}, "epochs"),
        ({"training": {"epoch": 3}}, "training.epoch"),
        ({"training": {"epochs": 0}}, "training.epochs"),
        ({"training": {"epochs": "many"}}, "training.epochs"),
        ({"data": {"patch": [64, 64]}}, "data.patch"),
        ({"data": {"augment": {"flip": 1.5}}}, "data.augment.flip"),
        ({"network": {"tasks": {"segmentation": {}}}}, "network.tasks.segmentation.class_path"),
        ({"prepare": {"spacing_mm": [4, 4, 0]}}, "prepare.spacing_mm.2"),
        ({"risk": {"models": ["fussed"]}}, "risk.models.0"),
        ({"folds": {"count": 1}}, "folds.count"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_the_file(given: dict, key: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(given))
    with pytest.raises(MedmtlError) as found:
        read_experiment(tmp_path / "mine.yaml")
    assert str(tmp_path / "mine.yaml") in str(found.value)
    assert f"\n  {key}" in str(found.value)


def test_every_wrong_key_is_named_at_once() -> None:
    with pytest.raises(MedmtlError, match=r"(?s)seed.*epochz"):
        check_experiment({"training": {"epochz": 1}, "seed": "x"}, "here")


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\t- x"])
def test_what_is_no_yaml_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(MedmtlError, match=r"mine\.yaml: the experiment cannot be read"):
        read_experiment(tmp_path / "mine.yaml")


@pytest.mark.parametrize("text", ["just words", "- a\n- b", "3"])
def test_what_is_no_mapping_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(MedmtlError, match=r"mine\.yaml"):
        read_experiment(tmp_path / "mine.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"absent\.yaml: the experiment cannot be read"):
        read_experiment(tmp_path / "absent.yaml")


def test_an_experiment_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Experiment().seed = 3  # type: ignore[misc]


def test_every_option_says_what_it_is() -> None:
    def silent(model: type) -> list[str]:
        fields = model.model_fields  # type: ignore[attr-defined]
        own = [f"{model.__name__}.{name}" for name, field in fields.items() if not field.description]
        return own + [
            one for f in fields.values() if hasattr(f.annotation, "model_fields") for one in silent(f.annotation)
        ]

    assert silent(Experiment) == []
