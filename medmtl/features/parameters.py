"""Reads what a user gives as settings of radiomics: a PyRadiomics parameter file, or settings of medmtl."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from medmtl.errors import MedmtlError
from medmtl.features.engine.settings import ProfileSettings, profile_from
from medmtl.features.regions import ALL_REGIONS, RegionName

VOXEL_SETTING = "voxelSetting"


def read_parameters(path: Path | None) -> ProfileSettings:
    """Return the settings of a YAML or JSON file, PyRadiomics' own defaults without one.

    Raises MedmtlError where the file cannot be read, does not fit, or asks for maps of features (`voxelSetting`).
    """
    if path is None:
        return ProfileSettings()
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MedmtlError(f"{path}: the settings must be YAML or JSON that can be read. Found: {error}.") from error
    if isinstance(document, dict) and VOXEL_SETTING in document:
        raise MedmtlError(
            f"{path}: `{VOXEL_SETTING}` asks for maps of features, which are not made here. Take the key out, or use "
            "PyRadiomics with --mode voxel."
        )
    return profile_from({} if document is None else document, str(path))


def read_regions(words: Sequence[str]) -> tuple[RegionName, ...]:
    """Return the regions of these names, all thirteen for `all`, the mask as it is for none."""
    if "all" in words:
        return ALL_REGIONS
    unknown = sorted(set(words) - set(ALL_REGIONS))
    if unknown:
        raise MedmtlError(f"a region must be one of {', '.join(ALL_REGIONS)}, or all. Found {', '.join(unknown)}.")
    return tuple(dict.fromkeys(RegionName(word) for word in words)) or (RegionName.MASK,)


def read_labels(words: Sequence[str]) -> dict[str, int]:
    """Return labels by name, of words such as `GTVp=1`, or `2`, whose name is `label 2`."""
    named = [word.rpartition("=")[::2] for word in words]
    wrong = [word for word, (_, number) in zip(words, named, strict=True) if not number.isdecimal() or not int(number)]
    if wrong:
        raise MedmtlError(f"a label must be a whole number above 0, as 1 or GTVp=1. Found {', '.join(wrong)}.")
    labels = {name or f"label {int(number)}": int(number) for name, number in named}
    if len(labels) < len(words) or len(set(labels.values())) < len(words):
        raise MedmtlError(f"labels must differ in name and number. Found {' '.join(words)}.")
    return labels
