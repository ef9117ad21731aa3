"""Reads and writes `schema.yaml`, which says what the clinical columns of a manifest measure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from medmtl.errors import MedmtlError
from medmtl.records import ClinicalColumn, Scale
from medmtl.whole_file import whole_file

_TAKEN = ("case_id", "centre", "ct", "pet", "mask")  # columns of every manifest


def read_schema(path: Path) -> tuple[ClinicalColumn, ...]:
    """Return the clinical columns in the order of the file; none where there is no such file.

    Raises MedmtlError, naming file and key, where the file is not YAML or says something that is not known.
    """
    if not path.is_file():
        return ()
    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
        schema = _Schema.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MedmtlError(f"{path}: the file must be YAML in UTF-8. Found: {error}.") from error
    except ValidationError as error:
        raise MedmtlError(_explain(path, error)) from error
    return tuple(
        ClinicalColumn(name, entry.scale, tuple(entry.levels), entry.predictor)
        for name, entry in schema.clinical.items()
    )


def write_schema(columns: Sequence[ClinicalColumn], path: Path) -> None:
    """Write the columns so that `read_schema` returns them; a file of this name is either whole or absent."""
    content = {"clinical": {column.name: _entry(column) for column in columns}}
    with whole_file(path) as partial:
        partial.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")


class _Column(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    scale: Scale
    levels: list[str] = Field(default_factory=list)
    predictor: bool = True

    @model_validator(mode="after")
    def _levels_fit(self) -> "_Column":
        if self.levels and self.scale is Scale.NUMERIC:
            raise ValueError("a numeric column has no levels; drop them, or choose ordinal")
        twice = sorted({level for level in self.levels if self.levels.count(level) > 1})
        if twice:
            raise ValueError(f"a level must be listed once; found {', '.join(twice)} more than once")
        return self


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    clinical: Mapping[str, _Column] = Field(default_factory=dict)

    @field_validator("clinical")
    @classmethod
    def _are_free(cls, columns: Mapping[str, _Column]) -> Mapping[str, _Column]:
        taken = sorted(set(columns) & set(_TAKEN))
        if taken:
            raise ValueError(f"{', '.join(taken)}: such a column has a meaning of its own; rename the predictor")
        return columns


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"{':'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in error.errors()]
    form = "name: {scale: numeric|ordinal|nominal, levels: [words], predictor: true|false}"
    rule = f"every clinical column must be written as `{form}`"
    return f"{path}: {rule}. Found:\n" + "\n".join(f"  - {line}" for line in lines)


def _entry(column: ClinicalColumn) -> dict[str, object]:
    levels = {"levels": list(column.levels)} if column.levels else {}
    carried = {} if column.predictor else {"predictor": False}
    return {"scale": column.scale.value, **levels, **carried}
