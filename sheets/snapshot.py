"""The spreadsheet as read once: rows with their positions, our fields found in them, and what is wrong with tabs and headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheets.shape import Tab
from sheets.values import Cell


@dataclass(frozen=True, slots=True)
class SheetFault:
    """Something in the sheet that people must mend, as a code with facts.

    Of tabs: `tab-missing`, `header-missing`, `header-renamed` (with a suggestion), `header-doubled`, `tab-doubled`.
    Of rows: `formula`, `error-value`, `date-unreadable`, `number-unreadable`, `word-unknown`, `value-missing`; in `Лиды` also
    `lead-numbered` (a number that is none of ours) and `lead-repeated` (`value`: the lead that says the same).
    Of an exported file, `file`, without a tab: `export-unreadable`, `export-unknown`, `export-too-large`,
    `export-sprawling`.
    """

    code: str
    tab: str
    header: str = ""
    suggestion: str = ""
    position: int = 0
    value: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands; `position` is its number on the sheet, from 1."""

    position: int
    values: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One of our tabs as read. Empty rows are left out.

    `index`: field -> column from 0; `labels`: field -> header as it stands. `formulas` and `errors`: (position, column) of
    such cells.
    `stopped`: unusable until people mend its headers; it has no rows then.
    """

    tab: Tab
    title: str
    header_row: int
    index: Mapping[str, int]
    labels: Mapping[str, str]
    width: int
    next_row: int
    rows: Sequence[RawRow]
    formulas: frozenset[tuple[int, int]] = frozenset()
    errors: frozenset[tuple[int, int]] = frozenset()
    stopped: bool = False

    def cell(self, row: RawRow, name: str) -> Cell:
        """What stands in the row under that field; "" where there is nothing or no such column."""
        place = self.index.get(name, -1)
        return row.values[place] if 0 <= place < len(row.values) else ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything read at one time. `tabs` by the contract's tab name; `fingerprint` stands for the content that was read."""

    tabs: Mapping[str, Sheet]
    fingerprint: str
    faults: Sequence[SheetFault] = field(default_factory=tuple)

    def usable(self, name: str) -> Sheet | None:
        """That tab, unless it is missing or stopped."""
        sheet = self.tabs.get(name)
        return None if sheet is None or sheet.stopped else sheet


@dataclass(frozen=True, slots=True)
class Grid:
    """A tab as the backend gives it: all rows from the first on, values with percent formats already resolved (0.1 under %
    is 10).
    """

    title: str
    rows: Sequence[Sequence[Cell]]
    formulas: frozenset[tuple[int, int]] = frozenset()
    errors: frozenset[tuple[int, int]] = frozenset()
