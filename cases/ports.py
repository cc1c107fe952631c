"""What cases need from the world: a ledger, words for people, a reader of replies. Implemented further up, wired by `jobs`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cases.incoming_mail import ListReading, Reading
from cases.model import Asked, Case, CaseKind, Event, Mail, QuarantineItem, Recorded, Submission
from cases.staff_lines import StaffTabs
from cases.tabs import Tabs
from rules.calendar import BusinessCalendar
from rules.decision import Problem, Reason
from rules.edition import Edition
from rules.in_force import Editions


class Taken(Exception):
    """A customer's product is held by another registered deal already (the ledger's unique index said so)."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by {holder}")
        self.holder = holder


@dataclass(frozen=True, slots=True)
class LeadsGiven:
    """The leads that a partner was given: how many in the month asked about, when the last one of all."""

    in_month: int
    last_at: datetime


class Transaction(Protocol):
    """One unit of work on the ledger: everything in it is committed together or not at all.

    Cases live in an identity map: the same number gives the same object within the transaction; `save` marks it changed
    and raises
    its `revision` by one at most once a transaction. Look-ups see what was added or changed before in the same transaction.
    """

    # submissions
    def known_submissions(self, source: str, keys: Iterable[str]) -> dict[str, Submission]:
        """Those of `keys` that were recorded before, by key."""

    def add_submission(self, submission: Submission) -> Submission:
        """Record a submission; gives `seq` and `recorded_at` (from the transaction's `now`). Raises ValueError if
        (source, key) is known.
        """

    def save_submission(self, submission: Submission) -> None:
        """The submission's answer changed; its form row is queued to be shown anew."""

    def submissions_of(self, number: str) -> list[Submission]:
        """All submissions that belong to a case, by seq."""

    # cases
    def next_number(self, kind: CaseKind, year: int, shown: str = "", about: Collection[str] = ()) -> str:
        """The next number of that kind: `P-0001`, `D-2026-0001`, … No gaps within a committed history, never given twice.

        A number that the ledger lost (it was made from a backup) is given again: the one `shown` in the form row, or one whose
        registry row says all of `about`.
        """

    def add_case(self, case: Case) -> None: ...
    def save(self, case: Case) -> None: ...
    def case(self, number: str) -> Case | None: ...
    def partner(self, inn: str) -> Case | None:
        """The partner case of that INN (the authorisation that counts), if any."""

    def deals_of_customer(self, customer_inn: str) -> list[Case]:
        """Every deal case with that customer INN that is not final, by place; and finals within the last year."""

    def history_of_customer(self, customer_inn: str) -> list[Case]:
        """Every deal and order with that customer INN, however long ago, by number."""

    def deals_of_partner(self, partner_inn: str) -> list[Case]:
        """Every deal case of that partner, by number."""

    def open_deal_count(self, partner_inn: str) -> int: ...
    def open_deals_before(self, partner_inn: str, at: datetime, seq: int) -> int:
        """The partner's registered deals, and its undecided ones with an earlier place in the queue than that."""

    def cases_of_kind(self, kind: CaseKind, partner_inn: str) -> list[Case]: ...
    def errands_of(self, partner_inn: str) -> list[Case]:
        """The partner's orders, pilots and NFR licences, by number."""

    def all_partners(self) -> list[Case]: ...
    def cases_in_state(self, kind: CaseKind, state: str) -> list[Case]:
        """Every case of that kind in that state, by number."""

    def waking(self, now: datetime, limit: int) -> list[str]:
        """Numbers of cases with `wakes_at` <= now, at most `limit`, quarantined ones left out: deals in force first (an expiry
        frees a customer), then the queue by place, then what has none.
        """

    def preload(self, numbers: Sequence[str]) -> list[Case]:
        """Load these cases, with their partners and the open deals of their customers, in a constant number of queries."""

    def preload_parties(self, partners: Iterable[str], customers: Iterable[str], name_keys: Iterable[str] = ()) -> None:
        """Have in memory, in a constant number of queries, what is asked about these INNs: partners, open deals, holds."""

    def undecided_of(self, partner_inn: str) -> list[Case]:
        """The partner's deals, orders, pilots and NFR licences that wait for data or a decision, by number; not those that are
        due to be looked at anyway.
        """

    def namesakes(self, name_key: str, customer_inn: str) -> list[str]:
        """Numbers of open deals whose customer's name key is equal under another INN."""

    # first come
    def hold(self, case: Case, override: bool) -> None:
        """Protect the case's customer and products; unique per customer and product. Raises Taken. `override`: staff
        approved an overlap.
        """

    def release(self, number: str) -> None:
        """The case no longer holds anything."""

    def wait(self, case: Case) -> None:
        """The refused deal's partner is to be told when the customer is free; again is no harm."""

    def stop_waiting(self, case: Case) -> None:
        """Nobody is to be told of that deal's customer any more."""

    def waiting_for(self, customer_inn: str) -> list[Case]:
        """The refused deals that wait for this customer, by number."""

    def leads_given(self, month: str) -> Mapping[str, LeadsGiven]:
        """Of each partner that ever had a lead, by INN; those it gave back count."""

    def give_lead(self, case: Case, partner_inn: str, month: str, quota: int) -> bool:
        """Count the lead in the partner's month; unique per slot, and per lead and partner. False: the month's quota is used up,
        or the partner had this very lead.
        """

    def partner_by_contact(self, address: str) -> list[Case]:
        """Partners for which this address, or its domain as their own, may speak."""

    def set_contacts(self, case: Case, addresses: Iterable[str], domains: Iterable[str]) -> None:
        """Who may speak for this partner: exact addresses and own domains; replaces what stood before."""

    # decisions and effects
    def record(self, recorded: Recorded) -> None: ...
    def queue_mail(self, mail: Mail) -> bool:
        """Put a letter into the outbox; False if its key is there already."""

    def cancel_mail(self, number: str, templates: Sequence[str]) -> None:
        """Drop letters of these templates that have not been tried yet (overtaken by a decision)."""

    def mail_sent_since(self, recipient: str, template: str, since: datetime) -> int:
        """Letters of that template to that recipient queued since then (rate limits)."""

    def letters_due_since(self, recipient: str, since: datetime) -> int:
        """Letters to that recipient that were or will be due since then; all of `name+anything@domain` are one (rate limits)."""

    def answers_sent_since(self, recipient: str, since: datetime) -> int:
        """Letters to that recipient queued since then that answer a letter (rate limits)."""

    def answers_sent_about(self, number: str, since: datetime) -> int:
        """Letters about that case queued since then that answer a letter (rate limits)."""

    def address_died(self, address: str) -> None:
        """A server said that there is no such address."""

    def address_lives(self, address: str) -> None:
        """There is such an address after all."""

    def dead_addresses(self, addresses: Iterable[str]) -> dict[str, datetime]:
        """Those of the addresses (lower case) that a server said do not exist, and when it last did."""

    def letter_by_token(self, token: str) -> Mail | None: ...
    def letter_by_message_id(self, message_id: str) -> Mail | None: ...
    def letters_of(self, number: str, template: str) -> list[Mail]:
        """Letters queued for a case, oldest first."""

    def show(self, case: Case) -> None:
        """Queue the case's registry row to be shown anew (save does it too)."""

    def journal(self, event: Event) -> None: ...
    def quarantine(self, item: QuarantineItem) -> None: ...

    def note(self, key: str) -> str:
        """A small fact kept between passes (fingerprint of the workbook, …); "" if none."""

    def set_note(self, key: str, value: str) -> None: ...

    # staff's tabs and words
    def staff_tabs(self) -> StaffTabs: ...
    def word_known(self, key: str) -> bool: ...
    def add_word(self, key: str, raw: Mapping[str, object], at: datetime) -> None: ...


