"""Rules between cases: no two may have the same image, whatever their files are called."""

from collections.abc import Iterable, Iterator, Mapping

from medmtl.findings import Finding, fault, warning

_TWICE = {
    "pet": "one patient would be trained on and tested at once; take a row out, or export the right series",
    "ct": "one patient would be trained on and tested at once; take a row out, or export the right series",
    "mask": "a mask belongs to one case; export the right one",
}


def duplicate_images(hashes: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[tuple[int, Finding]]:
    """Yield position and finding of every image that an earlier case has too; `hashes` are name and hashes by role.

    An image that is CT and PET of one case is a fault of its own. Empty masks are left out by whoever asks.
    """
    first: dict[tuple[str, str], str] = {}
    for position, (name, own) in enumerate(hashes):
        if own.get("ct") is not None and own.get("ct") == own.get("pet"):
            message = "CT and PET must be two images. Found the same voxels in both; export the right series."
            yield position, fault("same-image", message)
        for role, key in own.items():
            other = first.setdefault((role, key), name)
            if other != name:
                kind, said = (warning, "mask") if role == "mask" else (fault, role.upper())
                message = f"the {said} must be of this case alone. Case {other} has the same voxels: {_TWICE[role]}."
                yield position, kind(f"duplicate-{role}", message, column=role)
