"""`medmtl prepare` tells how much of the reference masks the network sees."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest
from medmtl.imaging.image import read_image, to_sitk
from medmtl.imaging.prepared import load_prepared
from medmtl.imaging.resample import to_reference
from medmtl.stages.folder import RunFolder


def _prepare(material, region: dict | None) -> RunFolder:
    given = yaml.safe_load(material.config.read_text())
    given["prepare"] |= {} if region is None else {"region": region}
    material.config.write_text(yaml.safe_dump(given))
    main(["prepare", *material.command()[1:]])
    return RunFolder(material.run)


def _counted(mask: Path, grid) -> float:
    """Return the part of the labelled voxels in the grid's box, each looked up by SimpleITK."""
    image = read_image(mask)
    places, box = to_sitk(image), to_reference(grid)
    index = [box.TransformPhysicalPointToContinuousIndex(places.TransformIndexToPhysicalPoint(at.tolist()))
             for at in np.argwhere(image.array)[:, ::-1]]  # fmt: skip
    return float(np.mean([all(-0.5 <= i <= n - 0.5 for i, n in zip(at, grid.size, strict=True)) for at in index]))


def test_what_a_region_cuts_is_counted_and_named(study, tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    region = {
        "class_path": "medmtl.imaging.region.most_uptake.MostUptake",
        "init_args": {"size_mm": [32.0, 32.0, 32.0]},
    }
    with caplog.at_level(logging.INFO, "medmtl"):
        folder = _prepare(mine, region)
    cohort = read_manifest(mine.manifest)
    drawn = {case.case_id: case for case in cohort.cases if case.mask is not None}
    table = pd.read_csv(folder.coverage)
    assert list(table.columns) == ["case_id", "label", "volume_ml", "inside"]
    assert list(table["case_id"]) == list(drawn)
    files = pd.read_csv(folder.prepared_index).set_index("case_id")["file"]
    for case_id, inside in zip(table["case_id"], table["inside"], strict=True):
        grid = load_prepared(folder.prepared / files[case_id]).grid
        assert max(grid.size) <= 5  # 32 mm at 8, and the voxels of the CT that it cuts
        assert inside == pytest.approx(_counted(drawn[case_id].mask, grid))
    assert table["inside"].between(0, 1).all()
    cut = table[table["inside"] < 1].sort_values("inside")
    assert len(cut) > 0
    told = f"coverage: {len(drawn) - len(cut)} of {len(drawn)} reference masks lie wholly in the region"
    assert told in caplog.messages
    worst = cut.iloc[0]
    line = f"Case {worst.case_id}: {100 * (1 - worst.inside):.1f}% of its GTVp lies outside of the region"
    assert [r.levelname for r in caplog.records if r.getMessage() == line] == ["WARNING"]


def test_all_of_the_ct_covers_every_mask_and_says_so_again_when_done_before(
    study, tmp_path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    folder = _prepare(mine, None)
    table = pd.read_csv(folder.coverage)
    assert (table["inside"] == 1).all()
    with caplog.at_level(logging.INFO, "medmtl"):
        _prepare(mine, None)
    assert "prepare: done before" in caplog.messages
    assert f"coverage: {len(table)} of {len(table)} reference masks lie wholly in the region" in caplog.messages
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_region_that_cannot_be_built_leaves_nothing_behind(study, tmp_path, fails) -> None:
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    given = yaml.safe_load(mine.config.read_text())
    given["prepare"]["region"] = {"class_path": "medmtl.imaging.region.prior_box.PriorBox", "init_args": {"sise": 1}}
    mine.config.write_text(yaml.safe_dump(given))
    assert "init_args must be among ['size_mm', 'below_top_mm']" in fails(["prepare", *mine.command()[1:]])
    assert not mine.run.exists()
