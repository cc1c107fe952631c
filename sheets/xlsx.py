"""The spreadsheet as an .xlsx file: read by calamine, written by openpyxl into a temporary file that replaces the old one
at the last moment.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineError, CalamineWorkbook

from sheets import layout, package
from sheets.assembly import assemble
from sheets.charts import draw_summary
from sheets.columns import BY_NAME, SUMMARY, TABS
from sheets.headers import Aliases, find_tab, locate
from sheets.port import Broken, Changed, Changes, Ensured, Locked, RowAppend, SheetError, Unavailable, WriteReport
from sheets.shape import Tab, TabKind
from sheets.snapshot import Grid, Snapshot
from sheets.values import Cell, number, plain

LOCK_LIVES = 24 * 3600
_BROKEN = (zipfile.BadZipFile, CalamineError, InvalidFileException, KeyError, SyntaxError, ValueError, TypeError, EOFError)


class WorkbookFile:
    """One workbook on disk. `aliases`: renamed headers from the configuration. `clock` tells the age of a lock file.
    `before_replacing` is called when the new file lies beside the old one.
    """

    def __init__(
        self,
        path: Path,
        aliases: Aliases | None = None,
        clock: Callable[[], float] = time.time,
        before_replacing: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = path
        self._aliases: Aliases = aliases or {}
        self._clock = clock
        self._before_replacing = before_replacing
        self._bounded = ""  # fingerprint of the content that was found small enough to be read

    # -- reading

    def fingerprint(self) -> str:
        """Hash of the file's content (some milliseconds a megabyte). Raises Unavailable."""
        with _faults(self.path):
            return sha256(self.path.read_bytes()).hexdigest()

    def read(self) -> Snapshot:
        """All tabs. A number under a % format comes back as a plain percent. Raises Unavailable, Broken."""
        seen = self.fingerprint()
        with _faults(self.path):
            found = package.marks(self.path)
            grids = [
                Grid(title, _plain_percent(rows, found.get(title)), *_noted(found.get(title))) for title, rows in self._grids()
            ]
        if self.fingerprint() != seen:
            raise Unavailable(f"{self.path.name} is being saved by another program", "being-saved")
        return assemble(grids, self._aliases, seen)

    def _grids(self) -> Iterator[tuple[str, list[list[Cell]]]]:
        content = self.fingerprint()
        if content != self._bounded:
            package.hold_to_bounds(self.path)
            self._bounded = content
        with CalamineWorkbook.from_path(str(self.path)) as book:
            for title in book.sheet_names:
                yield title, cast(list[list[Cell]], book.get_sheet_by_name(title).to_python(skip_empty_area=False))

    # -- writing

    def ensure(self, stamp: str, forms: bool = False) -> Ensured:
        """Make the book, or the tabs and the system's columns that are missing from it; form tabs only with `forms`.

        Raises SheetError as `write` does.
        """
        if not self.path.exists():
            with _faults(self.path, reading=False):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._replace(layout.draw_book(), {}, None)
            return Ensured(created=True, tabs=tuple(tab.name for tab in TABS))
        seen = self.fingerprint()
        titles = self._headers()
        lacking = [tab for tab in TABS if find_tab(tab, list(titles)) is None and (forms or tab.kind is not TabKind.FORM)]
        bare = [tab for tab in TABS if tab.columns and (title := find_tab(tab, list(titles))) and not any(titles[title])]
        columns = [(tab, name) for tab in TABS if tab.kind is TabKind.FORM for name in self._lacking(tab, titles)]
        if not (lacking or bare or columns):
            return Ensured()

        def draw(book: Workbook) -> None:
            for tab in lacking:
                layout.draw_tab(book, tab, _place(book, tab))
            for tab in bare:
                layout.furnish(book[find_tab(tab, book.sheetnames) or tab.name], tab)
            for tab, name in columns:
                sheet = book[find_tab(tab, book.sheetnames) or tab.name]
                row = next(row for row in range(1, sheet.max_row + 1) if any(cell.value is not None for cell in sheet[row]))
                width = max(cell.column for cell in sheet[row] if cell.value is not None)
                layout.draw_header(sheet, row, width + 1, tab.column(name))

        report = self._edit(draw, seen, stamp)
        made = tuple((tab.name, tab.column(name).header) for tab, name in columns)
        return Ensured(tabs=tuple(tab.name for tab in (*lacking, *bare)), headers=made, report=report)

    def _headers(self) -> dict[str, list[Cell]]:
        """Title -> first row with content."""
        with _faults(self.path):
            return {title: next((row for row in rows if any(cell != "" for cell in row)), []) for title, rows in self._grids()}

    def _lacking(self, tab: Tab, titles: Mapping[str, list[Cell]]) -> list[str]:
        """The system's columns that a form tab lacks altogether; none if its headers need people's hand first."""
        title = find_tab(tab, list(titles))
        if title is None or not any(titles[title]):
            return []
        index, faults, _ = locate(tab, titles[title], self._aliases)
        if any(fault.code in ("header-doubled", "header-renamed") for fault in faults):
            return []
        return [column.field for column in tab.columns if column.ours and column.field not in index]

    def write(self, changes: Changes, seen: str, stamp: str) -> WriteReport:
        """Write the batch, if the file is still the one with fingerprint `seen`. `stamp` goes into the name of a copy,
        where one is needed.

        Raises Changed, Locked, Unavailable, Broken; then the file is untouched.
        """
        return self._edit(lambda book: self._apply(book, changes), seen, stamp)

    def _edit(self, change: Callable[[Workbook], None], seen: str, stamp: str) -> WriteReport:
        stale = self._check_lock()
        if self.fingerprint() != seen:
            raise Changed(f"{self.path.name} was changed after it was read")
        with _faults(self.path):
            lost = package.dropped(self.path)
            copy = self._copy(stamp) if lost else ""
            results = self._results()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # what it cannot keep is found by `dropped`
                book = openpyxl.load_workbook(self.path)
        change(book)
        with _faults(self.path, reading=False):
            self._replace(book, results, seen)
        return WriteReport(self.fingerprint(), lost, copy, stale)

    def _apply(self, book: Workbook, changes: Changes) -> None:
        looks: dict[tuple[str, str], Any] = {}
        touched: dict[str, set[int]] = {}
        for write in changes.cells:
            sheet = self._sheet(book, write.tab)
            cell = layout.cell_at(sheet, write.position, write.place + 1)
            if not cell.has_style:
                kind = (write.tab, write.field)
                if kind not in looks:
                    looks[kind] = layout.look(sheet, write.position, write.place + 1, BY_NAME[write.tab].column(write.field))
                layout.dress(cell, looks[kind])
            layout.put(cell, write.value)
            touched.setdefault(write.tab, set()).add(write.position)
        for name, rows in touched.items():
            layout.fit_rows(self._sheet(book, name), rows)
        by_tab: dict[str, list[RowAppend]] = {}
        for append in changes.appends:
            by_tab.setdefault(append.tab, []).append(append)
        for name, appends in by_tab.items():
            self._append(self._sheet(book, name), BY_NAME[name], appends)
        if changes.summary is not None:
            draw_summary(self._sheet(book, SUMMARY.name), changes.summary)

    def _sheet(self, book: Workbook, name: str) -> Worksheet:
        title = find_tab(BY_NAME[name], book.sheetnames)
        if title is None:
            raise Changed(f"tab {name} is gone")
        sheet: Worksheet = book[title]
        return sheet

    def _append(self, sheet: Worksheet, tab: Tab, appends: list[RowAppend]) -> None:
        """Below the last row that holds anything; a filter or table that ended there grows with it."""
        last = next((row for row in range(sheet.max_row, 0, -1) if any(cell.value not in (None, "") for cell in sheet[row])), 0)
        head = next(row for row in range(1, last + 1) if any(cell.value not in (None, "") for cell in sheet[row]))
        index, _, _ = locate(tab, [cell.value for cell in sheet[head]], self._aliases)
        places = [(tab.column(name), place + 1) for name, place in index.items()]
        looks = {column.field: layout.look(sheet, last + 1, place, column) for column, place in places}
        for row, append in enumerate(appends, start=last + 1):
            for column, place in places:
                cell = layout.cell_at(sheet, row, place)
                layout.dress(cell, looks[column.field])
                value = append.values.get(column.field)
                if value is not None:
                    layout.put(cell, value)
        end = last + len(appends)
        layout.fit_rows(sheet, range(last + 1, end + 1))
        if sheet.auto_filter.ref:
            sheet.auto_filter.ref = _grown(sheet.auto_filter.ref, end)
        for table in sheet.tables.values():
            if table.ref.rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$") == str(last):
                table.ref = _grown(table.ref, end)
                if table.autoFilter is not None:
                    table.autoFilter.ref = table.ref

    def _replace(self, book: Workbook, results: Mapping[str, Mapping[tuple[int, int], Cell]], seen: str | None) -> None:
        """Save beside, flush to disk, look at the file a last time, put the new one in its place. `seen` None: there was none."""
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        bare = self.path.with_name(f".{self.path.name}.{os.getpid()}.bare")
        self._tidy()
        try:
            book.save(bare if results else new)
            if results:
                package.restore_results(bare, new, results)
            with new.open("rb+") as file:
                os.fsync(file.fileno())
            self._before_replacing()
            if seen is not None:
                shutil.copymode(self.path, new)
                self._check_lock()
                if self.fingerprint() != seen:
                    raise Changed(f"{self.path.name} was changed while it was written")
            elif self.path.exists():
                raise Changed(f"{self.path.name} was made by somebody else")
            new.replace(self.path)
            _flush_folder(self.path.parent)
        finally:
            for leftover in (new, bare):
                leftover.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Remove drafts of processes that died before they were done."""
        for leftover in self.path.parent.glob(f".{self.path.name}.*"):
            _, pid, kind = leftover.name.rsplit(".", 2)
            if kind in ("new", "bare") and pid.isdigit() and not _alive(int(pid)):
                leftover.unlink(missing_ok=True)

    def _results(self) -> dict[str, dict[tuple[int, int], Cell]]:
        """What people's formulas last gave, raw."""
        formulas = {title: found.formulas for title, found in package.marks(self.path).items() if found.formulas}
        if not formulas:
            return {}
        return {
            title: {
                (row, column): rows[row - 1][column]
                for row, column in formulas[title]
                if row <= len(rows) and column < len(rows[row - 1])  # a formula that was never reckoned may lie beyond all values
            }
            for title, rows in self._grids()
            if title in formulas
        }

    def _copy(self, stamp: str) -> str:
        copy = self.path.with_name(f"{self.path.stem}.{stamp}{self.path.suffix}")
        serial = 2
        while copy.exists():
            copy = self.path.with_name(f"{self.path.stem}.{stamp}-{serial}{self.path.suffix}")
            serial += 1
        shutil.copy2(self.path, copy)
        return str(copy)

    def _check_lock(self) -> str:
        """Raises Locked if a program has the book open. A lock older than a day is ignored; its name comes back."""
        stale = ""
        name = self.path.name
        for lock in (f".~lock.{name}#", f"~${name}", f"~${name[2:]}"):  # Excel shortens long names
            try:
                age = self._clock() - self.path.with_name(lock).stat().st_mtime
            except OSError:
                continue
            if age <= LOCK_LIVES:
                raise Locked(lock)
            stale = lock
        return stale


