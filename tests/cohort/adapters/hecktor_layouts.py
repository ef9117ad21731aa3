"""Fabricates the five layouts of HECKTOR from phantoms, with the real names, columns, codings and quirks of each year.

`write_layout(2022, folder, n_cases=16, size=32)` writes what `medmtl import hecktor --edition 2022 folder` reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from medmtl.cohort.synthetic import PhantomSettings, make_case
from medmtl.cohort.synthetic.phantom import Phantom
from medmtl.cohort.synthetic.settings import ScannerSettings
from medmtl.imaging.image import write_image
from medmtl.records import Grid, Image

FIELD_MM = 120.0
OLD = ("CHGJ007", "CHMR001", "CHUM010", "CHUP002", "CHUS003", "CHUV004")
NEW = ("CHUM-001", "CHUP-014", "CHUS-003", "MDA-300", "HGJ-007", "HMR-012")
F18_SECONDS = 6586.2
WEIGHT_KG, DOSE_BQ, ELAPSED_SECONDS = 70.0, 3.7e8, 3600.0
DECAYED_BQ = DOSE_BQ * 2 ** (-ELAPSED_SECONDS / F18_SECONDS)
BQML_PER_SUV = DECAYED_BQ / (WEIGHT_KG * 1000)


@dataclass(frozen=True)
class Made:
    """One fabricated patient. `pet` is in SUV, however it was written; `days` and `event` are None where not told."""

    case_id: str
    centre: str
    pet: Image
    mask: Image | None
    days: float | None
    event: int | None
    clinical: Mapping[str, float | str | None]


def write_layout(edition: int, folder: Path, n_cases: int = 8, size: int = 24) -> dict[str, Made]:
    """Write the tree of an edition, with a CT of `size` voxels along each axis; return what is in it by case id."""
    phantoms = [_phantom(index, size) for index in range(n_cases)]
    write = {2020: _write_2020, 2021: _write_2021, 2022: _write_2022, 2025: _write_2025, 2026: _write_2026}[edition]
    return {made.case_id: made for made in write(folder, phantoms)}


def case_id(edition: int, index: int) -> str:
    """Return the id of the case of this index: distinct, and of several hospitals."""
    ids = OLD if edition < 2022 else NEW
    first, turn = ids[index % len(ids)], index // len(ids)
    return first if turn == 0 else f"{first[:-3]}{int(first[-3:]) + 40 * turn:03d}"


def suv_row(name: str) -> dict[str, object]:
    """Return the line of `suv_conversion_tags.csv` for a patient whose PET is in Bq/mL."""
    return {
        "pid": name,
        "units": "BQML",
        "patient_weight_kg": WEIGHT_KG,
        "radiopharmaceutical": "FDG",
        "radionuclide_total_dose_bq": DOSE_BQ,
        "radionuclide_half_life_sec": F18_SECONDS,
        "elapsed_seconds_injection_to_scan": ELAPSED_SECONDS,
        "decay_corrected_dose_at_scan_bq": DECAYED_BQ,
        "dose_for_suv_bq": DECAYED_BQ,
        "bqml_to_suvbw_factor": WEIGHT_KG * 1000 / DECAYED_BQ,
    }


def _phantom(index: int, size: int) -> Phantom:
    spacing = FIELD_MM / size
    scanner = ScannerSettings("any", spacing, 0.0, 10.0, 1.25 * spacing, 1.0, 6.0, 0.12)
    settings = PhantomSettings(1, 3, (scanner,), FIELD_MM, missing_mask=0, missing_endpoint=0, missing_clinical=0.1)
    return make_case(settings, index)


def _made(edition: int, index: int, phantom: Phantom, labels: int, known: Sequence[str]) -> Made:
    """Return the patient of a phantom; `known` are the words mask and endpoint where the edition tells them."""
    name, mask = case_id(edition, index), _with_node(phantom) if labels == 2 else phantom.mask
    end = phantom.endpoint if "endpoint" in known else None
    centre = {"CHGJ": "HGJ", "CHMR": "HMR"}.get(name[:4], name[:4].rstrip("-0123456789"))
    return Made(
        name,
        centre,
        _with_uptake(phantom.pet, mask),
        mask if "mask" in known else None,
        end.time_days if end else None,
        int(end.event) if end else None,
        phantom.clinical,
    )


def _with_node(phantom: Phantom) -> Image | None:
    """Return the mask with a node, label 2, beside the tumour."""
    if phantom.mask is None:
        return None
    grid, array = phantom.mask.grid, phantom.mask.array.astype(np.uint8)
    inside = np.argwhere(array > 0).mean(axis=0)
    side = 1 if inside[2] < grid.size[0] / 2 else -1
    centre = inside + np.array([0, 0, side * 30 / grid.spacing[0]])
    index = np.stack(np.indices(array.shape), axis=-1)
    near = np.linalg.norm((index - centre) * grid.spacing[0], axis=-1) < 9
    return Image(np.where(near & (array == 0), 2, array).astype(np.uint8), grid)


def _with_uptake(pet: Image, mask: Image | None) -> Image:
    """Return the PET with the node's uptake, nearest neighbour from the mask's grid."""
    if mask is None or not (mask.array == 2).any():
        return pet
    z, y, x = np.indices(pet.array.shape)
    points = [
        np.clip(np.rint((i * s + o - mo) / ms), 0, n - 1).astype(int)
        for i, s, o, mo, ms, n in zip(
            (x, y, z),
            pet.grid.spacing,
            pet.grid.origin,
            mask.grid.origin,
            mask.grid.spacing,
            mask.grid.size,
            strict=True,
        )
    ]
    hot = mask.array[points[2], points[1], points[0]] == 2
    return Image(np.where(hot, 6.0, pet.array).astype(np.float32), pet.grid)


def _write_2020(folder: Path, phantoms: Sequence[Phantom]) -> list[Made]:
    made = [_made(2020, index, phantom, 1, ("mask",)) for index, phantom in enumerate(phantoms)]
    _write_flat(folder / "hecktor_nii", made, phantoms)
    _csv(folder / "hecktor2020_patient_info_training.csv", [_info(index, one) for index, one in enumerate(made)])
    _csv(folder / "hecktor2020_bbox_training.csv", [_box(one) for one in made])
    return made


def _write_2021(folder: Path, phantoms: Sequence[Phantom]) -> list[Made]:
    made = [_made(2021, index, phantom, 1, ("mask", "endpoint")) for index, phantom in enumerate(phantoms)]
    _write_flat(folder / "hecktor_nii", made, phantoms)
    _csv(folder / "hecktor2021_patient_info_training.csv", [_info(index, one) for index, one in enumerate(made)])
    _csv(folder / "hecktor2021_bbox_training.csv", [_box(one) for one in made])
    ends = [{"PatientID": one.case_id, "Progression": one.event, "Progression free survival": one.days} for one in made]
    _csv(folder / "hecktor2021_patient_endpoint_training.csv", ends)
    return made


def _write_flat(folder: Path, made: Sequence[Made], phantoms: Sequence[Phantom]) -> None:
    for one, phantom in zip(made, phantoms, strict=True):
        _write(folder / one.case_id, {"_ct": phantom.ct, "_pt": one.pet, "_gtvt": one.mask})


def _info(index: int, one: Made) -> dict[str, object]:
    """A line of 2021's table: T, N and M as they were written, some of them unknown."""
    return {
        "PatientID": one.case_id,
        "CenterID": 1 + index % 6,
        "Gender (1=M,0=F)": {"Male": 1, "Female": 0}.get(str(one.clinical["sex"])),
        "Age": one.clinical["age"],
        "TNM edition": 7 + index % 2,
        "TNM group": ("I", "II", "III", "IVA", "IVB", "")[index % 6],
        "T-stage": ("T1", "T2", "Tx", "T4a", "T3", "T4")[index % 6],
        "N-stage": ("N0", "N2b", "N1", "Nx", "N2c", "N3")[index % 6],
        "M-stage": ("M0", "M0", "Mx", "M0", "M1", "")[index % 6],
        "HPV status (0=-, 1=+)": (0, 1, "")[index % 3],
        "Performance status": one.clinical["performance_status"],
        "Tobacco": (1, "", 0)[index % 3],
        "Alcohol": ("", 0, 1)[index % 3],
        "Chemotherapy": (1, 0)[index % 2],
        "Estimated weight (kg) for SUV": 61.5 + index,
    }


