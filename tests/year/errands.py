"""The model's orders, pilots, NFR licences and questions: the rest of the programme that the year lives through."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.year.books import Books, text_of
from tests.year.days import months_after
from tests.year.events import Typed
from tests.year.figures import (
    ANSWER_DAYS,
    NEEDS_DATA_DAYS,
    PILOT_DAYS,
    PILOT_REMINDER,
    PILOT_REPORT_DAYS,
    PILOT_REPORT_REMINDERS,
    TERMS,
)
from tests.year.records import (
    ACCEPTED,
    AUTHORISED,
    CLOSED,
    DEAUTHORISED,
    EXPIRED,
    NEEDS_DATA,
    OVERDUE,
    PENDING,
    REFUSED,
    REGISTERED,
    REPORT_DUE,
    RUNNING,
    WON,
    Answered,
    Deal,
    Errand,
)

Answers = dict[str, Typed]
KEYED = ("pilot", "nfr")
"""What begins with a key of staff's."""


def _new(books: Books, letter: str, kind: str, key: str, at: datetime, address: str, inn: str) -> Errand:
    errand = Errand(books.number(letter, at), kind, inn, address, at, books.days.deadline(at, ANSWER_DAYS), PENDING)
    books.errands[errand.number] = errand
    if key:
        books.rows[key] = Answered(errand.number)
    return errand


def _partner_reasons(books: Books, inn: str) -> set[int]:
    partner = books.partners.get(inn)
    return set() if partner is not None and partner.state == AUTHORISED else {2}


def _refer(books: Books, errand: Errand) -> None:
    if errand.question:
        return
    errand.question = "decide"
    if books.now < errand.due:  # else the interim answer says it all
        books.post("case-received", errand.number)


