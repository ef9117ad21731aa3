from pathlib import Path

import pandas as pd
import pytest

from medmtl.cohort.files import files_of_table, missing_ct, shared_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).touch()
    return tmp_path


def _table(*rows: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["case_id", "ct", "pet"], dtype=object)


def test_a_file_that_two_cases_name_is_told_for_the_second(folder: Path) -> None:
    (finding,) = shared_files(files_of_table(_table(("x", "a", "b"), ("y", "c", "./b")), folder))
    assert (finding.case_id, finding.line, finding.column, finding.code) == ("y", 3, "pet", "file-shared")
    assert "as pet of case x too" in finding.message


def test_a_file_that_is_ct_and_pet_of_one_case_is_told(folder: Path) -> None:
    (finding,) = shared_files(files_of_table(_table(("x", "a", "a")), folder))
    assert "as ct of this case too" in finding.message


def test_a_link_to_the_same_file_is_the_same_file(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "b")
    assert len(shared_files(files_of_table(_table(("x", "a", "b"), ("y", "c", "link")), folder))) == 1


def test_files_that_do_not_exist_are_left_to_the_rules(folder: Path) -> None:
    files = files_of_table(_table(("x", "a", "no"), ("y", "c", "no")), folder)
    assert [case.pet for case in files] == [None, None]
    assert shared_files(files) == []


def test_pet_alone_is_told_by_its_line(folder: Path) -> None:
    found = missing_ct(_table(("x", "a", "b"), ("y", None, "c")))
    assert [(one.case_id, one.line, one.code) for one in found] == [("y", 3, "no-ct")]
