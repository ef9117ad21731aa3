"""Times `medmtl extract` with one process and with two: `python benchmarks/radiomics_processes.py [cases] [pairs]`.

CT of the sarcoma patients at 1 mm; Original, LoG 1, 2, 3 mm and Wavelet, all classes, everything from start to the
written tables. Either has one ITK thread per process. Wall time, so only idle cores tell; CPU time of all processes is
told beside it. Runs take turns, and the ratio is the median of the pairs'. The whole takes under three minutes.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import yaml

PATIENTS = Path(__file__).parents[2] / "shared" / "data" / "sts" / "nifti"
SETTINGS = {
    "setting": {"binWidth": 25, "resampledPixelSpacing": [1, 1, 1]},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}, "Wavelet": {}},
}


def seconds(folder: Path, jobs: int) -> tuple[float, float]:
    """Return wall and CPU seconds of one extraction into a fresh folder."""
    out = folder / f"out{jobs}-{perf_counter():.3f}"
    command = [sys.executable, "-m", "medmtl.cli", "extract", "--images", str(folder / "images.csv")]
    command += ["--settings", str(folder / "params.yaml"), "--out", str(out), "--jobs", str(jobs)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    (folder / f"result{jobs}.csv").write_bytes((out / "radiomics.csv").read_bytes())
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def prepare(folder: Path, cases: int) -> None:
    named = sorted(path for path in PATIENTS.iterdir() if (path / "CT_image.nii.gz").is_file())[:cases]
    lines = [f"{path.name},{path / 'CT_image.nii.gz'},{path / 'CT_mask.nii.gz'}" for path in named]
    (folder / "images.csv").write_text("\n".join(["ID,Image,Mask", *lines]), "utf-8")
    (folder / "params.yaml").write_text(yaml.safe_dump(SETTINGS), "utf-8")


def main(cases: int = 36, pairs: int = 2) -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, 1)
        seconds(folder, 1)  # compiles what is not yet compiled
        prepare(folder, cases)
        found = []
        for number in range(pairs):
            one, two = seconds(folder, 1), seconds(folder, 2)
            same = (folder / "result1.csv").read_bytes() == (folder / "result2.csv").read_bytes()
            found.append(one[0] / two[0])
            print(
                f"pair {number + 1}: one process {one[0]:.1f} s (CPU {one[1]:.1f}), two {two[0]:.1f} s "
                f"(CPU {two[1]:.1f}), ratio {found[-1]:.2f}, {'same' if same else 'OTHER'} table",
                flush=True,
            )
        print(f"median ratio over {pairs} pairs of {cases} cases: {median(found):.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
