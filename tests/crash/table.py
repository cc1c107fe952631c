"""The matrix on the terminal: boundary × outcome, once for each way of running the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.boundaries import FAMILIES

Note = Callable[[int, str, str], None]
"""Names the place of a test in the matrix: family, boundary, column."""

_PROPERTY = "crash"
_OUTCOMES = {"passed": "well", "failed": "FAILED", "error": "FAILED", "skipped": "skipped"}


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Put this test into the matrix."""

    def put(family: int, boundary: str, column: str) -> None:
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
    columns = sorted({column for row in cells.values() for column in row})
    width = max(len(boundary) for _, boundary in cells) + 4
    terminal.section("crash matrix: what came of a kill, by boundary")
    terminal.line(" " * width + "  ".join(columns))
    family = 0
    for (number, boundary), row in sorted(cells.items(), key=lambda item: item[0][0]):
        if number != family:
            family = number
            terminal.line(f"{number}. {FAMILIES[number]}")
        terminal.line(f"  {boundary:<{width - 2}}" + "  ".join(f"{row.get(one, '-'):<{len(one)}}" for one in columns).rstrip())
