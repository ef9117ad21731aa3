"""Nothing is overwritten: the same object is kept, another is refused."""

from pathlib import Path

import pytest
from dicom_files import file_header

from medmtl.dicom.keep import keep_or_write, uid_in
from medmtl.errors import MedmtlError


def test_the_same_object_made_later_is_kept_as_it_was(tmp_path: Path) -> None:
    path, made = tmp_path / "folder" / "a.dcm", file_header("CT")
    assert keep_or_write(made, path)
    before = path.read_bytes()
    made.ContentDate, made.ContentTime = "20300101", "120000"
    assert not keep_or_write(made, path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["a.dcm"]


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_anything_else_under_the_name_is_refused_and_left(content: bytes | None, tmp_path: Path) -> None:
    path, made = tmp_path / "a.dcm", file_header("CT")
    if content is None:
        keep_or_write(made, path)
        made.SeriesDescription = "another"
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(MedmtlError, match="It holds another"):
        keep_or_write(made, path)
    assert path.read_bytes() == before


def test_the_uid_of_a_file_is_told_where_there_is_one(tmp_path: Path) -> None:
    made = file_header("CT")
    keep_or_write(made, tmp_path / "a.dcm")
    (tmp_path / "text.dcm").write_text("text")
    assert uid_in(tmp_path / "a.dcm") == made.SOPInstanceUID
    assert uid_in(tmp_path / "b.dcm") is None
    with pytest.raises(MedmtlError, match="must be whole DICOM"):
        uid_in(tmp_path / "text.dcm")
