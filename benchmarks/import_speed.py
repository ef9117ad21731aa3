"""CPU time of reading DICOM series as medmtl does, against plain SimpleITK reading of the same files.

    python benchmarks/import_speed.py ../shared/data/sts/dicom

reads every folder below that holds slices (CT and PET), and a CT of 300 slices of 512 x 512 that it makes itself. Both
sides give the same values: SimpleITK is asked for floats, GDCM sorts the slices. medmtl also keeps the headers, checks
the stack and turns PET into SUV; that is in its time.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import SimpleITK

from medmtl.dicom.series import read_series
from medmtl.dicom.suv import to_suv

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from dicom_files import write_series

REPEATS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, nargs="?")
    source = parser.parse_args().source
    print(f"{'series':<40}{'slices':>8}{'medmtl [s]':>12}{'SimpleITK [s]':>15}{'ratio':>8}")
    for folder in _series(source) if source else ():
        _compare(str(folder.relative_to(source)), folder)
    with tempfile.TemporaryDirectory() as made:
        noise = np.random.default_rng(0).integers(-1000, 2000, (300, 512, 512)).astype(np.int16)
        write_series(Path(made), "CT", array=noise)
        _compare("made, 512 x 512", Path(made))


def _series(source: Path) -> Iterator[Path]:
    """Yield the folders that hold more than one file."""
    for folder in sorted(path for path in source.rglob("*") if path.is_dir()):
        if sum(path.is_file() for path in folder.iterdir()) > 1:
            yield folder


def _compare(name: str, folder: Path) -> None:
    files = sorted(folder.iterdir())
    modality = SimpleITK.ReadImage(str(files[0])).GetMetaData("0008|0060").strip()
    ours, image = _median(lambda: _read(files, modality))
    theirs, peer = _median(lambda: _plain(folder))
    if modality == "CT":
        np.testing.assert_array_equal(image, SimpleITK.GetArrayViewFromImage(peer))
    print(f"{name:<40}{len(files):>8}{ours:>12.3f}{theirs:>15.3f}{ours / theirs:>8.2f}", flush=True)


def _read(files: list[Path], modality: str) -> np.ndarray:
    series = read_series(files, modality)
    return to_suv(series)[0].array if modality == "PT" else series.image.array


def _plain(folder: Path) -> SimpleITK.Image:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    reader.SetOutputPixelType(SimpleITK.sitkFloat32)
    return reader.Execute()


def _median(work: Callable[[], object]) -> tuple[float, object]:
    result, times = work(), []
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return statistics.median(times), result


if __name__ == "__main__":
    main()