def _plain_percent(rows: list[list[Cell]], found: package.SheetMarks | None) -> list[list[Cell]]:
    if found is None:
        return rows
    for row, column in found.percent:
        if row <= len(rows) and column < len(rows[row - 1]):
            value = rows[row - 1][column]
            figure = number(value) if isinstance(value, float) else None
            if figure is not None:
                rows[row - 1][column] = float(plain(figure * 100))
    for row, column in found.errors:
        if row <= len(rows) and column < len(rows[row - 1]):
            rows[row - 1][column] = "#"
    return rows


def _noted(found: package.SheetMarks | None) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]:
    return (frozenset(found.formulas), frozenset(found.errors)) if found else (frozenset(), frozenset())


def _place(book: Workbook, tab: Tab) -> int:
    """Where a missing tab belongs: right behind the nearest earlier one that is there."""
    place = 0
    for earlier in TABS[: TABS.index(tab)]:
        title = find_tab(earlier, book.sheetnames)
        if title is not None:
            place = book.sheetnames.index(title) + 1
    return place


def _grown(reference: str, end: int) -> str:
    """That range down to the row `end`, if it ends above."""
    first, _, last = reference.partition(":")
    letters = "".join(sign for sign in (last or first) if sign.isalpha())
    digits = "".join(sign for sign in (last or first) if sign.isdigit())
    return f"{first}:{letters or get_column_letter(1)}{max(end, int(digits or 1))}"


def _alive(pid: int) -> bool:
    """Is that process at work on this machine?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _flush_folder(folder: Path) -> None:
    """Make the replacement itself durable, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _faults(path: Path, reading: bool = True) -> Iterator[None]:
    """Turn what goes wrong with a file into the port's errors; while `reading`, what the libraries say of a broken one too."""
    try:
        yield
    except SheetError:
        raise
    except OSError as error:
        if getattr(error, "winerror", None) == 32:  # a sharing violation
            raise Locked(path.name) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(f"disk full: {path.name}", "disk-full") from error
        raise Unavailable(f"{path.name}: {error.strerror or error}", "file") from error
    except _BROKEN as error:
        if not reading:
            raise
        code = "sprawling" if isinstance(error, package.Sprawling) else "broken"
        raise Broken(f"{path.name} is not a workbook that can be read: {error}", code) from error
