import shutil
from pathlib import Path

import pytest

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.stages.run import create_run, open_run


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "cohort" / "manifest.csv"
    path.parent.mkdir()
    for name in ("ct", "pet"):
        (path.parent / f"{name}.nii.gz").touch()
    path.write_text("case_id,centre,ct,pet,pfs_days,pfs_event\na,A,ct.nii.gz,pet.nii.gz,9,1\n", "utf-8")
    return path


def test_empty_folders_do_not_forbid_a_run_since_snakemake_makes_them_first(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / "prepared").mkdir(parents=True)

    assert create_run(Experiment(), manifest, tmp_path / "run").folder.experiment.is_file()


def test_a_run_that_was_killed_while_it_began_begins_again(manifest: Path, tmp_path: Path) -> None:
    root = tmp_path / "run"
    create_run(Experiment(), manifest, root)
    (root / "experiment.yaml").rename(root / ".partial-experiment.yaml")

    assert create_run(Experiment(), manifest, root).folder.experiment.is_file()


def test_files_of_another_kind_forbid_a_run(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / "mine").mkdir(parents=True)
    (tmp_path / "run" / "mine" / "work.txt").touch()

    with pytest.raises(MedmtlError, match="new or empty folder"):
        create_run(Experiment(), manifest, tmp_path / "run")


def test_a_run_is_opened_by_a_link_to_a_folder_of_another_depth(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "far" / "away" / "runs").mkdir(parents=True)
    (tmp_path / "runs").symlink_to(tmp_path / "far" / "away" / "runs")
    create_run(Experiment(), manifest, tmp_path / "runs" / "one")

    assert open_run(tmp_path / "runs" / "one").cohort.ids == ("a",)


def test_a_cohort_that_is_gone_is_named_as_gone(manifest: Path, tmp_path: Path) -> None:
    create_run(Experiment(), manifest, tmp_path / "run")
    shutil.rmtree(manifest.parent)

    with pytest.raises(MedmtlError, match=r"manifest\.csv: the cohort of .* It is not there; restore it"):
        open_run(tmp_path / "run")


def test_a_cohort_that_was_mended_before_anything_was_prepared_takes_the_old_one_s_place(
    manifest: Path, tmp_path: Path
) -> None:
    create_run(Experiment(), manifest, tmp_path / "run")
    manifest.write_text(manifest.read_text("utf-8").replace("a,A", "b,B"), "utf-8")

    assert create_run(Experiment(), manifest, tmp_path / "run").cohort.ids == ("b",)
    assert open_run(tmp_path / "run").cohort.ids == ("b",)
