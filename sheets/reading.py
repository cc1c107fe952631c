"""A snapshot becomes rows of forms and staff's own tabs, typed; what cannot be read becomes faults with tab, row and header."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256

from cases.model import Form, FormRow
from cases.staff_lines import PriceLine, PublicityLine, RefusalLine, SaleLine, StaffTabs, ViolationLine
from sheets import columns
from sheets.columns import CALENDAR, FORMS, PRICES, PUBLICITY_TAB, REFUSALS, SALES, VIOLATIONS_TAB
from sheets.shape import Column, Owner, Tab, Type
from sheets.snapshot import RawRow, Sheet, SheetFault, Snapshot
from sheets.values import MOSCOW, canonical, clean, day, meaning, moment, number, shown, word


def form_rows(snapshot: Snapshot) -> tuple[list[FormRow], list[SheetFault]]:
    """Every row of the usable form tabs in the order of the sheet, tab by tab, and notices about their cells. Rows without
    any answer are left out.

    An answer out of a list is told in our word, any other as it was typed. A formula typed into an answer is taken at its last
    result, an error value as empty; both are noticed.
    """
    rows: list[FormRow] = []
    faults: list[SheetFault] = []
    for form, tab in FORMS.items():
        sheet = snapshot.usable(tab.name)
        if sheet is not None:
            answers = [
                column for column in tab.columns if column.owner is Owner.FORM and column.field not in ("stamp", "address")
            ]
            rows.extend(row for raw in sheet.rows if (row := _form_row(form, sheet, raw, answers)) is not None)
            faults.extend(_odd_cells(sheet, (column for column in tab.columns if column.owner is Owner.FORM)))
    return rows, faults


def _form_row(form: Form, sheet: Sheet, raw: RawRow, answers: list[Column]) -> FormRow | None:
    stamp_cell = sheet.cell(raw, "stamp")
    when = moment(stamp_cell)
    address = clean(_cell_text(sheet, raw, "address")).lower()
    texts: dict[str, str] = {}
    compared: list[str] = []
    for column in answers:
        cell = "" if (raw.position, sheet.index[column.field]) in sheet.errors else sheet.cell(raw, column.field)
        text = clean(cell) if isinstance(cell, str) else shown(canonical(cell, column.type), column.type)
        texts[column.field] = (column.words and word(text, column)) or text
        compared.append(f"{column.field}\x1e{meaning(cell, column)}")
    if when is None and not address and not any(texts.values()) and stamp_cell in ("", None):
        return None
    stamp = when.isoformat() if when else clean(str(stamp_cell))
    compared.sort()
    key = sha256("\x1f".join((stamp, address, *compared)).encode()).hexdigest()
    return FormRow(
        form=form,
        key=key,
        number=_cell_text(sheet, raw, "number"),
        position=raw.position,
        stamp=when.replace(tzinfo=MOSCOW) if when else None,
        stamp_text=when.strftime("%d.%m.%Y %H:%M:%S") if when else clean(str(stamp_cell)),
        address=address,
        answers=texts,
        labels={column.field: sheet.labels[column.field] for column in answers},
    )


def _cell_text(sheet: Sheet, raw: RawRow, name: str) -> str:
    return canonical(sheet.cell(raw, name), Type.TEXT)


def _odd_cells(sheet: Sheet, watched: Iterable[Column]) -> Iterator[SheetFault]:
    """Formulas and error values that people typed where a plain value belongs."""
    if not sheet.formulas and not sheet.errors:
        return
    headers = {sheet.index[column.field]: column.header for column in watched if column.field in sheet.index}
    for code, places in (("formula", sheet.formulas), ("error-value", sheet.errors)):
        for position, place in sorted(places):
            if place in headers and position > sheet.header_row:
                yield SheetFault(code, sheet.tab.name, headers[place], position=position)


class _Lines:
    """The rows of one of staff's tabs, read cell by cell; a row with a fault is left out and named."""

    def __init__(self, sheet: Sheet, faults: list[SheetFault]) -> None:
        self._sheet = sheet
        self._faults = faults
        self._raw = RawRow(0, ())
        self._good = True

    def __iter__(self) -> Iterator[_Lines]:
        for raw in self._sheet.rows:
            self._raw, self._good = raw, True
            yield self

    @property
    def good(self) -> bool:
        """Every cell of the present row that was asked for could be read."""
        return self._good

    def _fault(self, code: str, name: str) -> None:
        self._good = False
        header = self._sheet.tab.column(name).header
        self._faults.append(SheetFault(code, self._sheet.tab.name, header, position=self._raw.position, value=self.text(name)))

    def text(self, name: str) -> str:
        return _cell_text(self._sheet, self._raw, name)

    def needed(self, name: str) -> str:
        text = self.text(name)
        if not text:
            self._fault("value-missing", name)
        return text

    def day(self, name: str) -> date:
        found = day(self._sheet.cell(self._raw, name))
        if found is None:
            self._fault("date-unreadable" if self.text(name) else "value-missing", name)
        return found or date.min

    def number(self, name: str) -> Decimal:
        found = number(self._sheet.cell(self._raw, name))
        if found is None:
            self._fault("number-unreadable" if self.text(name) else "value-missing", name)
        return found.normalize() if found else Decimal(0)

    def word(self, name: str) -> str:
        text = self.text(name)
        ours = word(text, self._sheet.tab.column(name))
        if not ours:
            self._fault("word-unknown" if text else "value-missing", name)
        return ours


