"""Measures a whole-body case of 1,330 mm in memory and seconds, and what the regions cover of random bodies.

`python benchmarks/field_of_view.py` makes a CT of 512 x 512 x 443 voxels and its PET, and gives each step a process of
its own, for its peak memory. `python benchmarks/field_of_view.py coverage 100` draws 100 bodies (seeds from 3000 on,
none of which was looked at when the rules' constants were chosen).
"""

import resource
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import SimpleITK as sitk  # noqa: N813

from medmtl.features.cohort import ExtractionJob, Workshop, extract_cohort
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.image import from_sitk, read_grid, to_sitk, write_image
from medmtl.imaging.prepare import prepare
from medmtl.imaging.prepared import load_prepared
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.region.body_top_slab import BodyTopSlab
from medmtl.imaging.region.pet_guided import PetGuided
from medmtl.imaging.region.prior_box import PriorBox
from medmtl.imaging.resample import to_reference
from medmtl.imaging.scan import open_scan
from medmtl.imaging.settings import PrepareSettings
from medmtl.imaging.voxel_box import whole_box
from medmtl.inference.mask import mask_on
from medmtl.inference.settings import InferenceSettings
from medmtl.records import Case, Grid, Image

ROOT = Path(__file__).parents[1]
BODIES = runpy.run_path(str(ROOT / "tests" / "imaging" / "region" / "whole_body.py"))
LABELS = {"GTVp": 1, "GTVn": 2}
FAMILY = "medmtl.imaging.region"
SLAB = {"class_path": f"{FAMILY}.body_top_slab.BodyTopSlab"}
CHAIN = {
    "class_path": f"{FAMILY}.chain.Chain",
    "init_args": {"steps": [SLAB, {"class_path": f"{FAMILY}.pet_guided.PetGuided"}]},
}
WHOLE = {"class_path": f"{FAMILY}.whole.Whole"}
PLANS = {"whole, 4 mm": (WHOLE, 4.0), "slab, 3 mm": (SLAB, 3.0), "slab and PET, 2 mm": (CHAIN, 2.0)}
RULES: dict[str, tuple[Region, ...]] = {"BodyTopSlab 400": (BodyTopSlab(),)}
for edge in (160.0, 192.0, 224.0):
    RULES[f"PriorBox {edge:.0f}"] = (PriorBox((edge, edge, edge)),)
    RULES[f"slab, PetGuided {edge:.0f}"] = (BodyTopSlab(), PetGuided((edge, edge, edge)))
RULES["slab, PetGuided (default)"] = (BodyTopSlab(), PetGuided())


def main() -> None:
    if sys.argv[1:2] == ["coverage"]:
        measure_coverage(int(sys.argv[2]))
    elif sys.argv[1:2] == ["step"]:
        take_step(sys.argv[2], sys.argv[3], case_in(Path(sys.argv[4])))
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure_memory(Path(folder))


def case_in(folder: Path) -> Case:
    return Case("wb-1", "A", folder / "ct.nii.gz", folder / "pet.nii.gz", folder / "mask.nii.gz")


def make_case(folder: Path) -> None:
    """Write a body of 1,330 mm at a clinic's resolution: one of 6 mm voxels, interpolated, and the CT's noise."""
    rng = np.random.default_rng(1)
    body = BODIES["draw_body"](rng, top=60.0, pet_top=60.0, length=1330.0, lean=(0.0, 0.0), flips=(False,) * 3)
    examined = BODIES["examine"](body, rng, 6.0)
    wide = {"ct": ((512, 512, 443), 1.0), "pet": ((200, 200, 443), 3.2), "mask": ((512, 512, 443), 1.0)}
    for name, (size, step) in wide.items():
        image = getattr(examined, name)
        near = name == "mask"
        fine = sitk.Resample(
            to_sitk(image), to_reference(_grid(size, (step, step, 3.0), image.grid)), sitk.Transform(),
            sitk.sitkNearestNeighbor if near else sitk.sitkLinear, -1000.0 if name == "ct" else 0.0,
        )  # fmt: skip
        if name == "ct":
            fine = sitk.AdditiveGaussianNoise(fine, standardDeviation=12.0, seed=1)
        write_image(from_sitk(fine), folder / f"{name}.nii.gz")


