"""What the model's orders, licences, trainings and questions have in common, and the questions themselves."""

from __future__ import annotations

from datetime import datetime

from tests.year.books import Books, text_of
from tests.year.events import Typed
from tests.year.figures import ANSWER_DAYS
from tests.year.records import ACCEPTED, AUTHORISED, CLOSED, PENDING, REFUSED, Answered, Errand

Answers = dict[str, Typed]


def new(books: Books, letter: str, kind: str, key: str, at: datetime, address: str, inn: str) -> Errand:
    """A case with the next number of that letter. `key`: the form row that brought it, if one did."""
    errand = Errand(books.number(letter, at), kind, inn, address, at, books.days.deadline(at, ANSWER_DAYS), PENDING)
    books.errands[errand.number] = errand
    if key:
        books.rows[key] = Answered(errand.number)
    return errand


def partner_reasons(books: Books, inn: str) -> set[int]:
    """Reason 2 without authorisation."""
    partner = books.partners.get(inn)
    return set() if partner is not None and partner.state == AUTHORISED else {2}


def refer(books: Books, errand: Errand) -> None:
    """Staff decide; the sender is told so once."""
    if errand.question:
        return
    errand.question = "decide"
    if books.now < errand.due:  # else the interim answer says it all
        books.post("case-received", errand.number)


def answer_meanwhile(books: Books, errand: Errand) -> None:
    """Nobody is left without an answer: an interim one at the deadline. An accepted licence waits for staff's key."""
    waits = errand.state == PENDING or (errand.state == ACCEPTED and errand.kind in ("pilot", "nfr"))
    if errand.kind in ("training", "course"):
        waits = errand.question == "decide"  # an appointment is nothing that is awaited of staff
    if waits and books.now >= errand.due and not errand.interim:
        errand.interim = True
        books.post("case-waiting", errand.number)


def ask(books: Books, key: str, at: datetime, address: str, inn: str = "", about: str = "", *, appeal: bool = False) -> None:
    """Any other mail: a number, an acknowledgement, and staff see it."""
    question = new(books, "Q", "question", key, at, address, inn)
    question.question, question.about, question.appeal = "decide", about, appeal
    if books.now < question.due:
        books.post("question-received", question.number)


def staff_word(books: Books, question: Errand, cells: Answers) -> None:
    """What staff typed into the row of a question."""
    word = text_of(cells, "Решение сотрудника")
    states = {"Одобрить": ACCEPTED, "Отказать": REFUSED, "Закрыть": CLOSED}
    if word in states and question.state == PENDING:
        question.state, question.question = states[word], ""
        if question.appeal:
            books.post("appeal-answered", question.number)
