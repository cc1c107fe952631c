"""Workbooks of exported answers, read by a process of its own under limits of memory and time.

The reader asks the memory for whatever a file says of itself: an .ods of seven hundred bytes repeats a cell a hundred million
times, an .xls has one in its last corner. What it cannot get ends the process, and that must not be the one that has the desk.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from sheets.package import Sprawling
from sheets.snapshot import Grid
from sheets.values import Cell

MEMORY = 1024 * 1024 * 1024
"""Bytes of address space; a hundred thousand answers of twenty-five columns take half of it."""

SECONDS = 60
LARGEST_TEXT = 256 * 1024 * 1024
"""Bytes of all cells as text, however small the file that unpacks to them."""

_AT_ONCE = 1000
_UNREADABLE = 3
_LIMIT = "Cell limit exceeded"  # the reader's own
_FROM_TEXT: dict[str, Callable[[str], Cell]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""Of our environment the child gets these alone: passwords may stand in the rest, and it reads what strangers made."""


class UnreadableBook(ValueError):
    """The file is no workbook, or a broken one."""


def read_book(path: Path) -> list[Grid]:
    """Every sheet of an .xlsx, .xls or .ods file; rows end with their last filled cell.

    Raises UnreadableBook; Sprawling: reading it takes more memory or time than there may be.
    """
    root = str(Path(__file__).resolve().parents[1])
    search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    try:
        child = subprocess.run(
            [sys.executable, "-m", "sheets.export_books"],
            input=os.fsencode(path.resolve()),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=3 * SECONDS,
            env={**{name: os.environ[name] for name in _PASSED_ON if name in os.environ}, "PYTHONPATH": search},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Sprawling(f"reading it takes more than {3 * SECONDS} seconds") from None
    if child.returncode == _UNREADABLE:
        raise UnreadableBook(path.name)
    if child.returncode != 0:
        raise Sprawling("reading it takes more memory or time than there may be")
    grids: list[Grid] = []
    for line in child.stdout.splitlines():
        told = json.loads(line)
        if isinstance(told, str):
            rows: list[list[Cell]] = []
            grids.append(Grid(told, rows))
        else:
            rows += ([_cell(value) for value in row] for row in told)
    return grids


def _cell(value: Any) -> Cell:
    if not isinstance(value, list):
        cell: Cell = value
        return cell
    kind, told = value
    moment: Cell = timedelta(seconds=told) if kind == "timedelta" else _FROM_TEXT[kind](told)
    return moment


def _plain(value: object) -> list[object]:
    """A moment as JSON."""
    kind = type(value).__name__
    if isinstance(value, timedelta):
        return [kind, value.total_seconds()]
    if isinstance(value, date | time):
        return [kind, value.isoformat()]
    raise TypeError(kind)


def _serve(path: str) -> int:
    """The child's side: a line with the title of each sheet, then its rows, so many to a line."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    left = LARGEST_TEXT
    try:
        with CalamineWorkbook.from_path(path) as book:
            for told in _told(book):
                line = json.dumps(told, default=_plain, ensure_ascii=False).encode() + b"\n"
                left -= len(line)
                if left < 0:
                    return 1
                sys.stdout.buffer.write(line)
    except (OSError, CalamineError) as error:
        return 1 if _LIMIT in str(error) else _UNREADABLE
    return 0


def _told(book: CalamineWorkbook) -> Iterator[str | Sequence[Sequence[Cell]]]:
    for name in book.sheet_names:
        yield name
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            for row in some:
                while row and row[-1] == "":
                    row.pop()
            yield some


if __name__ == "__main__":
    sys.exit(_serve(os.fsdecode(sys.stdin.buffer.read())))
