"""The model's orders: a registered deal, within it, for the same customer."""

from __future__ import annotations

from datetime import datetime

from tests.year import errands
from tests.year.books import Books, text_of
from tests.year.errands import Answers
from tests.year.figures import ANSWER_DAYS, NEEDS_DATA_DAYS
from tests.year.records import (
    ACCEPTED,
    AUTHORISED,
    CLOSED,
    EXPIRED,
    NEEDS_DATA,
    PENDING,
    REFUSED,
    REGISTERED,
    WON,
    Answered,
    Deal,
    Errand,
)


def take(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Заказ»."""
    inn, deal = text_of(answers, "ИНН партнёра"), text_of(answers, "№ сделки")
    asked = [one for one in books.errands.values() if (one.partner, one.deal, one.state) == (inn, deal, NEEDS_DATA)]
    if asked:  # the new form completes it
        order = asked[0]
        order.submitted, order.due, order.state = at, books.days.deadline(at, ANSWER_DAYS), PENDING
        order.codes, order.asked_until = (), None
        books.rows[key] = Answered(order.number)
    else:
        order = errands.new(books, "O", "order", key, at, address, inn)
    order.deal, order.customer_inn = deal, text_of(answers, "ИНН заказчика")
    order.products = books.named(text_of(answers, "Продукты")) or frozenset()
    order.licences = int(text_of(answers, "Количество лицензий"))


def weigh(books: Books, order: Errand) -> None:
    """The deal in force and the partner's own, within products and quantity, the same customer."""
    deal = books.deals[order.deal]
    codes = errands.partner_reasons(books, order.partner)
    if order.customer_inn != deal.customer_inn:
        codes.add(7)
    if books.customer_refuses(order.customer_inn, order.partner):
        codes.add(4)
    others = [other for other in books.errands.values() if other.deal == deal.number and other is not order]
    taken = sum(
        other.licences for other in others if other.sold or (other.state == PENDING and other.submitted < order.submitted)
    )
    if not order.products <= deal.products:
        order.state, order.question, order.asked_until = NEEDS_DATA, "", books.days.deadline(books.now, NEEDS_DATA_DAYS)
        order.codes = tuple(sorted({1, *codes}))
        books.post("needs-data", order.number)
    elif codes or not (_in_force(deal, order) or deal.state == WON):
        refuse(books, order, codes)
    elif deal.state == WON or not books.knows(order.partner, order.sender) or taken + order.licences > deal.licences:
        errands.refer(books, order)
    else:
        _accept(books, order)


def _in_force(deal: Deal, order: Errand) -> bool:
    """Was the registration in force on the day of the order? A pass that comes late takes nothing from it."""
    last = deal.valid_until
    return deal.state == REGISTERED or (deal.state == EXPIRED and last is not None and order.submitted.date() <= last)


def refuse(books: Books, order: Errand, codes: set[int]) -> None:
    """With the reasons; that a deal is over has none of the seven codes."""
    order.state, order.question, order.codes = REFUSED, "", tuple(sorted(codes))
    books.post("order-refused", order.number)


def _accept(books: Books, order: Errand) -> None:
    order.state, order.question, order.asked_until, order.sold = ACCEPTED, "", None, True
    order.interim = order.interim or books.now >= order.due  # this very letter is the answer
    books.post("order-accepted", order.number)


def staff_word(books: Books, order: Errand, cells: Answers) -> None:
    """What staff typed into the row."""
    word = text_of(cells, "Решение сотрудника")
    if word == "Одобрить" and order.state in (PENDING, NEEDS_DATA, REFUSED):
        if order.products and books.partners[order.partner].state == AUTHORISED:
            _accept(books, order)
    elif word == "Отказать" and order.state in (PENDING, NEEDS_DATA):
        refuse(books, order, set())
    elif word == "Закрыть" and order.state not in (REFUSED, CLOSED):
        order.state, order.question, order.asked_until = CLOSED, "", None
