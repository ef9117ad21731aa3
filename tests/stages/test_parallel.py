"""Extraction spread over threads or the workers of a Dask cluster gives what one process gives."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.cli import main
from medmtl.errors import MedmtlError
from medmtl.experiment import ParallelSettings
from medmtl.stages import parallel
from medmtl.stages.parallel import spread

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed: medmtl[dask]")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    lines = ["Image,Mask"]
    for number in range(4):
        mask = np.zeros((8, 10, 10), dtype=np.uint8)
        mask[2:6, 2 : 6 + number // 2, 3:7] = 1
        array = np.random.default_rng(number).normal(50, 20, mask.shape).astype(np.float32)
        for name, one in (("image", array), ("mask", mask)):
            sitk.WriteImage(sitk.GetImageFromArray(one), str(tmp_path / f"{name}{number}.nii.gz"))
        lines.append(f"image{number}.nii.gz,mask{number}.nii.gz")
    (tmp_path / "params.yaml").write_text("featureClass: {firstorder: [Mean, Energy], shape: [MeshVolume]}\n")
    (tmp_path / "images.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "images.csv"


def _extract(images: Path, out: str, *more: str) -> pd.DataFrame:
    given = ["--images", images, "--settings", images.with_name("params.yaml"), "--out", images.with_name(out)]
    main(["extract", *map(str, given), *more])
    return pd.read_csv(images.with_name(out) / "radiomics.csv")


@needs_dask
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:Sending large graph")
def test_the_workers_of_a_cluster_measure_the_same(images: Path) -> None:
    distributed = pytest.importorskip("distributed")

    alone = _extract(images, "alone", "--jobs", "1")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        together = _extract(images, "together", "--address", cluster.scheduler_address)
        worked = list(cluster.scheduler.task_prefixes)
    assert any("measure_or_remember" in name for name in worked)
    pd.testing.assert_frame_equal(alone, together)


def test_threads_measure_the_same(images: Path) -> None:
    alone = _extract(images, "alone", "--jobs", "1")
    pd.testing.assert_frame_equal(alone, _extract(images, "threads", "--backend", "threading", "--jobs", "2"))


def test_without_dask_the_remedy_is_told(images: Path, monkeypatch: pytest.MonkeyPatch, fails) -> None:
    monkeypatch.setattr(parallel, "find_spec", lambda name: None)
    told = fails(["extract", "--images", images, "--out", images.with_name("out"), "--address", "tcp://127.0.0.1:9"])
    assert "pip install 'medmtl[dask]'" in told
    assert not images.with_name("out").exists()


@pytest.mark.parametrize(
    ("backend", "address", "words"), [("dask", None, "needs `address`"), ("loky", "tcp://a:1", "is Dask's")]
)
def test_backend_and_address_belong_together(backend: str, address: str | None, words: str) -> None:
    if backend == "dask" and find_spec("distributed") is None:
        pytest.skip("distributed is not installed: medmtl[dask]")
    with pytest.raises(MedmtlError, match=words), spread(ParallelSettings(backend=backend, address=address)):
        pass


@needs_dask
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    dask = pytest.importorskip("dask")

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}),
        pytest.raises(MedmtlError, match=r"tcp://127.0.0.1:9 must be reachable"),
        spread(ParallelSettings(backend="dask", address="tcp://127.0.0.1:9")),
    ):
        pass


def test_dask_is_not_loaded_where_nobody_asks_for_it(images: Path) -> None:
    ask = "import sys, medmtl.stages.extract_alone, medmtl.stages.parallel; sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", ask], check=False, timeout=300).returncode == 0
