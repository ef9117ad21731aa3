from pathlib import Path

import pytest

from medmtl.whole_file import in_whole_names, partial_of, whole_file


def test_a_file_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.csv.gz"
    with whole_file(path) as partial:
        partial.write_text("half")
        assert not path.exists()

    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["table.csv", "ct.nii.gz", "cohort"])
def test_what_is_in_the_making_lies_beside_and_keeps_its_suffixes(name: str, tmp_path: Path) -> None:
    assert partial_of(tmp_path / name) == tmp_path / f".partial-{name}"


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (OSError(28, "No space left on device", "/data/.partial-cohort/images/a/.partial-ct.nii.gz"), "/data/cohort/"),
        ("in .partial-cohort: none", "in cohort: none"),
        ("a folder my.partial-x is a user's own", "my.partial-x"),
    ],
)
def test_a_message_names_files_as_they_will_be_called(told: object, known: str) -> None:
    assert known in in_whole_names(told)
    assert "/.partial-" not in in_whole_names(told)
