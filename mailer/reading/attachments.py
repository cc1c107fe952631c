"""A letter's files: their type by their bytes, and where they lie. Their names are data for people."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cases.incoming_mail import Attachment

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"GIF87a", "image/gif", ".gif"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"BM", "image/bmp", ".bmp"),
    (b"II*\x00", "image/tiff", ".tiff"),
    (b"MM\x00*", "image/tiff", ".tiff"),
    (b"PK\x03\x04", "application/zip", ".zip"),
    (b"PK\x05\x06", "application/zip", ".zip"),
    (b"Rar!\x1a\x07", "application/vnd.rar", ".rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ".7z"),
    (b"\x1f\x8b", "application/gzip", ".gz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", ".ole"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef", ".tnef"),
    (b"{\\rtf", "application/rtf", ".rtf"),
    (b"MZ", "application/x-msdownload", ".bin"),
    (b"\x7fELF", "application/x-executable", ".bin"),
    (b"BEGIN:VCALENDAR", "text/calendar", ".ics"),
)
_OFFICE: tuple[tuple[bytes, str, str], ...] = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
    (b"mimetypeapplication/vnd.oasis", "application/vnd.oasis.opendocument", ".odf"),
)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    data: bytes


def media_type(data: bytes) -> tuple[str, str]:
    """Media type and file ending told by the bytes; the sender's word counts for nothing. Archives are never opened."""
    if data[:4] == b"PK\x03\x04":
        head = data[:4096] + data[-4096:]
        office = next(((kind, ending) for mark, kind, ending in _OFFICE if mark in head), None)
        if office is not None:
            return office
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", ".webp"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "image/heic", ".heic"
    found = next(((kind, ending) for mark, kind, ending in _MAGIC if data.startswith(mark)), None)
    if found is not None:
        return found
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html", ".html"
    if b"\x00" in data[:4096] or any(byte < 9 for byte in data[:4096]):
        return "application/octet-stream", ".bin"
    return "text/plain", ".txt"


def stored(file: File, key: str, folder: Path) -> Attachment:
    """Write the file under a name made of the letter's key and its bytes: durable before anybody learns of it, the same when read
    again. A link that somebody planted in its place, or its folder's, is replaced, never followed.
    """
    kind, ending = media_type(file.data)
    digest = hashlib.sha256(key.encode("utf-8", "replace") + b"\0" + file.data).hexdigest()
    stored = f"{digest[:2]}/{digest[:40]}{ending}"
    target = folder / stored
    if target.parent.is_symlink():
        target.parent.unlink()
    if target.is_symlink() or not target.exists() or target.stat().st_size != len(file.data):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")  # nobody else may read it
        try:
            with open(handle, "wb") as part:
                part.write(file.data)
                part.flush()
                os.fsync(handle)
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    # A disk keeps a file's name with its folder. Also where an earlier reading was cut short after the file was there.
    for place in (target.parent, folder):
        _flush(place)
    return Attachment(name=file.name or f"файл{ending}", stored=stored, size=len(file.data), media_type=kind)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