def take_order(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Заказ»."""
    inn, deal = text_of(answers, "ИНН партнёра"), text_of(answers, "№ сделки")
    asked = [one for one in books.errands.values() if (one.partner, one.deal, one.state) == (inn, deal, NEEDS_DATA)]
    if asked:  # the new form completes it
        order = asked[0]
        order.submitted, order.due, order.state = at, books.days.deadline(at, ANSWER_DAYS), PENDING
        order.codes, order.asked_until = (), None
        books.rows[key] = Answered(order.number)
    else:
        order = _new(books, "O", "order", key, at, address, inn)
    order.deal, order.customer_inn = deal, text_of(answers, "ИНН заказчика")
    order.products = books.named(text_of(answers, "Продукты")) or frozenset()
    order.licences = int(text_of(answers, "Количество лицензий"))


def weigh(books: Books, errand: Errand) -> bool:
    """Weigh an undecided errand, also one that is before staff: their question stands as long as its ground does. True if it
    was decided.
    """
    if errand.state != PENDING:
        return False
    if errand.kind == "order":
        _weigh_order(books, errand)
    elif errand.kind == "pilot":
        _weigh_pilot(books, errand)
    elif errand.kind == "nfr":
        _weigh_nfr(books, errand)
    return errand.state != PENDING


def _weigh_order(books: Books, order: Errand) -> None:
    """The deal in force and the partner's own, within products and quantity, the same customer."""
    deal = books.deals[order.deal]
    codes = _partner_reasons(books, order.partner)
    if order.customer_inn != deal.customer_inn:
        codes.add(7)
    if books.customer_refuses(order.customer_inn, order.partner):
        codes.add(4)
    others = [other for other in books.errands.values() if other.deal == deal.number and other is not order]
    taken = sum(
        other.licences
        for other in others
        if other.state == ACCEPTED or (other.state == PENDING and other.submitted < order.submitted)
    )
    if not order.products <= deal.products:
        order.state, order.question, order.asked_until = NEEDS_DATA, "", books.days.deadline(books.now, NEEDS_DATA_DAYS)
        order.codes = tuple(sorted({1, *codes}))
        books.post("needs-data", order.number)
    elif codes or not (_in_force(deal, order) or deal.state == WON):
        refuse_order(books, order, codes)
    elif deal.state == WON or not books.knows(order.partner, order.sender) or taken + order.licences > deal.licences:
        _refer(books, order)
    else:
        accept(books, order)


def _in_force(deal: Deal, order: Errand) -> bool:
    """Was the registration in force on the day of the order? A pass that comes late takes nothing from it."""
    last = deal.valid_until
    return deal.state == REGISTERED or (deal.state == EXPIRED and last is not None and order.submitted.date() <= last)


def refuse_order(books: Books, order: Errand, codes: set[int]) -> None:
    """With the reasons; that a deal is over has none of the seven codes."""
    order.state, order.question, order.codes = REFUSED, "", tuple(sorted(codes))
    books.post("order-refused", order.number)


def accept(books: Books, errand: Errand) -> None:
    """The answer is yes."""
    errand.state, errand.question = ACCEPTED, ""
    errand.interim = errand.interim or books.now >= errand.due  # this very letter is the answer
    if errand.kind == "order":
        books.post("order-accepted", errand.number)


def take_pilot(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Пилот»."""
    pilot = _new(books, "T", "pilot", key, at, address, text_of(answers, "ИНН партнёра"))
    term = text_of(answers, "Срок дней")
    pilot.term = int(term) if term else PILOT_DAYS


def _weigh_pilot(books: Books, pilot: Errand) -> None:
    partner = books.partners.get(pilot.partner)
    if partner is None or partner.state in (REFUSED, DEAUTHORISED):
        pilot.state, pilot.question, pilot.codes = REFUSED, "", (2,)
        books.post("pilot-refused", pilot.number)
        return
    theirs = [other for other in books.errands.values() if other.kind == "pilot" and other.partner == pilot.partner]
    overdue = any(_out(other) and other.report_due is not None and other.report_due < books.today for other in theirs)
    if overdue or pilot.term != PILOT_DAYS or not books.knows(pilot.partner, pilot.sender):
        _refer(books, pilot)
    else:
        accept(books, pilot)


def _out(pilot: Errand) -> bool:
    return pilot.state in (RUNNING, REPORT_DUE, OVERDUE)


def take_report(books: Books, key: str, at: datetime, answers: Answers) -> None:
    """A row of «Форма Отчёт о пилоте»: the pilot is done with."""
    pilot = books.errands[text_of(answers, "№ пилота")]
    books.rows[key] = Answered(pilot.number)
    if _out(pilot):
        pilot.state = CLOSED


def take_request(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Запрос»: an NFR licence, or a question."""
    inn = text_of(answers, "ИНН партнёра")
    if text_of(answers, "Тема") != "NFR-лицензия":
        ask(books, key, at, address, inn)
        return
    _new(books, "N", "nfr", key, at, address, inn)


def _weigh_nfr(books: Books, nfr: Errand) -> None:
    partner = books.partners.get(nfr.partner)
    if partner is None or partner.state != AUTHORISED or TERMS[partner.tier].nfr == 0:
        nfr.state = REFUSED
        books.post("nfr-refused", nfr.number)
    else:
        accept(books, nfr)


def ask(books: Books, key: str, at: datetime, address: str, inn: str = "", about: str = "", *, appeal: bool = False) -> None:
    """Any other mail: a number, an acknowledgement, and staff see it."""
    question = _new(books, "Q", "question", key, at, address, inn)
    question.question, question.about, question.appeal = "decide", about, appeal
    if books.now < question.due:
        books.post("question-received", question.number)


def staff_word(books: Books, errand: Errand, cells: Answers) -> None:
    """What staff typed into the row."""
    word = text_of(cells, "Решение сотрудника")
    if term := text_of(cells, "Срок сотрудника"):
        errand.term = int(term)
    if word == "Одобрить" and errand.state == PENDING:
        accept(books, errand)
    elif word == "Отказать" and errand.state == PENDING:
        errand.state, errand.question = REFUSED, ""
        if errand.kind in ("order", "pilot"):
            books.post(f"{errand.kind}-refused", errand.number)
    elif word == "Закрыть" and errand.state not in (REFUSED, CLOSED):
        errand.state, errand.question = CLOSED, ""
    if errand.appeal and word:
        books.post("appeal-answered", errand.number)
    if text_of(cells, "Ключ"):
        errand.keyed = True


def _start(books: Books, errand: Errand) -> None:
    """Day 0 is the day the key is sent."""
    errand.state, errand.started = RUNNING, books.today
    if errand.kind == "pilot":
        errand.ends = books.today + timedelta(days=errand.term)
        errand.report_due = errand.ends + timedelta(days=PILOT_REPORT_DAYS)
        books.post("pilot-started", errand.number)
    else:
        months = TERMS[books.partners[errand.partner].tier].nfr
        errand.ends = months_after(books.today, months) if months else None
        books.post("nfr-issued", errand.number)


def pass_time(books: Books, errand: Errand) -> None:
    """What falls due by now. A key that was typed while the partner is not authorised waits until it is again."""
    if errand.keyed and errand.state == ACCEPTED and not _partner_reasons(books, errand.partner):
        _start(books, errand)
    waits = errand.state == PENDING or (errand.state == ACCEPTED and errand.kind in KEYED)  # for staff's key
    if waits and books.now >= errand.due and not errand.interim:
        errand.interim = True
        books.post("case-waiting", errand.number)
    if errand.state == NEEDS_DATA and errand.asked_until is not None and books.now >= errand.asked_until:
        refuse_order(books, errand, set(errand.codes))
    if errand.kind == "pilot" and errand.ends is not None and errand.report_due is not None:
        _pilot_time(books, errand)
    elif errand.kind == "nfr" and errand.state == RUNNING:
        _nfr_time(books, errand)


def _nfr_time(books: Books, nfr: Errand) -> None:
    """It ends with the term or the tier; a tier with a shorter longest term shortens it."""
    partner = books.partners[nfr.partner]
    months = TERMS[partner.tier].nfr if partner.state == AUTHORISED else 0
    assert nfr.started is not None
    if months is not None:
        longest = max(months_after(nfr.started, months), books.today)
        nfr.ends = longest if nfr.ends is None else min(nfr.ends, longest)
    if months == 0 or (nfr.ends is not None and books.today > nfr.ends):
        nfr.state = CLOSED


def _pilot_time(books: Books, pilot: Errand) -> None:
    assert pilot.ends is not None
    assert pilot.report_due is not None
    if pilot.state == RUNNING:
        left = (pilot.ends - books.today).days
        if left < 0:
            pilot.state = REPORT_DUE
        elif left <= PILOT_REMINDER and not pilot.stage:
            pilot.stage = 1
            books.post("pilot-ending", pilot.number)
    if pilot.state == REPORT_DUE:
        left = (pilot.report_due - books.today).days
        if left < 0:
            pilot.state = OVERDUE
            books.post("pilot-report-due", pilot.number)  # that it is overdue, and what follows from it
            return
        stage = sum(left <= days for days in PILOT_REPORT_REMINDERS)
        if stage > pilot.report_stage:
            pilot.report_stage = stage
            books.post("pilot-report-due", pilot.number)