def _box(one: Made) -> dict[str, object]:
    """A box of 80 mm around the tumour."""
    assert one.mask is not None
    middle = np.argwhere(one.mask.array > 0).mean(axis=0)[::-1]
    centre = np.array(one.mask.grid.origin) + middle * np.array(one.mask.grid.spacing)
    ends = {
        f"{axis}{side}": c + (-40.0, 40.0)[side - 1] for axis, c in zip("xyz", centre, strict=True) for side in (1, 2)
    }
    return {"PatientID": one.case_id, **ends}


def _write_2022(folder: Path, phantoms: Sequence[Phantom]) -> list[Made]:
    """Images and labels apart, an id that its label spells otherwise, and a last patient without an endpoint."""
    made = []
    for index, phantom in enumerate(phantoms):
        last = index == len(phantoms) - 1
        made.append(_made(2022, index, phantom, 2, ("mask",) if last else ("mask", "endpoint")))
    root = folder / "hecktor2022_training"
    for one, phantom in zip(made, phantoms, strict=True):
        _write(root / "imagesTr" / one.case_id, {"__CT": phantom.ct, "__PT": one.pet})
        spelt = one.case_id.replace("-", "_") if one.case_id == "CHUP-014" else one.case_id
        _write(root / "labelsTr" / spelt, {"": one.mask})
    _csv(
        root / "hecktor2022_clinical_info_training.csv", [_clinical_2022(index, one) for index, one in enumerate(made)]
    )
    ends = [{"PatientID": one.case_id, "Relapse": one.event, "RFS": one.days} for one in made if one.event is not None]
    _csv(root / "hecktor2022_endpoint_training.csv", ends)
    return made


