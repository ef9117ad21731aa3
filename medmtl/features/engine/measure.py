"""Measures every region in every image, one image at a time, so that regions share it and memory holds but one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan, sqrt
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.engine.by_slice import measure_slices
from medmtl.features.engine.columns import MERGED, column_names, features_of, image_names, image_types
from medmtl.features.engine.laplacian import laplacians
from medmtl.features.engine.lattice import Lattice, lattice_of
from medmtl.features.engine.levels import ibsi_levels, pyradiomics_levels
from medmtl.features.engine.prepared import Prepared, Subject
from medmtl.features.engine.result import Extraction, RefusedError, RegionStatus, unmeasured
from medmtl.features.engine.settings import ProfileSettings
from medmtl.features.engine.shape import shape_measures
from medmtl.features.engine.stock import filtered, pyradiomics_version
from medmtl.features.engine.texture import Measures, measure_values


@dataclass(slots=True, eq=False)
class _Progress:
    """What is known of one region so far."""

    subject: Subject
    values: dict[str, float] = field(default_factory=dict)
    incidents: list[RefusedError] = field(default_factory=list)
    lattices: dict[str, Lattice] = field(default_factory=dict)


def measure(prepared: Prepared, settings: ProfileSettings) -> dict[str, Extraction]:
    """Return what was measured of each region, by its name, in the order given."""
    columns = column_names(settings)
    at_work = {name: _Progress(one) for name, one in prepared.subjects.items() if isinstance(one, Subject)}
    wanted = features_of(settings)
    if "shape" in wanted:
        for progress in at_work.values():
            progress.values |= _shape(progress.subject, wanted["shape"], settings)
    for named in _images(prepared, settings, at_work if wanted.keys() - {"shape"} else {}):
        for progress in at_work.values():
            _measure_image(progress, named, prepared, settings)
    out = {}
    for name, subject in prepared.subjects.items():
        if isinstance(subject, RefusedError):
            out[name] = unmeasured(columns, subject.status, subject.note)
        else:
            out[name] = _extraction(at_work[name], columns, prepared, settings)
    return out


def _images(
    prepared: Prepared, settings: ProfileSettings, at_work: Mapping[str, _Progress]
) -> Iterator[tuple[str, NDArray[Any], dict[str, Any]]]:
    if not at_work:
        return
    for image_type, options in image_types(settings).items():
        missing = set(image_names(image_type, options))
        for name, image in _of_type(image_type, prepared, options, at_work):
            missing.discard(name)
            yield name, image, options
        for name in sorted(missing):
            for progress in at_work.values():
                progress.incidents.append(_absent(name, image_type, prepared))


def _of_type(
    image_type: str, prepared: Prepared, options: dict[str, Any], at_work: Mapping[str, _Progress]
) -> Iterator[tuple[str, NDArray[Any]]]:
    if image_type == "LoG":
        yield from laplacians(prepared.image, options.get("sigma", []), _box(at_work))
        return
    mask = _union(prepared.image, at_work) if image_type == "LBP3D" else prepared.image
    for name, image in filtered(image_type, prepared.image, mask, options | {"label": 1}):
        yield name, sitk.GetArrayViewFromImage(image)


def _box(at_work: Mapping[str, _Progress]) -> NDArray[np.int64]:
    """Return where any region is, as [z, y, x] by [first, beyond]."""
    regions = [progress.subject.intensity for progress in at_work.values()]
    first = np.array([region.first for region in regions])
    beyond = first + [region.inside.shape for region in regions]
    return np.stack([first.min(axis=0), beyond.max(axis=0)], axis=1).astype(np.int64)


def _absent(name: str, image_type: str, prepared: Prepared) -> RefusedError:
    if image_type == "LBP3D":  # it says nothing where it cannot import what it needs
        note = f"{name}: there is no such image; PyRadiomics needs trimesh, and a SciPy that has sph_harm, to make it"
        return RefusedError(RegionStatus.ERROR, note)
    note = f"{name}: there is no such image; one of size {prepared.image.GetSize()} may be too small for it"
    return RefusedError(RegionStatus.TOO_SMALL, note)


def _union(image: sitk.Image, at_work: Mapping[str, _Progress]) -> sitk.Image:
    inside = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    for progress in at_work.values():
        region = progress.subject.intensity
        box = tuple(slice(a, a + n) for a, n in zip(region.first, region.inside.shape, strict=True))
        inside[box] |= region.inside
    mask = sitk.GetImageFromArray(inside)
    mask.CopyInformation(image)
    return mask


def _measure_image(
    progress: _Progress, named: tuple[str, NDArray[Any], dict[str, Any]], prepared: Prepared, settings: ProfileSettings
) -> None:
    name, image, options = named
    values = progress.subject.intensity.values(image)
    try:
        _check_finite(values)
        levels, options = _discretised(values, named, prepared, settings)
    except RefusedError as refused:
        progress.incidents.append(RefusedError(refused.status, f"{name}: {refused.note}"))
        return
    options = {**options, "spacing": progress.subject.intensity.spacing}
    found = _measured(progress, values.astype(np.float64), levels, settings, options)
    for kind, measures in (_as_ibsi(found) if settings.profile == "ibsi" else found).items():
        progress.values |= {f"{name}_{kind}_{feature}": value for feature, value in measures.items()}


def _measured(
    progress: _Progress,
    values: NDArray[np.float64],
    levels: NDArray[np.int32],
    settings: ProfileSettings,
    options: Mapping[str, Any],
) -> Measures:
    wanted, lattice = features_of(settings), _lattice(progress, options)
    if settings.profile == "pyradiomics" or settings.ibsi.texture_dimension != "2D":
        return measure_values(values, levels, lattice, wanted, options)
    textures = {kind: names for kind, names in wanted.items() if kind != "firstorder"}
    whole = {kind: names for kind, names in wanted.items() if kind == "firstorder"}
    found = measure_values(values, levels, lattice, whole, options)
    return found | measure_slices(values, levels, progress.subject.intensity, textures, options)


def _check_finite(values: NDArray[Any]) -> None:
    wrong = values.size - int(np.count_nonzero(np.isfinite(values)))
    if wrong:
        raise RefusedError(
            RegionStatus.NONFINITE,
            f"every value that reaches the region must be finite. Found {wrong} of {values.size} that are not; a "
            "spline or filter spreads them from further away",
        )


def _discretised(
    values: NDArray[Any], named: tuple[str, NDArray[Any], dict[str, Any]], prepared: Prepared, settings: ProfileSettings
) -> tuple[NDArray[np.int32], dict[str, Any]]:
    name, _, options = named
    if settings.profile == "pyradiomics":
        return pyradiomics_levels(values, options, settings.max_levels), options
    how = settings.ibsi
    lower = prepared.lower_bound if name == "original" else None
    levels = ibsi_levels(values, how.discretisation, lower, settings.max_levels)
    in_slice = how.texture_dimension != "3D"
    merged = "merged" in how.aggregation
    own = {"gldm_a": how.dependence_alpha, "merged": merged, "force2D": in_slice, "as_ibsi": True}
    return levels, {**options, **own}


def _lattice(progress: _Progress, options: Mapping[str, Any]) -> Lattice:
    key = str([options.get(name) for name in ("distances", "force2D", "force2Ddimension")])
    if key not in progress.lattices:
        progress.lattices[key] = lattice_of(progress.subject.intensity, options)
    return progress.lattices[key]


def _as_ibsi(found: Measures) -> Measures:
    if "firstorder" in found:
        own = found["firstorder"]
        spread = sqrt(own["Variance"])
        own["Kurtosis"] -= 3.0
        own["CoefficientOfVariation"] = spread / own["Mean"] if own["Mean"] else nan
    if "glcm" in found:
        pairs = found["glcm"]
        for ending in ("", MERGED) if f"Contrast{MERGED}" in pairs else ("",):
            pairs[f"SumVariance{ending}"] = pairs[f"ClusterTendency{ending}"]
            pairs[f"Dissimilarity{ending}"] = pairs[f"DifferenceAverage{ending}"]
    return found


def _shape(subject: Subject, wanted: Sequence[str], settings: ProfileSettings) -> dict[str, float]:
    region = subject.morphological
    found = shape_measures(region.inside, region.spacing)
    if settings.profile == "ibsi":
        found["Asphericity"] = 1.0 / found["Sphericity"] - 1.0
        sample = sqrt(region.voxels / (region.voxels - 1)) if region.voxels > 1 else nan
        for axis in ("MajorAxisLength", "MinorAxisLength", "LeastAxisLength"):
            found[axis] *= sample  # IBSI's covariance is that of a sample
    return {f"original_shape_{name}": found[name] for name in wanted if name in found}


def _extraction(
    progress: _Progress, columns: tuple[str, ...], prepared: Prepared, settings: ProfileSettings
) -> Extraction:
    values, subject = progress.values, progress.subject
    mean, volume = values.get("original_firstorder_Mean"), values.get("original_shape_MeshVolume")
    if settings.profile == "ibsi" and mean is not None and volume is not None:
        values["original_shape_IntegratedIntensity"] = mean * volume
    status = progress.incidents[0].status if progress.incidents else RegionStatus.OK
    features = {name: float(values.get(name, nan)) for name in columns}
    provenance = {
        "profile": settings.profile,
        "engine": "fast",
        "pyradiomics": pyradiomics_version,
        "voxels_before": subject.voxels_before,
        "voxels_morphological": subject.morphological.voxels,
        "voxels_intensity": subject.intensity.voxels,
        "spacing_before_mm": list(prepared.spacing_before),
        "spacing_mm": list(prepared.image.GetSpacing()),
    }
    return Extraction(features, status, (*prepared.notes, *(one.note for one in progress.incidents)), provenance)
