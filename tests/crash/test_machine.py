"""Any order of forms, replies, staff's words, passes and crashes: after every pass that lives, everything is in order.

Here a crash is an exception that nothing catches, for breadth; the matrix kills processes, for truth.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from jobs import failpoints
from jobs.failpoints import FailPoint
from tests.crash.outcome import sound
from tests.scenarios.desk_work import FIRST, ONE, SECOND, THIRD, THREE, TWO
from tests.scenarios.house import House, inn, moscow

PARTNERS = ((FIRST, ONE), (SECOND, TWO), (THIRD, THREE))
ANSWERS = ("1", "2", "3", "4", "Продлите, пожалуйста", "Сделка продана", "?")


class Crash(BaseException):
    """Nothing of the program catches it."""


class Desk(RuleBasedStateMachine):
    """A furnished house, at its edges."""

    def __init__(self, furnished: Path) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        shutil.copytree(furnished, root := Path(self.folder.name) / "home")
        self.house = House(root)
        self.now = moscow("2026-03-02 10:30")
        self.applied = 0

    def at(self) -> datetime:
        """The next minute."""
        self.now += timedelta(minutes=1)
        return self.now

    @rule()
    def apply(self) -> None:
        self.applied += 1
        self.house.partner(f"a@new{self.applied}.example", f"ООО «Новый {self.applied}»", inn(50 + self.applied), self.at())

    @rule(who=st.integers(0, 2), customer=st.integers(0, 3), complete=st.booleans())
    def register(self, who: int, customer: int, complete: bool) -> None:
        address, own = PARTNERS[who]
        self.house.deal(self.at(), address, own, f"ООО «Цель {customer}»", inn(300 + customer) if complete else "")

    @rule(which=st.integers(0, 40), text=st.sampled_from(ANSWERS))
    def answer(self, which: int, text: str) -> None:
        letters = [letter for letter in self.house.mails() if letter.template != "staff-attention"]
        self.house.reply(letters[which % len(letters)], text, self.at())

    @rule(which=st.integers(0, 20), word=st.sampled_from(("Одобрить", "Отказать", "Аннулировать")))
    def decide(self, which: int, word: str) -> None:
        numbers = [str(row["№"]) for row in self.house.rows("Сделки")]
        self.house.set_cell("Сделки", numbers[which % len(numbers)], "Решение сотрудника", word)

    @rule(which=st.integers(0, 20), discount=st.integers(5, 30))
    def edit(self, which: int, discount: int) -> None:
        numbers = [str(row["№"]) for row in self.house.rows("Сделки")]
        self.house.set_cell("Сделки", numbers[which % len(numbers)], "Скидка %", discount)

    @rule(days=st.sampled_from((1, 12, 40)))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(point=st.sampled_from(list(FailPoint)), nth=st.integers(1, 3))
    def crash(self, point: FailPoint, nth: int) -> None:
        def die(*_: int) -> None:
            raise Crash

        failpoints._reached.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(failpoints, "os", SimpleNamespace(environ=os.environ, getpid=os.getpid, kill=die))
            patch.setenv(failpoints.VARIABLE, f"{point}:{nth}")
            try:
                self.house.once(self.at())
            except Crash:
                return

    @rule()
    def one_pass(self) -> None:
        done = self.house.once(self.at())
        assert done.code == 0, done.err
        sound(self.house, self.now.isoformat())

    def teardown(self) -> None:
        self.one_pass()
        before = self.house.book.read_bytes(), len(self.house.mails())
        self.house.ok(self.now)
        assert (self.house.book.read_bytes(), len(self.house.mails())) == before
        self.folder.cleanup()


def _run(furnished: Path, examples: int, steps: int) -> None:
    class Furnished(Desk):
        def __init__(self) -> None:
            super().__init__(furnished)

    limits = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck), database=None)
    run_state_machine_as_test(Furnished, settings=limits)


def test_any_order_of_things(furnished: Path) -> None:
    _run(furnished, 3, 8)


@pytest.mark.slow
def test_any_order_of_many_things(furnished: Path) -> None:
    _run(furnished, 12, 20)