def _grid(size: tuple[int, int, int], spacing: tuple[float, float, float], like: Grid) -> Grid:
    middle = np.array(like.origin) + np.array(like.spacing) * (np.array(like.size) - 1) / 2
    x, y, z = (middle - np.array(spacing) * (np.array(size) - 1) / 2).tolist()
    return Grid(size, spacing, (x, y, z))


def measure_memory(folder: Path) -> None:
    make_case(folder)
    print(f"{'step':48} {'peak memory':>12} {'CPU':>8}")
    for plan in PLANS:
        for step in STEPS:
            said = subprocess.run(
                [sys.executable, __file__, "step", step, plan, str(folder)], check=True, capture_output=True, text=True
            )
            megabytes, seconds = said.stdout.split()[-2:]
            print(f"{step + ': ' + plan:48} {float(megabytes) / 1000:9.2f} GB {seconds:>6} s")


def take_step(step: str, plan: str, case: Case) -> None:
    start = process_time()
    STEPS[step](plan, case)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"{peak:.0f} {process_time() - start:.1f}")


def _prepare(plan: str, case: Case) -> None:
    prepare(case, _settings(plan), case.pet.parent / plan)


def _back(plan: str, case: Case) -> None:
    """Make a mask of two labels on the CT's grid, of PET above SUV 3 as if it were the networks' probability."""
    prepared = load_prepared(prepare(case, _settings(plan), case.pet.parent / plan))
    tumour = 1 / (1 + np.exp(-4 * (np.expm1(prepared.image[0]) - 3)))
    per_class = np.stack([0.6 * tumour, 0.4 * tumour]).astype(np.float32)
    probability = Image(tumour.astype(np.float32), prepared.grid)
    mask = mask_on(read_grid(case.needed_ct), probability, per_class, (1, 2), InferenceSettings())
    write_image(mask, case.pet.parent / plan / "predicted.nii.gz")


def _extract(plan: str, case: Case) -> None:
    job = ExtractionJob("wb-1", case.pet, case.needed_ct, case.mask or case.pet)
    extract_cohort([job], RadiomicsSettings(), Workshop(), lambda *_: None)


def _settings(plan: str) -> PrepareSettings:
    region, step = PLANS[plan]
    return PrepareSettings.model_validate({"spacing_mm": (step,) * 3, "labels": LABELS, "region": region})


STEPS: dict[str, Callable[[str, Case], None]] = {"prepare": _prepare, "mask back": _back, "extract": _extract}


def measure_coverage(count: int) -> None:
    covered = {name: {label: [] for label in LABELS.values()} for name in RULES}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(3000, 3000 + count):
            _cover(seed, case_in(Path(folder)), covered)
    print(f"{'rule':28} {'label':6} {'n':>4} {'whole':>7} {'mean':>7} {'least':>7}")
    for name, labels in covered.items():
        for label, value in LABELS.items():
            found = np.array(labels[value])
            print(
                f"{name:28} {label:6} {len(found):4} {(found == 1).mean():7.1%} {found.mean():7.1%} {found.min():7.1%}"
            )


def _cover(seed: int, case: Case, covered: dict[str, dict[int, list[float]]]) -> None:
    rng = np.random.default_rng(seed)
    examined = BODIES["examine"](BODIES["draw_body"](rng), rng)
    write_image(examined.ct, case.needed_ct)
    write_image(examined.pet, case.pet)
    scans = Scans(open_scan(case.pet), open_scan(case.needed_ct))
    for name, steps in RULES.items():
        box = whole_box(scans.ct.grid)
        for rule in steps:
            box = rule.find(scans, box)
        for label, parts in covered[name].items():
            drawn = examined.mask.array == label
            if drawn.any():
                parts.append(float(drawn[box.slices].sum() / drawn.sum()))


if __name__ == "__main__":
    main()
