"""Killed at any moment, more than three hundred times: morning after morning, each pass is tried until one lives."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.days import rounds
from tests.crash.outcome import Outcome, decided_and_told, outcome, same, sound
from tests.crash.passes import a_pass
from tests.crash.shared_house import SharedHouse
from tests.crash.table import Note
from tests.crash.wire_house import WireHouse
from tests.postgres import Server
from tests.scenarios.desk_work import DAY
from tests.scenarios.house import House

pytestmark = pytest.mark.slow

KILLS = 22
"""So many in each run over files; ten runs."""

KILLS_OVER_THE_WIRE = 12
"""So many in each run over the wire; two runs."""

KILLS_OF_TWO = 3
"""So many at least in each run of two workers over PostgreSQL; forty runs."""

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


def _mornings_of_two(house: SharedHouse, dice: random.Random, kills: int) -> int:
    """As `_mornings`, with two workers at once: one of them is killed, or both, and what they held runs out."""
    killed = mornings = 0
    while killed < kills:
        day = rounds(mornings)
        mornings += 1
        day.begin(house)
        for _ in range(AGAIN):
            workers = [a_pass(house, day.now)]
            workers[0].ended(dice.uniform(0.0, 0.3))
            workers.append(a_pass(house, day.now))
            for worker in dice.sample(workers, dice.choice((1, 2))):
                worker.ended(dice.uniform(0.0, 0.5))
                worker.kill()
            ends = [worker.ended() for worker in workers]
            assert set(ends) <= {0, -9}, [worker.said for worker in workers]
            killed += ends.count(-9)
            house.leases_run_out()
            if -9 not in ends:
                break
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


@pytest.fixture(scope="module")
def furnished_for_two(furnished: Path, postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedHouse]:
    """The furnished home over files, its ledger in PostgreSQL; not to be touched."""
    root = tmp_path_factory.mktemp("two") / "home"
    shutil.copytree(furnished, root)
    house = SharedHouse(root)
    house.share(postgres)
    house.ok(f"{DAY} 10:00")  # a restored ledger looks for what went out since: nothing did
    yield house
    house.close()


@pytest.fixture
def office_for_two(furnished_for_two: SharedHouse, tmp_path: Path) -> Iterator[SharedHouse]:
    """A copy of that home and its ledger."""
    house = furnished_for_two.copied(tmp_path / "home")
    yield house
    house.close()


@pytest.mark.parametrize("seed", range(100, 140))
def test_two_at_once(office_for_two: SharedHouse, twin: Undisturbed, seed: int, note: Note) -> None:
    note(13, f"seed {seed}, two workers", "two workers")
    mornings = _mornings_of_two(office_for_two, random.Random(seed), KILLS_OF_TWO)
    now = rounds(mornings - 1).now
    sound(office_for_two, now)
    same(decided_and_told(outcome(office_for_two)), decided_and_told(twin.after(mornings)))


@pytest.mark.parametrize("seed", range(10, 12))
def test_over_the_wire(wire_office: WireHouse, wire_twin: Undisturbed, seed: int, note: Note) -> None:
    note(13, f"seed {seed}, {KILLS_OVER_THE_WIRE} kills", "wire")
    mornings = _mornings(wire_office, random.Random(seed), KILLS_OVER_THE_WIRE)
    sound(wire_office, rounds(mornings - 1).now)
    same(outcome(wire_office), wire_twin.after(mornings))