def _clinical_2022(index: int, one: Made) -> dict[str, object]:
    return {
        "PatientID": one.case_id,
        "Task 1": 1,
        "Task 2": int(one.event is not None),
        "CenterID": 1 + index % 6,
        "Gender": {"Male": "M", "Female": "F"}.get(str(one.clinical["sex"])),
        "Age": one.clinical["age"],
        "Weight": ("", 82.0, 64.5)[index % 3],
        "Tobacco": (1.0, "", 0.0)[index % 3],
        "Alcohol": ("", 0.0, 1.0)[index % 3],
        "Performance status": one.clinical["performance_status"],
        "HPV status (0=-, 1=+)": (0.0, 1.0, "")[index % 3],
        "Surgery": (0.0, "", 1.0)[index % 3],
        "Chemotherapy": (1, 0)[index % 2],
    }


def _write_2025(folder: Path, phantoms: Sequence[Phantom]) -> list[Made]:
    """Three tasks with copies of images, planning CT and dose beside them, and a workbook of two sheets.

    Of every six patients, one has a mask only, one an outcome only, and one neither, but its HPV status.
    """
    made, root, tasks = [], folder / "hecktor2025_training", {1: [], 2: [], 3: []}  # type: ignore[var-annotated]
    for index, phantom in enumerate(phantoms):
        known = {3: ("mask",), 4: ("endpoint",), 5: ()}.get(index % 6, ("mask", "endpoint"))
        one = _made(2025, index, phantom, 2, known)
        made.append(one)
        within = [1] * ("mask" in known) + [2] * ("endpoint" in known) + [3] * (index % 6 != 3)
        for task in within:
            tasks[task].append(_ehr_2025(index, one))
            place = root / f"Task {task}" / one.case_id / one.case_id
            _write(place, {"__CT": phantom.ct, "__PT": one.pet, "": one.mask if task == 1 else None})
            if task == 2:
                _write(place, {"__CTPlanning": phantom.ct, "__RTDOSE": phantom.ct})
    for task, lines in tasks.items():
        _csv(root / f"Task {task}" / f"HECKTOR_2025_Training_Task_{task}.csv", lines)
    _workbook(root / "HECKTOR_2025_Training_EHR_with_Data_Dictionary.xlsx", made)
    return made


