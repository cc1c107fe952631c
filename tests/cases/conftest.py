"""The house in one process: forms, staff's words and replies go in; rows and letters are looked at as people see them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases import intake, replies, review, words
from cases.desk import Desk
from cases.identity import product_key
from cases.incoming_mail import Letter, LetterKind
from cases.model import Case, Form, FormRow, Mail, Recorded, StaffWord, Submission, WordKind
from cases.ports import Outside
from cases.staff_lines import PriceLine, RefusalLine, StaffTabs
from cases.tabs import Tabs
from jobs.programme import load_calendar, load_editions
from ledger.database import SqlLedger, open_ledger
from mailer.bulk import RussianListReader
from mailer.rendering import Rendered, render
from mailer.replies import RussianReplyReader
from mailer.wording import RussianWording
from rules.edition import Tier
from sheets.columns import BY_NAME
from sheets.projection import TAB_OF_KIND, case_row, submission_row
from sheets.values import word as our_word

ROOT = Path(__file__).resolve().parents[2]
MOSCOW = ZoneInfo("Europe/Moscow")
EDITIONS = load_editions(ROOT / "programme")
EDITION = EDITIONS.items[-1]
CALENDAR = load_calendar(ROOT / "programme", EDITION.deadlines, {})
STAFF = "boss@stakhanovets.ru"
A, B = "a@one.ru", "b@two.ru"
ONE, TWO, CUSTOMER, OTHER = "7700000009", "7700079190", "7700158388", "7707083893"
FULL, BASE = "Стахановец: Полный контроль", "Стахановец: Базовый"
PRICES = tuple(
    PriceLine(article, name, product_key(name), "12", Decimal(price))
    for article, name, price in (("ST-1", FULL, "12000"), ("ST-2", BASE, "5000"))
)


def at(text: str) -> datetime:
    """«2026-03-02 10:00», Moscow time."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


@dataclass
class Posted:
    """A letter that went out: as queued and as read."""

    mail: Mail
    read: Rendered

    @property
    def text(self) -> str:
        return " ".join(self.read.text.replace("\u00a0", " ").split())


