"""The account that `make run` ends with: what was decided, what waits for staff, why, and where to look."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from cases.letters import percent
from cases.model import Case, CaseKind, Recorded
from jobs.explain import STATES, state_of
from jobs.explain_text import at, subject
from jobs.home import Home
from jobs.office import open_office
from jobs.progress import Progress
from ledger.database import SqlTransaction
from sheets.columns import REQUEST_STATES

SHOWN_WAITING = 12
SHOWN_REASONS, SHOWN_ALIKE = 6, 3
_TITLES = {
    CaseKind.PARTNER: "Partners",
    CaseKind.DEAL: "Deals",
    CaseKind.ORDER: "Orders",
    CaseKind.PILOT: "Pilots",
    CaseKind.NFR: "NFR",
    CaseKind.REQUEST: "Questions",
    CaseKind.TRAINING: "Training",
    CaseKind.LEAD: "Leads",
}


def tell(console: Console, home: Home, now: datetime) -> None:
    """Print the account."""
    with open_office(home, now, Progress()) as office, office.ledger.reading(now) as tx:
        console.rule("[bold]Partner Desk", style="dim")
        _counts(console, tx)
        asked = {case.number: case for case in (*tx.open_cases(), *tx.all_partners()) if case.question is not None}
        _waiting(console, list(asked.values()))
        shown = _reasons(console, tx)
        _where(console, home, shown)


def _counts(console: Console, tx: SqlTransaction) -> None:
    counts = tx.counts()
    table = Table(box=None, show_header=False, pad_edge=False)
    for kind, title in _TITLES.items():
        states: dict[str, int] = {}
        for (of, state), count in counts.items():
            if of is kind:
                name = STATES.get(kind, REQUEST_STATES).get(state, state)
                states[name] = states.get(name, 0) + count
        if states:
            told = ", ".join(f"{name} {count}" for name, count in sorted(states.items(), key=lambda item: -item[1]))
            table.add_row(f"[bold]{title}[/]", str(sum(states.values())), f"[dim]{escape(told)}[/]")
    console.print("\n[bold cyan]Decided[/]")
    console.print(Padding(table, (0, 0, 0, 2)))


def _waiting(console: Console, waiting: list[Case]) -> None:
    console.print(f"\n[bold cyan]Waits for staff[/] [dim]({len(waiting)}; answered in the column «Решение сотрудника»)[/]")
    table = Table(box=None, show_header=False, pad_edge=False)
    alike: dict[str, list[Case]] = {}
    for case in sorted(waiting, key=lambda case: (not _owed(case), case.due_at or case.submitted_at, case.number)):
        alike.setdefault(case.question.text if case.question else "", []).append(case)
    for text, cases in list(alike.items())[:SHOWN_WAITING]:
        first, more = cases[0], len(cases) - 1
        due = (f"due {at(first.due_at)}" + (" [red]missed[/]" if first.missed else "")) if _owed(first) else ""
        table.add_row(first.number + (f" and {more} more" if more else ""), f"[dim]{due}[/]", escape(text))
    console.print(Padding(table, (0, 0, 0, 2)))


def _owed(case: Case) -> bool:
    """Does somebody wait for an answer by a deadline?"""
    return case.due_at is not None and case.decided_at is None


def _reasons(console: Console, tx: SqlTransaction) -> list[str]:
    """A few decisions with their reasons, one of each kind; gives their numbers."""
    seen: set[tuple[str, ...]] = set()
    shown: list[str] = []
    console.print("\n[bold cyan]Why[/]")
    for case in _deals(tx):
        decisions = tx.decisions_of(case.number)
        last = next((one for one in reversed(decisions) if one.question == "registration"), None)
        if last is None or len(shown) >= SHOWN_REASONS:
            continue
        kind = (last.outcome, *(reason.code for reason in last.reasons))
        if kind in seen or sum(other[0] == last.outcome for other in seen) >= SHOWN_ALIKE:
            continue
        seen.add(kind)
        shown.append(case.number)
        console.print(f"  [bold]{case.number}[/] {escape(state_of(case))} [dim]{escape(subject(case))}[/]", highlight=False)
        console.print(Padding(f"[dim]→[/] {escape(_because(last, case))}", (0, 0, 0, 4)), highlight=False)
    return shown


def _deals(tx: SqlTransaction) -> list[Case]:
    """Deals with the most telling reasons first."""
    partners = {case.partner_inn for case in tx.all_partners() if case.partner_inn}
    found = [deal for inn in sorted(partners) for deal in tx.deals_of_partner(inn)]
    return sorted(found, key=lambda case: (-len(case.deal().refusal_codes), case.number))


def _because(last: Recorded, case: Case) -> str:
    if last.outcome in ("reject", "ask"):
        return case.reason_text
    if last.reasons:
        return "; ".join(reason.text for reason in last.reasons)
    how = "approved by staff" if last.by == "staff" else "every test passed"
    return f"{how}; discount {percent(case.deal().discount)} %"


def _where(console: Console, home: Home, shown: list[str]) -> None:
    console.print("\n[bold cyan]Look at[/]")
    table = Table(box=None, show_header=False, pad_edge=False)
    sent, offers = len(list((home.sent / "new").iterdir())), len(list(home.offers.glob("*.pdf")))
    table.add_row("the spreadsheet", str(_near(home.workbook)))
    table.add_row(f"{sent} letters", f"{_near(home.sent)}/new")
    table.add_row(f"{offers} offers (PDF)", str(_near(home.offers)))
    option = "" if home.root == Path("home").resolve() else f" --home {_near(home.root)}"
    table.add_row("why a case fell so", f"[bold].venv/bin/python -m jobs explain {shown[0] if shown else 'P-0001'}{option}[/]")
    table.add_row("what is open or late", f"[bold].venv/bin/python -m jobs status{option}[/]")
    table.add_row("the next pass", f"edit the spreadsheet, save it, then [bold].venv/bin/python -m jobs once{option}[/]")
    console.print(Padding(table, (0, 0, 0, 2)))


def _near(path: Path) -> Path:
    """The path from here on, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
