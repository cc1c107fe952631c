"""The matrix on the terminal: boundary × outcome, once for each way of running the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.boundaries import COLUMNS, FAMILIES

Note = Callable[[int, str, str], None]
"""Names the place of a test in the matrix: family, boundary, column."""

_PROPERTY = "crash"
_OUTCOMES = {"passed": "well", "failed": "FAILED", "error": "FAILED", "skipped": "skipped"}


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Put this test into the matrix."""

    def put(family: int, boundary: str, column: str) -> None:
        assert column in COLUMNS, column
        record_property(_PROPERTY, (family, boundary, column))

    return put


def show(terminal: Any) -> None:
    """Print the matrix of the tests that were run, if there were any."""
    cells: dict[tuple[int, str], dict[str, str]] = {}
    for category, said in _OUTCOMES.items():
        for report in terminal.stats.get(category, ()):
            for name, value in getattr(report, "user_properties", ()):
                if name == _PROPERTY and said != cells.get((value[0], value[1]), {}).get(value[2]):
                    cells.setdefault((value[0], value[1]), {})[value[2]] = said
    if not cells:
        return
    width = max(len(boundary) for _, boundary in cells) + 4
    terminal.section("crash matrix: what came of a kill, by boundary")
    for family, told in FAMILIES.items():
        rows = {boundary: row for (number, boundary), row in cells.items() if number == family}
        columns = [column for column in COLUMNS if any(column in row for row in rows.values())]
        if rows:
            terminal.line(f"{f'{family}. {told}':<{max(width, len(told) + 6)}}" + "  ".join(columns))
        for boundary, row in rows.items():
            shown = "  ".join(f"{row.get(one, '-'):<{len(one)}}" for one in columns)
            terminal.line(f"  {boundary:<{max(width, len(told) + 6) - 2}}{shown.rstrip()}")
