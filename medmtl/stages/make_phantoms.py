"""Writes a synthetic cohort and the truth behind it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from medmtl.cohort.manifest import MANIFEST, write_manifest
from medmtl.cohort.publish import new_cohort
from medmtl.cohort.synthetic import COLUMNS, ENDPOINT, FORMULA, Coefficients, PhantomSettings, make_case
from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.imaging.image import write_image
from medmtl.records import Case, Cohort

GENERATOR = 1  # raised whenever the same settings would make other cases
TRUTH = "truth.json"
Truth: TypeAlias = dict[str, Any]  # one line of truth.csv


def make_phantoms(folder: Path, settings: PhantomSettings, jobs: int) -> Path:
    """Write the cohort (endpoint `pfs`), `truth.json` and `truth.csv`; return the manifest's path.

    `truth.json` holds the ceiling: Harrell's C of the true log hazard over the cases whose endpoint is known. A
    finished cohort of the same settings is left as it is; any other raises MedmtlError.
    """
    if (folder / MANIFEST).is_file():
        return _keep(folder, settings)
    with new_cohort(folder) as partial:
        work = (delayed(_write_case)(partial, settings, index) for index in range(settings.n_cases))
        cases, truths = zip(*Parallel(n_jobs=jobs)(work), strict=True)
        write_manifest(Cohort(cases, COLUMNS), partial)
        pd.DataFrame(truths).to_csv(partial / "truth.csv", index=False)
        document = {"formula": FORMULA, **_ceiling(cases, truths), "made_of": _made_of(settings)}
        (partial / TRUTH).write_text(json.dumps(document, indent=2), "utf-8")
    return folder / MANIFEST


def _keep(folder: Path, settings: PhantomSettings) -> Path:
    path = folder / TRUTH
    made_of = json.loads(path.read_text("utf-8")).get("made_of") if path.is_file() else None
    if made_of != _made_of(settings):
        raise MedmtlError(
            f"{folder}: the folder holds a cohort of other settings. Delete it, or choose another folder."
        )
    return folder / MANIFEST


def _made_of(settings: PhantomSettings) -> dict[str, Any]:
    described = {"generator": GENERATOR, "settings": asdict(settings), "coefficients": asdict(Coefficients())}
    plain: dict[str, Any] = json.loads(json.dumps(described))  # as it comes back from the file: tuples become lists
    return plain


def _write_case(folder: Path, settings: PhantomSettings, index: int) -> tuple[Case, Truth]:
    phantom = make_case(settings, index)
    images = {"ct": phantom.ct, "pet": phantom.pet, "mask": phantom.mask}
    known = {name: image for name, image in images.items() if image is not None}
    paths = {name: folder / "images" / phantom.case_id / f"{name}.nii.gz" for name in known}
    for name, image in known.items():
        write_image(image, paths[name])
    endpoints = {ENDPOINT: phantom.endpoint} if phantom.endpoint else {}
    case = Case(phantom.case_id, phantom.centre, **paths, endpoints=endpoints, clinical=phantom.clinical)
    return case, {"case_id": phantom.case_id, "log_hazard": phantom.log_hazard, **asdict(phantom.traits)}


def _ceiling(cases: Sequence[Case], truths: Sequence[Truth]) -> dict[str, float | int | None]:
    pairs = zip(cases, truths, strict=True)
    known = [(case.endpoints[ENDPOINT], truth["log_hazard"]) for case, truth in pairs if case.endpoints]
    times = np.array([endpoint.time_days for endpoint, _ in known])
    events = np.array([endpoint.event for endpoint, _ in known], dtype=bool)
    best = harrell_c(times, events, np.array([risk for _, risk in known]))
    return {"ceiling": best.estimate, "pairs": best.pairs, "n": best.n}
