"""`simulate` for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cases.model import ReasonText
from jobs.explain_text import at
from jobs.simulate import Difference, Simulated, What
from sheets.columns import TIERS

_NAMES: Mapping[str, str] = {
    "due_at": "answer due",
    "asked_due_at": "data due",
    "report_due": "status report due",
    "ends_on": "licence ends",
    "report_due_on": "pilot report due",
    "held_until": "to be held by",
    "tier_grace_until": "end of the grace period",
    "take_up_by": "to be taken up by",
}
_SUMS: Mapping[What, str] = {
    What.CASE: "cases that are there once only",
    What.DECISION: "decisions",
    What.DISCOUNT: "discounts",
    What.TIER: "tiers",
    What.DEADLINE: "deadlines",
}
_UNLIKE_SHOWN = 10


def show(console: Console, found: Simulated) -> None:
    """Partner by partner, then the sum."""
    tape = found.tape
    console.print(
        f"[bold]Edition {found.edition.name}[/] over {len(tape.submissions)} submissions and {len(tape.words)} words of staff, "
        f"{at(min(tape.passes))} – {at(max(tape.passes))}: {found.cases} cases"
    )
    for partner in found.partners:
        name = f"{partner.number} {partner.name}".strip() or "no partner of ours"
        console.print(f"\n[bold]{escape(name)}[/]{f' (ИНН {escape(partner.inn)})' if partner.inn else ''}")
        for number, differences in groupby(partner.differences, key=lambda one: one.number):
            for place, one in enumerate(differences):
                console.print(f"  {number if not place else '':14} {_line(one)}", soft_wrap=True)
    _sum(console, found)
    for line in found.limits:
        console.print(f"\n[yellow]Not all can be replayed:[/] {line}.")
    if found.unlike:
        rest = len(found.unlike) - _UNLIKE_SHOWN
        told = ", ".join(found.unlike[:_UNLIKE_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
        console.print(
            f"\n[yellow]The record's own replay comes out otherwise for:[/] {told}; what is said of them is an estimate"
        )


def _line(one: Difference) -> str:
    name = _NAMES.get(one.name, one.name.replace("_", " ").replace("-", " "))
    now, then = (f"{_shown(one, value)}{_reasons(reasons)}" for value, reasons in _sides(one))
    return f"{name}: {now} → [bold]{then}[/]"


def _sides(one: Difference) -> tuple[tuple[str, tuple[ReasonText, ...]], tuple[str, tuple[ReasonText, ...]]]:
    return (one.now, one.reasons_now), (one.then, one.reasons_then)


def _shown(one: Difference, value: str) -> str:
    if not value:
        return "–"
    if one.what is What.DISCOUNT:
        return f"{value} %"
    if one.what is What.TIER:
        return next((told for tier, told in TIERS.items() if tier == value), value)
    if one.what is What.DEADLINE:
        day, _, clock = value.partition("T")
        told = ".".join(reversed(day.split("-")))
        return f"{told} {clock[:5]}".strip()
    return escape(value)


def _reasons(reasons: Iterable[ReasonText]) -> str:
    told = "; ".join(f"{reason.code} – {reason.text}" if reason.code.isdigit() else reason.text for reason in reasons)
    return f" ({escape(told)})" if told else ""


def _sum(console: Console, found: Simulated) -> None:
    sums = found.sums()
    if not sums:
        console.print("\n[bold]Nothing differs.[/]")
        return
    console.print("\n[bold]In sum[/] " + ", ".join(f"{text} {sums[what]}" for what, text in _SUMS.items() if sums[what]))
    if not found.outcomes:
        return
    table = Table("question", "outcome", "now", f"under {found.edition.name}", box=None, pad_edge=False)
    for (question, outcome), (now, then) in found.outcomes.items():
        table.add_row(question, outcome, str(now), str(then))
    console.print(table)
