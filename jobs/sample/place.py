"""Puts the sample into a home as people would: rows into the spreadsheet, letters into the inbox."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from cases.staff_lines import StaffTabs
from jobs.home import Home
from jobs.office import outside
from jobs.programme import load_editions
from jobs.sample.story import HERE, Row, Story, story
from sheets.columns import FORMS, LEADS, PRICES, PUBLICITY_TAB, REFUSALS, SALES, VIOLATIONS_TAB
from sheets.layout import dress, look
from sheets.shape import Tab, Type

_STAFF_TABS: Mapping[str, Tab] = {
    "price": PRICES,
    "sale": SALES,
    "publicity": PUBLICITY_TAB,
    "refusal": REFUSALS,
    "violation": VIOLATIONS_TAB,
    "lead": LEADS,
}


def sample_story(home: Home, now: datetime) -> Story:
    """The sample as it would have happened up to that moment. Raises ProgrammeError."""
    editions = load_editions(*home.programme_folders())
    return story(now, outside(home, editions, StaffTabs(), now).calendar)


def place_sample(home: Home, now: datetime) -> None:
    """Everything that people can send without having been answered before."""
    told = sample_story(home, now)
    book = openpyxl.load_workbook(home.workbook)
    fill_staff_tabs(book, told)
    add_rows(book, [row for row in told.rows if not row.about], {})
    book.save(home.workbook)
    for act in told.acts:
        if act.kind == "letter":
            drop_letter(home.inbox, (HERE / act.entry["file"]).read_bytes(), act.at)


def fill_staff_tabs(book: Workbook, told: Story) -> None:
    """Prices, sales, publicity, refusals, violations, leads."""
    for section, tab in _STAFF_TABS.items():
        for entry in told.office[section]:
            values: dict[str, Any] = dict(entry)
            if "days_ago" in values:
                values["on"] = told.last_day - timedelta(days=values.pop("days_ago"))
            _append(book, tab, values)


def add_rows(book: Workbook, rows: Iterable[Row], numbers: Mapping[str, str]) -> None:
    """Form rows as Google Forms writes them; `numbers`: case numbers by name, for rows that speak of a deal."""
    for row in rows:
        values: dict[str, Any] = {**row.answers, "stamp": row.at.replace(tzinfo=None)}
        if row.about:
            values["deal"] = numbers[row.about]
        _append(book, FORMS[row.form], values)


def places(sheet: Worksheet) -> dict[str, int]:
    """Column numbers by header."""
    return {str(cell.value): place for place, cell in enumerate(sheet[1], 1)}


def _append(book: Workbook, tab: Tab, values: Mapping[str, Any]) -> None:
    sheet = book[tab.name]
    headers = places(sheet)
    place = next(row for row in range(2, sheet.max_row + 2) if all(cell.value is None for cell in sheet[row]))
    for column in tab.columns:
        value = values.get(column.field)
        if value not in (None, ""):
            cell = sheet.cell(place, headers[column.header], value)
            dress(cell, look(sheet, place, headers[column.header], column))  # what is typed looks as its column does
            if isinstance(value, str):
                cell.data_type = "s"  # what people typed is text, though it begins like a formula
            if column.type is Type.DATETIME:
                cell.number_format = "dd.mm.yyyy hh:mm:ss"
            elif column.type is Type.DATE:
                cell.number_format = "dd.mm.yyyy"


def set_cells(book: Workbook, tab: Tab, header: str, wanted: str, cells: Mapping[str, Any]) -> None:
    """Type into the rows that hold `wanted` under that header."""
    sheet = book[tab.name]
    headers = places(sheet)
    for row in range(2, sheet.max_row + 1):
        if str(sheet.cell(row, headers[header]).value) == wanted:
            for name, value in cells.items():
                sheet.cell(row, headers[name], value)


def reply(answered: Mapping[str, str], text: str, at: datetime) -> bytes:
    """An answer to a letter of ours, given by its headers."""
    message = EmailMessage()
    message["From"] = answered["To"]
    message["To"] = Address(addr_spec=answered["Reply-To"])
    message["Subject"] = f"Re: {answered['Subject']}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{int(at.timestamp())}.{len(text)}@{answered['To'].rpartition('@')[2]}>"
    message["In-Reply-To"] = message["References"] = answered["Message-ID"]
    message.set_content(text.strip() + "\n", cte="8bit")
    return message.as_bytes()


def drop_letter(inbox: Path, raw: bytes, at: datetime) -> None:
    """Deliver into the Maildir, at that time of the mailbox."""
    name = f"{int(at.timestamp())}.{abs(hash(raw)) % 10**9}.sample"
    draft = inbox / "tmp" / name
    draft.write_bytes(raw)
    os.utime(draft, (at.timestamp(), at.timestamp()))
    draft.replace(inbox / "new" / name)


def numbers_of(book: Workbook, rows: Sequence[Row]) -> dict[str, str]:
    """Case numbers by the names of the sample, read beside the answers in the form tabs; of leads by what they are called."""
    found = {}
    for form, tab in FORMS.items():
        sheet = book[tab.name]
        headers = places(sheet)
        stamp, address, number = (headers[tab.column(name).header] for name in ("stamp", "address", "number"))
        lines = {
            (sheet.cell(row, stamp).value, sheet.cell(row, address).value): sheet.cell(row, number).value
            for row in range(2, sheet.max_row + 1)
        }
        for row in rows:
            key = (row.at.replace(tzinfo=None), row.answers.get("address"))
            if row.form is form and row.name and lines.get(key):
                found[row.name] = str(lines[key])
    sheet = book[LEADS.name]
    headers = places(sheet)
    lead, number = (headers[LEADS.column(name).header] for name in ("lead", "number"))
    return found | {str(sheet.cell(row, lead).value): str(sheet.cell(row, number).value) for row in range(2, sheet.max_row + 1)}
