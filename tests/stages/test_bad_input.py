"""What is wrong in the input is named with its case, file or key, exits with 2, and leaves nothing half made."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813  (its usual name)
import yaml

from medmtl.cohort.manifest import read_manifest
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Grid, Image

Table = pd.DataFrame
FAMO = {"class_path": "medmtl.balancing.famo.Famo"}
PHASES = {
    "class_path": "medmtl.balancing.phases.Phases",
    "init_args": {"first": ["segmentation"], "epochs": 1, "then": FAMO},
}
STOPPING = {"class_path": "medmtl.balancing.stopping.TaskwiseStopping", "init_args": {"may_stop": ["survival"]}}


@pytest.fixture
def mine(study, tmp_path: Path):
    """The study's manifest in a folder of its own, its images where they were."""
    root = tmp_path / "mine"
    (root / "cohort").mkdir(parents=True)
    for name in ("manifest.csv", "schema.yaml"):
        (root / "cohort" / name).write_text((study.root / "cohort" / name).read_text())
    (root / "cohort" / "images").symlink_to(study.root / "cohort" / "images")
    return study.copy(root, "tiny.yaml")


def _missing_file(table: Table) -> Table:
    return table.assign(pet=table["pet"].where(table["case_id"] != "phantom-002", "images/absent.nii.gz"))


def _negative_time(table: Table) -> Table:
    return table.assign(pfs_days=table["pfs_days"].where(table["case_id"] != "phantom-002", "-3"))


def _event_two(table: Table) -> Table:
    return table.assign(pfs_event=table["pfs_event"].where(table["case_id"] != "phantom-002", "2"))


def _twice(table: Table) -> Table:
    return pd.concat([table, table.iloc[2:3]])


def _few_events(table: Table) -> Table:
    known = table["pfs_event"].notna()
    return table.assign(pfs_event=table["pfs_event"].mask(known, "0").mask(table["case_id"] == "phantom-002", "1"))


def _no_endpoint(table: Table) -> Table:
    return table.drop(columns=["pfs_days", "pfs_event"])


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_missing_file, ["Case phantom-002, column pet", "the file must exist", "images/absent.nii.gz"]),
        (_negative_time, ["Case phantom-002, column pfs_days", "0 or more", "'-3'"]),
        (_event_two, ["Case phantom-002, column pfs_event", "1 (observed) or 0 (censored)", "'2'"]),
        (_twice, ["Case phantom-002, column case_id", "must occur once"]),
        (_few_events, ["must hold an event of pfs. Found 1 events for 2 folds", "Use fewer folds"]),
        (_no_endpoint, ["Column pfs_days: the manifest must have this column"]),
    ],
)
def test_a_fault_of_the_manifest_is_told_before_anything_is_made(
    command: str, spoil: Callable[[Table], Table], told: list[str], mine, fails
) -> None:
    spoil(pd.read_csv(mine.manifest, dtype=str)).to_csv(mine.manifest, index=False)
    given = mine.command() if command == "run" else ["check", mine.manifest, "--config", mine.config]
    found = fails(given)
    assert [part for part in told if part not in found] == []
    assert not mine.run.exists()


def _broken(path: Path) -> None:
    path.write_bytes(b"no image")


