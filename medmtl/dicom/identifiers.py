"""Which ids an exported object carries: those of its source, or others; never anything else that tells of a person."""

from abc import ABC, abstractmethod
from hashlib import sha256
from uuid import UUID

from pydicom import Dataset


class Identifiers(ABC):
    """Maps the ids of the source to those that are written."""

    @abstractmethod
    def patient(self, patient_id: str) -> str:
        """Return the PatientID to write."""

    @abstractmethod
    def uid(self, uid: str) -> str:
        """Return the UID to write for one of the source's."""

    @abstractmethod
    def finish(self, dataset: Dataset) -> None:
        """Mark a made object as what it is."""

    @abstractmethod
    def keep(self) -> None:
        """Keep the way back to the source's ids, before anything is written that carries others."""


class SourceIdentifiers(Identifiers):
    """The ids as they are, so that the object finds its place beside the CT."""

    def patient(self, patient_id: str) -> str:
        """Return the same id."""
        return patient_id

    def uid(self, uid: str) -> str:
        """Return the same UID."""
        return uid

    def finish(self, dataset: Dataset) -> None:
        """Leave the object as it is."""

    def keep(self) -> None:
        """Do nothing: there is no way to lose."""


def derived_uid(*parts: str) -> str:
    """Return the UID that belongs to these parts: the same ones always give it again."""
    return uid_of(sha256("\0".join(parts).encode()).digest())


def uid_of(digest: bytes) -> str:
    """Return the UID 2.25.<number> of a hash of 16 bytes or more, as a UUID of random kind (DICOM PS3.5, B.2)."""
    return f"2.25.{UUID(bytes=digest[:16], version=4).int}"
