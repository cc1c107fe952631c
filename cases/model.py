"""What Partner Desk knows: submissions, cases, decisions, effects.

Every datetime is aware. Everything here is plain data that msgspec can write as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from rules.authorisation import Standing
from rules.deals import DealKind
from rules.decision import Decision, Problem
from rules.edition import Tier

Facts = dict[str, Any]
"""JSON-able facts: what a letter or a sentence is filled with."""


# -- what comes in ------------------------------------------------------------


class Form(StrEnum):
    """The forms that partners send (contract, "Tabs that forms write")."""

    PARTNER = "partner"
    DEAL = "deal"
    UPDATE = "update"
    ORDER = "order"
    PILOT = "pilot"
    PILOT_REPORT = "pilot-report"
    REQUEST = "request"


@dataclass(slots=True)
class FormRow:
    """One row of a form tab, as read. `answers` by our field names, raw text; `labels` by field: the header as it stands in the
    form.

    `key` is the fingerprint of time stamp, address and answers; `number` what stands in the row's `№` (the system's column), ""
    if nothing. `stamp` is None when the time stamp cannot be read (`stamp_text` says what stood there). `position` is the row on
    the sheet (order of intake).
    """

    form: Form
    key: str
    number: str
    position: int
    stamp: datetime | None
    stamp_text: str
    address: str
    answers: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(slots=True)
class Submission:
    """Something sent to us, stored once under (source, key): a form row, a mail.

    `source`: "form:deal", "mail". `received_at` is the form's time or the mailbox's; `seq` the order of intake (given by the
    ledger). `number` is the case it belongs to. `answer`, `answer_text`, `due_at`, `answered_at` are what the row's right-hand
    columns show: `answer` one of Answer. `recorded_at`: when it was taken in, by the clock of the pass.
    """

    source: str
    key: str
    received_at: datetime
    raw: Facts
    address: str = ""
    seq: int = 0
    number: str = ""
    answer: str = ""
    answer_text: str = ""
    due_at: datetime | None = None
    answered_at: datetime | None = None
    recorded_at: datetime | None = None

    @property
    def row_number(self) -> str:
        """What stood in the form row's `№`, "" if nothing."""
        return str(self.raw.get("row", {}).get("number", ""))

    def fingerprint(self) -> str:
        """Stands for what the row's right-hand columns show: another value as soon as one of them differs."""
        moments = (moment.astimezone(UTC).isoformat() if moment else "" for moment in (self.due_at, self.answered_at))
        return sha256("\x1f".join((self.number, self.answer, self.answer_text, *moments)).encode()).hexdigest()


