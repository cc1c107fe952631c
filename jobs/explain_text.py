"""`explain` for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cases.letters import percent
from cases.model import Case, DealData, LeadData, PartnerData, Recorded, RequestData
from jobs.explain import Explained, facts_of, state_of
from rules.decision import Result
from sheets.columns import COURSES, DEAL_KINDS, SALE_STATUSES, TIERS
from sheets.values import MOSCOW

_MARKS: Mapping[Result, str] = {
    Result.PASS: "[green]✓[/] pass",
    Result.FAIL: "[red]✗[/] fail",
    Result.STAFF: "[yellow]?[/] staff",
    Result.WAIT: "[yellow]…[/] wait",
    Result.SKIP: "[dim]· skip[/]",
}
_BY = {"rules": "by the rules", "staff": "by staff", "partner": "at the partner's word", "time": "by time"}


def show(console: Console, found: Explained) -> None:
    """The whole story of a case, the reason first."""
    _head(console, found)
    _why(console, found)
    _tests(console, found)
    _facts(console, found)
    _history(console, found)
    _staff(console, found)
    _effects(console, found)
    _next(console, found)


def at(moment: datetime | None) -> str:
    """A moment in Moscow, as the spreadsheet shows it."""
    return moment.astimezone(MOSCOW).strftime("%d.%m.%Y %H:%M") if moment else "–"


def subject(case: Case) -> str:
    """What a case is about, in a line."""
    data = case.data
    if isinstance(data, PartnerData):
        parts = [data.name, f"ИНН {data.inn}" if data.inn else "", TIERS[data.tier] if data.authorised_at else ""]
    elif isinstance(data, DealData):
        goods = ", ".join(data.products) + (f" × {data.licences}" if data.licences else "")
        kind = DEAL_KINDS.get(data.deal_kind or "", "")
        parts = [
            f"{data.partner_name or case.partner_inn} → {data.customer or '?'} (ИНН {case.customer_inn or '?'})",
            kind,
            goods,
        ]
    elif isinstance(data, RequestData):
        parts = [data.partner_name or data.address, COURSES.get(data.topic, ""), data.subject]
    elif isinstance(data, LeadData):
        parts = [f"{data.lead or '?'} → {data.partner_name or 'nobody yet'}", data.region]
    else:
        parts = [data.partner_name]
    return " · ".join(part for part in parts if part)


def _head(console: Console, found: Explained) -> None:
    case = found.case
    console.print(f"[bold]{case.number}[/]  [bold cyan]{escape(state_of(case))}[/]  {escape(subject(case))}", highlight=False)
    edition = f"edition {case.edition} (from {found.edition_from})"
    console.print(f"[dim]submitted {at(case.submitted_at)} · answer due {at(case.due_at)} · {edition}[/]", highlight=False)
    data = case.data
    if isinstance(data, DealData) and data.registered_at:
        sale = SALE_STATUSES.get(data.sale_status or "", "no report yet")
        until = f"{data.valid_until:%d.%m.%Y}" if data.valid_until else "–"
        line = f"registered {at(data.registered_at)} · discount {percent(data.discount)} % · in force until {until}"
        console.print(f"[dim]{line} · extensions {data.extensions} · {sale}[/]", highlight=False)
    if found.quarantined:
        console.print(f"[red]In quarantine:[/] {escape(found.quarantined)}", highlight=False)


def _why(console: Console, found: Explained) -> None:
    case, settled = found.case, found.settled
    _title(console, "Why")
    if settled is None:
        console.print("  not decided yet")
    else:
        console.print(f"  {_line(settled)}", highlight=False)
        for reason in settled.reasons:
            console.print(f"    {escape(_reason(reason.code, reason.text))} [dim]«{escape(reason.section)}»[/]", highlight=False)
    if settled and settled.recommended and settled.recommended.outcome != settled.outcome:
        console.print(f"    [dim]the rules had recommended: {settled.recommended.outcome.value}[/]")
    for line in case.asked:
        console.print(f"    asked for: {escape(line.text)}", highlight=False)
    if case.waits_for:
        console.print(f"    waits for {', '.join(case.waits_for)}", highlight=False)
    if case.question:
        console.print(
            f"  [yellow]open with staff:[/] {escape(case.question.text)} [dim]since {at(case.question.asked_at)}[/]",
            highlight=False,
        )
    for remark in case.remarks:
        console.print(f"  [dim]remark:[/] {escape(remark.text)}", highlight=False)


def _reason(code: str, text: str) -> str:
    return f"{code} – {text}" if code.isdigit() else text


def _line(one: Recorded) -> str:
    return f"{at(one.at)}  {one.question}: [bold]{one.outcome}[/] {_BY.get(one.by, one.by)} [dim]· edition {one.edition}[/]"


def _tests(console: Console, found: Explained) -> None:
    weighed = found.weighed
    if weighed is None or weighed.recommended is None:
        return
    _title(console, f"Tests, in order ({weighed.question}, {at(weighed.at)})")
    table = Table(box=None, show_header=False, pad_edge=True)
    for test in weighed.recommended.tests:
        table.add_row(_MARKS[test.result], test.name, f"[dim]{escape(test.detail)}[/]", f"[dim]«{escape(test.section)}»[/]")
    console.print(table)


def _facts(console: Console, found: Explained) -> None:
    facts = facts_of(found)
    if not facts:
        return
    _title(console, "Facts")
    table = Table(box=None, show_header=False, pad_edge=True)
    for name, value in facts.items():
        if value not in ("", [], {}, None):
            table.add_row(name.replace("_", " "), escape(_shown(value)))
    console.print(table)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_shown(inner) for inner in value)
    return str(value)


def _history(console: Console, found: Explained) -> None:
    if len(found.decisions) < 2:
        return
    _title(console, "Decisions")
    for one in found.decisions:
        codes = ", ".join(reason.code for reason in one.reasons)
        console.print(f"  {_line(one)}" + (f" [dim]· {escape(codes)}[/]" if codes else ""), highlight=False)


def _staff(console: Console, found: Explained) -> None:
    if not found.words:
        return
    _title(console, "Staff's words")
    for moment, word in found.words:
        column, old, new = (escape(str(word.get(name, ""))) for name in ("column", "old", "new"))
        console.print(f"  {at(moment)}  {column}: «{old}» → «{new}»", highlight=False)


def _effects(console: Console, found: Explained) -> None:
    if not found.effects:
        return
    _title(console, "Effects")
    table = Table(box=None, show_header=False, pad_edge=True)
    for _ in range(6):
        table.add_column(overflow="fold")  # an address or template is never cut short
    for effect in found.effects:
        done = "green" if effect.state in ("sent", "written") else "dim" if effect.state == "cancelled" else "yellow"
        to = f"→ {effect.to}" if effect.to else ""
        table.add_row(
            at(effect.at), effect.kind, escape(effect.what), escape(to), f"[{done}]{effect.state}[/]", escape(effect.error)
        )
    console.print(table)


def _next(console: Console, found: Explained) -> None:
    _title(console, "Next")
    if not found.next_steps:
        console.print("  nothing is due")
    for moment, text in found.next_steps:
        console.print(f"  {at(moment)}  {escape(text)}", highlight=False)


def _title(console: Console, text: str) -> None:
    console.print(f"\n[bold]{escape(text)}[/]", highlight=False)
