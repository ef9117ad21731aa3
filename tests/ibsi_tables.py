"""Measures the published phantoms against IBSI-1's consensus values, for docs/ibsi_results.md and the tests.

`python tests/ibsi_tables.py FOLDER` counts what is within tolerance of whole tables in a folder: config_a.csv and so
on, with the columns code, aggregation_code, value, tolerance. The tests keep a part of those values.
"""

import csv
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import SimpleITK as sitk  # noqa: N813
import yaml

from medmtl.features.engine.columns import column_metadata
from medmtl.features.engine.extract import extract
from medmtl.features.engine.settings import profile_from

DOCS = Path(__file__).parents[1] / "docs"
CONSENSUS = Path(__file__).parent / "features/engine/ibsi_consensus.csv"
VALUES = {"digital": "ibsi1_digital_phantom.csv", "C": "ibsi1_ct_phantom_config_c.csv"}  # beside the repository
OF_NUMBER = {"discretisation": {"kind": "fixed_bin_number", "levels": 32}}
OF_SIZE = {"discretisation": {"kind": "fixed_bin_size", "width": 25}}
FINE = {"spacing_mm": [2, 2, 2], "interpolation": "linear"}
SETTINGS = {
    "digital": {"spacing_mm": None, "discretisation": {"kind": "fixed_bin_size", "width": 1, "lowest": 1}},
    "A": {"spacing_mm": None, "resegment_range": [-500, 400]} | OF_SIZE,
    "B": {"spacing_mm": [2, 2, 0], "interpolation": "linear", "resegment_range": [-500, 400]} | OF_NUMBER,
    "C": FINE | {"resegment_range": [-1000, 400]} | OF_SIZE,
    "D": FINE | {"outlier_sigma": 3} | OF_NUMBER,
    "E": FINE | {"interpolation": "cubic", "resegment_range": [-1000, 400], "outlier_sigma": 3} | OF_NUMBER,
}
FLAT, ALL = ("2D", "2.5D"), ("2D", "2.5D", "3D")
DIMENSIONS = {"digital": ALL, "A": FLAT, "B": FLAT, "C": ("3D",), "D": ("3D",), "E": ("3D",)}
TRIALS = tuple((name, dimension) for name in SETTINGS for dimension in DIMENSIONS[name])


def document_of(name, dimension):
    """Return the settings of a configuration, as a user would write them."""
    return {"profile": "ibsi", "ibsi": SETTINGS[name] | {"texture_dimension": dimension}}


def ibsi_rows(shared, name, dimension, values=None):
    """Return (column, code, aggregation, measured, reference, tolerance, within) for all that both sides have."""
    features, columns = measured(shared, name, dimension)
    rows = []
    for code, aggregation, value, tolerance in values or consensus(shared, name):
        if code and value and (code, aggregation) in columns:
            found, limit = features[columns[code, aggregation]], tolerance_of(value, tolerance)
            within = abs(found - float(value)) <= limit * (1 + 1e-9)
            rows.append((columns[code, aggregation], code, aggregation, found, value, limit, within))
    return rows


@cache
def measured(shared, name, dimension):
    """Return the features of a phantom, and their columns by IBSI's codes of feature and aggregation."""
    settings = profile_from(document_of(name, dimension), name)
    folder = shared / "data/ibsi" / ("nifti" if name == "digital" else "ct_phantom/nifti")
    image, mask = (sitk.ReadImage(str(next((folder / kind).iterdir()))) for kind in ("image", "mask"))
    told = column_metadata(settings)
    columns = {(one["ibsi_code"], one["ibsi_aggregation"]): column for column, one in told.items()}
    return extract(image, mask, settings).features, columns


def consensus(shared, name):
    """Yield (code, aggregation, value, tolerance) from beside the repository, or the part that the tests keep."""
    path = shared / "reference/ibsi" / VALUES[name] if name in VALUES else CONSENSUS
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("configuration", name) == name:
                yield row["code"], row.get("aggregation_code", row["aggregation"]), row["value"], row["tolerance"]


def tolerance_of(value, tolerance):
    """Return IBSI's tolerance, but at least half a unit of the last of the three digits that it gives."""
    number = Decimal(value)
    place = number.adjusted() - 2 if number else 0
    return max(float(tolerance), 0.5 * 10.0**place)