class Answer(StrEnum):
    """The four words of a form row's `Решение`."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NEEDS_DATA = "needs-data"
    PENDING = "pending"


class WordKind(StrEnum):
    """What staff said in the sheet."""

    DECISION = "decision"  # `Решение сотрудника` (with code and discount beside it)
    CELL = "cell"  # a decision cell of the system's was changed by hand
    FIELD = "field"  # another staff column that the case keeps (manager, contacts, discount, …)
    OVERWRITTEN = "overwritten"  # another system cell was changed: journaled, then put back
    ROW_DELETED = "row-deleted"  # a registry row vanished: it comes back with a remark


@dataclass(frozen=True, slots=True)
class StaffWord:
    """One word of staff's from the sheet, with old and new value as shown. `key` makes it once: hash of tab, number, column, old,
    new, revision.

    `column` is our name of the column (`staff_decision`, `state`, `authorisation`, `tier`, `discount`, `valid_until`, …). `value`
    is our word for what was typed (`approve`, `refuse`, `annul`, `keep`, `authorise`, `deauthorise`, `raise`, `lower`, `close`; a
    state's or tier's value; a figure or ISO date as text); "" when it cannot be understood (then `new` is quoted in the remark).
    `beside`: the row's other staff cells at that time (`refusal_code`, `staff_discount`, `ground`, `comment`, …) as text.
    """

    key: str
    kind: WordKind
    tab: str
    number: str
    column: str
    value: str
    old: str
    new: str
    beside: Mapping[str, str] = field(default_factory=dict)


# -- cases -----------------------------------------------------------------------


class CaseKind(StrEnum):
    """Kinds of case, with the letter of their number."""

    PARTNER = "partner"
    DEAL = "deal"
    REQUEST = "request"
    TRAINING = "training"
    ORDER = "order"
    PILOT = "pilot"
    NFR = "nfr"
    LEAD = "lead"


PREFIX: Mapping[CaseKind, str] = {
    CaseKind.PARTNER: "P",
    CaseKind.DEAL: "D",
    CaseKind.REQUEST: "Q",
    CaseKind.TRAINING: "Q",
    CaseKind.ORDER: "O",
    CaseKind.PILOT: "T",
    CaseKind.NFR: "N",
    CaseKind.LEAD: "L",
}


class DealState(StrEnum):
    """`Состояние` of a deal."""

    PENDING = "pending"
    NEEDS_DATA = "needs-data"
    REGISTERED = "registered"
    REFUSED = "refused"
    EXPIRED = "expired"
    ANNULLED = "annulled"
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


OPEN_DEAL_STATES = frozenset({DealState.PENDING, DealState.NEEDS_DATA, DealState.REGISTERED})


class PartnerState(StrEnum):
    """`Авторизация` of a partner; needs data and new show as `На рассмотрении`."""

    NEEDS_DATA = "needs-data"
    PENDING = "pending"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    DEAUTHORISED = "deauthorised"


class RequestState(StrEnum):
    """`Состояние` of a question, a request, a training line."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    CLOSED = "closed"
    PASSED = "passed"


class ErrandState(StrEnum):
    """`Состояние` of an order, a pilot, an NFR licence. From APPROVED on a licence waits for its key; RUNNING: it is out."""

    PENDING = "pending"
    NEEDS_DATA = "needs-data"
    APPROVED = "approved"
    RUNNING = "running"
    REPORT_DUE = "report-due"  # a pilot that ended; its report is awaited
    OVERDUE = "overdue"  # and was not given in time
    REFUSED = "refused"
    CLOSED = "closed"


class LeadState(StrEnum):
    """Where a lead stands; `Лиды` shows it by `Партнёр` and `Передан` alone."""

    WAITING = "waiting"  # with nobody: new, come back, or no partner has room for it
    ASSIGNED = "assigned"  # with a partner who has not answered yet
    WORKED = "worked"  # taken up
    WITHDRAWN = "withdrawn"  # staff emptied its row


class SaleStatus(StrEnum):
    """`Статус продажи`, numbered 1..7 in every letter about a deal; 8 and 9 are `extend` and `withdraw`."""

    IN_WORK = "in-work"
    NEGOTIATING = "negotiating"
    OFFER_SENT = "offer-sent"
    TENDER = "tender"
    WON = "won"
    LOST = "lost"
    POSTPONED = "postponed"


@dataclass(slots=True)
class Remark:
    """A line of `Замечания`: `code` names it (so that it can be lifted), `text` is Russian, frozen when written."""

    code: str
    text: str


@dataclass(slots=True)
class Question:
    """What is open with staff: `code` (`review`, `annul`, `demote`, `confirm-tier`, …), the sentence they see (a
    proposal begins `Предложение:`), since when.
    """

    code: str
    text: str
    asked_at: datetime
    facts: Facts = field(default_factory=dict)


@dataclass(slots=True)
class Asked:
    """Data that the sender was asked for: field, the form's own header, and the sentence."""

    field: str
    label: str
    text: str
    code: str


@dataclass(slots=True)
class Echo:
    """A final status or withdrawal that waits for the partner's confirmation (1 = yes, 2 = no)."""

    action: str  # "won" | "lost" | "withdraw"
    asked_at: datetime


