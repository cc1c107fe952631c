"""An independent model of the programme: it is told what happened, and says what the books and the letters must show.

Written from the text of the programme alone; it shares no code and no data with the house under test.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from tests.year import deals, errands, leads, licences, orders, partners, refused, requests, standing, terms, training
from tests.year.books import Books
from tests.year.days import quarter
from tests.year.events import UNREAD, Amended, Event, FormRow, Line, Mended, Moment, Noise, Reply, Stray, Struck, Word
from tests.year.records import NEEDS_DATA, PENDING, REGISTERED, Answered, Deal, Errand, Partner

FORMS = {
    "Форма Заказ": orders.take,
    "Форма Пилот": licences.take_pilot,
    "Форма Запрос": requests.take,
}
WEIGHED = {"order": orders.weigh, "pilot": licences.weigh_pilot, "nfr": licences.weigh_nfr}
HEARD = {
    "order": orders.staff_word,
    "pilot": licences.staff_word,
    "nfr": licences.staff_word,
    "training": training.staff_word,
    "course": training.staff_word,
    "listing": requests.staff_word,
    "question": errands.staff_word,
}


class Model:
    """The programme, pass by pass: staff's words, forms and letters in their order, decisions, time, tiers."""

    def __init__(self, start: datetime) -> None:
        self.books = Books(start)
        self.books.told_month = start.date().replace(day=1)
        self._reviewed = quarter(start.date())
        self._unread: list[Event] = []

    def play(self, moment: Moment) -> None:
        """One pass. While the spreadsheet is out of reach only letters are heard; the rest waits in it."""
        books = self.books
        books.now = moment.now
        waiting = [*self._unread, *moment.events]
        self._unread = []
        if moment.mishap == UNREAD:
            self._unread = [event for event in waiting if not isinstance(event, Reply | Stray)]
            waiting = [event for event in waiting if isinstance(event, Reply | Stray)]
        moment = replace(moment, events=tuple(_as_read(waiting)))
        for event in moment.events:
            if isinstance(event, Line | Mended | Struck):
                self._line(event)
        for word in sorted((one for one in moment.events if isinstance(one, Word)), key=lambda one: one.tab != "Партнёры"):
            self._word(word)
        for form in sorted((one for one in moment.events if isinstance(one, FormRow | Amended)), key=lambda one: one.at):
            self._form(form)
        for event in moment.events:
            if isinstance(event, Noise) and event.what == "duplicate":
                books.rows[f"{event.target}-again"] = books.rows[event.target]
        for letter in sorted((one for one in moment.events if isinstance(one, Reply | Stray)), key=lambda one: one.at):
            self._letter(letter)
        self._review()
        if self._tiers():
            self._review()  # what waited for the higher tier
        standing.tell(books)

    # -- what came in

    def _line(self, line: Line | Mended | Struck) -> None:
        books = self.books
        if line.tab in books.lines.tabs:
            books.lines.hear(line)
        elif not isinstance(line, Line):
            raise TypeError(f"lines of {line.tab} are never changed")
        elif line.tab == "Прайс":
            books.products[str(line.cells["Наименование"])] = float(str(line.cells["РРЦ руб."]))
        elif line.tab == "Лиды":
            leads.take_line(books, dict(line.cells))
        elif line.tab == "Календарь":
            day = line.cells["Дата"]
            assert isinstance(day, datetime)
            books.days.own[day.date()] = line.cells["Вид"] == "Рабочий"

    def _word(self, word: Word) -> None:
        books, cells = self.books, dict(word.cells)
        if word.tab == "Сделки":
            deals.staff_word(books, books.deals[word.number], cells)
        elif word.tab == "Партнёры":
            partners.staff_word(books, self.partner(word.number), cells)
        elif word.tab == "Лиды":
            leads.staff_word(books, books.leads[word.number], cells)
        else:
            errand = books.errands[word.number]
            HEARD[errand.kind](books, errand, cells)

    def partner(self, number: str) -> Partner:
        """The partner of that number."""
        return next(one for one in self.books.partners.values() if one.number == number)

    def _form(self, form: FormRow | Amended) -> None:
        books, answers = self.books, dict(form.answers)
        if isinstance(form, Amended):
            number = books.rows[form.key].number
            if number.startswith("P"):
                partners.amend(books, number, form.at, answers)
            else:
                deals.amend(books, number, form.at, answers)
        elif form.tab == "Форма Партнёр":
            partners.take_form(books, form.key, form.at, form.address, answers)
        elif form.tab == "Форма Сделка":
            deals.take_form(books, form.key, form.at, form.address, answers)
        elif form.tab == "Форма Актуализация":
            self._update(form)
        elif form.tab == "Форма Отчёт о пилоте":
            licences.take_report(books, form.key, answers)
        else:
            FORMS[form.tab](books, form.key, form.at, form.address, answers)

    def _update(self, form: FormRow) -> None:
        books = self.books
        deal = books.deals[str(form.answers["№ сделки"])]
        books.rows[form.key] = Answered(deal.number)
        if not books.knows(deal.partner, form.address):
            return
        if status := str(form.answers.get("Статус продажи", "")):
            terms.hear(books, deal, status, form.at, sure=False)
        if form.answers.get("Продлить регистрацию") == "Да":
            terms.hear(books, deal, terms.EXTEND, form.at, sure=False)

    def _letter(self, letter: Reply | Stray) -> None:
        books = self.books
        if isinstance(letter, Stray):
            if not letter.automatic:
                errands.ask(books, "", letter.at, letter.sender)
            return
        if letter.number in books.leads:
            leads.hear(books, books.leads[letter.number], letter)
            return
        if letter.number.startswith("P"):
            standing.hear(books, self.partner(letter.number), letter)
            return
        if letter.number in books.errands:
            refused.hear_errand(books, books.errands[letter.number], letter)
            return
        deal = books.deals.get(letter.number)
        if deal is None or not books.knows(deal.partner, letter.sender):
            errands.ask(books, "", letter.at, letter.sender)
        else:
            self._reply(deal, letter)

    def _reply(self, deal: Deal, letter: Reply) -> None:
        books, text = self.books, letter.text.strip()
        if letter.template == "reply-confirm" and not deal.echo:
            errands.ask(books, "", letter.at, letter.sender)  # it was answered before, or the deal is over
        elif letter.template == "reply-confirm":
            if text == "1" and deal.echo:
                terms.hear(books, deal, deal.echo, letter.at, sure=True)
            elif text == "2" and deal.echo:
                books.post("status-report", deal.number)
            deal.echo = ""
        elif text == "обжаловать" and letter.template == "deal-extension-refused":
            refused.appeal(books, deal.number, letter)
        elif letter.template in ("deal-refused", "waiting-list"):
            refused.hear(books, deal, letter)
        elif letter.template == "needs-data":
            found = re.search(r"\d{10}", text)
            deals.take_data(books, deal, letter.at, found[0] if found else "")
        elif deal.state != REGISTERED and deal.registered is not None and (text == "8" or WORDS.get(text) == terms.EXTEND):
            books.post("deal-extension-refused", deal.number)
        elif deal.state != REGISTERED and text != "статус":
            errands.ask(books, "", letter.at, letter.sender)  # a word about a deal that is over is for people
        elif text[:1].isdigit() and 1 <= int(text[0]) <= len(terms.LISTED):
            terms.hear(books, deal, terms.LISTED[int(text[0]) - 1], letter.at, sure=True)
        elif text in WORDS:
            terms.hear(books, deal, WORDS[text], letter.at, sure=False)
        elif text == "статус":
            books.post("status-report", deal.number)
        else:
            errands.ask(books, "", letter.at, letter.sender)

    # -- what comes of it

    def _review(self) -> None:
        books = self.books
        training.invite(books)
        for partner in list(books.partners.values()):
            partners.pass_time(books, partner)
        for deal in list(books.deals.values()):
            terms.pass_time(books, deal)
        while sum(self._weigh(errand) for errand in books.errands.values()):
            pass
        for errand in books.errands.values():
            licences.pass_time(books, errand)
            errands.answer_meanwhile(books, errand)
            if errand.state == NEEDS_DATA and errand.asked_until is not None and books.now >= errand.asked_until:
                orders.refuse(books, errand, set(errand.codes))
        self._decide()
        for deal in list(books.deals.values()):
            deals.end_of_patience(books, deal)
        self._decide()
        for deal in list(books.deals.values()):
            deals.answer_meanwhile(books, deal)
        leads.pass_time(books)

    def _weigh(self, errand: Errand) -> bool:
        """An undecided one, also if it is before staff: their question stands as long as its ground does. True if decided."""
        if errand.state == PENDING and errand.kind in WEIGHED:
            WEIGHED[errand.kind](self.books, errand)
            return errand.state != PENDING
        return False

    def _decide(self) -> None:
        while sum(deals.decide(self.books, deal) for deal in deals.queue(self.books)):
            pass

    def _tiers(self) -> bool:
        """Was a tier raised?"""
        books = self.books
        opens = books.days.quarter_opens(books.today)
        due = books.today >= opens and self._reviewed < quarter(books.today)
        if due:
            self._reviewed = quarter(books.today)
        return partners.review_tiers(books, due)


def _as_read(events: list[Event]) -> list[Event]:
    """A row that was edited before anybody read it is only what it says now."""
    edits = {event.key: event for event in events if isinstance(event, Amended)}
    fresh = {event.key for event in events if isinstance(event, FormRow)}
    read = [
        replace(event, at=edits[event.key].at, answers={**event.answers, **edits[event.key].answers})
        if isinstance(event, FormRow) and event.key in edits
        else event
        for event in events
    ]
    return [event for event in read if not (isinstance(event, Amended) and event.key in fresh)]


WORDS = {
    "Ведём переговоры с заказчиком.": "переговоры",
    "Сделка в работе.": "в работе",
    "КП отправлено.": "КП отправлено",
    "Участвуем в тендере.": "тендер",
    "Сделка отложена.": "отложена",
    "Сделку выиграли.": "выиграна",
    "Сделку проиграли.": "проиграна",
    "Просим продлить регистрацию.": terms.EXTEND,
}