class Ledger(Protocol):
    """Durable memory."""

    def transaction(self, now: datetime) -> AbstractContextManager[Transaction]:
        """Begin; commit at the end of the block; roll back if it raises."""


class Wording(Protocol):
    """Russian for people, one file of `mailer`."""

    def problem(self, problem: Problem, label: str) -> str:
        """One line of a letter: what is wrong with the field called `label`, and how to mend it."""

    def reason(self, reason: Reason, edition: Edition) -> str:
        """A reason for `Причина` and letters (refusal codes 1..7 from the edition)."""

    def remark(self, code: str, **facts: str) -> str:
        """A line of `Замечания` for staff."""

    def question(self, code: str, **facts: str) -> str:
        """What staff are asked; a proposal begins `Предложение:`."""

    def event(self, code: str) -> str:
        """Name of an event for `Журнал`."""

    def label(self, field: str) -> str:
        """The contract's own header of a form's field, when the form's is not at hand."""

    def term(self, name: str) -> str:
        """A state, tier, kind or sale status in Russian."""

    def meaning(self, field: str, text: str) -> str:
        """Our word for what was typed in a field with a list of answers; the text itself when it is none of them."""


class ReplyReader(Protocol):
    """Understands a reply, after quotes are stripped; in `mailer`."""

    def sent_text(self, mail: Mail) -> str:
        """The text of a letter of ours, as it was sent (so that a reply's quotes can be told from what is new)."""

    def read(self, text: str, subject: str, answered: str, asked: Sequence[Asked], own_list: Mapping[str, str]) -> Reading:
        """`answered`: text of the very letter that is answered, "" if unknown (its lines are subtracted). `asked`: data
        that were asked for.
        `own_list`: the short list of answers that the letter has instead of the statuses' (`letters.own_list`), {} if none.
        """

    def read_lead(self, text: str, subject: str, answered: str) -> Reading:
        """A reply about a lead: the action is `take`, `decline`, `status` or "" (not understood)."""


