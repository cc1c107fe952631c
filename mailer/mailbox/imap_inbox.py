"""The mailbox over IMAP: letters as they come in.

A letter lies at (folder, UIDVALIDITY, UID): its `place`. Its `key` is the SHA-256 of its bytes, Message-ID and all, so that a
folder numbered anew (a restored backup, a server that lost its index) is scanned again and changes nothing. Reading leaves the
mailbox as it is; `done` marks or moves. Whatever a server answers, nothing but `OSError` comes out of here (`imap_line`).
"""

from __future__ import annotations

import hashlib
import imaplib
import logging
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from imapclient import SEEN, IMAPClient

from mailer.mailbox.imap_bounds import MOST, TooMuch
from mailer.mailbox.imap_line import AT_ONCE, NO_TIME, ImapLine, came_at, header_of, servers_word
from mailer.mailbox.inbox import RawMail
from mailer.mailbox.server import NoMailbox, Server

MARK = "$PartnerDesk"
"""The keyword on letters that are settled: a person who reads a letter before us sets `\\Seen` alone."""

# Strangers write headers of any length: of each letter so much at most.
_ID_FIELD = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]<0.4096>"
_RESULTS_FIELD = "BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]<0.4096>"
_TROUBLE_SECONDS = 600.0

log = logging.getLogger("mailer.imap")


@dataclass(frozen=True, slots=True)
class ImapMail(RawMail):
    """A letter in an IMAP folder; `at` is its place."""

    at: str = ""

    @property
    def place(self) -> str:
        return self.at


@dataclass(frozen=True, slots=True)
class _Waiting:
    uid: int
    size: int | None
    """None: the server says nothing about it, and yet it is there."""
    received_at: datetime


