"""The inbox as a port: a folder of letters, whatever stands behind it (a Maildir, an IMAP folder)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawMail:
    """One item of the inbox. `key` is its identity for the ledger: the place in the mailbox, a colon, the SHA-256 of its bytes.

    `received_at` is the mailbox's own time (INTERNALDATE, file time), aware. With `raw` None the item could not be taken and
    `error` says why in words for staff; the queue goes on behind it. `sent`: it lies among what was sent from the mailbox itself.
    """

    key: str
    received_at: datetime
    raw: bytes | None
    size: int
    error: str = ""
    sent: bool = False

    @property
    def place(self) -> str:
        """Where it lies, without its content: what `Inbox.keys` lists and `Inbox.new` leaves out."""
        return self.key.rsplit(":", 1)[0]


class Inbox(Protocol):
    """A mailbox to be read. Reading changes nothing in it; only `done` does, and only after the ledger's commit."""

    def keys(self) -> list[str]:
        """Places of the items that are not marked as done, oldest first; no letter's bytes are read. Raises OSError if there is
        no mailbox.
        """

    def new(self, skip: Container[str] = (), *, done_since: datetime | None = None) -> Iterator[RawMail]:
        """Items not marked as done, oldest first, one in memory at a time; places in `skip` are left out. Raises OSError if there
        is no mailbox.

        `done_since`: those that are marked as done, too, if they came then or later (a few earlier ones may be among them).

        An item may come again (after a crash, a re-scan): the ledger decides by `key` whether it is known.
        """

    def done(self, key: str) -> None:
        """Mark the item as seen by us. An item that a person moved or deleted meanwhile is no error."""
