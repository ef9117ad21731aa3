"""Times the fast radiomics engine beside PyRadiomics, in memory: `python benchmarks/radiomics_speed.py [patient ...]`.

(Named so that it does not hide the library `radiomics` from itself.)

Original, LoG 1, 2, 3 mm and Wavelet, all classes, CPU seconds, medians of ratios taken back to back. ITK, numba and
linear algebra have one thread, for both engines: with more, idle threads would count as work.
PyRadiomics leaves out its `additionalInfo`, which would only make it slower. The large image is a patient's CT tiled to
512 x 512 x 200 voxels, with one tumour. Peak memory is that of a process of its own.
"""

import logging
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from radiomics.featureextractor import RadiomicsFeatureExtractor
from threadpoolctl import threadpool_limits

from medmtl.features.engine.extract import extract
from medmtl.features.engine.settings import ProfileSettings, profile_from

PATIENTS = Path(__file__).parents[2] / "shared" / "data" / "sts" / "nifti"
CHOSEN = ("STS_019", "STS_002", "STS_010", "STS_001", "STS_014", "STS_022")
BIN_WIDTHS = {"CT": 25, "PET": 0.25}
SMALL_VOXELS = 20_000  # at the spacing measured at; above it a region counts as large
TILED = (200, 512, 512)
REPEATS = 3
Images = tuple[sitk.Image, sitk.Image]


def settings_for(modality: str, spacing: float) -> ProfileSettings:
    setting = {"binWidth": BIN_WIDTHS[modality], "resampledPixelSpacing": [spacing] * 3}
    types = {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}, "Wavelet": {}}
    return profile_from({"setting": setting, "imageType": types}, "benchmark")


def patient(name: str, modality: str) -> tuple[sitk.Image, sitk.Image]:
    image, mask = (sitk.ReadImage(str(PATIENTS / name / f"{modality}_{kind}.nii.gz")) for kind in ("image", "mask"))
    return image, sitk.Cast(mask, sitk.sitkUInt8)


def tiled(name: str) -> tuple[sitk.Image, sitk.Image]:
    image, mask = patient(name, "CT")
    values = sitk.GetArrayFromImage(image)
    repeats = [-(-n // m) for n, m in zip(TILED, values.shape, strict=True)]
    large = np.tile(values, repeats)[: TILED[0], : TILED[1], : TILED[2]].astype(np.float32)
    inside = np.zeros(TILED, dtype=np.uint8)
    start = [max((n - m) // 2, 0) // m * m for n, m in zip(TILED, values.shape, strict=True)]
    box = tuple(slice(a, a + m) for a, m in zip(start, values.shape, strict=True))
    inside[box] = sitk.GetArrayViewFromImage(mask)
    out = []
    for array in (large, inside):
        one = sitk.GetImageFromArray(array)
        one.SetSpacing(image.GetSpacing())
        out.append(one)
    return out[0], out[1]


def stock_for(modality: str, spacing: float) -> RadiomicsFeatureExtractor:
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    document = settings_for(modality, spacing).parameters.document()
    return RadiomicsFeatureExtractor(document, additionalInfo=False)


def seconds(work: Callable[[], object]) -> float:
    before = process_time()
    work()
    return process_time() - before


def ratio(name: str, images: Images, modality: str, spacing: float, repeats: int) -> tuple[float, int]:
    settings, stock = settings_for(modality, spacing), stock_for(modality, spacing)
    voxels = extract(*images, settings).provenance["voxels_intensity"]  # also reads the compiled loops from disk
    pairs = []
    for _ in range(repeats):
        quick = seconds(lambda: extract(*images, settings))
        with threadpool_limits(1):
            pairs.append((quick, seconds(lambda: stock.execute(*images))))
    found = median(slow / quick for quick, slow in pairs)
    quick, slow = (median(pair[k] for pair in pairs) for k in (0, 1))
    print(f"| {name} | {modality} | {spacing:g} | {voxels} | {slow:.3f} | {quick:.3f} | {found:.1f} |", flush=True)
    return found, voxels


def peak_megabytes(name: str, spacing: float, engine: str) -> float:
    command = [sys.executable, __file__, "--peak", name, str(spacing), engine]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_peak(name: str, spacing: str, engine: str) -> None:
    images = tiled(name.removeprefix("tiled ")) if name.startswith("tiled ") else patient(name, "CT")
    if engine == "fast":
        extract(*images, settings_for("CT", float(spacing)))
    else:
        stock_for("CT", float(spacing)).execute(*images)
    status = Path("/proc/self/status").read_text("ascii")  # unlike getrusage, without the peak of the parent
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def main(names: list[str]) -> None:
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    print("| image | modality | mm | voxels | PyRadiomics [s] | fast [s] | ratio |\n|---|---|---|---|---|---|---|")
    found = []
    for name in names:
        for modality in BIN_WIDTHS:
            images = patient(name, modality)
            found += [
                ratio(name, images, modality, spacing, REPEATS if spacing > 1 else 1) for spacing in (3.0, 2.0, 1.0)
            ]
    for size, chosen in (
        ("small", [one for one, voxels in found if voxels < SMALL_VOXELS]),
        ("large", [one for one, voxels in found if voxels >= SMALL_VOXELS]),
    ):
        if chosen:
            print(f"{size} regions: median {median(chosen):.1f}, {min(chosen):.1f} to {max(chosen):.1f}", flush=True)
    large = tiled("STS_008")
    for spacing in (2.0, 1.0):
        ratio("512 x 512 x 200", large, "CT", spacing, 1)
    for name, spacing in (*((one, 1.0) for one in names[-2:]), ("tiled STS_008", 1.0)):
        peaks = [peak_megabytes(name, spacing, engine) for engine in ("pyradiomics", "fast")]
        print(
            f"peak memory, {name} at {spacing:g} mm: PyRadiomics {peaks[0]:.0f} MB, fast {peaks[1]:.0f} MB", flush=True
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print_peak(*sys.argv[2:5])
    else:
        main(sys.argv[1:] or list(CHOSEN))