class ImapInbox:
    """`inbox.Inbox` over an IMAP folder. `max_bytes`: a larger letter is an item with an error, its bytes are not fetched.

    A settled letter is flagged as read and marked with the keyword `MARK`; with a `done_folder` it is moved there as read, which
    a server that keeps no keywords needs. `since`: letters that came before that day are left alone. IDLE is renewed every
    `idle_seconds`; a server without IDLE is asked every `poll_seconds`.
    """

    def __init__(
        self,
        server: Server,
        *,
        folder: str = "INBOX",
        done_folder: str = "",
        max_bytes: int = 30 * 1024 * 1024,
        since: date | None = None,
        idle_seconds: float = 540.0,
        poll_seconds: float = 4.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < idle_seconds <= 28 * 60:
            raise ValueError(f"IDLE is to be renewed within 28 minutes, not {idle_seconds:g} seconds")
        self._server = server
        self._line = ImapLine(server, most=max_bytes + MOST)
        self._folder = folder
        self._done_folder = done_folder
        self._max_bytes = max_bytes
        self._since = since
        self._idle_seconds = idle_seconds
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._sleep = sleep
        self._validity = 0
        self._on: IMAPClient | None = None
        self._places: dict[str, set[int]] = {}
        self._moved_already: set[str] = set()
        self._looked_up_to = 0

    # -- the port ---------------------------------------------------------------

    def keys(self) -> list[str]:
        return [self._place(waiting.uid) for waiting in self._waiting()]

    def new(self, skip: Container[str] = (), *, done_since: datetime | None = None) -> Iterator[RawMail]:
        if done_since is not None and self._done_folder:
            self._line.use(self._selected)  # makes that folder if it is not there
            yield from self._moved(skip, done_since)
        put_off: list[str] = []
        trouble = 0.0
        listed = self._waiting(done_since)
        validity = self._validity
        for waiting in listed:
            place = self._place(waiting.uid)
            if place in skip:
                continue
            if trouble > _TROUBLE_SECONDS:
                put_off.append("the rest waits")
                break
            began = time.monotonic()
            try:
                item = self._take(waiting, place)
            except NoMailbox:
                raise
            except OSError as error:
                put_off.append(f"{place} ({error})")
                self._line.use(lambda client: self._selected(client).noop())  # raises if it is not that letter's fault
                trouble += time.monotonic() - began
                continue
            if self._validity != validity:
                return  # numbered anew meanwhile: the rest is listed by the next pass
            if item is not None:
                self._places.setdefault(item.key, set()).add(waiting.uid)
                yield item
        if put_off:
            raise OSError(f"the server does not give out {len(put_off)} letters: {'; '.join(put_off[:3])}")

    def done(self, key: str) -> None:
        if key in self._moved_already:
            return
        if not self._line.use(lambda client: self._settle(client, key)):
            found = {waiting.uid for waiting in self._waiting() if self._key_at(waiting) == key}
            self._places[key] = found
            self._line.use(lambda client: self._settle(client, key))
        self._places.pop(key, None)

    # -- waiting for letters ----------------------------------------------------

    def wait(self, timeout: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """Wait for letters that no listing has named yet. True: there are some; False: the time is up, or `stop` says so.

        A lost line is made anew for as long as there is time; it never raises for that, the next listing will.
        """
        until = self._clock() + timeout
        losses = 0
        while not stop():
            try:
                if self._line.once(self._fresh):
                    return True
                if self._clock() >= until:
                    return False
                if not self._line.once(lambda client: self._idle(client, until, stop)):
                    self._pause(self._poll_seconds, until, stop)
                losses = 0
            except OSError as error:
                log.warning("imap-wait", extra={"error": f"{type(error).__name__}: {error}"})
                if self._clock() >= until:
                    return False
                self._pause(min(0.25 * 2**losses, 30.0), until, stop)
                losses = min(losses + 1, 10)
        return False

    def close(self) -> None:
        """Close the connection; the next use makes a new one."""
        self._line.close()

    # -- for `doctor` -----------------------------------------------------------

    def check(self) -> list[str]:
        """What is wrong with the mailbox as configured, each with its mend. A missing `done_folder` is made."""
        try:
            self._line.use(self._selected)
        except OSError as error:
            return [str(error)]
        return []

    def authserv_ids(self, last: int = 30) -> list[str]:
        """Servers named by the topmost Authentication-Results of the newest letters, the most frequent first. Raises OSError."""

        def look(client: IMAPClient) -> list[str]:
            uids = sorted(self._selected(client).search("ALL"))[-last:]
            found = client.fetch(uids, [_RESULTS_FIELD]).values() if uids else ()
            results = [str(header_of(data).get("Authentication-Results", "")) for data in found]
            names = [words[0] for result in results if (words := result.partition(";")[0].split())]
            return sorted(set(names), key=names.count, reverse=True)

        return self._line.use(look)

    # -- within -----------------------------------------------------------------

    def _selected(self, client: IMAPClient) -> IMAPClient:
        """The line, with our folder selected on it. What was remembered of another numbering is forgotten."""
        if self._on is client:
            return client
        try:
            answer = client.select_folder(self._folder)
        except imaplib.IMAP4.readonly as error:
            raise NoMailbox(
                f"the folder {self._folder!r} can be read only, so settled letters cannot be marked", "folder"
            ) from error
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise NoMailbox(
                f"the mailbox has no folder {self._folder!r} that can be opened ({servers_word(error)})", "folder"
            ) from error
        if self._done_folder and not client.folder_exists(self._done_folder):
            client.create_folder(self._done_folder)
        permanent = {flag.lower() for flag in answer.get(b"PERMANENTFLAGS", ())}
        if not self._done_folder and not permanent & {b"\\*", MARK.lower().encode()}:
            raise NoMailbox("the server keeps no keywords, so settled letters cannot be marked; name a folder to move them to")
        if b"UIDVALIDITY" not in answer:
            raise NoMailbox(f"the server gives letters in {self._folder!r} no lasting numbers (UIDVALIDITY)")
        if answer[b"UIDVALIDITY"] != self._validity:
            self._validity = answer[b"UIDVALIDITY"]
            self._places.clear()
            self._looked_up_to = 0
        self._on = client
        return client

    def _criteria(self, done_since: datetime | None = None) -> list[Any]:
        mark: list[Any] = [] if self._done_folder else ["UNKEYWORD", MARK]
        if mark and done_since is not None:  # a day early: SINCE goes by the server's own days
            mark = ["OR", *mark, "SINCE", (done_since - timedelta(days=1)).date()]
        return ["UNDELETED", *mark, *(["SINCE", self._since] if self._since else [])]

    def _moved(self, skip: Container[str], done_since: datetime) -> Iterator[RawMail]:
        """What was settled since then and lies in the folder for that."""
        since = (done_since - timedelta(days=1)).date()
        done = self._done_folder
        there = ImapInbox(self._server, folder=done, done_folder=done, max_bytes=self._max_bytes, since=since)
        try:
            for item in there.new(skip):
                self._moved_already.add(item.key)
                yield item
        finally:
            there.close()

    def _waiting(self, done_since: datetime | None = None) -> list[_Waiting]:
        """What is not settled, and what is if it came since then; by time, then number; sizes and times only."""

        def look(client: IMAPClient) -> list[_Waiting]:
            self._selected(client).noop()  # some servers search what they told us of so far
            uids = sorted(client.search(self._criteria(done_since)))
            found: list[_Waiting] = []
            for start in range(0, len(uids), AT_ONCE):
                some = uids[start : start + AT_ONCE]
                answer = client.fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
                told = {uid: data for uid, data in answer.items() if isinstance(data.get(b"RFC822.SIZE"), int)}
                silent = [uid for uid in some if uid not in told]
                found += [_Waiting(uid, told[uid][b"RFC822.SIZE"], came_at(told[uid])) for uid in some if uid in told]
                found += [_Waiting(uid, None, NO_TIME) for uid in self._present(client, silent)]
            self._looked_up_to = max([self._looked_up_to, *uids])
            return found

        return sorted(self._line.use(look), key=lambda waiting: (waiting.received_at, waiting.uid))

    def _take(self, waiting: _Waiting, place: str) -> ImapMail | None:
        """The letter of that number; None if it vanished since the listing. Raises OSError."""
        if waiting.size is None:
            raise OSError("the server tells no size of it")
        size, received_at = waiting.size, waiting.received_at
        if size <= self._max_bytes and received_at != NO_TIME:
            try:
                raw = self._part(waiting, "BODY.PEEK[]")
            except TooMuch:  # more than the server said
                size = self._max_bytes + 1
            else:
                if raw is None:
                    return None
                if not raw.strip():
                    return ImapMail(_key(raw), received_at, None, len(raw), "не письмо: сообщение пусто", at=place)
                return ImapMail(_key(raw), received_at, raw, len(raw), at=place)
        head = self._part(waiting, _ID_FIELD)
        if head is None:
            return None
        error = "сервер не сообщил времени получения письма"
        if size > self._max_bytes:
            error = f"письмо слишком велико: {size} байт при допустимых {self._max_bytes}"
        # Known by what a new numbering leaves alone.
        key = _key(f"{waiting.size} {received_at.isoformat()} ".encode() + head)
        return ImapMail(key, received_at, None, size, error, at=place)

    def _part(self, waiting: _Waiting, item: str) -> bytes | None:
        """That item of the letter; None if it vanished, or was numbered anew. Raises OSError: it is there and not given out."""
        validity = self._validity

        def ask(client: IMAPClient) -> bytes | None:
            self._selected(client)
            if self._validity != validity:
                return None
            answer = client.fetch([waiting.uid], [item]).get(waiting.uid, {})
            parts = (value for name, value in answer.items() if name.startswith(b"BODY["))
            part = next((value for value in parts if isinstance(value, bytes)), None)
            if part is None and self._present(client, [waiting.uid]):
                raise OSError("the server gives no text of it")
            return part

        return self._line.use(ask)

    def _present(self, client: IMAPClient, uids: Sequence[int]) -> list[int]:
        """Those of the numbers under which a letter still lies there."""
        if not uids:
            return []
        client.noop()  # a letter that a person took away is searched until we are told
        return sorted({*uids}.intersection(client.search(["UID", ",".join(map(str, uids))])))

    def _key_at(self, waiting: _Waiting) -> str:
        try:
            item = self._take(waiting, self._place(waiting.uid))
        except NoMailbox:
            raise
        except OSError:
            return ""  # what is not given out was not taken in either
        return item.key if item is not None else ""

    def _settle(self, client: IMAPClient, key: str) -> bool:
        """Mark or move what lies there under that key; False if no place is known. What is gone meanwhile is left alone."""
        self._selected(client)  # places of a former numbering are forgotten here
        uids = sorted(self._places.get(key, ()))
        if not uids:
            return False
        client.add_flags(uids, [SEEN] if self._done_folder else [SEEN, MARK], silent=True)
        present = client.search(["UID", ",".join(map(str, uids))]) if self._done_folder else []
        if present:
            self._move(client, present)
        return True

    def _move(self, client: IMAPClient, uids: Sequence[int]) -> None:
        if client.has_capability("MOVE"):
            client.move(uids, self._done_folder)
            return
        client.copy(uids, self._done_folder)
        client.delete_messages(uids, silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)  # a plain EXPUNGE would take with it what a person marked as deleted

    def _fresh(self, client: IMAPClient) -> bool:
        """Is anything waiting that no listing has named yet?"""
        self._selected(client).noop()  # finds out whether the line is alive, too
        uids = client.search([*self._criteria(), "UID", f"{self._looked_up_to + 1}:*"])
        newest = max(uids, default=0)  # `n:*` also names the last letter when that is older
        if newest <= self._looked_up_to:
            return False
        self._looked_up_to = newest
        return True

    def _idle(self, client: IMAPClient, until: float, stop: Callable[[], bool]) -> bool:
        """IDLE until a letter comes, or it is time to renew it, or to stop; False if the server cannot. Raises on a dead line."""
        if not client.has_capability("IDLE"):
            return False
        client.idle()
        renew_at = min(until, self._clock() + self._idle_seconds)
        while not stop() and (now := self._clock()) < renew_at:
            slice_ = min(1.0, renew_at - now)
            happened = client.idle_check(timeout=slice_)
            if any(len(found) > 1 and found[1] == b"EXISTS" for found in happened):
                break
            if not happened and self._clock() - now < slice_ / 2:
                break  # a dead line answers nothing at once, for ever: what is sent next finds out
        client.idle_done()
        return True

    def _pause(self, seconds: float, until: float, stop: Callable[[], bool]) -> None:
        end = min(until, self._clock() + seconds)
        while not stop() and (left := end - self._clock()) > 0:
            self._sleep(min(0.5, left))

    def _place(self, uid: int) -> str:
        return f"{self._folder}/{self._validity}/{uid}"


def _key(raw: bytes) -> str:
    return f"imap:{hashlib.sha256(raw).hexdigest()}"
