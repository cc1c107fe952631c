"""Ranges of cells: A1 and R1C1 notation, GridRange, and how they move when rows and columns come and go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]

_A1 = re.compile(r"\$?([A-Za-z]{1,3})?\$?(\d{1,8})?(?:(:)\$?([A-Za-z]{1,3})?\$?(\d{1,8})?)?")
_R1C1 = re.compile(r"R(\d+)?C(\d+)?(?:(:)R(\d+)?C(\d+)?)?", re.IGNORECASE)
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Area:
    """Rows and columns from 0, ends excluded; None is unbounded. `grows`: named by its first cell alone."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None
    grows: bool = False

    def within(self, rows: int, columns: int) -> Area:
        """With every side named, on a grid of that size."""
        return Area(
            self.top or 0,
            rows if self.bottom is None else self.bottom,
            self.left or 0,
            columns if self.right is None else self.right,
            self.grows,
        )

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) of an area whose sides are all named."""
        assert self.top is not None
        assert self.bottom is not None
        assert self.left is not None
        assert self.right is not None
        return self.top, self.bottom, self.left, self.right


def letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_of(text: str) -> int:
    """A -> 0, AA -> 26."""
    number = 0
    for sign in text.upper():
        number = number * 26 + ord(sign) - 64
    return number - 1


def parse_cells(text: str) -> Area | None:
    """The area that `A1:B2`, `A:C`, `2:5`, `A1`, `R1C1:R2C2` names; None if it is neither notation."""
    found = _A1.fullmatch(text)
    if found and text and not text.endswith(":"):
        left, top, colon, right, bottom = found.groups()
        if colon is None:
            if left is None or top is None:
                return None
            return _cell(int(top) - 1, column_of(left))
        return _ordered(
            None if top is None else int(top) - 1,
            None if bottom is None else int(bottom) - 1,
            None if left is None else column_of(left),
            None if right is None else column_of(right),
        )
    found = _R1C1.fullmatch(text)
    if found is None or text.upper() in ("RC", "R", "C"):
        return None
    top, left, colon, bottom, right = found.groups()
    whole = [None if part is None else int(part) - 1 for part in (top, left, bottom, right)]
    if colon is None:
        if whole[0] is None or whole[1] is None:
            return None
        return _cell(whole[0], whole[1])
    return _ordered(whole[0], whole[2], whole[1], whole[3])


def _cell(row: int, column: int) -> Area:
    return Area(row, row + 1, column, column + 1, grows=True)


def _ordered(top: int | None, bottom: int | None, left: int | None, right: int | None) -> Area:
    if top is not None and bottom is not None and top > bottom:
        top, bottom = bottom, top
    if left is not None and right is not None and left > right:
        left, right = right, left
    return Area(top, None if bottom is None else bottom + 1, left, None if right is None else right + 1)


def split_title(text: str) -> tuple[str | None, str]:
    """(title, rest) of `'It''s'!A1`; the title alone has an empty rest; no title is None."""
    if text.startswith("'"):
        end = 1
        while True:
            end = text.find("'", end)
            if end < 0:
                return None, text
            if text[end : end + 2] != "''":
                break
            end += 2
        title = text[1:end].replace("''", "'")
        rest = text[end + 1 :]
        return title, rest.removeprefix("!")
    if "!" in text:
        title, _, rest = text.rpartition("!")
        return title, rest
    return None, text


def quoted(title: str) -> str:
    """A title as it stands before the `!`."""
    if _PLAIN_TITLE.fullmatch(title) and parse_cells(title) is None:
        return title
    return "'" + title.replace("'", "''") + "'"


def written(title: str, area: Area) -> str:
    """The range as Google writes it in answers."""
    top, bottom, left, right = area.box
    first = f"{letters(left)}{top + 1}"
    last = f"{letters(max(right, left + 1) - 1)}{max(bottom, top + 1)}"
    return f"{quoted(title)}!{first}" + ("" if first == last else f":{last}")


def area_of(grid: Mapping[str, Any]) -> Area:
    """The area of a GridRange."""
    return Area(grid.get("startRowIndex"), grid.get("endRowIndex"), grid.get("startColumnIndex"), grid.get("endColumnIndex"))


def grid_range(sheet_id: int, area: Area) -> Json:
    """The GridRange of an area; unbounded sides left out."""
    sides = {"startRowIndex": area.top, "endRowIndex": area.bottom, "startColumnIndex": area.left, "endColumnIndex": area.right}
    return {"sheetId": sheet_id, **{name: value for name, value in sides.items() if value is not None}}


def meet(one: Area, other: Area) -> bool:
    """Do two areas share a cell?"""
    far = 1 << 40
    first, second = one.within(far, far).box, other.within(far, far).box
    return first[0] < second[1] and second[0] < first[1] and first[2] < second[3] and second[2] < first[3]


def grown(area: Area, rows: int, columns: int) -> Area:
    """From its first cell, so many rows and columns."""
    top, left = area.top or 0, area.left or 0
    return replace(area, top=top, left=left, bottom=top + rows, right=left + columns)


_SIDES = {"ROWS": ("startRowIndex", "endRowIndex", "rowIndex"), "COLUMNS": ("startColumnIndex", "endColumnIndex", "columnIndex")}


def shift(found: Any, sheet_id: int, dimension: str, at: int, count: int) -> bool:
    """Move every range inside that object: `count` rows or columns came in at `at`, or (negative) went. False: it is gone."""
    if isinstance(found, list):
        kept = [item for item in found if shift(item, sheet_id, dimension, at, count)]
        lost = bool(found) and not kept
        found[:] = kept
        return not lost
    if not isinstance(found, dict):
        return True
    if found.get("sheetId") == sheet_id:
        start, end, index = _SIDES[dimension]
        if found.get("dimension") == dimension and "startIndex" in found:
            start, end = "startIndex", "endIndex"
        if index in found:
            found[index] = _moved(found[index], at, count, end=False)
        if start in found or end in found:
            was = (found.get(start, 0), found.get(end))
            if start in found:
                found[start] = _moved(was[0], at, count, end=False)
            if was[1] is not None:
                found[end] = _moved(was[1], at, count, end=True)
                if found[end] <= found.get(start, 0):
                    return False
    return all(shift(item, sheet_id, dimension, at, count) for item in found.values() if isinstance(item, dict | list))


def _moved(index: int, at: int, count: int, end: bool) -> int:
    if count > 0:
        return index + count if (index > at if end else index >= at) else index
    if index <= at:
        return index
    return max(at, index + count)