@dataclass(slots=True)
class PartnerData:
    """A partner, from application on. Contacts are lower-case addresses. Discounts in percent. `tier_grace_until`: end
    of a warning's 30 days.
    """

    name: str = ""
    inn: str = ""
    kpp: str = ""
    site: str = ""
    contact: str = ""
    phone: str = ""
    region: str = ""
    distributor: str = ""
    consent_at: datetime | None = None
    consent_form: str = ""  # the words that were agreed to, as they stood in the form, with their hash
    comment: str = ""
    contacts: list[str] = field(default_factory=list)
    staff_contacts: list[str] = field(default_factory=list)
    tier: Tier = Tier.WHITE
    discount_override: Decimal | None = None
    individual_discount: Decimal | None = None
    authorised_at: datetime | None = None
    refused_before: bool = False
    manager: str = ""
    tier_warned_at: datetime | None = None
    tier_grace_until: date | None = None
    tier_declined: str = ""  # a tier that staff would not confirm; asked again at the next quarterly review
    tier_held_back: Tier | None = None  # up to here its figures held when staff lowered it; rising so far is theirs to say
    sales_12m: Decimal = Decimal(0)
    distance: str = ""
    violations_told: list[str] = field(default_factory=list)  # those that staff were asked about
    listing: str = ""  # number of the request under which it is listed on the vendor's site


@dataclass(slots=True)
class OfferLine:
    """A line of an offer; money in roubles, Decimal; `price` after discount."""

    article: str
    name: str
    term_months: str
    quantity: int
    list_price: Decimal
    discount: Decimal
    price: Decimal
    total: Decimal


@dataclass(slots=True)
class Offer:
    """Prices frozen with the offer (КП), and whom it is for. `deal` and its `registered_on`; `tier`: a Tier's value."""

    number: str
    on: date
    valid_until: date
    lines: list[OfferLine]
    total: Decimal
    discount: Decimal
    deal: str = ""
    registered_on: date | None = None
    protected_until: date | None = None
    tier: str = ""
    buyer: str = ""
    buyer_inn: str = ""
    customer: str = ""
    customer_inn: str = ""
    distributor: str = ""


@dataclass(slots=True)
class DealData:
    """A deal registration. `products` are names as in `Прайс`, `product_keys` their name keys, `articles` what was
    priced (article per product).
    """

    partner_name: str = ""
    customer: str = ""
    customer_kpp: str = ""
    deal_kind: DealKind | None = None
    products: list[str] = field(default_factory=list)
    product_keys: list[str] = field(default_factory=list)
    articles: list[str] = field(default_factory=list)
    licences: int | None = None
    expected_on: date | None = None
    expected_text: str = ""
    customer_contact: str = ""
    competitor: str = ""
    licence_screenshot: str = ""
    financial_document: str = ""
    comment: str = ""
    discount: Decimal | None = None
    staff_discount: Decimal | None = None
    registered_at: datetime | None = None
    ends: date | None = None  # unshifted end of the term
    valid_until: date | None = None
    extensions: int = 0
    sale_status: SaleStatus | None = None
    reported_on: date | None = None
    report_months: list[str] = field(default_factory=list)  # "2026-03": months in which a report came
    confirmed_on: date | None = None
    report_warned_on: date | None = None
    confirm_warned_on: date | None = None
    done: list[str] = field(default_factory=list)
    refusal_codes: list[str] = field(default_factory=list)
    offered_discount: Decimal | None = None  # second partner's
    waits_since: datetime | None = None  # refused, and on the waiting list: to be told when the customer is free
    offers: int = 0
    echo: Echo | None = None
    expired_on: date | None = None
    closed_at: datetime | None = None
    name_key: str = ""


@dataclass(slots=True)
class RequestData:
    """A question or request in `Обращения`, or a line of `Обучение` (`topic` = `sales` / `technical`)."""

    topic: str = ""
    subject: str = ""
    text: str = ""
    address: str = ""
    partner_name: str = ""
    about: str = ""  # number of another case it concerns
    compared: str = ""  # of an appeal: both cases side by side, for staff's eyes alone
    held_until: date | None = None
    planned_on: date | None = None  # the day that the invitation names
    sequence: int = 0  # of the calendar entry
    invited: bool = False
    done: list[str] = field(default_factory=list)
    held_on: str = ""
    attended: bool = False
    certificate: str = ""
    facts: Facts = field(default_factory=dict)
    named: str = ""  # INN of the partner in whose name an unknown address asks


