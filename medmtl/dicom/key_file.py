"""New ids by a secret, and the key file that alone leads back from them."""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import DataElement, Dataset

from medmtl.dicom.identifiers import Identifiers, uid_of
from medmtl.errors import MedmtlError
from medmtl.whole_file import whole_file

MADE_BY = "medmtl export --deidentify"
METHOD = "medmtl: ids replaced by a secret key; only geometry kept"  # at most 64 characters
NO_TIME = {"DA": "19000101", "TM": "000000", "DT": "19000101000000"}  # where the standard insists on a time
ID_DIGITS = 16  # 64 bits: two of a million patients share an id with a chance of 3e-8
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyedIdentifiers(Identifiers):
    """New ids by HMAC-SHA256: the same secret gives the same ids, and without it nobody can tell or guess them.

    `patients` and `uids` gather what was mapped, for the key file at `path`.
    """

    path: Path
    secret: bytes
    patients: dict[str, str] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)

    def patient(self, patient_id: str) -> str:
        """Return `case-` and 16 digits."""
        return self.patients.setdefault(patient_id, f"case-{self._digest('patient', patient_id).hex()[:ID_DIGITS]}")

    def uid(self, uid: str) -> str:
        """Return a UID of the form 2.25.<number>."""
        return self.uids.setdefault(uid, uid_of(self._digest("uid", uid)))

    def finish(self, dataset: Dataset) -> None:
        """Say that the identity was removed and how, and replace every date and time."""
        dataset.walk(_without_time)
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = METHOD
        dataset.LongitudinalTemporalInformationModified = "REMOVED"

    def keep(self) -> None:
        """Write the key file, for its owner's eyes alone; what it holds already stays in it.

        Raises MedmtlError where another key has taken its place since it was opened.
        """
        there = _read(self.path) if self.path.exists() else None
        if there is not None and there.secret != self.secret:
            raise MedmtlError(f"{self.path} must be the key that was opened. Another was written there; export again.")
        if there is None or self.patients.keys() - there.patients or self.uids.keys() - there.uids:
            self._write({} if there is None else there.patients, {} if there is None else there.uids)

    def _write(self, patients: Mapping[str, str], uids: Mapping[str, str]) -> None:
        tables = {"patients": {**patients, **self.patients}, "uids": {**uids, **self.uids}}
        told = json.dumps({"made_by": MADE_BY, "secret": self.secret.hex(), **tables}, indent=1) + "\n"
        with whole_file(self.path) as partial:
            partial.unlink(missing_ok=True)
            with os.fdopen(
                os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(told)

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.secret, f"{kind}\0{text}".encode(), "sha256")


def open_key(path: Path, out: Path) -> KeyedIdentifiers:
    """Return the identifiers of a key file, new ones where there is none yet.

    Raises MedmtlError where it lies in the folder of the export, since who gets the one must not get the other, and
    where the file is something else.
    """
    if path.resolve().is_relative_to(out.resolve()):
        raise MedmtlError(f"{path}: the key file must lie outside {out}, which is given away. Choose another place.")
    return _read(path) if path.exists() else KeyedIdentifiers(path, secrets.token_bytes(SECRET_BYTES))


def _read(path: Path) -> KeyedIdentifiers:
    try:
        known = json.loads(path.read_text("utf-8"))
        secret, patients, uids = bytes.fromhex(known["secret"]), dict(known["patients"]), dict(known["uids"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_key(path) from error
    if known.get("made_by") != MADE_BY or len(secret) != SECRET_BYTES:
        raise _no_key(path)
    return KeyedIdentifiers(path, secret, patients, uids)


def _no_key(path: Path) -> MedmtlError:
    return MedmtlError(
        f"{path} must be a new file, or a key file of `{MADE_BY}`. It holds something else; choose another."
    )


def _without_time(dataset: Dataset, element: DataElement) -> None:
    if element.VR in NO_TIME and element.value:
        dataset[element.tag].value = NO_TIME[element.VR]
