"""`Лиды`: people make the rows, the system numbers them. Each row is known again by its №, or else by what people wrote in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cases.staff_lines import LeadLine
from sheets.base import BaseRow, numbered
from sheets.columns import LEADS
from sheets.shape import TabKind, Type
from sheets.snapshot import RawRow, Sheet, SheetFault, Snapshot
from sheets.values import canonical

_OWN = ("lead", "contact", "region")
_NEEDED = ("lead", "contact")


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead that is not taken in yet, at its place on the sheet."""

    line: LeadLine
    position: int

    @property
    def cells(self) -> dict[str, str]:
        """The base of the row: what it says, agreed upon; its number is still to come."""
        return {"lead": self.line.lead, "contact": self.line.contact, "region": self.line.region}


def by_number(sheet: Sheet, base: Mapping[str, BaseRow]) -> dict[str, list[RawRow]]:
    """Rows of a numbered tab by their case; in `Лиды` also those whose number is yet to come, or was spoilt by hand.

    There a row without a case stands under the number that somebody typed, "" if none.
    """
    found = numbered(sheet)
    if sheet.tab.kind is not TabKind.STAFF:
        return found
    strays = [raw for key, raws in found.items() if key not in base for raw in raws]
    places = {key: raws for key, raws in found.items() if key in base}
    lost: dict[tuple[str, ...], list[str]] = {}
    for key, row in base.items():
        if key not in places:
            lost.setdefault(tuple(row.get(name, "") for name in _OWN), []).append(key)
    rest = []
    for raw in sorted(strays, key=lambda raw: raw.position):
        keys = lost.get(_said(sheet, raw))
        if keys:
            places[keys.pop(0)] = [raw]
        else:
            rest.append(raw)
    for (lead, contact, _), keys in lost.items():
        # edited before its number could be written: it still says half of what it said
        bare = [raw for raw in rest if not _text(sheet, raw, "number")]
        near = [raw for raw in bare if _half_alike(_said(sheet, raw), lead, contact)]
        if len(keys) == len(near) == 1 and "number" not in base[keys[0]]:
            places[keys[0]] = near
            rest.remove(near[0])
    for raw in rest:
        places.setdefault(_text(sheet, raw, "number"), []).append(raw)
    return places


def new_leads(snapshot: Snapshot, base: Mapping[str, BaseRow]) -> tuple[list[LeadRow], list[SheetFault]]:
    """Leads to be taken in, and rows that staff must mend first, new ones and others."""
    sheet = snapshot.usable(LEADS.name)
    if sheet is None:
        return [], []
    rows: list[LeadRow] = []
    faults: list[SheetFault] = []
    known = {tuple(row.get(name, "") for name in _OWN): key for key, row in base.items()}
    for key, raws in by_number(sheet, base).items():
        for raw in raws:
            said = _said(sheet, raw)
            missing = [name for name in _NEEDED if not _text(sheet, raw, name)]
            if key in base:
                if len(missing) == 1:  # both: staff took it off
                    faults.append(_fault("value-missing", missing[0], raw))
            elif key:
                faults.append(_fault("lead-numbered", "number", raw, key))
            elif missing:
                faults.append(_fault("value-missing", missing[0], raw))
            elif said in known:
                faults.append(_fault("lead-repeated", "lead", raw, known[said]))
            else:
                known[said] = f"строка {raw.position}"
                rows.append(LeadRow(LeadLine(*said), raw.position))
    return rows, sorted(faults, key=lambda fault: fault.position)


def _fault(code: str, name: str, raw: RawRow, value: str = "") -> SheetFault:
    return SheetFault(code, LEADS.name, LEADS.column(name).header, position=raw.position, value=value)


def _said(sheet: Sheet, raw: RawRow) -> tuple[str, ...]:
    return tuple(_text(sheet, raw, name) for name in _OWN)


def _text(sheet: Sheet, raw: RawRow, name: str) -> str:
    """The cell as text; an error value is nothing."""
    if (raw.position, sheet.index[name]) in sheet.errors:
        return ""
    return canonical(sheet.cell(raw, name), Type.TEXT)


def _half_alike(said: tuple[str, ...], lead: str, contact: str) -> bool:
    return (said[0] == lead != "") or (said[1] == contact != "")