@dataclass(slots=True)
class OrderData:
    """An order of keys for a registered deal. `lines`: priced when it was accepted; `amount`: their sum, the sale to expect."""

    partner_name: str = ""
    deal: str = ""
    customer: str = ""
    products: list[str] = field(default_factory=list)
    product_keys: list[str] = field(default_factory=list)
    articles: list[str] = field(default_factory=list)
    licences: int | None = None
    distributor: str = ""
    discount: Decimal | None = None
    lines: list[OfferLine] = field(default_factory=list)
    amount: Decimal | None = None
    accepted_at: datetime | None = None


@dataclass(slots=True)
class LicenceData:
    """A licence on trial: a pilot's at a customer, or the partner's own (NFR). `ends_on` None while it runs: with the tier.

    `asked_days`: the term asked for, None for the standard one; `term_days` in force. `started_on`: day 0, the day of the key.
    """

    partner_name: str = ""
    customer: str = ""
    products: list[str] = field(default_factory=list)
    product_keys: list[str] = field(default_factory=list)
    licences: int | None = None
    comment: str = ""
    asked_days: int | None = None
    term_days: int | None = None
    key: str = ""
    started_on: date | None = None
    ends_on: date | None = None
    report_due_on: date | None = None
    reported_at: datetime | None = None
    result: str = ""
    feedback: str = ""
    intent: str = ""
    done: list[str] = field(default_factory=list)


class TurnEnd(StrEnum):
    """How a lead left a partner."""

    REFUSED = "refused"
    SILENT = "silent"
    UNREACHED = "unreached"  # the letter with the lead never went out
    DEAUTHORISED = "deauthorised"
    WITHDRAWN = "withdrawn"  # by staff


@dataclass(slots=True)
class LeadTurn:
    """A partner that has or had the lead; `ended` "" while it has it, else a TurnEnd. `month`: whose quota it counts in; `lead`:
    what the lead was called then.
    """

    partner_inn: str
    month: str
    lead: str
    ended: str = ""


@dataclass(slots=True)
class LeadData:
    """A lead as staff wrote it, and who had it; `take_up_by`: the moment by which its partner must have answered.

    `told_at`: when the letter with the lead really went; `changed`: staff rewrote it while a partner had it, who is to be told.
    `waiting_told`: staff know that nobody can have it yet.
    """

    lead: str = ""
    contact: str = ""
    region: str = ""
    partner_name: str = ""
    handed_at: datetime | None = None
    told_at: datetime | None = None
    take_up_by: datetime | None = None
    reminded: bool = False
    changed: bool = False
    waiting_told: bool = False
    turns: list[LeadTurn] = field(default_factory=list)


CaseData = PartnerData | DealData | RequestData | OrderData | LicenceData | LeadData


