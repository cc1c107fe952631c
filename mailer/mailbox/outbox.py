"""The sending side of the mailbox as a port: deliver a letter, and find out whether it went when that is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import mktime_tz, parseaddr, parsedate_tz
from typing import NamedTuple, Protocol

GONE_FIELDS = ("X-Partner-Key", "X-Partner-Case", "X-Partner-Template", "To", "Reply-To", "X-Partner-Says", "Date")


class DeliveryUncertain(Exception):
    """The letter was handed over, but no answer came: it may or may not have gone. Look for it before any repeat."""


class Refused(Exception):
    """Permanent: this letter will never be taken (address unknown, message rejected). Staff are told; never tried again."""


class Unavailable(Exception):
    """Passing: nothing went; try the same bytes again later."""


class Withdrawn(Exception):
    """The letter is not ours to send any more; nothing went."""


class Gone(NamedTuple):
    """A letter that went out, by its own copy. `token`: that of its reply address, which nobody else can make for its key.

    `marks`: see `cases.letters.marks`; None for one that an earlier release wrote. `at`: when it was written.
    """

    key: str
    number: str
    template: str
    recipient: str
    token: str
    marks: frozenset[str] | None
    at: datetime


def gone(head: Message) -> Gone | None:
    """What the header of a copy says; None if the letter is none of ours."""
    key, number, template, to, reply_to, says, written = (str(head.get(name, "")).strip() for name in GONE_FIELDS)
    if not key:
        return None
    token = parseaddr(reply_to)[1].partition("@")[0].rpartition("+")[2]
    stamp = parsedate_tz(written)
    at = datetime.fromtimestamp(mktime_tz(stamp) if stamp else 0, UTC)
    said = frozenset(says.split()) if "X-Partner-Says" in head else None
    return Gone(key.lower(), number, template, parseaddr(to)[1].lower(), token.lower(), said, at)


def always() -> bool:
    """Whoever sends alone need not ask."""
    return True


class Connection(Protocol):
    """An open way out, for a batch of letters."""

    def send(self, raw: bytes, recipient: str, may_go: Callable[[], bool] = always) -> None:
        """Deliver one letter. Returns when it is taken for certain; raises DeliveryUncertain, Refused, Unavailable, Withdrawn.

        `may_go` is asked right before the letter is handed over: is it ours still? A process may have been stopped meanwhile.
        """


class Mailbox(Protocol):
    """Where letters go out. Opened for a batch: one connection for many letters.

    `grace`: a letter that was handed over just before a crash may be on its way to our copies for so long. Until then, that no
    copy is found proves nothing.
    """

    @property
    def grace(self) -> timedelta: ...

    def find(self, message_ids: Iterable[str]) -> set[str]:
        """Those letters that went out already, by their own copies; ids as `Outgoing.message_id` has them, without the domain.

        Raises Unavailable when it cannot be looked up now, DeliveryUncertain when there is nowhere to look at all.
        """

    def gone_since(self, moment: datetime) -> list[Gone]:
        """Letters that went out since then, each once (some a day older may be among them). Raises as `find` does."""

    def batch(self) -> AbstractContextManager[Connection]:
        """Connect for a batch and close afterwards. Raises Unavailable when there is no connection to be had."""
