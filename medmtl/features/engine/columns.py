"""The columns of a table of features: they follow from the settings alone, and each knows its IBSI code."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from medmtl.features.engine.settings import ProfileSettings
from medmtl.features.engine.stock import class_features

DERIVED = {  # of IBSI, and not columns of PyRadiomics
    "shape": ("Compactness1", "Compactness2", "SphericalDisproportion", "Asphericity", "IntegratedIntensity"),
    "firstorder": ("CoefficientOfVariation",),
    "glcm": ("SumVariance", "Dissimilarity"),
    "gldm": ("GrayLevelNonUniformityNormalized", "DependencePercentage"),
}
MERGED = "_merged"  # ends the name of a feature of merged matrices; without it they are averaged over directions
DIRECTED = ("glcm", "glrlm")  # classes with a matrix for every direction
AGGREGATIONS = {  # IBSI's codes of averaged, of merged, and of matrices without direction
    "3D": ("ITBB", "IAZD", "KOBO"),
    "2.5D": ("JJUI", "ZW7Z", "62GR"),
    "2D": ("BTW3", "SUJT", "8QNN"),
}
_CODES = Path(__file__).with_name("ibsi_codes.yaml")
_FIXED_NAMES = {
    "Original": ("original",),
    "Square": ("square",),
    "SquareRoot": ("squareroot",),
    "Logarithm": ("logarithm",),
    "Exponential": ("exponential",),
    "Gradient": ("gradient",),
    "LBP2D": ("lbp-2D",),
}


def column_names(settings: ProfileSettings) -> tuple[str, ...]:
    """Return the names of all features of a region, in the order of the table."""
    features, types = features_of(settings), image_types(settings)
    shape = [f"original_{kind}_{name}" for kind in features if kind.startswith("shape") for name in features[kind]]
    filtered = [name for kind, options in types.items() for name in image_names(kind, options)]
    rest = [
        (kind, name) for kind in features if not kind.startswith("shape") for name in _given(kind, features, settings)
    ]
    return (*shape, *(f"{image}_{kind}_{name}" for image, (kind, name) in product(filtered, rest)))


def features_of(settings: ProfileSettings) -> dict[str, list[str]]:
    """Return the features to measure, by class, without those of merged matrices."""
    if settings.profile == "pyradiomics":
        return settings.parameters.features()
    return {kind: [*class_features(kind, None), *DERIVED.get(kind, ())] for kind in settings.ibsi.feature_classes}


def image_types(settings: ProfileSettings) -> dict[str, dict[str, Any]]:
    """Return the image types to measure, each with all settings that hold for it."""
    if settings.profile == "pyradiomics":
        return {name: settings.parameters.options(name) for name in settings.parameters.imageType}
    return settings.ibsi.image_types


def image_names(image_type: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return PyRadiomics' names of the images that one image type yields."""
    if image_type == "LoG":
        return tuple(f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D" for sigma in options.get("sigma", []))
    if image_type == "Wavelet":
        return tuple(_wavelet_names(options))
    if image_type == "LBP3D":
        return (*(f"lbp-3D-m{level + 1}" for level in range(options.get("lbp3DLevels", 2))), "lbp-3D-k")
    return _FIXED_NAMES[image_type]


def _wavelet_names(options: Mapping[str, Any]) -> Iterator[str]:
    axes, levels = (2 if options.get("force2D") else 3), options.get("level", 1)
    bands = ["".join(band) for band in product("LH", repeat=axes)]
    for level in range(1, levels + 1):
        yield from (f"wavelet{level if level > 1 else ''}-{band}" for band in bands[1:])
    yield f"wavelet{levels if levels > 1 else ''}-{bands[0]}"


def _given(kind: str, features: Mapping[str, list[str]], settings: ProfileSettings) -> list[str]:
    names = features[kind]
    if settings.profile == "pyradiomics" or kind not in DIRECTED:
        return names
    endings = ["" if way == "average" else MERGED for way in settings.ibsi.aggregation]
    return [f"{name}{ending}" for ending in endings for name in names]


def column_metadata(settings: ProfileSettings) -> dict[str, dict[str, str]]:
    """Return for every column its image, class, feature, and IBSI's codes of feature and aggregation, "" where none.

    `exact` is "yes" where the value is IBSI's own definition, and else says how PyRadiomics departs from it.
    """
    codes: Mapping[str, Mapping[str, str]] = yaml.safe_load(_CODES.read_text("utf-8"))
    return {column: _described(column, codes, settings) for column in column_names(settings)}


def _described(column: str, codes: Mapping[str, Mapping[str, str]], settings: ProfileSettings) -> dict[str, str]:
    image, kind, name = column.removesuffix(MERGED).rsplit("_", 2)
    known = codes.get(f"{kind}_{name}", {})
    departs = known.get("departs", "") if settings.profile == "pyradiomics" else ""
    return {
        "image": image,
        "class": kind,
        "feature": name,
        "ibsi_code": known.get("code", ""),
        "ibsi_aggregation": _aggregation(kind, column.endswith(MERGED), settings),
        "exact": "" if not known else departs or "yes",
    }


def _aggregation(kind: str, merged: bool, settings: ProfileSettings) -> str:
    if kind.startswith("shape") or kind == "firstorder":
        return ""
    dimension = settings.ibsi.texture_dimension
    if settings.profile == "pyradiomics":
        options = settings.parameters.options()
        dimension = "2.5D" if options.get("force2D") else "3D"
        norm = options.get("weightingNorm")
        if kind in DIRECTED and norm not in (None, "no_weighting"):
            return ""  # directions weighted by distance are no aggregation of IBSI's
        merged = norm is not None
    averaged, of_merged, undirected = AGGREGATIONS[dimension]
    return (of_merged if merged else averaged) if kind in DIRECTED else undirected