@dataclass(slots=True)
class Case:
    """One case, whatever its kind. `number` is its identity for people.

    `state` is a PartnerState, DealState, RequestState, ErrandState or LeadState value. `submitted_at` the submission's time;
    `place_at`, `place_seq` its place in the queue (None: none, data are missing). `due_at` the answer's deadline, stored once.
    `wakes_at`: when the case must be looked at next (None: nothing pending). `asked`: data that are missing, refused after
    `asked_due_at`. `sender`: the address that submitted it; `sender_known`: of an application, whether that address may speak for
    the partner. `decided_at`: first final or registering decision.
    """

    number: str
    kind: CaseKind
    state: str
    edition: str
    submitted_at: datetime
    data: CaseData
    partner_inn: str = ""
    customer_inn: str = ""
    revision: int = 0
    place_at: datetime | None = None
    place_seq: int = 0
    due_at: datetime | None = None
    wakes_at: datetime | None = None
    sender: str = ""
    sender_known: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    asked_due_at: datetime | None = None
    waits_for: list[str] = field(default_factory=list)
    question: Question | None = None
    remarks: list[Remark] = field(default_factory=list)
    reason_text: str = ""
    decided_at: datetime | None = None
    warned_shares: list[float] = field(default_factory=list)
    missed: bool = False
    interim_at: datetime | None = None
    received_told: bool = False

    def deal(self) -> DealData:
        """The payload as a deal's. Raises TypeError on a case of another kind."""
        if not isinstance(self.data, DealData):
            raise TypeError(f"{self.number} is no deal")
        return self.data

    def partner(self) -> PartnerData:
        """The payload as a partner's. Raises TypeError on a case of another kind."""
        if not isinstance(self.data, PartnerData):
            raise TypeError(f"{self.number} is no partner")
        return self.data

    def request(self) -> RequestData:
        """The payload as a request's. Raises TypeError on a case of another kind."""
        if not isinstance(self.data, RequestData):
            raise TypeError(f"{self.number} is no request")
        return self.data

    def order(self) -> OrderData:
        """The payload as an order's. Raises TypeError on a case of another kind."""
        if not isinstance(self.data, OrderData):
            raise TypeError(f"{self.number} is no order")
        return self.data

    def licence(self) -> LicenceData:
        """The payload as a pilot's or an NFR licence's. Raises TypeError on a case of another kind."""
        if not isinstance(self.data, LicenceData):
            raise TypeError(f"{self.number} is no licence")
        return self.data

    def lead(self) -> LeadData:
        """The payload as a lead's. Raises TypeError on a case of another kind."""
        if not isinstance(self.data, LeadData):
            raise TypeError(f"{self.number} is no lead")
        return self.data


STANDING: Mapping[str, Standing] = {
    PartnerState.NEEDS_DATA: Standing.UNDECIDED,
    PartnerState.PENDING: Standing.UNDECIDED,
    PartnerState.AUTHORISED: Standing.AUTHORISED,
    PartnerState.REFUSED: Standing.REFUSED,
    PartnerState.DEAUTHORISED: Standing.DEAUTHORISED,
}


# -- what was decided, and what follows ----------------------------------------------


@dataclass(frozen=True, slots=True)
class ReasonText:
    """A reason as told: code, section, Russian sentence."""

    code: str
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as recorded: what the rules recommended, what was decided and by whom ("rules", "staff", "partner",
    "time"), on which facts.
    """

    number: str
    revision: int
    question: str  # "authorisation", "registration", "extension", "tier", "report", …
    outcome: str  # outcome in force: approve | refer | ask | reject | annul | expire | won | …
    by: str
    at: datetime
    edition: str
    reasons: tuple[ReasonText, ...]
    recommended: Decision | None
    facts: Facts


class EffectKind(StrEnum):
    """What is done in the world."""

    MAIL = "mail"
    ROW = "row"  # a registry row shows the case anew
    FORM_ROW = "form-row"  # the right-hand columns of a form row show the submission anew
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter to be sent: `key` from (case, revision, template, recipient) makes it once; `context` is frozen JSON.

    `answers` names the form rows (source, key) whose `Ответ отправлен` it fills. `warns` marks the deal clock when
    really sent ("report", "confirm"), or a lead's ("lead").
    `thread`: Message-IDs of the letter that is answered, oldest first. `offer`: an offer to render and attach.
    `not_before`: it goes then at the earliest.
    """

    key: str
    number: str
    revision: int
    template: str
    recipient: str
    context: Facts
    queued_at: datetime
    answers: tuple[tuple[str, str], ...] = ()
    warns: str = ""
    thread: tuple[str, ...] = ()
    offer: Offer | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of `Журнал`."""

    at: datetime
    number: str
    event: str
    details: str


@dataclass(frozen=True, slots=True)
class QuarantineItem:
    """Something nobody here can mend by itself: where it came from, why, and the raw material, kept."""

    source: str
    key: str
    reason: str
    raw: str
    at: datetime
