"""New ids are the same for the same key, other for another, and only the key file leads back."""

import json
import stat
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.uid import UID

from medmtl.dicom.key_file import open_key
from medmtl.errors import MedmtlError


def test_the_same_key_gives_the_same_ids_again(tmp_path: Path) -> None:
    first = open_key(tmp_path / "key.json", tmp_path / "out")
    given = (first.patient("A-17"), first.uid("1.2.3"))
    first.keep()
    second = open_key(tmp_path / "key.json", tmp_path / "out")
    assert (second.patient("A-17"), second.uid("1.2.3")) == given
    assert second.patient("A-18") != given[0]


def test_another_key_gives_other_ids(tmp_path: Path) -> None:
    one, other = (open_key(tmp_path / name, tmp_path / "out") for name in ("a.json", "b.json"))
    assert one.patient("A-17") != other.patient("A-17")
    assert one.uid("1.2.3") != other.uid("1.2.3")
    assert "A-17" not in one.patient("A-17")
    assert UID(one.uid("1.2.3")).is_valid


def test_the_key_file_leads_back_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.json"
    identifiers = open_key(path, tmp_path / "out")
    patient, uid = identifiers.patient("A-17"), identifiers.uid("1.2.3")
    identifiers.keep()
    told = json.loads(path.read_text())
    assert (told["patients"], told["uids"]) == ({"A-17": patient}, {"1.2.3": uid})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_a_key_file_holds_stays_in_it(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    early = open_key(path, tmp_path / "out")
    early.patient("A-17")
    early.keep()
    late = open_key(path, tmp_path / "out")
    early.patient("A-18")
    early.keep()
    late.patient("A-19")
    late.keep()
    assert set(json.loads(path.read_text())["patients"]) == {"A-17", "A-18", "A-19"}


def test_a_key_that_another_export_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    one, other = open_key(path, tmp_path / "out"), open_key(path, tmp_path / "out")
    one.patient("A-17")
    one.keep()
    before = path.read_bytes()
    other.patient("A-17")
    with pytest.raises(MedmtlError, match="Another was written there"):
        other.keep()
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", ["out/key.json", "out/deep/key.json", "out/../out/key.json"])
def test_a_key_file_among_what_is_given_away_is_refused(place: str, tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="must lie outside"):
        open_key(tmp_path / place, tmp_path / "out")


@pytest.mark.parametrize(
    "text", ["", "text", "[]", "{}", '{"made_by": "x", "secret": "00", "patients": {}, "uids": {}}']
)
def test_a_file_that_is_no_key_is_refused_and_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(text)
    with pytest.raises(MedmtlError, match="must be a new file, or a key file"):
        open_key(path, tmp_path / "out")
    assert path.read_text() == text


def test_an_object_is_marked_and_its_dates_go_wherever_they_are_nested(tmp_path: Path) -> None:
    dataset, item = Dataset(), Dataset()
    dataset.ContentDate, dataset.ContentTime, dataset.StudyDate = "20250203", "101112.5", ""
    item.ContributionDateTime = "20250203101112"
    dataset.ContributingEquipmentSequence = [item]
    open_key(tmp_path / "key.json", tmp_path / "out").finish(dataset)
    assert (dataset.PatientIdentityRemoved, len(dataset.DeidentificationMethod) <= 64) == ("YES", True)
    assert (dataset.ContentDate, dataset.ContentTime, dataset.StudyDate) == ("19000101", "000000", "")
    assert item.ContributionDateTime == "19000101000000"
