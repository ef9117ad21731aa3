"""The tables of an extraction from images and masks: one row per line and region, and where each number is from."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medmtl.features.engine.columns import column_metadata
from medmtl.features.image_row import ExtractionPlan, ImageRow, Measured
from medmtl.features.measure_row import feature_columns
from medmtl.features.provider import measured_by
from medmtl.features.table import with_provenance
from medmtl.stages.provenance import surroundings
from medmtl.whole_file import whole_file_of_many

HEAD = ("case_id", "line", "part", "region", "status", "reason", "voxels_before", "voxels_after", "volume_ml")
FEATURES, PROVENANCE = "radiomics", "provenance.json"


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredRow:
    """A line with its regions, perturbed ones among them, and the SHA-256 of its files ("" where one is missing)."""

    row: ImageRow
    regions: Sequence[Measured]
    files: str


def image_table(rows: Iterable[MeasuredRow], plan: ExtractionPlan, perturbed: bool = False) -> pd.DataFrame:
    """Return one row per line and region, in the order of the lines, or per perturbation of it with `perturbed`.

    Columns: `HEAD`, the cells of the line as given, the features of the plan; with `perturbed`, `perturbation` too.
    """
    rows = list(rows)
    chosen = [(one.row, region) for one in rows for region in one.regions if bool(region.perturbation) == perturbed]
    carried = list(dict.fromkeys(name for one in rows for name in one.row.carried))
    head = pd.DataFrame([_head(row, region) for row, region in chosen], columns=[*HEAD, "perturbation"])
    cells = pd.DataFrame([dict(row.carried) for row, _ in chosen], columns=carried, dtype=str)
    names = list(feature_columns(plan))
    values = pd.DataFrame([dict(region.features) for _, region in chosen], columns=names, dtype=float)
    head = head.astype({"voxels_before": "Int64", "voxels_after": "Int64", "volume_ml": "float64"})
    table = pd.concat([head, cells, values], axis=1)
    return table if perturbed else table.drop(columns="perturbation")


def write_table(table: pd.DataFrame, folder: Path, name: str, provenance: Mapping[str, Any] | None = None) -> None:
    """Write NAME.csv and NAME.parquet, each either whole or absent; the latter carries the provenance."""
    with whole_file_of_many(folder / f"{name}.csv") as partial:
        table.to_csv(partial, index=False)
    with whole_file_of_many(folder / f"{name}.parquet") as partial:
        with_provenance(table, provenance or {}).to_parquet(partial, index=False)


def write_provenance(rows: Iterable[MeasuredRow], plan: ExtractionPlan, folder: Path) -> None:
    """Write provenance.json: versions, who provides `radiomics`, settings, every column's IBSI code, every region."""
    settings = plan.settings
    own = {name: value for name, value in asdict(plan).items() if name != "settings"}
    document: dict[str, Any] = {
        **surroundings(),
        **measured_by(settings),
        "plan": own,
        "settings": settings.model_dump(mode="json"),
        "columns": column_metadata(settings),
        "rows": [_told(one) for one in rows],
    }
    with whole_file_of_many(folder / PROVENANCE) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def _head(row: ImageRow, region: Measured) -> dict[str, Any]:
    voxels = [region.details.get(name) for name in ("voxels_before", "voxels_intensity")]
    told = [row.case_id, row.line, region.part, region.region, region.status, region.reason, *voxels, region.volume_ml]
    return dict(zip(HEAD, told, strict=True)) | {"perturbation": region.perturbation}


def _told(one: MeasuredRow) -> Mapping[str, Any]:
    regions = [
        {"part": region.part, "region": region.region, "status": region.status, **region.details}
        for region in one.regions
        if not region.perturbation
    ]
    files = {name: str(path) for name, path in (("image", one.row.image), ("mask", one.row.mask))}
    return {"line": one.row.line, "case_id": one.row.case_id, **files, "files_sha256": one.files, "regions": regions}
