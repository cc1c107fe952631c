"""The inbox as a Maildir (https://cr.yp.to/proto/maildir.html): what local mode reads.

A letter's identity is the unique part of its file name (before `:2,`), which survives flags and the move from `new` to `cur`.
What we have settled carries the flags `S` (seen) and `p` (ours; lower case is free for keywords): a person who reads a letter
before us sets `S` alone, and the letter is still read. The mark is only a hint that saves reading: without it the letter comes
again under the same key.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailer.mailbox.inbox import RawMail

_OUR_MARK = "p"
_FIRST_LINE = re.compile(rb"(?:From |>From |[!-9;-~]+[ \t]*:)")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    place: str
    size: int
    mtime_ns: int
    regular: bool

    @property
    def received_at(self) -> datetime:
        seconds = min(max(self.mtime_ns // 1_000_000_000, 0), 253_402_300_799)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=self.mtime_ns // 1000 % 1_000_000)


class MaildirInbox:
    """`inbox.Inbox` over a Maildir. `max_bytes`: a larger letter is an item with an error, its bytes are not read."""

    def __init__(self, folder: Path, *, max_bytes: int = 30 * 1024 * 1024) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._paths: dict[str, Path] = {}

    def keys(self) -> list[str]:
        return [entry.place for entry in self._waiting()]

    def new(self, skip: Container[str] = (), *, done_since: datetime | None = None) -> Iterator[RawMail]:
        for entry in self._waiting(done_since):
            if entry.place in skip:
                continue
            item = self._take(entry)
            if item is not None:
                self._paths[item.key] = entry.path
                yield item

    def done(self, key: str) -> None:
        path = self._paths.pop(key, None)
        if path is None or not path.exists():
            place = key.rsplit(":", 1)[0]
            path = next((entry.path for entry in self._waiting() if entry.place == place), None)
        if path is not None and path.is_file() and not path.is_symlink() and not _settled(path.name):
            self._mark(path, _twin(key.rsplit(":", 1)[1]))

    def _waiting(self, done_since: datetime | None = None) -> list[_Entry]:
        """What does not carry our mark, or came since then; by time, then name. One listing and one stat an entry."""
        entries = [*self._listing("new", done_since), *self._listing("cur", done_since)]
        entries.sort(key=lambda entry: (entry.mtime_ns, entry.place))
        return entries

    def _listing(self, part: str, done_since: datetime | None) -> Iterator[_Entry]:
        with os.scandir(self._folder / part) as listing:
            for found in listing:
                unique, _ = _split(found.name)
                done = part == "cur" and _settled(found.name)
                if found.name.startswith(".") or (done and done_since is None):
                    continue
                try:
                    stat = found.stat(follow_symlinks=False)
                    regular = found.is_file(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                entry = _Entry(Path(found.path), _place(unique), stat.st_size, stat.st_mtime_ns, regular)
                if not done or (done_since is not None and entry.received_at >= done_since):
                    yield entry

    def _take(self, entry: _Entry) -> RawMail | None:
        """The item of one entry; None if it vanished since the listing."""
        if not entry.regular:
            return _failed(entry, "не письмо: в папке входящих лежит каталог, ссылка или особый файл")
        if entry.size > self._max_bytes:
            return _failed(entry, f"письмо слишком велико: {entry.size} байт при допустимых {self._max_bytes}")
        try:
            raw = entry.path.read_bytes()
        except FileNotFoundError:
            path = self._found_again(entry)
            if path is None:
                return None
            raw = path.read_bytes()
        except OSError as fault:
            return _failed(entry, f"файл не читается: {os.strerror(fault.errno or errno.EIO)}")
        digest = hashlib.sha256(raw).hexdigest()
        key = f"{entry.place.removesuffix(_twin(digest))}:{digest}"
        if not _FIRST_LINE.match(raw.lstrip(b"\r\n\xef\xbb\xbf")[:2000]):
            what = "файл пуст" if not raw.strip() else "в начале файла нет ни одного заголовка"
            return RawMail(key, entry.received_at, None, len(raw), f"не письмо: {what}")
        return RawMail(key, entry.received_at, raw, len(raw))

    def _found_again(self, entry: _Entry) -> Path | None:
        """Where a letter went that a mail reader renamed (flags, `new` to `cur`) since the listing."""
        return next((other.path for other in self._waiting() if other.place == entry.place), None)

    def _mark(self, path: Path, twin: str) -> None:
        unique, flags = _split(path.name)
        flags = "".join(sorted({*flags, "S", _OUR_MARK}))
        for name in (unique, unique + twin):
            target = self._folder / "cur" / f"{name}:2,{flags}"
            try:
                os.link(path, target, follow_symlinks=False)  # unlike rename, never replaces another letter of that name
                path.unlink(missing_ok=True)
            except FileNotFoundError:
                return
            except FileExistsError:
                continue
            except OSError as fault:
                if fault.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                    raise
                if target.exists():
                    continue
                path.replace(target)  # a file system without hard links
            return


def _settled(name: str) -> bool:
    """Does the file of that name carry our mark?"""
    return _OUR_MARK in _split(name)[1]


def _twin(digest: str) -> str:
    """What tells a settled letter from another one of its name."""
    return f"_{digest[:8]}"


def _split(name: str) -> tuple[str, str]:
    """Unique part and flags of a Maildir file name."""
    unique, _, info = name.partition(":")
    return unique, info.removeprefix("2,") if info.startswith("2,") else ""


def _place(unique: str) -> str:
    """The unique part as text that any ledger can store (a foreign file may be named anything)."""
    if _UNSTORABLE.search(unique) or len(unique) > 200:
        return "name-" + hashlib.sha256(os.fsencode(unique)).hexdigest()[:32]
    return unique


def _failed(entry: _Entry, error: str) -> RawMail:
    """An item whose bytes are not read; its key tells it from a later file of the same name."""
    digest = hashlib.sha256(f"{entry.size} {entry.mtime_ns}".encode()).hexdigest()
    return RawMail(f"{entry.place}:{digest}", entry.received_at, None, entry.size, error)
