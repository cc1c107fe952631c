"""The model's pilots and NFR licences: accepted, given with staff's key, ended, reported on, as the programme has it."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.year import errands
from tests.year.books import Books, text_of
from tests.year.days import months_after
from tests.year.errands import Answers
from tests.year.figures import PILOT_DAYS, PILOT_REMINDER, PILOT_REPORT_DAYS, PILOT_REPORT_REMINDERS, TERMS
from tests.year.records import (
    ACCEPTED,
    AUTHORISED,
    CLOSED,
    DEAUTHORISED,
    OVERDUE,
    PENDING,
    REFUSED,
    REPORT_DUE,
    RUNNING,
    Answered,
    Errand,
)


def take_pilot(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Пилот»."""
    pilot = errands.new(books, "T", "pilot", key, at, address, text_of(answers, "ИНН партнёра"))
    term = text_of(answers, "Срок дней")
    pilot.term = int(term) if term else PILOT_DAYS


def weigh_pilot(books: Books, pilot: Errand) -> None:
    """Authorised partners only; another term, a stranger and an overdue report are staff's to judge."""
    partner = books.partners.get(pilot.partner)
    if partner is None or partner.state in (REFUSED, DEAUTHORISED):
        pilot.state, pilot.question, pilot.codes = REFUSED, "", (2,)
        books.post("pilot-refused", pilot.number)
        return
    theirs = [other for other in books.errands.values() if other.kind == "pilot" and other.partner == pilot.partner]
    overdue = any(out(other) and other.report_due is not None and other.report_due < books.today for other in theirs)
    if overdue or pilot.term != PILOT_DAYS or not books.knows(pilot.partner, pilot.sender):
        errands.refer(books, pilot)
    else:
        accept(books, pilot)


def weigh_nfr(books: Books, nfr: Errand) -> None:
    """From the tier that gives it; a second one is staff's to judge."""
    partner = books.partners.get(nfr.partner)
    others = [one for one in books.errands.values() if (one.kind, one.partner) == ("nfr", nfr.partner) and one is not nfr]
    if partner is None or partner.state != AUTHORISED or TERMS[partner.tier].nfr == 0:
        nfr.state, nfr.question = REFUSED, ""
        books.post("nfr-refused", nfr.number)
    elif any(other.state in (ACCEPTED, RUNNING) for other in others):
        errands.refer(books, nfr)
    else:
        accept(books, nfr)


def accept(books: Books, errand: Errand) -> None:
    """Yes: from here on staff's key is awaited; one that stands in the row already starts it."""
    errand.state, errand.question = ACCEPTED, ""
    errand.interim = errand.interim or books.now >= errand.due  # this very letter is the answer
    if errand.key:
        _start(books, errand)


def out(pilot: Errand) -> bool:
    """Has it been given, and not been reported on?"""
    return pilot.state in (RUNNING, REPORT_DUE, OVERDUE)


def take_report(books: Books, key: str, answers: Answers) -> None:
    """A row of «Форма Отчёт о пилоте»: the pilot is done with."""
    pilot = books.errands[text_of(answers, "№ пилота")]
    books.rows[key] = Answered(pilot.number)
    if out(pilot):
        pilot.state = CLOSED


# -- staff -------------------------------------------------------------------------------------------


def staff_word(books: Books, errand: Errand, cells: Answers) -> None:
    """Term, key and decision, all of one row."""
    word = text_of(cells, "Решение сотрудника")
    if "Срок сотрудника" in cells and errand.state not in (REFUSED, CLOSED):
        _new_term(books, errand, text_of(cells, "Срок сотрудника"))
    able = may_have(books, errand)
    if (key := text_of(cells, "Ключ")) and key != errand.key:
        _new_key(books, errand, key, able)
    if word == "Одобрить" and errand.state in (PENDING, REFUSED) and able:
        errand.key = key or errand.key
        accept(books, errand)
    elif word == "Отказать" and errand.state in (PENDING, ACCEPTED):
        errand.state, errand.question = REFUSED, ""
        books.post(f"{errand.kind}-refused", errand.number)
    elif word == "Закрыть" and errand.state not in (REFUSED, CLOSED):
        errand.state, errand.question = CLOSED, ""


def may_have(books: Books, errand: Errand) -> bool:
    """Is the partner authorised, and of a tier that gives this licence?"""
    partner = books.partners.get(errand.partner)
    if partner is None or partner.state != AUTHORISED:
        return False
    return errand.kind == "pilot" or TERMS[partner.tier].nfr != 0


def _new_key(books: Books, errand: Errand, key: str, able: bool) -> None:
    """What waits for it starts, now or when the partner may have it; for what runs it is a correction; else it is kept."""
    if errand.state in (REFUSED, CLOSED):
        return
    errand.key = key
    if errand.state == ACCEPTED and able:
        _start(books, errand)
    elif errand.started is not None:
        books.post("pilot-started" if errand.kind == "pilot" else "nfr-issued", errand.number)


def _new_term(books: Books, pilot: Errand, term: str) -> None:
    """Kept for the approval to come; of a pilot that runs it moves the end."""
    if not term:
        pilot.staff_term = None if pilot.state == PENDING else pilot.staff_term
        return
    before = pilot.staff_term or pilot.term
    pilot.staff_term = int(term)
    if out(pilot) and int(term) != before:
        _reckon(pilot)
        assert pilot.ends is not None
        assert pilot.report_due is not None
        if pilot.ends >= books.today:
            pilot.state = RUNNING
        elif pilot.state == OVERDUE and pilot.report_due >= books.today:
            pilot.state = REPORT_DUE
        pilot.stage = pilot.report_stage = 0
        books.post("pilot-started", pilot.number)


def _start(books: Books, errand: Errand) -> None:
    """Day 0 is the day the key is sent."""
    errand.state, errand.started = RUNNING, books.today
    if errand.kind == "pilot":
        _reckon(errand)
        books.post("pilot-started", errand.number)
    else:
        months = TERMS[books.partners[errand.partner].tier].nfr
        errand.ends = months_after(books.today, months) if months else None
        books.post("nfr-issued", errand.number)


def _reckon(pilot: Errand) -> None:
    assert pilot.started is not None
    pilot.ends = pilot.started + timedelta(days=pilot.staff_term or pilot.term)
    pilot.report_due = pilot.ends + timedelta(days=PILOT_REPORT_DAYS)


# -- time --------------------------------------------------------------------------------------------


def pass_time(books: Books, errand: Errand) -> None:
    """What falls due by now."""
    if errand.state == ACCEPTED and errand.key and may_have(books, errand):
        _start(books, errand)
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