def _ehr_2025(index: int, one: Made) -> dict[str, object]:
    return {
        "PatientID": one.case_id,
        "CenterID": 1 + index % 6,
        "Age": one.clinical["age"],
        "Gender": {"Male": 1, "Female": 0}.get(str(one.clinical["sex"])),
        "Tobacco Consumption": (1, None, 0)[index % 3],
        "Alcohol Consumption": (None, 0, 1)[index % 3],
        "Performance Status": _whole(one.clinical["performance_status"]),
        "Treatment": (1, 0)[index % 2],
        "M-stage": ("M0", "M0", None, "M1")[index % 4],
        "Relapse": one.event,
        "RFS": one.days,
        "HPV Status": (0, 1, None)[index % 3],
        "Task 1": int(one.mask is not None),
        "Task 2": int(one.event is not None),
        "Task 3": int(index % 6 != 3),
        "T-stage": ("T1", "T2", "T4a", "T3")[index % 4],
        "N-stage": ("N0", "N2b", "N1", "N3")[index % 4],
    }


def _workbook(path: Path, made: Sequence[Made]) -> None:
    data = pd.DataFrame([_ehr_2025(index, one) for index, one in enumerate(made)])
    words = pd.DataFrame(
        [{"Variable": "Gender", "Coding": "0 = female, 1 = male"}, {"Variable": "RFS", "Coding": "days"}]
    )
    with pd.ExcelWriter(path) as writer:
        words.to_excel(writer, sheet_name="Data Dictionary", index=False)
        data.to_excel(writer, sheet_name="Data", index=False)


def _write_2026(folder: Path, phantoms: Sequence[Phantom]) -> list[Made]:
    """Codes as floats, a patient of stage T0, three treatments, and two PETs in Bq/mL with the table for them."""
    root, made = folder / "hecktor2026_training", []
    for index, phantom in enumerate(phantoms):
        one = _made(2026, index, phantom, 2, ("mask",) if index % 8 == 6 else ("mask", "endpoint"))
        made.append(one)
        written = Image(one.pet.array * np.float32(BQML_PER_SUV), one.pet.grid) if in_activity(one.case_id) else one.pet
        suffix = ".mha" if index % 6 == 2 else ".nii.gz"
        _write(root / one.case_id / one.case_id, {"__CT": phantom.ct, "__PT": written, "": one.mask}, suffix)
    _csv(root / "HECKTOR_2026_training_data.csv", [_line_2026(index, one) for index, one in enumerate(made)])
    _csv(root / "suv_conversion_tags.csv", [suv_row(one.case_id) for one in made if in_activity(one.case_id)])
    return made


def in_activity(name: str) -> bool:
    """Say whether the fabricated PET of 2026 is written in Bq/mL."""
    return name in {"CHUP-014", "MDA-300"}


def _line_2026(index: int, one: Made) -> dict[str, object]:
    return {
        "PatientID": one.case_id,
        "Center": float(1 + index % 6),
        "Age": one.clinical["age"],
        "Gender": {"Male": 1.0, "Female": 0.0}.get(str(one.clinical["sex"])),
        "Tobacco Consumption": (1.0, None, 0.0)[index % 3],
        "Alcohol Consumption": (None, 0.0, 1.0)[index % 3],
        "Performance Status": _whole(one.clinical["performance_status"]),
        "Treatment": (1.0, 0.0, 2.0)[index % 3],
        "HPV Status": (0.0, 1.0, None)[index % 3],
        "Relapse": one.event,
        "RFS": one.days,
        "T_stage": ("T1", "T0", "T4", "T3")[index % 4],
        "N_stage": ("N0", "N2", "N1", "N3")[index % 4],
    }


def _whole(text: float | str | None) -> int | None:
    return None if text is None else int(text)


def _write(place: Path, images: Mapping[str, Image | None], suffix: str = ".nii.gz") -> None:
    for ending, image in images.items():
        if image is not None:
            write_image(image, place.with_name(f"{place.name}{ending}{suffix}"))


def _csv(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(list(lines)).to_csv(path, index=False)


def small_image(value: float = 1.0, size: int = 6, origin: tuple[float, float, float] = (5.0, 6.0, 7.0)) -> Image:
    """Return a cube of one value."""
    grid = Grid((size, size, size), (4.0, 4.0, 4.0), origin)
    return Image(np.full(grid.size, value, dtype=np.float32), grid)
