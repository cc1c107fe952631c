"""The model's trainings: the sales webinar at authorisation, a course on request; staff's date, attendance and certificate."""

from __future__ import annotations

from datetime import datetime

from tests.year import errands, partners
from tests.year.books import Books, text_of
from tests.year.errands import Answers
from tests.year.records import CLOSED, PASSED, PENDING, REFUSED, Errand, Partner


def invite(books: Books) -> None:
    """The line in `Обучение` is made when the pass has taken in everything else; none while one is open or passed."""
    for partner in books.invited:
        if not any(line.kind == "training" and line.state in (PENDING, PASSED) for line in _lines(books, partner.inn)):
            line = errands.new(books, "Q", "training", "", books.now, partner.address, partner.inn)
            books.post("training-invitation", line.number)
    books.invited.clear()


def _lines(books: Books, inn: str) -> list[Errand]:
    return [one for one in books.errands.values() if one.kind in ("training", "course") and one.partner == inn]


def passed(books: Books, partner: Partner) -> bool:
    """Does a webinar count for the partner's tier?"""
    return any(line.kind == "training" and line.state == PASSED for line in _lines(books, partner.inn))


def withdraw(books: Books, partner: Partner) -> None:
    """The authorisation has ended: what lies ahead is called off."""
    for line in _lines(books, partner.inn):
        if line.state == PENDING:
            line.state, line.question = CLOSED, ""


def staff_word(books: Books, line: Errand, cells: Answers) -> None:
    """What staff typed: a day to come invites anew; attendance counts at once, and no more when it is taken back."""
    day, before, certified = cells.get("Дата"), line.state, text_of(cells, "Сертификат")
    if isinstance(day, datetime) and line.state == PENDING and day.date() >= books.today:
        line.question = ""
        books.post("training-invitation", line.number)
    if text_of(cells, "Присутствовал") == "Да":
        line.state = PASSED
    elif "Присутствовал" in cells and line.state == PASSED:
        line.state = PENDING
    word = text_of(cells, "Решение сотрудника")
    if word in ("Закрыть", "Отказать") and line.state == PENDING:
        line.state = CLOSED if word == "Закрыть" else REFUSED
    if line.state != PENDING or word == "Одобрить" or "Присутствовал" in cells:
        line.question = ""
    if line.state == PASSED and (before != PASSED or certified):
        books.post("training-passed", line.number)
    if line.state != before:
        partners.promote(books, books.partners[line.partner])
