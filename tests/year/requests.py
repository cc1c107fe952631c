"""The model's «Форма Запрос», by topic: a course, an NFR licence, a place on the vendor's site, presale, or a mere question."""

from __future__ import annotations

import re
from datetime import datetime

from tests.year import errands
from tests.year.books import Books, text_of
from tests.year.errands import Answers
from tests.year.figures import PRESALE_FROM, WHITE
from tests.year.records import ACCEPTED, AUTHORISED, CLOSED, PENDING, REFUSED, Errand, Partner


def take(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of the form."""
    inn, topic = text_of(answers, "ИНН партнёра"), text_of(answers, "Тема")
    partner = books.partners[inn]
    authorised = partner.state == AUTHORISED
    if topic == "NFR-лицензия":
        errands.new(books, "N", "nfr", key, at, address, inn)
    elif topic == "Обучение":
        course = errands.new(books, "Q", "course", key, at, address, inn)
        course.state, course.question = (PENDING, "decide") if authorised else (REFUSED, "")
    else:
        refused = topic != "Вопрос" and not authorised
        refused |= topic == "Публикация" and partner.tier == WHITE
        refused |= topic == "Пресейл" and _worth(books, text_of(answers, "Текст"), inn) < PRESALE_FROM
        request = errands.new(books, "Q", "listing" if topic == "Публикация" else "question", key, at, address, inn)
        request.state, request.question = (REFUSED, "") if refused else (PENDING, "decide")
        if not refused and books.now < request.due:
            books.post("question-received", request.number)


def _worth(books: Books, text: str, partner: str) -> float:
    """The partner's deal that the text names, at list price; without one nothing speaks against it."""
    named = re.search(r"D-\d{4}-\d{4}", text)
    deal = books.deals.get(named[0]) if named else None
    if deal is None or deal.partner != partner or not deal.licences:
        return PRESALE_FROM
    return sum(books.products[name] for name in deal.products) * deal.licences


def staff_word(books: Books, listing: Errand, cells: Answers) -> None:
    """Staff's word on a request for the vendor's site: a yes needs the tier; «Закрыть» ends a listing that was given."""
    word, partner = text_of(cells, "Решение сотрудника"), books.partners[listing.partner]
    if word == "Закрыть" and partner.listing == listing.number:
        unlist(books, partner)
    elif word == "Одобрить" and listing.state == PENDING:
        if partner.state == AUTHORISED and partner.tier != WHITE:
            listing.state, listing.question = ACCEPTED, ""
            partner.listing = partner.listing or listing.number
            books.post("listing-approved", listing.number)
    else:
        errands.staff_word(books, listing, cells)


def review(books: Books, partner: Partner) -> None:
    """A listing ends with the tier that gave it, and with the authorisation."""
    if partner.listing and (partner.state != AUTHORISED or partner.tier == WHITE):
        unlist(books, partner)


def unlist(books: Books, partner: Partner) -> None:
    """The letter about the end of an authorisation says enough."""
    books.errands[partner.listing].state = CLOSED
    if partner.state == AUTHORISED:
        books.post("listing-ended", partner.listing)
    partner.listing = ""
