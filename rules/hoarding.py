"""Registrations that are held without being worked on: what staff are shown of a partner («Регистрация сделки»).

A measure, no decision: nothing follows from it but a remark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rules.edition import Edition


@dataclass(frozen=True, slots=True)
class Holding:
    """A partner's deals, counted. `in_force`: registered now; `idle` of them; `won` of the `ended` that once were registered."""

    in_force: int = 0
    idle: int = 0
    ended: int = 0
    won: int = 0

    @property
    def idle_share(self) -> Decimal | None:
        """Percent of the deals in force, whole; None without any."""
        return _percent(self.idle, self.in_force)

    @property
    def won_share(self) -> Decimal | None:
        """Percent of the registrations that ended, whole; None without any."""
        return _percent(self.won, self.ended)


@dataclass(frozen=True, slots=True)
class IdleBefore:
    """A deal in force is idle when its last news, or its registration at the first status still, lies before these days."""

    silent: date
    unmoved: date


def idle_before(on: date, edition: Edition) -> IdleBefore:
    """The days from which a deal counts as idle on `on`."""
    figures = edition.hoarding
    return IdleBefore(on - timedelta(days=figures.silent_days), on - timedelta(days=figures.unmoved_days))


def marks(holding: Holding, edition: Edition) -> tuple[str, ...]:
    """What staff are told to look at: `idle`, `seldom-won`. With few deals a share says nothing, and nothing is marked."""
    figures, idle, won = edition.hoarding, holding.idle_share, holding.won_share
    found = []
    if idle is not None and holding.in_force >= figures.deals_at_least and idle >= figures.idle_share:
        found.append("idle")
    if won is not None and holding.ended >= figures.ended_at_least and won < figures.won_share:
        found.append("seldom-won")
    return tuple(found)


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(100 * part) / whole).quantize(Decimal(1)) if whole else None
