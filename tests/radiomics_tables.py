"""The tables of docs/ that tell how right the radiomics are: `python tests/radiomics_tables.py` measures them.

It needs the published phantoms and patients beside the repository.
"""

import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from ibsi_tables import DOCS, ibsi_page
from radiomics_phantoms import IMAGES, MASKS, furthest

from medmtl.features.engine.extract import extract
from medmtl.features.engine.settings import profile_from

PATIENTS = ("STS_019", "STS_002", "STS_014")
SPACINGS = (0, 3, 2, 1)


def compared(image, mask, setting):
    """Return the extraction of both engines in Original, three LoG and eight wavelet images."""
    document = {"setting": setting, "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}, "Wavelet": {}}}
    settings = profile_from(document, "table")
    return extract(image, mask, settings), extract(image, mask, settings.model_copy(update={"engine": "pyradiomics"}))


def patient_row(shared, patient, modality, spacing):
    """Return the row of one patient: voxels, features, worst relative distance without and with MCC."""
    folder = shared / "data/sts/nifti" / patient
    image, mask = (sitk.ReadImage(str(folder / f"{modality}_{kind}.nii.gz")) for kind in ("image", "mask"))
    setting = {"binWidth": 25 if modality == "CT" else 0.25}
    if spacing:
        setting["resampledPixelSpacing"] = [spacing] * 3
    fast, stock = compared(image, mask, setting)
    return _row(f"{patient} {modality}, {f'{spacing} mm' if spacing else 'own grid'}", fast, stock)


def odd_row(name):
    """Return the row of one odd mask in noise."""
    return _row(f"phantom, {name}", *compared(IMAGES["noise"], MASKS[name], {"minimumROIDimensions": 1}))


def _row(name, fast, stock):
    apart = []
    for with_mcc in (False, True):
        tables = [{k: v for k, v in one.features.items() if ("MCC" in k) is with_mcc} for one in (fast, stock)]
        apart.append(furthest(*tables)[0])
    known = int(np.isfinite(list(fast.features.values())).sum())
    return name, fast.provenance["voxels_intensity"], known, *apart


def equality_page(rows):
    """Return docs/radiomics_equality.md from the rows."""
    out = [
        "# The fast engine against PyRadiomics",
        "",
        "Largest relative distance between the engines `fast` and `pyradiomics` over all features of the original,",
        "three LoG and eight wavelet images. A feature that one engine gives as NaN and the other as a number counts",
        "as infinitely far; values that both give below 1e-9 are rounding. Written by",
        "`python tests/radiomics_tables.py`.",
        "",
        "MCC is the root of an eigenvalue of a matrix to which PyRadiomics adds an eps of 2.2e-16. Where a bound on",
        "what that eps can do stays under 1e-7 of the value, a symmetric problem without it is solved, else",
        "PyRadiomics' own.",
        "",
        "| case | voxels | features known | furthest, without MCC | furthest, MCC |",
        "|---|---|---|---|---|",
    ]
    out += [f"| {name} | {voxels} | {known} | {apart:.1e} | {mcc:.1e} |" for name, voxels, known, apart, mcc in rows]
    return "\n".join(out) + "\n"


def equality_rows(shared):
    """Yield every row of the equality table."""
    for name in MASKS:
        yield odd_row(name)
    for patient in PATIENTS:
        for modality in ("CT", "PET"):
            for spacing in SPACINGS if patient != "STS_014" else (3, 2):
                yield patient_row(shared, patient, modality, spacing)


if __name__ == "__main__":
    data = Path(__file__).parents[2] / "shared"
    (DOCS / "ibsi_results.md").write_text(ibsi_page(data), "utf-8")
    if "ibsi" not in sys.argv:
        (DOCS / "radiomics_equality.md").write_text(equality_page(list(equality_rows(data))), "utf-8")
