"""What Outlook packs into `winmail.dat` (TNEF, [MS-OXTNEF]) when it takes the recipient for another Outlook: the files within."""

from __future__ import annotations

import logging
import re
from email.message import Message

from tnefparse import TNEF

from mailer.reading.charsets import detect

SIGNATURE = b"\x78\x9f\x3e\x22"
DECLARED = re.compile(r"ms-tnef|winmail\.dat", re.IGNORECASE)
"""How a part says that it is one, in its type or its name."""

_HEADER, _CHECKSUM = 9, 2
_OBJECTS = 2000
_OF_ATTACHMENT = 2
_RENDERING, _CODE_PAGE = 0x9002, 0x9007

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it tells of every oddity; what cannot be read stays packed anyway


def is_tnef(part: Message, data: bytes) -> bool:
    """Does the part say that it is `winmail.dat`, and is it one?"""
    said = f"{part.get('Content-Type', '')} {part.get('Content-Disposition', '')}"
    return data.startswith(SIGNATURE) and DECLARED.search(said) is not None


def unpacked(data: bytes, most: int) -> list[tuple[str, bytes]]:
    """Names (data, never paths) and bytes of at most `most` files. [] when it cannot be read: it stays packed then. Never raises.

    May take long and much memory over hostile bytes: to be called where that can be stopped.
    """
    try:
        found = TNEF(_files_only(data), do_checksum=False).attachments
        return [(_name(file), bytes(file.data)) for file in found[:most] if file.data]
    except Exception:  # the library raises what it likes on broken bytes
        return []


def _files_only(data: bytes) -> bytes:
    """The stream without recipients, properties and texts: they are in the letter too, and half of what can break is in them.

    Raises ValueError for more objects than any mail program writes: the library copies the rest of the stream for each.
    """
    kept = [data[:6]]
    at, count, begun = 6, 0, False
    while at + _HEADER + _CHECKSUM < len(data):
        name = int.from_bytes(data[at + 1 : at + 3], "little")
        end = at + _HEADER + int.from_bytes(data[at + 5 : at + 9], "little") + _CHECKSUM
        begun = begun or name == _RENDERING
        if name == _CODE_PAGE or (data[at] == _OF_ATTACHMENT and begun):
            kept.append(data[at:end])
        at, count = end, count + 1
        if count > _OBJECTS:
            raise ValueError("too many objects")
    return b"".join(kept) + b"\0" * (_HEADER + _CHECKSUM + 1)  # the library stops short of an object at the very end


def _name(file: object) -> str:
    """The sender's name of a file; an old one stands there in an eight-bit code page that nobody names."""
    try:
        return str(file.long_filename())  # type: ignore[attr-defined]  # the library has no types
    except UnicodeDecodeError as error:
        return detect(error.object).strip("\0")
