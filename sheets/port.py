"""The port of the spreadsheet: read everything once, write a batch with a late check. Google and .xlsx stand behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sheets.snapshot import Snapshot
from sheets.summary import Summary
from sheets.values import Cell


class SheetError(Exception):
    """The spreadsheet could not be read or written; nothing was half done. `code`: what people can do about it, as
    `mailer.wording.outage_mend` knows it; "" if nothing is known.
    """

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Changed(SheetError):
    """Somebody changed the spreadsheet after it was read: read and merge again."""


class Locked(SheetError):
    """Somebody has the workbook open: hold the writes, try in the next pass."""


class Unavailable(SheetError):
    """Passing: no such file yet, no permission, disk full, no connection. Try later."""


class Broken(SheetError):
    """Not a workbook that can be read; people must mend it."""


@dataclass(frozen=True, slots=True)
class CellWrite:
    """Set one cell. `expect`: canonical text that stood there when read; `key`: the row's number or fingerprint; None
    clears the cell.
    """

    tab: str
    position: int
    place: int
    field: str
    value: Cell
    expect: str
    key: str


@dataclass(frozen=True, slots=True)
class RowAppend:
    """A new row below the last one, by field; `key` as in CellWrite."""

    tab: str
    key: str
    values: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Changes:
    """One batch, written as a whole or not at all. `summary`: lay out `Сводка` anew."""

    cells: Sequence[CellWrite] = ()
    appends: Sequence[RowAppend] = ()
    summary: Summary | None = None

    def __bool__(self) -> bool:
        return bool(self.cells or self.appends or self.summary)


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What a write did. `lost`: kinds of content that could not be kept (`chart`, `text-box`, …); `copy`: the book as it
    was before.

    `stale_lock`: a lock older than a day was ignored. `repaired`: what had to be mended because a person was faster than the
    write, in words for the journal.
    """

    fingerprint: str
    lost: tuple[str, ...] = ()
    copy: str = ""
    stale_lock: str = ""
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ensured:
    """What `ensure` made: titles of tabs, and (tab, header) of the system's columns."""

    created: bool = False
    tabs: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    report: WriteReport | None = field(default=None)

    def __bool__(self) -> bool:
        return bool(self.created or self.tabs or self.headers)


class Spreadsheet(Protocol):
    """One shared spreadsheet."""

    def fingerprint(self) -> str:
        """Stands for the present content. Raises Unavailable."""

    def ensure(self, stamp: str, forms: bool = False) -> Ensured:
        """Make what is missing, destroy nothing; form tabs only in a new book or with `forms`. `stamp` names a copy.
        Raises SheetError.
        """

    def read(self) -> Snapshot:
        """Everything at one time. Raises Unavailable, Broken."""

    def write(self, changes: Changes, seen: str, stamp: str) -> WriteReport:
        """Write the batch if the content is still the one with fingerprint `seen`. Raises Changed, Locked, Unavailable,
        Broken.
        """
