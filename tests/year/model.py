"""An independent model of the programme: it is told what happened, and says what the books and the letters must show.

Written from the text of the programme alone; it shares no code and no data with the house under test.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from tests.year import deals, errands, leads, partners, refused
from tests.year.books import Books
from tests.year.days import quarter
from tests.year.events import UNREAD, Amended, Event, FormRow, Line, Moment, Noise, Reply, Stray, Word
from tests.year.records import REGISTERED, Answered, Deal, Partner

FORMS = {
    "Форма Заказ": errands.take_order,
    "Форма Пилот": errands.take_pilot,
    "Форма Запрос": errands.take_request,
}


class Model:
    """The programme, pass by pass: staff's words, forms and letters in their order, decisions, time, tiers."""

    def __init__(self, start: datetime) -> None:
        self.books = Books(start)
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
        moment = replace(moment, events=tuple(waiting))
        for event in moment.events:
            if isinstance(event, Line):
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

    # -- what came in

    def _line(self, line: Line) -> None:
        books = self.books
        books.lines.setdefault(line.tab, []).append(line)
        if line.tab == "Прайс":
            books.products.add(str(line.cells["Наименование"]))
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
        elif word.tab == "Обучение":
            if cells.get("Присутствовал") == "Да":
                partner = books.partners[word.number]
                partner.trained = True
                partners.promote(books, partner)
        else:
            errands.staff_word(books, books.errands[word.number], cells)

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
            errands.take_report(books, form.key, form.at, answers)
        else:
            FORMS[form.tab](books, form.key, form.at, form.address, answers)

    def _update(self, form: FormRow) -> None:
        books = self.books
        deal = books.deals[str(form.answers["№ сделки"])]
        books.rows[form.key] = Answered(deal.number)
        if not books.knows(deal.partner, form.address):
            return
        if status := str(form.answers.get("Статус продажи", "")):
            deals.hear(books, deal, status, form.at, sure=False)
        if form.answers.get("Продлить регистрацию") == "Да":
            deals.hear(books, deal, deals.EXTEND, form.at, sure=False)

    def _letter(self, letter: Reply | Stray) -> None:
        books = self.books
        if isinstance(letter, Stray):
            if not letter.automatic:
                errands.ask(books, "", letter.at, letter.sender)
            return
        if letter.number in books.leads:
            leads.hear(books, books.leads[letter.number], letter)
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
                deals.hear(books, deal, deal.echo, letter.at, sure=True)
            elif text == "2" and deal.echo:
                books.post("status-report", deal.number)
            deal.echo = ""
        elif letter.template in ("deal-refused", "waiting-list"):
            refused.hear(books, deal, letter)
        elif letter.template == "needs-data":
            found = re.search(r"\d{10}", text)
            deals.take_data(books, deal, letter.at, found[0] if found else "")
        elif deal.state != REGISTERED and deal.registered is not None and (text == "8" or WORDS.get(text) == deals.EXTEND):
            books.post("deal-extension-refused", deal.number)
        elif deal.state != REGISTERED and text != "статус":
            errands.ask(books, "", letter.at, letter.sender)  # a word about a deal that is over is for people
        elif text[:1].isdigit() and 1 <= int(text[0]) <= len(deals.LISTED):
            deals.hear(books, deal, deals.LISTED[int(text[0]) - 1], letter.at, sure=True)
        elif text in WORDS:
            deals.hear(books, deal, WORDS[text], letter.at, sure=False)
        elif text == "статус":
            books.post("status-report", deal.number)
        else:
            errands.ask(books, "", letter.at, letter.sender)

    # -- what comes of it

    def _review(self) -> None:
        books = self.books
        partners.invite(books)
        for partner in list(books.partners.values()):
            partners.pass_time(books, partner)
        for deal in list(books.deals.values()):
            deals.pass_time(books, deal)
        while sum(errands.weigh(books, errand) for errand in books.errands.values()):
            pass
        for errand in books.errands.values():
            errands.pass_time(books, errand)
        self._decide()
        for deal in list(books.deals.values()):
            deals.end_of_patience(books, deal)
        self._decide()
        for deal in list(books.deals.values()):
            deals.answer_meanwhile(books, deal)
        leads.pass_time(books)

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


WORDS = {
    "Ведём переговоры с заказчиком.": "переговоры",
    "Сделка в работе.": "в работе",
    "КП отправлено.": "КП отправлено",
    "Участвуем в тендере.": "тендер",
    "Сделка отложена.": "отложена",
    "Сделку выиграли.": "выиграна",
    "Сделку проиграли.": "проиграна",
    "Просим продлить регистрацию.": deals.EXTEND,
}