def ibsi_page(shared):
    """Return docs/ibsi_results.md."""
    found = {trial: ibsi_rows(shared, *trial) for trial in TRIALS}
    out = [HEAD, "| phantom | textures | within tolerance |", "|---|---|---|"]
    out += [f"| {_title(name)} | {dimension} | {_score(rows)} |" for (name, dimension), rows in found.items()]
    out += [TAIL]
    for name in SETTINGS:
        out += ["", f"## {_title(name)}", "", "```yaml", _yaml(name).rstrip(), "```"]
        for dimension in DIMENSIONS[name]:
            if (name, dimension) not in TOLD_IN_SHORT:
                out += ["", f"{dimension}: {_score(found[name, dimension])} within tolerance.", ""]
                out += [*_table(found[name, dimension])]
    return "\n".join(out) + "\n"


TOLD_IN_SHORT = {("digital", "2D"), ("digital", "2.5D")}
HEAD = """# Radiomics against the reference values of IBSI

Measured with the profile `ibsi` of `medmtl.features.engine`; consensus values and tolerances of IBSI-1, the Image
Biomarker Standardisation Initiative (Zwanenburg A et al., Radiology 295:328, 2020; reference manual
arXiv:1612.07003). Where the tolerance is smaller than the three digits that are published, half a unit of the third
digit is allowed. Written by `python tests/radiomics_tables.py ibsi`; a test measures it anew and compares.
"""
TAIL = """
Of configurations A, B, D and E the tests keep a part of the manual's values, spread over all families; that part is
told here. Of all values that the manual gives for the features of the profile (`python tests/ibsi_tables.py FOLDER`),
through Python and through `medmtl extract --images`, 153 of 153 were within tolerance for each of A 2D, A 2.5D, B 2D,
B 2.5D, D and E.

The settings stand with each configuration; `texture_dimension` chooses the neighbours of textures: `3D` (IBSI ITBB
averaged over directions, IAZD merged, KOBO for matrices without direction), `2.5D` (JJUI, ZW7Z, 62GR) or `2D`, slice by
slice (BTW3, SUJT, 8QNN). Columns ending in `_merged` are those of merged matrices.

Not measured, for the classes of PyRadiomics do not have them: grey level distance zones (16 features), intensity-volume
histogram (7), intensity histogram but for entropy and uniformity (21), local intensity (2; `--suv` has the SUVpeak),
Moran's I and Geary's C, centre of mass shift, volume and area densities, median absolute deviation, quartile
coefficient of dispersion, dependence count energy. Of IBSI-2 (filters) nothing was tried: LoG and Wavelet are
PyRadiomics' own."""


def _title(name):
    return "digital phantom" if name == "digital" else f"CT phantom, configuration {name}"


def _yaml(name):
    chosen = " or ".join(DIMENSIONS[name])
    text = yaml.safe_dump({"profile": "ibsi", "ibsi": SETTINGS[name]}, default_flow_style=None, sort_keys=False)
    return f"{text}  texture_dimension: {DIMENSIONS[name][-1]}{f'  # {chosen}' if len(DIMENSIONS[name]) > 1 else ''}\n"


def _score(rows):
    return f"{sum(row[-1] for row in rows)} of {len(rows)}"


def _table(rows):
    yield "| feature | code | matrices | measured | reference | tolerance | within |"
    yield "|---|---|---|---|---|---|---|"
    for column, code, aggregation, found, reference, limit, within in rows:
        verdict = "yes" if within else "**no**"
        yield f"| {column} | {code} | {aggregation} | {found:.6g} | {reference} | {limit:g} | {verdict} |"


def _whole(folder, name):
    with (folder / f"config_{name.lower()}.csv").open(encoding="utf-8", newline="") as file:
        return [
            tuple(row[key] for key in ("code", "aggregation_code", "value", "tolerance"))
            for row in csv.DictReader(file)
        ]


if __name__ == "__main__":
    beside = Path(__file__).parents[2] / "shared"
    for one, dimension in TRIALS:
        if one not in VALUES:
            rows = ibsi_rows(beside, one, dimension, _whole(Path(sys.argv[1]), one))
            sys.stdout.write(f"{_title(one)}, {dimension}: {_score(rows)}\n")
