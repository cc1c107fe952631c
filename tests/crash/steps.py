"""Every step by which a pass changes anything outside its memory: commits, and files made, moved or deleted in its home.

Whoever is killed between two steps left what was there after the first: killed before each of them is killed everywhere.
No list has to be kept: a pass tells its steps itself, to an audit hook of the interpreter and a listener of the database.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from tests.crash.days import BUSY, LISTED, LOST_TAB, MONTH, REMINDERS, RESTORED, Day
from tests.crash.passes import a_pass
from tests.scenarios.house import House

DAYS = (BUSY, REMINDERS, LISTED, LOST_TAB, MONTH, RESTORED)
_OURS = ("jobs.", "cases.", "ledger.", "mailer.", "sheets.")
_ANYBODYS = {"jobs.keeping", "jobs.office", "ledger.database", "ledger.engine"}
"""Modules through which every step goes: it is named after its caller."""

_CHANGES = {"os.rename": "moves a file", "os.link": "moves a file", "os.remove": "deletes a file", "os.mkdir": "makes a folder"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True, slots=True)
class Step:
    """The `nth` time that the pass of a day comes to this place of the code, such as `jobs.listing.run moves a file`."""

    day: Day
    place: str
    nth: int

    @property
    def name(self) -> str:
        """As the matrix shows it."""
        return f"{self.place}{f' (the last of {self.nth})' if self.nth > 1 else ''}"


@dataclass(slots=True)
class _Watch:
    """What comes of a step in the process that makes it: it is written down, or the process dies right before it."""

    home: str
    told: int
    place: str
    nth: int

    def step(self, what: str) -> None:
        place = f"{_caller()} {what}"
        if self.place == place:
            self.nth -= 1
            if self.nth == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        os.write(self.told, f"{place}\n".encode())

    def audit(self, name: str, given: tuple[Any, ...]) -> None:
        """For `sys.addaudithook`."""
        if name == "open":
            if given[2] & _WRITES and self._in_home(given[0]):
                self.step("writes a file")
        elif name in _CHANGES and self._in_home(given[0]):
            self.step(_CHANGES[name])

    def _in_home(self, path: object) -> bool:
        return (
            isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(self.home) and ".lock" not in str(path)
        )


def _caller() -> str:
    """The innermost of our functions."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_OURS) and module not in _ANYBODYS:
            return f"{module}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "the program"


def watch(home: str, told: str, place: str, nth: int) -> None:
    """In the process of the pass."""
    watch = _Watch(f"{home}/", os.open(told, os.O_CREAT | os.O_WRONLY | os.O_APPEND), place, nth)
    event.listen(Engine, "commit", lambda _: watch.step("commits"))
    sys.addaudithook(watch.audit)


def steps_of(house: House, day: Day, known: set[str]) -> Iterator[Step]:
    """The first and the last step of each place that is not known yet; they are afterwards."""
    day.begin(house)
    told = house.root.parent / "steps"
    assert a_pass(house, day.now, before=partial(watch, str(house.root), str(told), "", 0)).ended() in (0, 1)
    for place, count in Counter(told.read_text().splitlines()).items():
        if place not in known:
            known.add(place)
            yield from (Step(day, place, nth) for nth in sorted({1, count}))


def kill_before(house: House, step: Step) -> None:
    """A pass is killed right before it."""
    told = house.root.parent / "steps"
    step.day.begin(house)
    a_pass(house, step.day.now, before=partial(watch, str(house.root), str(told), step.place, step.nth)).killed()
