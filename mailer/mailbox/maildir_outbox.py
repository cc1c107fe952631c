"""Letters that are delivered into a folder: `mail/sent` of a home, a Maildir. Nothing leaves the machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path

from mailer.mailbox.outbox import Gone, Refused, Unavailable, Withdrawn, always, gone

_FOLDERS = ("tmp", "new", "cur")


class MaildirOutbox:
    """Implements `Mailbox`. A file is named by the letter's Message-ID and Date, so that a repeat finds the first one.

    The name is `<seconds of Date>.M<message id>.partnerdesk`; a mail program that moves it to `cur` adds its flags after a colon.
    """

    grace = timedelta(0)  # what has gone lies there

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, message_ids: Iterable[str]) -> set[str]:
        """Those letters that lie in the folder, read or unread."""
        wanted = set(message_ids)
        return wanted & self._present() if wanted else set()

    def gone_since(self, moment: datetime) -> list[Gone]:
        """Letters that were written into the folder since then."""
        found = []
        try:
            for path in (path for name in ("new", "cur") for path in (self._folder / name).glob("*.partnerdesk*")):
                if path.stat().st_mtime >= moment.timestamp():
                    copy = gone(message_from_bytes(path.read_bytes().partition(b"\n\n")[0]))
                    found.extend([copy] if copy else [])
        except OSError as error:
            raise Unavailable(f"{self._folder}: {error.strerror}") from error
        return found

    @contextmanager
    def batch(self) -> Iterator[_Delivery]:
        """Make the folder if need be and look once at what lies in it."""
        try:
            for name in _FOLDERS:
                (self._folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{self._folder}: {error.strerror}") from error
        yield _Delivery(self._folder, self._present())

    def _present(self) -> set[str]:
        found: set[str] = set()
        try:
            for name in ("new", "cur"):
                if (self._folder / name).is_dir():
                    found.update(_message_id(entry) for entry in os.listdir(self._folder / name))
        except OSError as error:
            raise Unavailable(f"{self._folder}: {error.strerror}") from error
        return found - {""}


class _Delivery:
    def __init__(self, folder: Path, present: set[str]) -> None:
        self._folder = folder
        self._present = present

    def send(self, raw: bytes, recipient: str, may_go: Callable[[], bool] = always) -> None:
        """Write the letter unless it is there: into tmp, to disk, then under its own name into new."""
        message_id, name = _name(raw)
        if message_id in self._present:
            return
        if not may_go():
            raise Withdrawn("not ours any more")
        draft = self._folder / "tmp" / name
        try:
            draft.unlink(missing_ok=True)  # what a crash left, or a link that somebody planted
            with open(draft, "xb") as file:
                file.write(raw.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._folder / "new" / name)
            _sync(self._folder / "new")
        except OSError as error:
            raise Unavailable(f"{self._folder}: {error.strerror}") from error
        self._present.add(message_id)


def _name(raw: bytes) -> tuple[str, str]:
    head = message_from_bytes(raw.partition(b"\r\n\r\n")[0])
    message_id = str(head.get("Message-ID", "")).strip().strip("<>").partition("@")[0]
    if not message_id or not message_id.isalnum():
        raise Refused(f"a letter without a Message-ID of ours: {message_id!r}")
    stamp = parsedate_tz(str(head.get("Date", "")))
    return message_id, f"{mktime_tz(stamp) if stamp else 0}.M{message_id}.partnerdesk"


def _message_id(entry: str) -> str:
    """The id in a file's name, "" when the file is not ours."""
    parts = entry.partition(":")[0].split(".")
    return parts[1][1:] if len(parts) == 3 and parts[2] == "partnerdesk" and parts[1].startswith("M") else ""


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
