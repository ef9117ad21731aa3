from pathlib import Path

import pytest

from medmtl.cohort.schema import read_schema, write_schema
from medmtl.errors import MedmtlError
from medmtl.records import ClinicalColumn, Scale

COLUMNS = (
    ClinicalColumn("age", Scale.NUMERIC),
    ClinicalColumn("grade", Scale.ORDINAL, ("Low", "High")),
    ClinicalColumn("sex", Scale.NOMINAL),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_schema(COLUMNS, tmp_path / "schema.yaml")
    assert read_schema(tmp_path / "schema.yaml") == COLUMNS


def test_no_file_means_no_clinical_columns(tmp_path: Path) -> None:
    assert read_schema(tmp_path / "schema.yaml") == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("clinical: {age: {scale: metric}}", "clinical:age:scale"),
        ("clinical: {age: {scale: numeric, unit: years}}", "clinical:age:unit"),
        ("columns: {}", "columns"),
        ("clinical: {grade: {scale: ordinal}}", "grade"),
        (
            "clinical: {age: {scale: numeric, levels: [a, b]}}",
            "a numeric column has no levels",
        ),
        ("clinical: {grade: {scale: ordinal, levels: [a, b, a]}}", "found a more than once"),
        ("clinical: {centre: {scale: nominal}}", "centre: such a column has a meaning of its own"),
        ("clinical: [", "YAML"),
        ("- age", "file"),
    ],
)
def test_what_is_not_known_is_refused_by_its_key(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    with pytest.raises(MedmtlError) as caught:
        read_schema(path)
    assert named in str(caught.value)