@dataclass
class House:
    """Everything in memory but the ledger, which is a real file."""

    ledger: SqlLedger
    tabs: StaffTabs = field(default_factory=lambda: StaffTabs(prices=PRICES))
    now: datetime = field(default_factory=lambda: at("2026-03-02 10:00"))
    sent: list[Posted] = field(default_factory=list)
    rows: int = 0
    said: int = 0

    def outside(self) -> Outside:
        return Outside(
            now=self.now,
            editions=EDITIONS,
            calendar=CALENDAR,
            wording=RussianWording(),
            reader=RussianReplyReader(),
            lists=RussianListReader(),
            tabs=Tabs(self.tabs),
            staff=(STAFF,),
        )

    # -- what comes in

    def form(self, form: Form, address: str, number: str = "", **answers: str) -> list[Posted]:
        """A row of a form, sent and taken in now; gives the letters of the pass."""
        self.rows += 1
        labels = {name: name for name in answers}
        row = FormRow(form, f"{form}{self.rows}", number, self.rows, self.now, "", address, answers, labels)
        return self.once(rows=[row])

    def staff(self, number: str, **cells: str) -> list[Posted]:
        """Staff's cells of a registry row as typed, by our name of the column; gives the letters of the pass."""
        return self.once(words=self.cells(number, **cells))

    def cells(self, number: str, **cells: str) -> list[StaffWord]:
        """Staff's cells of a registry row, for a pass that hears several rows."""
        tab = BY_NAME[TAB_OF_KIND[self.case(number).kind].name]
        heard = []
        for name, typed in cells.items():
            column = tab.column(name)
            self.said += 1
            kind = WordKind.DECISION if name == "staff_decision" else WordKind.CELL if column.ours else WordKind.FIELD
            value = our_word(typed, column) if column.words else typed
            beside = {other: text for other, text in cells.items() if other != name}
            heard.append(StaffWord(f"word{self.said}", kind, tab.name, number, name, value, "", typed, beside))
        return heard

    def reply(self, answered: Posted, text: str, sender: str = "") -> list[Posted]:
        """A reply to a letter, with its token."""
        self.said += 1
        with self.ledger.transaction(self.now) as tx:
            token = next(out for out in self.tokens if out[0] == answered.mail.key)[1]
            letter = Letter(
                key=f"letter{self.said}",
                kind=LetterKind.PERSON,
                received_at=self.now,
                sender=sender or answered.mail.recipient,
                sender_name="",
                subject=f"Re: {answered.read.subject}",
                text=text,
                message_id=f"<{self.said}@partner.example>",
                tokens=(token,),
                references=(),
                numbers=(),
                authentic=False,
                failed_authentication=False,
            )
            replies.take_letter(Desk(tx, self.outside()), letter)
        return self.once()

    tokens: list[tuple[str, str]] = field(default_factory=list)

    # -- a pass

    def once(self, rows: Sequence[FormRow] = (), words: Sequence[StaffWord] = ()) -> list[Posted]:
        """One pass at `now`: hear, take in, review, send; gives the letters sent."""
        outside = self.outside()
        with self.ledger.transaction(self.now) as tx:
            desk = Desk(tx, outside)
            _hear(desk, words)
            intake.take_rows(desk, intake.in_order(rows, self.now))
            desk.flush_attention()
        for _ in range(20):
            with self.ledger.transaction(self.now) as tx:
                numbers = tx.waking(self.now, 1000)
                if not numbers:
                    break
                desk = Desk(tx, outside)
                for case in review.order(tx.preload(numbers)):
                    review.review(desk, case)
                desk.flush_attention()
        else:
            raise AssertionError("the same cases are due again and again")
        posted = []
        with self.ledger.transaction(self.now) as tx:
            for outgoing in tx.claim_mails("house", self.now + timedelta(minutes=5), 1000):
                tx.mail_prepared(outgoing.mail.key, b"x")
                tx.mail_sent(outgoing.mail.key, self.now)
                self.tokens.append((outgoing.mail.key, outgoing.token))
                posted.append(Posted(outgoing.mail, render(outgoing.mail)))
        self.sent += posted
        return posted

    def later(self, text: str) -> list[Posted]:
        """A pass at another time."""
        self.now = at(text)
        return self.once()

    # -- what people see

    def case(self, number: str) -> Case:
        with self.ledger.reading(self.now) as tx:
            found = tx.case(number)
        assert found is not None, number
        return found

    def row(self, number: str) -> dict[str, Any]:
        """The registry row by the sheet's headers."""
        case = self.case(number)
        shown = case_row(case, lambda _: None)
        return {column.header: shown.get(column.field) for column in TAB_OF_KIND[case.kind].columns}

    def form_row(self, number: str) -> Mapping[str, Any]:
        """`№`, `Решение`, `Причина` of the case's last form row, by our names."""
        return submission_row(self.submissions(number)[-1])

    def submissions(self, number: str) -> list[Submission]:
        with self.ledger.reading(self.now) as tx:
            return tx.submissions_of(number)

    def decisions(self, number: str) -> list[Recorded]:
        with self.ledger.reading(self.now) as tx:
            return tx.decisions_of(number)

    def letters(self, template: str) -> list[Posted]:
        return [posted for posted in self.sent if posted.mail.template == template]

    # -- usual beginnings

    def partner(self, inn: str, address: str, name: str = "ООО Партнёр", tier: Tier = Tier.WHITE) -> str:
        """An authorised partner of that tier."""
        answers = {"name": name, "inn": inn, "contact": "Иван", "phone": "+7 495 123-45-67", "consent": "yes"}
        self.form(Form.PARTNER, address, **answers)
        with self.ledger.transaction(self.now) as tx:
            case = tx.partner(inn)
            assert case is not None
            case.partner().tier = tier
            tx.save(case)
            return case.number

    def deal(self, inn: str, address: str, products: str = BASE, licences: str = "10", customer: str = CUSTOMER) -> str:
        """A deal sent now; gives its number."""
        self.form(
            Form.DEAL,
            address,
            partner_inn=inn,
            customer="ООО Клиент",
            customer_inn=customer,
            kind="new",
            products=products,
            licences=licences,
        )
        with self.ledger.reading(self.now) as tx:
            return max(deal.number for deal in tx.deals_of_partner(inn))

    def order(self, inn: str, address: str, deal: str, licences: str = "10", **changes: str) -> list[Posted]:
        """An order sent now."""
        usual = {"customer": "ООО Клиент", "customer_inn": CUSTOMER, "products": BASE, "distributor": ""}
        return self.form(Form.ORDER, address, partner_inn=inn, deal=deal, licences=licences, **{**usual, **changes})

    def pilot(self, inn: str, address: str, **changes: str) -> list[Posted]:
        """A request for a pilot sent now."""
        usual = {"customer": "ООО Клиент", "customer_inn": CUSTOMER, "products": BASE, "licences": "5", "term_days": ""}
        return self.form(Form.PILOT, address, partner_inn=inn, **{**usual, **changes})

    def customer_refuses(self, customer: str, partner: str) -> None:
        self.tabs = replace(self.tabs, refusals=(RefusalLine(customer, partner, "письмо"),))


def _hear(desk: Desk, heard: Sequence[StaffWord]) -> None:
    words.hear(desk, heard)


@contextmanager
def a_copy(of: Path) -> Iterator[SqlLedger]:
    """A copy of that ledger, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{shutil.copy(of, folder)}", secret=b"x" * 32, owner="house")
        try:
            yield ledger
        finally:
            ledger.close()


@pytest.fixture
def house(empty_ledger: Path) -> Iterator[House]:
    with a_copy(empty_ledger) as ledger:
        yield House(ledger)
