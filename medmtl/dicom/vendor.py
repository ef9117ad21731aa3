"""Finds private elements by the creator that reserved their block, as the block's number is not fixed."""

from pydicom import Dataset

from medmtl.dicom.tags import as_number

PHILIPS = (0x7053, "PHILIPS PET PRIVATE GROUP")
GE = (0x0009, "GEMS_PETD_01")
SIEMENS = (0x0071, "SIEMENS MED PT")
FIRST_BLOCK = 0x10


def private_text(header: Dataset, owner: tuple[int, str], element: int, by_vendor: bool = True) -> str:
    """Return the value of a private element (0x00 to 0xFF within its block) as text, empty where it is absent.

    De-identification may have removed the creator: then, where the file is known to be the vendor's (`by_vendor`), the
    first block is read, unless another creator holds it.
    """
    group, creator = owner
    reserved = {
        each.tag.element: str(each.value).strip().upper()
        for each in header.group_dataset(group)
        if FIRST_BLOCK <= each.tag.element <= 0xFF
    }
    blocks = [block for block, name in reserved.items() if name.startswith(creator)]
    if not blocks and by_vendor and FIRST_BLOCK not in reserved:
        blocks = [FIRST_BLOCK]
    for block in blocks:
        value = header.get((group, block << 8 | element))
        if value is not None and value.value is not None:
            return _text(value.value)
    return ""


def private_factor(header: Dataset, owner: tuple[int, str], element: int) -> float:
    """Return a private factor, 0 where it is absent or not above 0."""
    found = as_number(private_text(header, owner, element), f"({owner[0]:04x},xx{element:02x})")
    return max(found or 0.0, 0.0)


def _text(value: object) -> str:
    """Return the text of a value, which is raw bytes where neither the file nor pydicom's dictionary tells its type."""
    plain = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return plain.strip(" \0")
