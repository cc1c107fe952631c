"""Homes to be measured: partners that are authorised already, and many new submissions in the spreadsheet."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl

from cases.model import Form
from jobs import ingest_forms, read_sheet, review_deals, write_sheet
from jobs.home import Home, make_home
from jobs.office import Office, open_office
from jobs.progress import Progress
from sheets.columns import FORMS, PRICES
from sheets.shape import Tab
from sheets.xlsx import WorkbookFile

MOSCOW = timezone(timedelta(hours=3))
START = datetime(2026, 3, 2, 9, tzinfo=MOSCOW)
NOW = datetime(2026, 3, 3, 12, tzinfo=MOSCOW)
PARTNERS = 500
PRODUCTS = ("Стахановец Про", "Стахановец Стандарт", "Модуль аналитики", "Модуль защиты данных")
JOBS = (read_sheet, ingest_forms, review_deals, write_sheet)
"""A pass without its letters."""


def inn(prefix: str, number: int) -> str:
    """A valid INN of an organisation that does not exist."""
    digits = f"{prefix}{number:07}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return digits + str(sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10)


def partners_home(root: Path, partners: int) -> Home:
    """A home whose partners are authorised, told, and shown in the spreadsheet."""
    home = make_home(root)
    WorkbookFile(home.workbook).ensure("bench")
    prices = [{"article": f"A-{at}", "name": name, "term_months": "12", "price": 1000 + at} for at, name in enumerate(PRODUCTS)]
    _append(home, PRICES, prices)
    _append(home, FORMS[Form.PARTNER], [_application(number) for number in range(partners)])
    work(home, START)
    settle_letters(home)
    return home


def add_deals(home: Home, count: int, partners: int, *, authorised: bool = True) -> None:
    """So many registrations of as many customers, one in twenty of a customer that another partner asks for as well."""
    rows = []
    for number in range(count):
        owner = number % partners
        customer = number - 1 if number % 20 == 19 else number
        rows.append(
            {
                "stamp": (START + timedelta(seconds=20 * number % 80_000)).replace(tzinfo=None),
                "address": f"deals@partner{owner}.example",
                "partner_inn": inn("96", owner if authorised else owner + 1_000_000),
                "customer": f"ООО «Заказчик {customer}»",
                "customer_inn": inn("98", customer),
                "kind": "Новая",
                "products": "; ".join(PRODUCTS[: 1 + number % 3]),
                "licences": 5 + number % 200,
                "expected_on": "30.09.2026",
                "comment": "Просим зарегистрировать сделку",
            }
        )
    _append(home, FORMS[Form.DEAL], rows)


def work(home: Home, now: datetime) -> Office:
    """A pass without its letters."""
    with open_office(home, now, Progress()) as office:
        for job in JOBS:
            job.run(office)
        assert not office.report.faults, office.report.faults
        return office


def settle_letters(home: Home) -> None:
    """Take every letter for sent: other measurements are not to pay for them."""
    with closing(sqlite3.connect(home.ledger)) as ledger:
        ledger.execute("UPDATE mails SET state = 'sent'")
        ledger.commit()


def _application(number: int) -> dict[str, Any]:
    return {
        "stamp": START.replace(tzinfo=None),
        "address": f"deals@partner{number}.example",
        "name": f"ООО «Партнёр {number}»",
        "inn": inn("96", number),
        "site": f"partner{number}.example",
        "contact": "Иванова Мария Петровна",
        "phone": "+7 495 123-45-67",
        "consent": "Да",
    }


def _append(home: Home, tab: Tab, rows: Sequence[Mapping[str, Any]]) -> None:
    book = openpyxl.load_workbook(home.workbook)
    sheet = book[tab.name]
    places = {column.field: place for place, column in enumerate(tab.columns, 1)}
    for row, values in enumerate(rows, 2):
        for name, value in values.items():
            sheet.cell(row, places[name], value)
    book.save(home.workbook)
