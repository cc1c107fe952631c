"""`Сводка`: what it shows, laid out as cells and charts; drawing is the backend's affair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sheets.columns import DEAL_STATES, LEAD_STATES, PARTNER_STATES, REQUEST_STATES, TIERS
from sheets.shape import Words
from sheets.values import Cell, moment

LISTED = 25
_OF_REQUESTS: Words = {state: word for state, word in REQUEST_STATES.items() if state != "passed"}  # trainings alone are passed
HOARDERS = 10

_WORDS: Words = {
    "title": "Partner Desk: сводка",
    "last_run": "Последний проход",
    "undelivered": "Не доставлено писем и строк",
    "quarantine": "В карантине",
    "missed_count": "Сроков пропущено",
    "count": "Количество",
    "deals": "Сделки по состояниям",
    "partners": "Партнёры по статусам",
    "authorisation": "Партнёры по авторизации",
    "requests": "Обращения",
    "leads": "Лиды",
    "at_risk": "Сроки под угрозой",
    "missed": "Пропущенные сроки",
    "hoarders": "Держат сделки без движения",
    "held": "{idle} из {in_force}",
    "held_and_won": "{idle} из {in_force}, выиграно {won_share} %",
    "none": "нет",
    "more": "и ещё",
    "deals_counted": "Сделок",
    "partners_counted": "Партнёров",
}
WIDTHS = (32, 18, 3, 52, 26, 3)
"""Of the columns A to F, in characters. The names beside are wrapped where they are longer."""
CHART_COLUMN, CHART_ROWS = 7, 16
"""Charts stand right of the tables, one below the other, each over so many rows."""


@dataclass(frozen=True, slots=True)
class Hoarder:
    """A partner whose registrations lie idle: `idle` of those `in_force`; percent of the ended ones won, None without any."""

    name: str
    idle: int
    in_force: int
    won_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by our words (a state, a tier), deadlines as (number, due). `last_run`: when the pass ended."""

    last_run: datetime
    deals: Mapping[str, int] = field(default_factory=dict)
    tiers: Mapping[str, int] = field(default_factory=dict)
    authorisation: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    at_risk: Sequence[tuple[str, datetime]] = ()
    missed: Sequence[tuple[str, datetime]] = ()
    missed_count: int = 0
    undelivered: int = 0
    quarantine: int = 0
    leads: Mapping[str, int] = field(default_factory=dict)
    hoarders: Sequence[Hoarder] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A small table: title in the first row, then (word, figure or time) lines. `top` row and `left` column, from 1.
    `chart`: what a chart of it counts, for its axis; "" without a chart.
    """

    title: str
    top: int
    left: int
    lines: Sequence[tuple[str, Cell]]
    chart: str = ""


def lay_out(summary: Summary) -> list[Block]:
    """The blocks of `Сводка`: the run on top, counts below on the left, deadlines beside them; charts stand right of the
    tables.
    """
    run: list[tuple[str, Cell]] = [
        (_WORDS["last_run"], moment(summary.last_run)),
        (_WORDS["missed_count"], summary.missed_count),
        (_WORDS["undelivered"], summary.undelivered),
        (_WORDS["quarantine"], summary.quarantine),
    ]
    blocks = [Block(_WORDS["title"], 1, 1, run)]
    top = 7
    counted: list[tuple[str, Mapping[str, int], Words, str]] = [
        ("deals", summary.deals, DEAL_STATES, _WORDS["deals_counted"]),
        ("partners", summary.tiers, TIERS, _WORDS["partners_counted"]),
        ("authorisation", summary.authorisation, PARTNER_STATES, ""),
        ("requests", summary.requests, _OF_REQUESTS, ""),
        ("leads", summary.leads, LEAD_STATES, ""),
    ]
    for title, counts, words, chart in counted:
        lines = _counts(counts, words)
        blocks.append(Block(_WORDS[title], top, 1, lines, chart))
        top += len(lines) + 2
    top = 1
    beside: list[tuple[str, list[tuple[str, Cell]]]] = [
        ("at_risk", _deadlines(summary.at_risk)),
        ("missed", _deadlines(summary.missed)),
        ("hoarders", _hoarders(summary.hoarders)),
    ]
    for title, lines in beside:
        blocks.append(Block(_WORDS[title], top, 4, lines))
        top += len(lines) + 2
    return blocks


def _counts(counts: Mapping[str, int], words: Words) -> list[tuple[str, Cell]]:
    """Every word once, in order, whatever is counted under it; states that show alike are added up."""
    shown = dict.fromkeys(words.values(), 0)
    for ours, count in counts.items():
        name = words.get(ours, ours)
        shown[name] = shown.get(name, 0) + count
    return list(shown.items())


def _hoarders(hoarders: Sequence[Hoarder]) -> list[tuple[str, Cell]]:
    lines: list[tuple[str, Cell]] = []
    for one in sorted(hoarders, key=lambda one: (-one.idle, one.in_force, one.name))[:HOARDERS]:
        words = _WORDS["held" if one.won_share is None else "held_and_won"]
        lines.append((one.name, words.format(idle=one.idle, in_force=one.in_force, won_share=one.won_share)))
    return lines or [(_WORDS["none"], None)]


def _deadlines(items: Sequence[tuple[str, datetime]]) -> list[tuple[str, Cell]]:
    lines: list[tuple[str, Cell]] = [(number, moment(due)) for number, due in sorted(items, key=lambda item: item[1])[:LISTED]]
    if len(items) > LISTED:
        lines.append((_WORDS["more"], len(items) - LISTED))
    return lines or [(_WORDS["none"], None)]
