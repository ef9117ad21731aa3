import zipfile
from pathlib import Path

import pytest

from medmtl.dicom.archive import Opener, lent, list_files
from medmtl.errors import MedmtlError


def _zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_files_are_found_at_any_depth_and_in_archives(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "IM0001").write_bytes(b"1")
    _zip(tmp_path / "a" / "c.ZIP", **{"x/IM2": b"2", "DICOMDIR": b"0", "x/.hidden": b"0"})
    for name in ("DICOMDIR", ".DS_Store"):
        (tmp_path / name).touch()
    assert [(ref.path.name, ref.member) for ref in list_files(tmp_path).files] == [("c.ZIP", "x/IM2"), ("IM0001", "")]
    assert [ref.member for ref in list_files(tmp_path / "a" / "c.ZIP").files] == ["x/IM2"]


def test_the_state_of_a_file_changes_with_its_content(tmp_path: Path) -> None:
    states = []
    for content in (b"1", b"2"):
        _zip(tmp_path / "a.zip", x=content)
        states.append(list_files(tmp_path).files[0].state)
    assert states[0] != states[1]


def test_a_broken_archive_and_an_encrypted_one_are_told_and_the_rest_is_found(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    content = bytearray(_zip(tmp_path / "secret.zip", x=b"1").read_bytes())
    content[6] |= 1  # the flag of encryption, in the local header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(content)
    (tmp_path / "IM1").touch()
    listing = list_files(tmp_path)
    assert [ref.path.name for ref in listing.files] == ["IM1"]
    assert [path.name for path, _ in listing.faults] == ["broken.zip", "secret.zip"]
    assert "whole zip" in listing.faults[0][1]
    assert "must not be encrypted" in listing.faults[1][1]


def test_no_name_within_an_archive_decides_where_a_file_is_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    refs = list_files(_zip(tmp_path / "a.zip", **{"../../outside": b"1", "/etc/x": b"2", "..\\..\\y": b"3"})).files
    with lent(refs) as files:
        assert [file.read_bytes() for file in files] == [b"1", b"2", b"3"]
        assert [file.name for file in files] == ["000000.dcm", "000001.dcm", "000002.dcm"]
        assert not any(file.is_relative_to(tmp_path) for file in files)
    assert not outside.exists()
    assert not any(file.exists() for file in files)


def test_members_are_unpacked_where_there_is_room_and_nothing_is_left(tmp_path: Path) -> None:
    refs = list_files(_zip(tmp_path / "a.zip", x=b"1")).files
    with lent(refs, tmp_path / "room") as (file,):
        assert file.is_relative_to(tmp_path / "room")
    assert list((tmp_path / "room").iterdir()) == []


def test_plain_files_are_lent_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "IM1").touch()
    with lent(list_files(tmp_path).files) as files:
        assert files == (tmp_path / "IM1",)


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", x=bytes(range(256)) * 10)
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(MedmtlError, match=r"a\.zip!x: the archive must be whole"), lent(list_files(path).files):
        pass


def test_members_of_several_archives_are_opened_in_turn(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _zip(tmp_path / f"{name}.zip", x=name.encode(), y=name.upper().encode())
    with Opener() as opener:
        read = [opener.open(ref).read() for ref in list_files(tmp_path).files]
    assert read == [b"a", b"A", b"b", b"B"]


def test_links_are_followed_once_and_one_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "IM1").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "lost").symlink_to(tmp_path / "nowhere")
    listing = list_files(tmp_path / "in")
    assert [ref.path.name for ref in listing.files] == ["IM1"]
    assert [path.name for path, _ in listing.faults] == ["lost"]


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="nowhere: the folder of the DICOM files does not exist"):
        list_files(tmp_path / "nowhere")


def test_an_archive_in_an_archive_is_told_and_its_neighbours_are_found(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", x=b"1").read_bytes()
    outer = _zip(tmp_path / "outer.zip", **{"inner.zip": inner, "IM1": b"2"})
    listing = list_files(outer)
    assert [ref.member for ref in listing.files] == ["IM1"]
    assert [path.name for path, _ in listing.faults] == ["inner.zip"]
    assert "unpack it" in listing.faults[0][1]


def test_an_error_names_the_archive_and_not_where_it_was_unpacked(tmp_path: Path) -> None:
    refs = list_files(_zip(tmp_path / "a.zip", **{"PT/IM1": b"1", "PT/IM2": b"2"})).files
    with pytest.raises(MedmtlError) as told, lent(refs) as files:
        raise MedmtlError(f"{files[0].parent}: slices {files[0].name} and {files[1]} differ.")
    assert str(told.value) == f"{tmp_path / 'a.zip'}: slices PT/IM1 and {tmp_path / 'a.zip'}!PT/IM2 differ."
