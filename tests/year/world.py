"""What people do in that year, by seed: partners, their customers and rivals, staff, and what befalls the machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count

from tests.year.asks import Asks
from tests.year.books import Books
from tests.year.clerks import Clerks
from tests.year.corrections import Corrections
from tests.year.deals import SWITCH
from tests.year.events import MOSCOW, UNWRITTEN, Amended, Event, FormRow, Line, Moment, Noise, Reply, Stray, Typed, Word
from tests.year.firms import PRICES, Firm, inn, sole_trader, spoiled
from tests.year.lists import Lists
from tests.year.prospects import Prospects, region
from tests.year.protests import Protests
from tests.year.records import (
    AUTHORISED,
    NEEDS_DATA,
    REFUSED,
    REGISTERED,
    Deal,
)
from tests.year.rulings import Rulings, judged, on_partner, typed_over

KINDS = ("Новая", "Новая", "Новая", "Новая", "Продление лицензий", "Дополнительные лицензии")
LEADS = 3
"""So many a partner are written down."""
IN_WORDS = ("Ведём переговоры с заказчиком.", "Сделка в работе.", "КП отправлено.")

Later = tuple[datetime, Callable[[datetime], Event | None]]


@dataclass(slots=True)
class World:
    """`count` partners and about `deals` deals from `start` for `days` days. `pace`: passes a business day, on average."""

    seed: int
    count: int
    deals: int
    start: date
    days: int
    pace: float = 1
    mishaps: tuple[str, ...] = ()
    dice: random.Random = field(init=False)
    firms: list[Firm] = field(init=False)
    _later: list[Later] = field(default_factory=list)
    _customers: int = 0
    _rows: int = 0
    _owed: float = 0
    _stamps: set[datetime] = field(default_factory=set)
    _books: Books = field(init=False)
    _prospects: Prospects = field(init=False)
    _protests: Protests = field(init=False)
    _clerks: Clerks = field(init=False)
    _asks: Asks = field(init=False)
    _rulings: Rulings = field(init=False)
    _lists: Lists = field(init=False)
    _corrections: Corrections = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        opening = datetime.combine(self.start, time(9), MOSCOW)
        self.firms = []
        for number in range(self.count):
            days = 0.0 if number < self.count // 2 else self.dice.uniform(0, self.days * 0.6)
            free = self.dice.random() < 0.1
            self.firms.append(
                Firm(
                    number,
                    inn("96", self.seed % 100 * 10_000 + number),
                    f"ООО «Партнёр {number}»",
                    f"partner{number}@mail.ru" if free else f"sales@partner{number}.example",
                    opening + timedelta(days=days, minutes=number % 50),
                    self.dice.choice((0.2, 0.5, 0.8, 0.95)),
                    self.dice.choice((0.2, 1, 1, 3)),
                )
            )
        partners = {firm.inn: (firm.address, firm.care) for firm in self.firms}
        self._prospects = Prospects(self.seed, LEADS * self.count / (self.days * 0.7 * self.pace), partners)
        addresses = {firm.inn: firm.address for firm in self.firms}
        self._protests = Protests(self.seed, addresses)
        self._asks = Asks(self.seed, addresses, (inn("79", number) for number in count()), sorted(PRICES))
        self._rulings = Rulings(self.seed)
        self._lists = Lists(self.seed, addresses)
        others = (inn("76", number) for number in count())
        self._corrections = Corrections(self.seed, addresses, others, sorted(PRICES))
        self._clerks = Clerks(self.seed, {firm.inn: firm.trade for firm in self.firms})

    # -- time

    def times(self, books: Books) -> Iterator[datetime]:
        """When passes run: business days, now and then a weekend; sometimes the machine is off for some days."""
        off = 0
        for number in range(self.days):
            day = self.start + timedelta(days=number)
            if off:
                off -= 1
                continue
            if not books.days.business(day) and self.dice.random() < 0.7:
                continue
            if self.dice.random() < 0.01:
                off = self.dice.randrange(2, 6)
            passes = int(self.pace) + (self.dice.random() < self.pace % 1)
            hours = sorted(self.dice.sample(range(9, 21), passes))
            for hour in hours:
                yield datetime.combine(day, time(hour, self.dice.randrange(60)), MOSCOW)

    def first(self, now: datetime) -> Moment:
        """The price list is filled in before anything else."""
        lines = [
            Line("Прайс", {"Артикул": f"A-{at}", "Наименование": name, "Срок мес.": "12", "РРЦ руб.": price})
            for at, (name, price) in enumerate(PRICES.items(), start=1)
        ]
        return Moment(now, tuple(lines))

    def happen(self, since: datetime, now: datetime, books: Books, last: str = "") -> Moment:
        """Everything between two passes. After a pass that could not write (`last`, its mishap) staff wait for the next one."""
        events: list[Event] = []
        span = (since, now)
        self._books = books
        for due, act in [later for later in self._later if later[0] <= now]:
            if (event := act(self._alone(max(due, since + timedelta(seconds=1))))) is not None:
                events.append(event)
        self._later = [later for later in self._later if later[0] > now]
        events += self._applications(span)
        events += self._new_deals(span, books)
        events += self._answers(span, books)
        if last not in UNWRITTEN:
            events += self._staff(now, books)
            events += self._noise(books)
        events += self._other_mail(span)
        at_desk, taken = last not in UNWRITTEN, set(self._stamps)
        events += self._clerks.happen(now.date(), books)
        events += self._asks.happen(books, lambda dice: _moment(span, taken, dice))
        events += self._rulings.happen(now, books) if at_desk else []
        events += self._lists.happen(books, lambda dice: _moment(span, taken, dice))
        events += self._corrections.happen(
            now,
            books,
            lambda dice: _moment(span, taken, dice),
            lambda dice: self._alone(since - timedelta(minutes=dice.randrange(300, 12_000))),
            events,
        )
        events += self._prospects.happen(books, lambda dice: _moment(span, taken, dice), at_desk=at_desk)
        events += self._protests.happen(now.date(), books, lambda dice: _moment(span, taken, dice), at_desk=at_desk)
        mishap = self.dice.choice(self.mishaps) if self.mishaps and self.dice.random() < 0.06 else ""
        said = {event.number for event in events if isinstance(event, Word)}
        heard = (event for event in events if not (isinstance(event, Noise) and event.what == "delete" and event.target in said))
        return Moment(now, tuple(heard), mishap)  # a row that is deleted with a word in it takes the word along

    def _stamp(self, span: tuple[datetime, datetime]) -> datetime:
        return _moment(span, self._stamps, self.dice)

    def _alone(self, at: datetime) -> datetime:
        """That moment, or the next one at which nothing else happens: rows are known by it."""
        while at in self._stamps:
            at += timedelta(seconds=1)
        self._stamps.add(at)
        return at

    def _key(self) -> str:
        self._rows += 1
        return f"row {self._rows}"

    def _in(self, at: datetime, days: float) -> datetime:
        return (at + timedelta(days=days, seconds=self.dice.randrange(7200))).replace(microsecond=0)

    # -- partners

    def _applications(self, span: tuple[datetime, datetime]) -> list[Event]:
        return [self._application(firm, self._stamp(span)) for firm in self.firms if span[0] < firm.applies <= span[1]]

    def _application(self, firm: Firm, at: datetime) -> FormRow:
        key = self._key()
        answers: dict[str, Typed] = {
            "Наименование организации": firm.name,
            "ИНН": firm.inn,
            "Сайт": f"partner{firm.number}.example",
            "Контактное лицо": "Иванова Мария Петровна",
            "Телефон": "+7 495 123-45-67",
            "Регион": region(firm.number),
            "Согласие на обработку персональных данных": "Да",
            "Комментарий": key,
        }
        kind = self.dice.random()
        bad = dict(answers)
        if kind < 0.04:
            bad["ИНН"] = sole_trader(firm.number)
        elif kind < 0.10:
            del bad["Телефон"]
        elif kind < 0.13:
            bad["ИНН"] = spoiled(firm.inn)
        if bad != answers and len(str(bad["ИНН"])) != 12 and self.dice.random() < 0.8:
            edited = self.dice.random() < 0.5
            when = self._in(at, self.dice.choice((0.5, 1, 2)))
            self._later.append((when, lambda now: self._mended(key, firm, now, answers, edited)))
        return FormRow(key, "Форма Партнёр", at, firm.address, bad)

    def _mended(self, key: str, firm: Firm, at: datetime, answers: dict[str, Typed], edited: bool) -> Event:
        tab = "Форма Партнёр"
        return Amended(key, at, answers) if edited else self._again(tab, at, firm.address, answers)

    def _again(self, tab: str, at: datetime, address: str, answers: dict[str, Typed]) -> FormRow:
        key = self._key()
        return FormRow(key, tab, at, address, {**answers, "Комментарий": key})

    # -- deals

    def _new_deals(self, span: tuple[datetime, datetime], books: Books) -> list[Event]:
        able = [firm for firm in self.firms if firm.inn in books.partners]
        if not able:
            return []
        self._owed += self.deals / (self.days * 0.7 * self.pace) * self.dice.uniform(0.2, 1.8)
        found: list[Event] = []
        while self._owed >= 1:
            self._owed -= 1
            firm = self.dice.choices(able, [firm.trade for firm in able])[0]
            found += self._deal(firm, self._stamp(span), books)
        return found

    def _deal(self, firm: Firm, at: datetime, books: Books) -> list[Event]:
        key = self._key()
        products = self.dice.sample(sorted(PRICES), self.dice.choice((1, 1, 2, 3)))
        self._customers += 1
        customer, customer_inn = f"АО «Заказчик {self._customers}»", inn("78", self._customers)
        kind, comes = self.dice.random(), self.dice.random()
        if comes < 0.2 and (rival := self._rival(firm, books)) is not None:
            customer, customer_inn = rival.customer, rival.customer_inn
            free = sorted(set(PRICES) - rival.products)
            how = self.dice.random()
            if how < 0.5:
                products = sorted(rival.products)
            elif how < 0.75 or not free:
                products = sorted(rival.products)[:1] + (free[:1] if len(rival.products) == 1 else [])
            else:
                products = free[:1]
        answers: dict[str, Typed] = {
            "ИНН партнёра": firm.inn,
            "Заказчик": customer,
            "ИНН заказчика": customer_inn,
            "Тип сделки": self.dice.choice(KINDS),
            "Продукты": self.dice.choice(("; ", ", ", "\n")).join(products),
            "Количество лицензий": self.dice.randrange(1, 200),
            "Комментарий": key,
        }
        address = firm.address
        if kind < 0.02:
            answers["ИНН партнёра"] = inn("97", self._customers)
            address = f"someone@unknown{self._customers}.example"
        elif kind < 0.04:
            address = f"someone@elsewhere{self._customers}.example"
        elif kind < 0.05:
            answers["ИНН заказчика"] = firm.inn
        elif kind < 0.08:
            answers["Тип сделки"] = SWITCH
            answers["Аналогичное ПО"] = "Соглядатай 7"
            answers["Скриншот лицензии"] = "https://disk.example/licence.png"
            if self.dice.random() < 0.7:
                answers["Финансовый документ"] = "https://disk.example/invoice.pdf"
        elif kind < 0.15:
            return self._incomplete(key, firm, at, answers)
        found: list[Event] = [FormRow(key, "Форма Сделка", at, address, answers)]
        if kind > 0.98:
            found.append(Noise("duplicate", "Форма Сделка", key))
        elif kind > 0.96:
            days = self.dice.uniform(0.1, 20)
            self._later.append((self._in(at, days), lambda when: self._again("Форма Сделка", when, firm.address, answers)))
        return found

    def _rival(self, firm: Firm, books: Books) -> Deal | None:
        """A recent deal of another partner, mostly an open one."""
        mine = {deal.customer_inn for deal in books.by_partner.get(firm.inn, [])} | {"", firm.inn}
        recent = list(books.deals.values())[-60:]
        recent = [deal for deal in recent if deal.products and deal.customer_inn not in mine | {deal.partner}]
        return self.dice.choice(recent) if recent else None

    def _incomplete(self, key: str, firm: Firm, at: datetime, answers: dict[str, Typed]) -> list[Event]:
        bad = dict(answers)
        header = self.dice.choice(("ИНН заказчика", "ИНН заказчика", "Продукты", "Количество лицензий"))
        bad[header] = {
            "ИНН заказчика": self.dice.choice(("", spoiled(str(answers["ИНН заказчика"])))),
            "Продукты": "Стахановец Невиданный",
            "Количество лицензий": self.dice.choice((0, "много", "")),
        }[header]
        how = self.dice.random()
        when = self._in(at, self.dice.uniform(0.3, 6))
        if how < 0.3:
            self._later.append((when, lambda now: self._again("Форма Сделка", now, firm.address, answers)))
        elif how < 0.5:
            self._later.append((when, lambda now: Amended(key, now, answers)))
        elif how < 0.8 and header == "ИНН заказчика":
            text = f"ИНН заказчика: {answers['ИНН заказчика']}"
            self._later.append((when, lambda now: self._reply_to_row(key, now, firm.address, text)))
        return [FormRow(key, "Форма Сделка", at, firm.address, bad)]

    def _reply_to_row(self, key: str, at: datetime, sender: str, text: str) -> Event | None:
        deal = self._books.deals[self._books.rows[key].number]
        return Reply(at, sender, "needs-data", deal.number, text) if deal.state == NEEDS_DATA else None

    # -- partners answer

    def _answers(self, span: tuple[datetime, datetime], books: Books) -> list[Event]:
        found: list[Event] = []
        for deal in books.deals.values():
            firm = self._firm(deal.partner)
            if firm is None or not deal.known_sender:
                continue
            if deal.state == REGISTERED and (event := self._about(deal, firm, span, books)) is not None:
                found.append(event)
            elif deal.echo and not deal.echo_listed and self.dice.random() < 0.5:
                found.append(Reply(self._stamp(span), firm.address, "reply-confirm", deal.number, self.dice.choice("112")))
        return found

    def _about(self, deal: Deal, firm: Firm, span: tuple[datetime, datetime], books: Books) -> Event | None:
        assert deal.report_due is not None
        assert deal.valid_until is not None
        today = span[1].date()
        if deal.echo and deal.echo_listed:
            return None
        if deal.echo:
            if self.dice.random() < 0.5:
                return Reply(self._stamp(span), firm.address, "reply-confirm", deal.number, self.dice.choice("112"))
            return None
        near = (deal.report_due - today).days <= 2
        ending = (deal.valid_until - today).days <= 10
        chance = (0.35 * firm.care if near else 0) + (0.15 if ending else 0) + 0.006
        if self.dice.random() > chance:
            return None
        at = self._stamp(span)
        how = self.dice.random()
        if ending and how < 0.5:
            return self._said(at, deal, firm, "8")
        if how < 0.15:
            return self._said(at, deal, firm, self.dice.choice("556669"))
        if how < 0.2:
            return self._said(at, deal, firm, self.dice.choice(IN_WORDS))
        if how < 0.24:
            return self._said(at, deal, firm, self.dice.choice(("Сделку выиграли.", "Сделку проиграли.")))
        if how < 0.35:
            status = self.dice.choice(("в работе", "переговоры", "тендер", "выиграна"))
            row: dict[str, Typed] = {"№ сделки": deal.number, "Статус продажи": status}
            return FormRow(self._key(), "Форма Актуализация", at, firm.address, row)
        if how < 0.38:
            return Reply(at, f"stranger@other{self._rows}.example", "deal-registered", deal.number, "2")
        return self._said(at, deal, firm, self.dice.choice("1112234447"))

    def _said(self, at: datetime, deal: Deal, firm: Firm, text: str) -> Event:
        return Reply(at, firm.address, "deal-registered", deal.number, text)

    def _firm(self, inn: str) -> Firm | None:
        return next((firm for firm in self.firms if firm.inn == inn), None)

    # -- staff

    def _staff(self, now: datetime, books: Books) -> list[Event]:
        found: list[Event] = []
        for deal in books.deals.values():
            if deal.question and self.dice.random() < 0.4 and (event := judged(self.dice, deal, books)) is not None:
                found.append(event)
            elif deal.state == REGISTERED and self.dice.random() < 0.0006:
                found.append(typed_over(self.dice, deal, now))
            elif deal.state == REFUSED and deal.codes == (3,) and deal.offered is None and self.dice.random() < 0.01:
                found.append(Word("Сделки", deal.number, {"Скидка сотрудника %": self.dice.choice((3, 5, 5, 8))}))
        for partner in books.partners.values():
            if partner.state == AUTHORISED and (event := on_partner(self.dice, partner, books)) is not None:
                found.append(event)
        return found

    # -- what must change nothing

    def _noise(self, books: Books) -> list[Event]:
        found: list[Event] = []
        if books.deals and self.dice.random() < 0.08:
            number = self.dice.choice(sorted(books.deals))
            found.append(Noise(self.dice.choice(("sort", "sort", "delete", "blank")), "Сделки", number))
        if books.deals and self.dice.random() < 0.05:
            found.append(Noise("sort", "Форма Сделка"))
        return found

    def _other_mail(self, span: tuple[datetime, datetime]) -> list[Event]:
        found: list[Event] = []
        if self.dice.random() < 0.05:
            at = self._stamp(span)
            found.append(Stray(at, f"reader{self._rows}@somewhere.example", "Вопрос", "Как стать вашим партнёром?"))
        if self.dice.random() < 0.05:
            firm = self.dice.choice(self.firms)
            found.append(Stray(self._stamp(span), firm.address, "Автоответ: вне офиса", "Буду в понедельник.", automatic=True))
        return found


def _moment(span: tuple[datetime, datetime], taken: set[datetime], dice: random.Random) -> datetime:
    """A moment of its own between two passes."""
    room = int((span[1] - span[0]).total_seconds()) - 1
    while True:
        at = span[0].replace(microsecond=0) + timedelta(seconds=1 + dice.randrange(max(room, 1)))
        if at not in taken:
            taken.add(at)
            return at
