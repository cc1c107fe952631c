"""Deadlines of answers: staff are warned on the way, and at the deadline the sender gets an interim answer and the miss
is counted («Deadlines»).
"""

from __future__ import annotations

from datetime import datetime

from cases.desk import Desk
from cases.letters import about_facts, deal_facts
from cases.model import Case, CaseKind


def moments(desk: Desk, case: Case) -> list[datetime]:
    """When an undecided case has to be looked at: at the shares of its working time, and at the deadline."""
    if case.due_at is None:
        return []
    shares = desk.edition(case).deadlines.staff_warning_shares
    start = case.submitted_at
    ahead = [
        desk.outside.calendar.moment_at_share(start, case.due_at, share) for share in shares if share not in case.warned_shares
    ]
    return [*ahead, *([] if case.missed else [case.due_at])]


def plan(desk: Desk, case: Case) -> None:
    """Set when the case wakes next."""
    case.wakes_at = min((at for at in moments(desk, case) if at > desk.now), default=None)
    desk.tx.save(case)


def advance(desk: Desk, case: Case) -> None:
    """Warn staff of an undecided case (only the latest share after an outage), answer in the interim at the deadline,
    plan the next look.
    """
    if case.due_at is None:
        plan(desk, case)
        return
    if desk.now >= case.due_at:
        if not case.missed:
            _interim(desk, case)
    elif case.question is not None:
        shares = desk.edition(case).deadlines.staff_warning_shares
        due = [
            share
            for share in shares
            if share not in case.warned_shares
            and desk.now >= desk.outside.calendar.moment_at_share(case.submitted_at, case.due_at, share)
        ]
        if due:
            case.warned_shares = [*case.warned_shares, *due]
        if due and not desk.is_flooded(case):
            desk.attention("deadline", str(max(due)), case, case.question.text)
            desk.journal(case, "staff-warned", desk.outside.wording.remark("share-passed", percent=f"{max(due) * 100:g}"))
    plan(desk, case)


def awaits(case: Case) -> str:
    """What an undecided case waits for, as letters name it."""
    if case.question is None and case.waits_for:
        return "rival"
    if case.question is None and case.kind is CaseKind.DEAL:
        return "authorisation"
    return "staff"


def _interim(desk: Desk, case: Case) -> None:
    flooded = desk.is_flooded(case)
    case.missed = True
    case.interim_at = desk.now
    desk.journal(case, "deadline-missed")
    if case.kind is CaseKind.DEAL:
        desk.write(case, "deal-waiting", facts={"deal": deal_facts(case), "awaits": awaits(case)})
    elif case.sender or case.partner_inn:
        desk.write(case, "case-waiting", facts={"about": about_facts(case), "awaits": awaits(case)})
    if flooded:
        return  # the sheet shows it; a letter for each is what a flood of forms would have
    desk.attention("missed", "", case, case.question.text if case.question else "".join(one.text for one in case.remarks[-1:]))