def _cut_off(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _far_away(path: Path) -> None:
    image = read_image(path)
    grid = Grid(image.grid.size, image.grid.spacing, (900.0, 0.0, 0.0))
    write_image(Image(image.array, grid), path)


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    "fault",
    [
        (_broken, ["pet.nii.gz: the image cannot be read", "Is the file complete?"]),
        (_cut_off, ["pet.nii.gz: the image cannot be read", "Is the file complete?"]),
        (_far_away, ["PET and CT must show the same region", "are one study"]),
    ],
)
def test_a_bad_image_is_named_with_its_case_and_leaves_no_stage_done(
    command: str, fault: tuple[Callable[[Path], None], list[str]], study, tmp_path: Path, fails
) -> None:
    spoil, told = fault
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    spoil(mine.root / "cohort" / "images" / "phantom-001" / "pet.nii.gz")
    given = mine.command() if command == "run" else ["check", mine.manifest, "--config", mine.config]
    found = fails(given)
    assert "Case phantom-001: " in found
    assert [part for part in told if part not in found] == []
    assert not (mine.run / "stamps").exists()
    assert not (mine.run / "folds.json").exists()
    assert not (mine.run / "prepared" / "index.csv").exists()
    if command == "run":
        failures = pd.read_csv(mine.run / "failures.csv")
        assert failures["case_id"].tolist() == ["phantom-001"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"trainning": {"epochs": 3}}, "trainning"),
        ({"training": {"epoch": 3}}, "training.epoch"),
        ({"training": {"epochs": "many"}}, "training.epochs"),
        ({"data": {"patch": "large"}}, "data.patch"),
        ({"risk": {"models": ["fussed"]}}, "risk.models"),
        ({"network": {"encoder": {"class_path": "medmtl.encoders.absent.Encoder"}}}, "medmtl.encoders.absent.Encoder"),
        ({"balancer": {"class_path": "medmtl.encoders.residual.ResidualEncoder"}}, "must be a Balancer"),
        ({"data": {"patch": [17, 16, 16]}}, "data.patch must be multiples of 2"),
        ({"training": {"task_rates": {"hpv": 2.0}}}, "training.task_rates must name tasks of the network"),
        ({"training": {"sharpness": 0.05}, "balancer": FAMO}, "Famo compares a batch's losses before and after"),
        ({"training": {"sharpness": 0.05}, "balancer": PHASES}, "Famo compares a batch's losses before and after"),
        ({"balancer": STOPPING, "folds": {"count": 2, "validate_fraction": 0}}, "fold 0: Task-wise stopping needs"),
        (
            {"balancer": {"class_path": "medmtl.balancing.famo.Famo", "init_args": {"evry": 2}}},
            "init_args must be among",
        ),
    ],
)
def test_a_fault_of_the_experiment_names_its_key(change: dict, told: str, mine, fails) -> None:
    mine.config.write_text(yaml.safe_dump(yaml.safe_load(mine.config.read_text()) | change))
    assert told in fails(mine.command())
    assert not mine.run.exists()


def test_a_label_that_a_fold_cannot_learn_is_told_before_anything_is_made(mine, fails) -> None:
    table = pd.read_csv(mine.manifest, dtype=str)
    table["centre"] = ["A"] * (len(table) // 2) + ["B"] * (len(table) - len(table) // 2)
    table.to_csv(mine.manifest, index=False)
    given = yaml.safe_load(mine.config.read_text())
    given["folds"] = {"by": "centre"}
    given["network"]["tasks"]["centre"] = {"class_path": "medmtl.tasks.adversary.Adversary"}
    mine.config.write_text(yaml.safe_dump(given))
    assert "Training cases of fold 0: Adversary: label must be" in fails(mine.command())
    assert not mine.run.exists()


def test_an_option_of_the_command_line_is_named_too(mine, fails) -> None:
    assert "training.epochs" in fails(mine.command("--training.epochs=many"))
    assert not mine.run.exists()


def test_a_missing_manifest_or_experiment_is_named(mine, fails) -> None:
    mine.manifest.unlink()
    assert "manifest.csv: the manifest does not exist" in fails(mine.command())
    mine.config.unlink()
    assert "tiny.yaml" in fails(mine.command())


def test_one_patient_under_two_names_is_found_in_the_voxels(study, tmp_path, fails) -> None:
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    first, *_, last = [case for case in read_manifest(mine.manifest).cases if case.mask is not None]
    for role in ("ct", "pet", "mask"):  # packed otherwise: other bytes, the same voxels
        image = sitk.ReadImage(str(getattr(first, role)))
        sitk.WriteImage(image, str(getattr(last, role)), useCompression=True, compressionLevel=1)
    told = fails(["prepare", *mine.command()[1:]])

    assert "1 of the cases cannot be used" in told
    assert f"Case {last.case_id}: " in told
    assert f"Case {first.case_id} has the same voxels: one patient would be trained on and tested at once" in told
    failures = pd.read_csv(mine.run / "failures.csv")
    assert failures[["case_id", "stage"]].to_numpy().tolist() == [[last.case_id, "prepare"]]
    assert not (mine.run / "folds.json").exists()
