"""Progress bars for a person who watches; nothing for logs and pipes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

LONG_WORK = 200
"""Fewer items than this are done before a bar could be read."""


def _nothing(_: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Progress:
    """Shows bars on stderr if `watched`."""

    watched: bool = False

    @contextmanager
    def bar(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar for long work; call what it gives with how many items are done."""
        if not self.watched or not label or total < LONG_WORK:
            yield _nothing
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with RichProgress(*columns, console=Console(file=sys.stderr), transient=True) as bars:
            task = bars.add_task(label, total=total)
            yield lambda count: bars.update(task, advance=count)
