"""Which edition of the programme is in force on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from rules.decision import ProgrammeError
from rules.edition import Edition


@dataclass(frozen=True, slots=True)
class Editions:
    """All editions, oldest first."""

    items: tuple[Edition, ...]

    def at(self, day: date) -> Edition:
        """The edition in force on that day; the oldest one for days before it."""
        return next((edition for edition in reversed(self.items) if edition.effective_from <= day), self.items[0])

    def named(self, name: str) -> Edition:
        """The edition of that name. Raises ProgrammeError when a case cites an edition whose files are gone."""
        for edition in self.items:
            if edition.name == name:
                return edition
        known = ", ".join(edition.name for edition in self.items)
        raise ProgrammeError(f"programme/{name}: a case cites this edition, but its files are gone (there are {known})")


def line_up(editions: tuple[Edition, ...]) -> Editions:
    """Sort editions; raises ProgrammeError when two start on one day (overlap) or there is none.

    A file may state `effective_to` besides: then the next edition must start the day after (gap, overlap), and the last one ends
    the programme: a day after that has no edition, so the newest edition must not state it.
    """
    if not editions:
        raise ProgrammeError("programme: there is no edition (a directory named by its date, such as 2024-01-01)")
    ordered = sorted(editions, key=lambda edition: edition.effective_from)
    for earlier, later in pairwise(ordered):
        start = later.effective_from.isoformat()
        if earlier.effective_from == later.effective_from:
            raise ProgrammeError(f"{later.source}/edition.toml: effective_from: overlap, {earlier.source} starts on {start} too")
        if earlier.effective_to is None:
            continue
        expected = earlier.effective_to + timedelta(days=1)
        if later.effective_from != expected:
            fault = "gap" if later.effective_from > expected else "overlap"
            told = f"{fault}, it ends on {earlier.effective_to.isoformat()} and {later.source} starts on {start}"
            raise ProgrammeError(f"{earlier.source}/edition.toml: effective_to: {told}")
    last = ordered[-1]
    if last.effective_to is not None:
        told = f"gap, no edition follows {last.effective_to.isoformat()}"
        raise ProgrammeError(f"{last.source}/edition.toml: effective_to: {told}")
    return Editions(tuple(ordered))
