"""The model's leads: a month's quota by tier, whose turn it is, five days to take one up, as the programme has them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.year import errands
from tests.year.books import Books, text_of
from tests.year.events import Reply, Typed
from tests.year.figures import LEAD_DAYS, LEAD_REMINDER, TERMS, TIERS
from tests.year.records import AUTHORISED, LEAD_TAKEN_UP, LEAD_WAITS, LEAD_WITH_PARTNER, LEAD_WITHDRAWN, Lead, Partner

WORDS = {"1": "take", "Берём, спасибо!": "take", "2": "decline", "Отказываемся, это не наш регион.": "decline"}
"""What partners say of a lead; anything else is for people to read."""

Answers = dict[str, Typed]


def take_line(books: Books, cells: Answers) -> None:
    """Staff wrote a lead down."""
    number = books.number("L", books.now)
    books.leads[number] = Lead(number, text_of(cells, "Лид"), text_of(cells, "Контакт"), text_of(cells, "Регион"))


def staff_word(books: Books, lead: Lead, cells: Answers) -> None:
    """They rewrote it, or took it off by emptying it; partner and day are not theirs to say."""
    before = (lead.name, lead.contact, lead.region)
    lead.name = str(cells.get("Лид", lead.name))
    lead.contact = str(cells.get("Контакт", lead.contact))
    lead.region = str(cells.get("Регион", lead.region))
    if not lead.name and not lead.contact:
        if lead.partner:
            _tell_gone(books, lead, books.partners[lead.partner].address)
        _free(lead, LEAD_WITHDRAWN)
    elif lead.state == LEAD_WITHDRAWN:
        lead.state = LEAD_WAITS
    elif before != (lead.name, lead.contact, lead.region) and lead.partner:
        lead.rewritten = True


def take_from(books: Books, partner: Partner) -> None:
    """Its authorisation has ended: what it had not taken up goes on to others."""
    for lead in books.leads.values():
        if lead.partner == partner.inn and lead.state == LEAD_WITH_PARTNER:
            _tell_gone(books, lead, partner.address)
            _free(lead, LEAD_WAITS)


def hear(books: Books, lead: Lead, letter: Reply) -> None:
    """A letter about a lead: from a partner that has or had it, or from anybody."""
    speaker = next((inn for inn in reversed(lead.had) if books.knows(inn, letter.sender)), "")
    word = WORDS.get(letter.text, "")
    holds = bool(speaker) and speaker == lead.partner
    if not speaker or not word:
        errands.ask(books, "", letter.at, letter.sender, about=lead.number)
        if holds and lead.state == LEAD_WITH_PARTNER:  # who writes is not silent
            _count_anew(books, lead)
    elif not holds:
        _tell_gone(books, lead, letter.sender)
    elif word == "take":
        lead.state = LEAD_TAKEN_UP
        books.post("lead-answered", lead.number, letter.sender)
    else:
        books.post("lead-answered", lead.number, letter.sender)
        _free(lead, LEAD_WAITS)


def pass_time(books: Books) -> None:
    """The silent are reminded, then lose the lead; what staff rewrote is told; what waits is handed out, the eldest first."""
    for lead in books.leads.values():
        if lead.state == LEAD_WITH_PARTNER:
            _silence(books, lead)
        if lead.rewritten:
            lead.rewritten = False
            books.post("lead-assigned", lead.number, books.partners[lead.partner].address)
    for lead in books.leads.values():
        if lead.state == LEAD_WAITS and (partner := _next(books, lead)) is not None:
            _give(books, lead, partner)


def _silence(books: Books, lead: Lead) -> None:
    assert lead.answer_by is not None
    if books.now >= lead.answer_by:
        _tell_gone(books, lead, books.partners[lead.partner].address)
        _free(lead, LEAD_WAITS)
    elif not lead.reminded and books.today >= _reminder(books, lead.answer_by.date()):
        lead.reminded = True
        books.post("lead-reminder", lead.number, books.partners[lead.partner].address)


def _reminder(books: Books, day: date) -> date:
    for _ in range(LEAD_REMINDER):
        day -= timedelta(days=1)
        while not books.days.business(day):
            day -= timedelta(days=1)
    return day


def _next(books: Books, lead: Lead) -> Partner | None:
    """Whose turn it is: the higher tier, then the lead's region, then the longest wait, then the earlier authorised."""
    able = [
        partner
        for partner in books.partners.values()
        if partner.state == AUTHORISED and partner.inn not in lead.had and _given(books, partner) < TERMS[partner.tier].leads
    ]
    never = datetime.min.replace(tzinfo=books.now.tzinfo)
    return min(
        able,
        key=lambda one: (
            -TIERS.index(one.tier),
            one.region != lead.region,
            max(books.leads_given.get(one.inn, []), default=never),
            one.authorised or never,
            one.inn,
        ),
        default=None,
    )


def _given(books: Books, partner: Partner) -> int:
    """This month, with those that it gave back."""
    given = books.leads_given.get(partner.inn, [])
    return sum((at.year, at.month) == (books.now.year, books.now.month) for at in given)


def _give(books: Books, lead: Lead, partner: Partner) -> None:
    lead.state, lead.partner, lead.handed = LEAD_WITH_PARTNER, partner.inn, books.now
    lead.had.append(partner.inn)
    books.leads_given.setdefault(partner.inn, []).append(books.now)
    _count_anew(books, lead)
    books.post("lead-assigned", lead.number, partner.address)


def _count_anew(books: Books, lead: Lead) -> None:
    lead.answer_by, lead.reminded = books.days.deadline(books.now, LEAD_DAYS), False


def _free(lead: Lead, state: str) -> None:
    lead.state, lead.partner, lead.handed, lead.answer_by, lead.rewritten = state, "", None, None, False


def _tell_gone(books: Books, lead: Lead, address: str) -> None:
    """Once a pass, even if an answer came meanwhile: the second letter would say the same."""
    if (books.now, address) not in lead.told_gone:
        lead.told_gone.add((books.now, address))
        books.post("lead-taken-back", lead.number, address)
