"""Killed at any moment, more than two hundred times: morning after morning, each pass is tried until one lives."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from tests.crash.conftest import Laid
from tests.crash.days import Day, rounds
from tests.crash.outcome import outcome, same, sound
from tests.crash.passes import a_pass
from tests.crash.table import Note
from tests.scenarios.house import House

pytestmark = pytest.mark.slow

KILLS = 22
"""So many in each run over files; ten runs."""

KILLS_OVER_THE_WIRE = 12
"""So many in each run over the wire; two runs."""

AGAIN = 6
"""A pass is killed at most so often; then it may live, and the next morning comes."""


def _mornings(house: House, dice: random.Random, kills: int) -> tuple[int, int]:
    """Live until so many passes were killed; gives kills and mornings."""
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
    return killed, mornings


def _undisturbed(house: House, mornings: int) -> Day:
    for number in range(mornings):
        day = rounds(number)
        day.begin(house)
        house.ok(day.now)
    return rounds(mornings - 1)


@pytest.mark.parametrize("seed", range(10))
def test_over_files(office: House, furnished: Path, tmp_path: Path, seed: int, note: Note) -> None:
    note(13, f"seed {seed}, {KILLS} kills", "files")
    _, mornings = _mornings(office, random.Random(seed), KILLS)
    shutil.copytree(furnished, tmp_path / "twin")
    last = _undisturbed(twin := House(tmp_path / "twin"), mornings)
    sound(office, last.now)
    same(outcome(office), outcome(twin))


@pytest.mark.parametrize("seed", range(10, 12))
def test_over_the_wire(lay_wire: Laid, seed: int, note: Note) -> None:
    note(13, f"seed {seed}, {KILLS_OVER_THE_WIRE} kills", "wire")
    house, twin = lay_wire(), lay_wire()
    _, mornings = _mornings(house, random.Random(seed), KILLS_OVER_THE_WIRE)
    last = _undisturbed(twin, mornings)
    sound(house, last.now)
    same(outcome(house), outcome(twin))