class ListReader(Protocol):
    """Understands a reply to a letter that lists several deals; in `mailer`."""

    def read_list(self, text: str, answered: str, listed: Sequence[str]) -> ListReading:
        """`answered`: text of the letter that is answered. `listed`: the deals' numbers in the order of its list, the first in
        line 1.
        """


@dataclass(frozen=True, slots=True)
class Materials:
    """Links to marketing materials, name -> address: for every partner, and besides for tiers with extended marketing."""

    links: Mapping[str, str] = field(default_factory=dict)
    extended: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything a pass is given besides the ledger. `tabs`: staff's own tabs as last read; `staff`: addresses of the
    vendor's staff.
    """

    now: datetime
    editions: Editions
    calendar: BusinessCalendar
    wording: Wording
    reader: ReplyReader
    lists: ListReader
    tabs: Tabs
    staff: tuple[str, ...] = ()
    mailbox: str = "partners@stakhanovets.ru"
    answers_per_sender_a_day: int = 30
    answers_per_case_a_day: int = 30
    unvouched_per_partner_a_day: int = 10
    dead_address_days: int = 60
    materials: Materials = Materials()


# -- delivery: what the mail and the sheet jobs ask of the ledger -----------------------


@dataclass(slots=True)
class Outgoing:
    """A letter in the outbox. `message_id` is the part before the @ (first 32 hex digits of the key); `token` goes into Reply-To.

    `raw`: the bytes, fixed before the first try. `uncertain`: a try began and its end is unknown; look for it before any repeat.
    `interrupted`: whoever tried died, or was cut off, in the midst of it, nobody knows how long ago.
    """

    mail: Mail
    message_id: str
    token: str
    raw: bytes | None
    attempts: int
    uncertain: bool
    interrupted: bool = False


class MailOutbox(Protocol):
    """Part of the transaction that the delivery of letters uses."""

    def claim_mails(self, owner: str, lease_until: datetime, limit: int) -> list[Outgoing]:
        """Letters due now, oldest first, claimed for `owner`; those whose claim ran out come back with `uncertain`."""

    def mail_prepared(self, key: str, raw: bytes) -> None:
        """Fix the bytes; the state is `sending` from this commit on."""

    def mail_sent(self, key: str, at: datetime) -> None:
        """Settled for ever. Raises KeyError for an unknown key."""

    def mail_deferred(self, key: str, until: datetime, error: str) -> None:
        """A passing failure: try again later; the attempt is counted."""

    def mail_waits(self, key: str, until: datetime) -> None:
        """It may be under way: look for it again then. That is no attempt."""

    def mail_refused(self, key: str, error: str) -> None:
        """A permanent failure: staff are told; never tried again."""

    def mail_in_doubt(self, key: str, error: str) -> None:
        """Nowhere to look whether it went: staff decide."""


class SheetOutbox(Protocol):
    """Part of the transaction that reading and writing the spreadsheet uses."""

    def pending_cases(self) -> list[Case]:
        """Cases whose registry row has to be shown anew."""

    def pending_submissions(self) -> list[Submission]:
        """Form rows whose right-hand columns have to be shown anew."""

    def pending_events(self, limit: int) -> list[tuple[int, Event]]:
        """Lines of `Журнал` not yet written, by id."""

    def rows_written(
        self, cases: Sequence[tuple[str, int]], submissions: Sequence[tuple[int, str]], events: Sequence[int]
    ) -> None:
        """Settle what was written: (number, revision shown), (seq, fingerprint of what was shown), event ids. A case
        changed meanwhile stays pending.
        """

    def base_rows(self, tab: str) -> dict[str, dict[str, str]]:
        """What was written last, by row key and column, as canonical text."""

    def set_base_rows(self, tab: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Replace what was written last in these rows (others stay)."""

    def drop_base_rows(self, tab: str, keys: Sequence[str]) -> None: ...
    def set_staff_tabs(self, tabs: StaffTabs) -> set[str]:
        """Store staff's own tabs if they changed; gives the INNs of partners whose sales, publicity or violations changed."""

    def note(self, key: str) -> str:
        """A small fact kept between passes (fingerprint of the workbook, …); "" if none."""

    def set_note(self, key: str, value: str) -> None: ...
