"""Mail that comes in: a letter once it is read, and what it says once it is understood. Plain data, as in `cases.model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cases.model import SaleStatus


class LetterKind(StrEnum):
    """What kind of mail it is; bounces first, then automatic, then people's."""

    PERSON = "person"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    OWN = "own"
    HOUSE = "house"  # written by hand from the mailbox's own address


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a letter, kept under a name of ours; `name` is the sender's (data, never a path), `size` in bytes."""

    name: str
    stored: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An incoming mail, read. `key` is once for all (mailbox identity and hash); `received_at` is the mailbox's time.

    `tokens`: reply tokens found in the addresses it was sent to, then in its text; `references`: Message-IDs of In-Reply-To, then
    References, nearest first; `distant`: those of them that References alone names; `numbers`: case numbers in the subject.
    `authentic`: a trusted DKIM or SPF result aligned with the From domain vouches for it; `failed_authentication`: a trusted
    result says it is forged, or its From names several senders. `text`: the whole body.
    `failed_recipient`: of a bounce; `no_such_address`: the bounce says that there is no such address.
    `recipients`: everybody it names in To, Cc, Bcc, lower case.
    """

    key: str
    kind: LetterKind
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    text: str
    message_id: str
    tokens: tuple[str, ...]
    references: tuple[str, ...]
    numbers: tuple[str, ...]
    authentic: bool
    failed_authentication: bool
    attachments: tuple[Attachment, ...] = ()
    failed_recipient: str = ""
    no_such_address: bool = False
    recipients: tuple[str, ...] = ()
    distant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says, after quotes are stripped. `action`: "" (not understood) or one of `report` (with `status`), `extend`,
    `won`, `lost`, `withdraw`, `status` (the word «статус»), `data` (with `answers`), `yes`, `no`, `appeal`, `wait` and
    `stop-waiting` (the waiting list of a refusal), `take` and `decline` (a lead).

    `numbered`: it came as a number of the list (acts at once); a final action in words is echoed. `text`: the new text alone.
    """

    action: str
    text: str
    status: SaleStatus | None = None
    numbered: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()  # further actions of the same reply: `extend` beside a report, `wait` beside an appeal


@dataclass(frozen=True, slots=True)
class Unclear:
    """A line of a reply that names a place of the list, or a deal, and does not act. `why`: `no-word` (the place alone),
    `figure` (a figure for a word), `no-line` (the list has no such place), `twice` (two lines contradict each other),
    `no-deal` (the partner has no such deal), `not-understood`.
    """

    line: str
    why: str


@dataclass(frozen=True, slots=True)
class ListReading:
    """A reply to a list of deals, line by line. `said`: (deal number, word) in the order of the list, a word being a SaleStatus
    value, `extend` or `withdraw`. `beside`: what was written besides, for people.
    """

    said: tuple[tuple[str, str], ...] = ()
    unclear: tuple[Unclear, ...] = ()
    beside: str = ""
    confirmed: bool | None = None  # yes or no to what the letter asked back
