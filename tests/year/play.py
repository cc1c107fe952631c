"""One year: the world acts, the house passes, the model plays along, the audit compares."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path

from tests.year.audit import Difference, differences
from tests.year.events import MOSCOW
from tests.year.model import Model
from tests.year.stage import FILE_MISHAPS, WIRE_MISHAPS, google_stage, workbook_stage
from tests.year.world import World

START = date(2025, 11, 5)


@dataclass(frozen=True, slots=True)
class Year:
    """How a year is to be played. `mishaps`: may passes be killed and lines cut?"""

    seed: int
    partners: int
    deals: int
    days: int = 370
    pace: float = 1
    sheets: str = "xlsx"
    mishaps: bool = True
    zone: str = "America/New_York"
    checks: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `leads`: how many were handed out."""

    passes: int
    kills: int
    deals: int
    leads: int
    letters: int
    seconds: float
    differences: list[Difference]


def play(year: Year, folder: Path, say: Callable[[str], None] = lambda _: None) -> Outcome:
    """Play the year in that folder; its `diary.txt` tells what happened. `checks`: compare every so many passes too, and stop
    at the first difference.
    """
    began = time.monotonic()
    stages = {"xlsx": (workbook_stage, FILE_MISHAPS), "google": (google_stage, WIRE_MISHAPS)}
    make, mishaps = stages[year.sheets]
    world = World(year.seed, year.partners, year.deals, START, year.days, year.pace, mishaps if year.mishaps else ())
    since = datetime.combine(START, clock(8), MOSCOW)
    model = Model(since)
    with _machine_zone(year.zone), make(folder / "home") as stage, (folder / "diary.txt").open("w", encoding="utf-8") as diary:
        moment = world.first(since)
        model.play(moment)
        stage.play(moment)
        passes, found = 1, list[Difference]()
        for now in world.times(model.books):
            moment = world.happen(since, now, model.books, moment.mishap)
            diary.write("\n".join(map(str, (f"{now:%d.%m.%Y %H:%M} {moment.mishap}", *moment.events))) + "\n")
            decided = stage.play(moment)
            model.play(moment)
            if decided:
                model.play(replace(moment, events=()))
            passes, since = passes + 1, now
            if year.checks and passes % year.checks == 0 and (found := differences(model.books, stage)):
                say(f"{now:%d.%m.%Y %H:%M} the first differences")
                break
            if passes % 25 == 0:
                say(f"{now:%d.%m.%Y} {passes} passes, {len(model.books.deals)} deals, {time.monotonic() - began:.0f} s")
        if not found:
            found = differences(model.books, stage)
        books = model.books
        given = sum(map(len, books.leads_given.values()))
        return Outcome(passes, stage.kills, len(books.deals), given, len(stage.posted), time.monotonic() - began, found)


@contextmanager
def _machine_zone(zone: str) -> Iterator[None]:
    """The machine's own clock is set to another zone, with daylight saving: nothing may depend on it."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
