"""Killed at any moment, more than two hundred times: morning after morning, each pass is tried until one lives."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.days import rounds
from tests.crash.outcome import Outcome, outcome, same, sound
from tests.crash.passes import a_pass
from tests.crash.table import Note
from tests.crash.wire_house import WireHouse
from tests.scenarios.house import House

pytestmark = pytest.mark.slow

KILLS = 22
"""So many in each run over files; ten runs."""

KILLS_OVER_THE_WIRE = 12
"""So many in each run over the wire; two runs."""

AGAIN = 6
"""A pass is killed at most so often; then it may live, and the next morning comes."""


def _mornings(house: House, dice: random.Random, kills: int) -> int:
    """Live until so many passes were killed; gives how many mornings that took."""
    killed = mornings = 0
    lasts = 0.6
    while killed < kills:
        day = rounds(mornings)
        mornings += 1
        day.begin(house)
        for _ in range(AGAIN):
            running, begun = a_pass(house, day.now), time.monotonic()
            if running.ended(dice.uniform(0.0, lasts)) is not None:
                lasts = 0.8 * lasts + 0.2 * (time.monotonic() - begun)
                break
            running.kill()
            killed += running.ended() == -9
            lasts *= 1.05  # passes that never come to an end are given more time
        house.ok(day.now)
    return mornings


class Undisturbed:
    """A house in which nothing is killed, morning after morning, and what it holds after each."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._after: list[Outcome] = []

    def after(self, mornings: int) -> Outcome:
        """What it holds after so many mornings."""
        while len(self._after) < mornings:
            day = rounds(len(self._after))
            day.begin(self._house)
            self._house.ok(day.now)
            self._after.append(outcome(self._house))
        return self._after[mornings - 1]


@pytest.fixture(scope="module")
def twin(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Over files."""
    root = tmp_path_factory.mktemp("twin") / "home"
    shutil.copytree(furnished, root)
    return Undisturbed(House(root))


@pytest.fixture(scope="module")
def wire_twin(furnished_wire: WireHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    """Over the wire."""
    house = furnished_wire.moved(tmp_path_factory.mktemp("twin") / "home", "wiretwin")
    yield Undisturbed(house)
    house.close()


@pytest.mark.parametrize("seed", range(10))
def test_over_files(office: House, twin: Undisturbed, seed: int, note: Note) -> None:
    note(13, f"seed {seed}, {KILLS} kills", "files")
    mornings = _mornings(office, random.Random(seed), KILLS)
    sound(office, rounds(mornings - 1).now)
    same(outcome(office), twin.after(mornings))


@pytest.mark.parametrize("seed", range(10, 12))
def test_over_the_wire(wire_office: WireHouse, wire_twin: Undisturbed, seed: int, note: Note) -> None:
    note(13, f"seed {seed}, {KILLS_OVER_THE_WIRE} kills", "wire")
    mornings = _mornings(wire_office, random.Random(seed), KILLS_OVER_THE_WIRE)
    sound(wire_office, rounds(mornings - 1).now)
    same(outcome(wire_office), wire_twin.after(mornings))
