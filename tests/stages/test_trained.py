import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medmtl.cli import main
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Case, Image
from medmtl.stages.masks import overlaps
from medmtl.stages.trained import open_trained


def test_a_run_predicts_where_its_own_cohort_is_not(finished, tmp_path: Path) -> None:
    given = finished.copy(tmp_path / "elsewhere", "run")
    shutil.copytree(finished.root / "cohort", tmp_path / "new")
    assert not given.manifest.exists()

    main(["predict", str(given.run), "--cohort", str(tmp_path / "new"), "--out", str(tmp_path / "out")])

    table = pd.read_csv(tmp_path / "out" / "cases.csv")
    assert len(table) == 18
    assert np.isfinite(table["risk"]).all()
    assert table["in_sample"].all()


def test_a_run_that_is_not_finished_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"It has no .*model\.json; finish it with `medmtl run`"):
        open_trained(tmp_path)


def test_a_reference_with_a_foreign_label_is_refused_not_scored(finished, tmp_path: Path) -> None:
    mask = next((finished.run / "predictions" / "masks").glob("*.nii.gz"))
    grid = read_image(mask).grid
    write_image(Image(np.full(grid.size[::-1], 2, np.uint8), grid), tmp_path / "reference.nii.gz")
    case = Case("a", "A", Path("ct"), Path("pet"), tmp_path / "reference.nii.gz")

    with pytest.raises(CaseError, match=r"Case a: .*reference\.nii\.gz: .* labels \{'GTVp': 1\} alone"):
        overlaps([case], lambda _: mask, {"GTVp": 1})


def test_a_prepared_case_that_was_deleted_is_prepared_again(finished, tmp_path: Path) -> None:
    study = finished.copy(tmp_path / "again")
    lost = next((study.run / "prepared").glob("*.npz"))
    content = lost.read_bytes()
    lost.unlink()

    main(study.command())

    assert lost.read_bytes() == content


def test_a_run_without_risks_is_sent_to_fit_first(finished, tmp_path: Path, fails) -> None:
    study = finished.copy(tmp_path / "unfitted")
    for path in (study.run / "risk" / "risks.csv", study.run / "stamps" / "evaluate.json"):
        path.unlink()

    assert "Run `medmtl fit` first" in fails(["evaluate", study.run])