def staff_tabs(
    snapshot: Snapshot, name_key: Callable[[str], str], last: StaffTabs | None = None
) -> tuple[StaffTabs, list[SheetFault]]:
    """Staff's own tabs. Rows that cannot be read are left out and named; a tab that cannot be read keeps what was `last`
    read from it.
    """
    faults: list[SheetFault] = []
    last = last or StaffTabs()

    def lines(tab: Tab) -> _Lines | None:
        sheet = snapshot.usable(tab.name)
        if sheet is None:
            return None
        faults.extend(_odd_cells(sheet, tab.columns))
        return _Lines(sheet, faults)

    prices = _prices(found, name_key) if (found := lines(PRICES)) else last.prices
    sales = _sales(found) if (found := lines(SALES)) else last.sales
    publicity = _publicity(found) if (found := lines(PUBLICITY_TAB)) else last.publicity
    refusals = _refusals(found) if (found := lines(REFUSALS)) else last.refusals
    violations = _violations(found) if (found := lines(VIOLATIONS_TAB)) else last.violations
    calendar = _calendar(found) if (found := lines(CALENDAR)) else last.calendar
    return StaffTabs(prices, sales, publicity, refusals, violations, calendar), faults


def _prices(lines: _Lines, name_key: Callable[[str], str]) -> tuple[PriceLine, ...]:
    found = []
    for line in lines:
        name = line.needed("name")
        item = PriceLine(line.text("article"), name, name_key(name), line.text("term_months"), line.number("price"))
        if line.good:
            found.append(item)
    return tuple(found)


def _sales(lines: _Lines) -> tuple[SaleLine, ...]:
    found = []
    for line in lines:
        item = SaleLine(
            line.day("on"), line.needed("partner_inn"), line.text("deal"), line.number("amount"), line.text("distributor")
        )
        if line.good:
            found.append(item)
    return tuple(found)


def _publicity(lines: _Lines) -> tuple[PublicityLine, ...]:
    found = []
    for line in lines:
        item = PublicityLine(line.day("on"), line.needed("partner_inn"), line.word("kind"), line.text("link"))
        if line.good:
            found.append(item)
    return tuple(found)


def _refusals(lines: _Lines) -> tuple[RefusalLine, ...]:
    found = []
    for line in lines:
        item = RefusalLine(line.needed("customer_inn"), line.needed("partner_inn"), line.text("document"))
        if line.good:
            found.append(item)
    return tuple(found)


def _violations(lines: _Lines) -> tuple[ViolationLine, ...]:
    """`Снято`: empty, «Нет» and a cleared box are no; anything else that people put there (да, a date, a tick) lifts it."""
    found = []
    for line in lines:
        lifted = line.text("lifted").casefold() not in ("", columns.YES_NO["no"].casefold(), "0")
        item = ViolationLine(line.day("on"), line.needed("partner_inn"), line.word("kind"), line.text("text"), lifted)
        if line.good:
            found.append(item)
    return tuple(found)


def _calendar(lines: _Lines) -> dict[date, bool]:
    found = {}
    for line in lines:
        on, kind = line.day("on"), line.word("kind")
        if line.good:
            found[on] = kind == "business"
    return found
