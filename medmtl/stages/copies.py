"""Finds one patient under two names: prepared cases whose PET or CT have the same voxels in the same place."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from medmtl.findings import faults
from medmtl.imaging.prepared import load_prepared
from medmtl.imaging.rules.duplicates import duplicate_images

_CHANNELS = ("pet", "ct")


def copied_cases(files: Mapping[str, Path], workers: int) -> dict[str, str]:
    """Return by case id what is wrong with each case that has the PET or CT of an earlier one; `files` are in order.

    The rule is that of `medmtl check`, on the voxels that the network sees. An image of one value alone says nothing.
    """
    hashes = Parallel(n_jobs=workers)(delayed(_hashes)(path) for path in files.values())
    named = list(zip(files, hashes, strict=True))
    found = [(named[position][0], finding) for position, finding in duplicate_images(named) if faults([finding])]
    return {case_id: str(finding) for case_id, finding in reversed(found)}  # of several, the first


def _hashes(path: Path) -> dict[str, str]:
    case = load_prepared(path)
    images = dict(zip(_CHANNELS, case.image, strict=True))
    return {
        role: hashlib.sha256(str(case.grid).encode() + np.ascontiguousarray(image).data).hexdigest()
        for role, image in images.items()
        if np.ptp(image) > 0
    }
