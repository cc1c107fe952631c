"""What the model remembers: its own picture of partners, cases and letters, in the words of the sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.year.figures import WHITE

PENDING, NEEDS_DATA, REGISTERED, REFUSED = "На рассмотрении", "Нужны данные", "Зарегистрирована", "Отказано"
EXPIRED, ANNULLED, WON, LOST, WITHDRAWN = "Истекла", "Аннулирована", "Выиграна", "Проиграна", "Отозвана"
AUTHORISED, DEAUTHORISED = "Авторизован", "Деавторизован"
LEAD_WAITS, LEAD_WITH_PARTNER, LEAD_TAKEN_UP, LEAD_WITHDRAWN = "Ждёт", "Передан", "В работе", "Снят"
ACCEPTED, RUNNING, REPORT_DUE, OVERDUE, CLOSED = "Одобрено", "Действует", "Ждёт отчёта", "Отчёт просрочен", "Закрыто"
PASSED = "Пройдено"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that must have gone: its template, case, the day of the pass that sent it; its recipient if that is compared."""

    template: str
    number: str
    day: date
    to: str = ""


@dataclass(slots=True)
class Partner:
    """A row of `Партнёры`."""

    number: str
    inn: str
    state: str
    submitted: datetime
    due: datetime
    address: str
    contacts: set[str]
    domains: set[str]
    name: str = ""
    region: str = ""
    authorised: datetime | None = None
    gaps: frozenset[str] = frozenset()
    asked_until: datetime | None = None
    interim: bool = False
    tier: str = WHITE
    individual: int | None = None
    ever_authorised: bool = False
    history: list[tuple[date, str]] = field(default_factory=list)
    warned: date | None = None
    listing: str = ""
    """The request under which it stands on the vendor's site."""
    proposal: str = ""
    """What staff were asked: "authorise", "lower", "stranger", "violation", or nothing."""
    listed: set[str] = field(default_factory=set)
    """Open deals in the last month's letter."""
    asked: dict[str, str] = field(default_factory=dict)
    """Final words of a reply to a list that were asked back."""
    told: set[tuple[str, date]] = field(default_factory=set)
    """Violations that staff were asked about."""


@dataclass(slots=True)
class Deal:
    """A row of `Сделки`. `place` None: not in the queue, data are missing. `may_wait`: the refusal offered to tell when the
    customer is free; `waits`: the partner has asked for it.
    """

    number: str
    partner: str
    sender: str
    known_sender: bool
    customer: str
    customer_inn: str
    kind: str
    products: frozenset[str]
    licences: int
    files: bool
    submitted: datetime
    due: datetime
    place: tuple[datetime, int] | None
    state: str
    gaps: frozenset[str] = frozenset()
    asked_until: datetime | None = None
    question: str = ""
    """Staff's open question: "decide", "annul" (silence), "ended" (the partner's authorisation), or nothing."""
    figure: int | None = None
    """What stands in staff's cell of the discount, whatever came of the word beside it."""
    told: bool = False
    interim: bool = False
    codes: tuple[int, ...] = ()
    discount: int | None = None
    offered: int | None = None
    registered: date | None = None
    until: date | None = None
    """The end of the term before it is moved to a business day."""
    valid_until: date | None = None
    extensions: int = 0
    sale_status: str = ""
    reported: date | None = None
    report_due: date | None = None
    report_stage: int = 0
    warned: date | None = None
    confirm_due: date | None = None
    confirm_stage: int = 0
    confirm_warned: date | None = None
    confirms: int = 0
    expiry_stage: int = 0
    ended: date | None = None
    may_wait: bool = False
    waits: bool = False
    echo: str = ""
    """The final status that waits for its confirmation; `echo_listed`: asked back with others, in one letter."""
    echo_listed: bool = False

    @property
    def open(self) -> bool:
        """Is it in no final state?"""
        return self.state in (PENDING, NEEDS_DATA, REGISTERED)


@dataclass(slots=True)
class Errand:
    """A row of `Заказы`, `Пилоты`, `NFR`, `Обучение` or `Обращения`. `about`: the deal or lead that a letter is about."""

    number: str
    kind: str
    partner: str
    sender: str
    submitted: datetime
    due: datetime
    state: str
    codes: tuple[int, ...] = ()
    asked_until: datetime | None = None
    deal: str = ""
    customer_inn: str = ""
    products: frozenset[str] = frozenset()
    licences: int = 0
    sold: bool = False
    """An order that was accepted counts against its deal, also when staff have closed it."""
    about: str = ""
    appeal: bool = False
    question: str = ""
    interim: bool = False
    key: str = ""
    term: int = 14
    staff_term: int | None = None
    started: date | None = None
    ends: date | None = None
    report_due: date | None = None
    stage: int = 0
    report_stage: int = 0


@dataclass(slots=True)
class Lead:
    """A row of `Лиды`. `partner`, `handed`: who has it, and since when; `had`: everybody who has or had it, in turn.

    `rewritten`: staff changed it while a partner had it, who is to be told. `told_gone`: when and to whom it was last said that
    the lead is theirs no longer.
    """

    number: str
    name: str
    contact: str
    region: str
    state: str = LEAD_WAITS
    partner: str = ""
    handed: datetime | None = None
    answer_by: datetime | None = None
    reminded: bool = False
    rewritten: bool = False
    had: list[str] = field(default_factory=list)
    told_gone: set[tuple[datetime, str]] = field(default_factory=set)


@dataclass(slots=True)
class Answered:
    """What a form row shows: the case it belongs to. `direct`: `Решение` where it is the row's own, not the case's."""

    number: str
    direct: str = ""
