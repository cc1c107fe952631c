"""Form rows become submissions and cases, once each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from cases import deals, orders, partners, pilots, topics, updates
from cases.desk import Desk
from cases.identity import name_key, read_address
from cases.model import Answer, Case, CaseKind, DealState, Facts, Form, FormRow, PartnerState, Submission

_FIRST = {Form.PARTNER: 0, Form.DEAL: 1}
FUTURE_TOLERANCE = timedelta(days=1)
_COMPLETES: Mapping[CaseKind, Callable[[Desk, Case, dict[str, str], Submission], None]] = {
    CaseKind.PARTNER: partners.complete,
    CaseKind.DEAL: deals.complete,
    CaseKind.ORDER: orders.complete,
    CaseKind.PILOT: pilots.complete,
}
"""Kinds whose form may be edited, or completed by reply, before the decision."""


def in_order(rows: Sequence[FormRow], now: datetime) -> list[FormRow]:
    """Applications before deals before the rest; within a form by time stamp, ties by position («Order of arrival»)."""
    return sorted(rows, key=lambda row: (_FIRST.get(row.form, 2), row.stamp or now, row.position))


def take_rows(desk: Desk, rows: Sequence[FormRow]) -> int:
    """Take in what is new among these rows; gives how many were."""
    by_source: dict[str, list[FormRow]] = {}
    for row in rows:
        by_source.setdefault(f"form:{row.form.value}", []).append(row)
    known: dict[tuple[str, str], Submission] = {}
    for source, group in by_source.items():
        for key, submission in desk.tx.known_submissions(source, [row.key for row in group]).items():
            known[source, key] = submission
    fresh = [row for row in rows if (f"form:{row.form.value}", row.key) not in known]
    _preload(desk, fresh)
    taken = 0
    seen: set[tuple[str, str]] = set()
    for row in fresh:
        identity = (f"form:{row.form.value}", row.key)
        if identity in seen:
            continue  # an identical second row: it shows the first one's answer
        seen.add(identity)
        _take(desk, row)
        taken += 1
    return taken


def _preload(desk: Desk, rows: Sequence[FormRow]) -> None:
    partners_named = {row.answers.get("partner_inn", "").strip() for row in rows}
    applicants = {row.answers.get("inn", "").strip() for row in rows}
    customers = {row.answers.get("customer_inn", "").strip() for row in rows}
    names = {name_key(row.answers.get("customer", "")).key for row in rows}
    desk.tx.preload_parties(partners_named | applicants, customers, names)


def _take(desk: Desk, row: FormRow) -> None:
    received = row.stamp if row.stamp is not None and row.stamp <= desk.now + FUTURE_TOLERANCE else desk.now
    submission = Submission(
        source=f"form:{row.form.value}",
        key=row.key,
        received_at=received,
        raw={"answers": dict(row.answers), "labels": dict(row.labels), "stamp": row.stamp_text, "row": _row_facts(row)},
        address=read_address(row.address),
    )
    edited = desk.tx.case(row.number) if row.number else None
    if edited is not None and _edit(desk, edited, row, submission):
        return
    match row.form:
        case Form.PARTNER:
            partners.take(desk, row, submission)
        case Form.DEAL:
            deals.take(desk, row, submission)
        case Form.UPDATE:
            updates.take(desk, row, submission)
        case Form.ORDER:
            orders.take(desk, row, submission)
        case Form.PILOT:
            pilots.take(desk, row, submission)
        case Form.PILOT_REPORT:
            pilots.take_report(desk, row, submission)
        case Form.REQUEST:
            topics.take(desk, row, submission)
    _remark_stamp(desk, row, submission)


def _row_facts(row: FormRow) -> Facts:
    """The rest of a form row, so that it can be taken in again as it was (`recorded_row`)."""
    stamp = row.stamp.isoformat() if row.stamp else ""
    return {"number": row.number, "position": row.position, "stamp": stamp, "address": row.address}


def recorded_row(submission: Submission) -> FormRow:
    """The form row that was recorded as this submission. Of the first version's records some is guessed: no № stood in it."""
    raw = submission.raw
    row = raw.get("row") or {"number": "", "position": submission.seq, "stamp": None, "address": submission.address}
    stamp = submission.received_at if row["stamp"] is None else datetime.fromisoformat(row["stamp"]) if row["stamp"] else None
    return FormRow(
        form=Form(submission.source.removeprefix("form:")),
        key=submission.key,
        number=row["number"],
        position=row["position"],
        stamp=stamp,
        stamp_text=raw["stamp"],
        address=row["address"],
        answers=raw["answers"],
        labels=raw["labels"],
    )


def _remark_stamp(desk: Desk, row: FormRow, submission: Submission) -> None:
    case = desk.tx.case(submission.number)
    if case is None:
        return
    if row.stamp is None:
        desk.remark(case, "stamp-unreadable", value=row.stamp_text[:40])
    elif submission.received_at != row.stamp:
        desk.remark(case, "future-stamp", value=row.stamp_text[:40])


def _before_the_edit(rows: Sequence[Submission], row: FormRow) -> Submission:
    """What stood in the edited row: of the case's rows the one with its time stamp, else with its address, else in its place; the
    latest of those. The case's other rows stand in the sheet as before and go on showing its answer.
    """

    def likeness(earlier: Submission) -> tuple[bool, bool, bool]:
        kept = earlier.raw.get("row") or {}
        return (
            earlier.raw["stamp"] == row.stamp_text,
            bool(row.address) and kept.get("address") == row.address,
            kept.get("position") == row.position,
        )

    return max(reversed(rows), key=likeness)  # of equals the first that it meets


def _edit(desk: Desk, case: Case, row: FormRow, submission: Submission) -> bool:
    """A row that carries a № is that case: before the decision it is reviewed anew, after it staff get a remark. False:
    no such row of that case.
    """
    source = submission.source
    rows = [earlier for earlier in desk.tx.submissions_of(case.number) if earlier.source == source]
    if not rows:
        return False
    last, before = rows[-1], _before_the_edit(rows, row)
    submission.number, submission.answer, submission.answer_text = case.number, before.answer, before.answer_text
    submission.due_at, submission.answered_at = before.due_at, before.answered_at
    submission.raw["apart"] = before.raw.get("apart", False)
    undecided = case.state in (DealState.PENDING, DealState.NEEDS_DATA, PartnerState.PENDING, PartnerState.NEEDS_DATA)
    if not undecided or before.raw.get("apart") or case.kind not in _COMPLETES:
        desk.tx.add_submission(submission)
        desk.remark(case, "edit-after-decision")
        desk.journal(case, "edited-after-decision")
        return True
    place = (case.place_at, case.place_seq)
    needed_data = case.state in (DealState.NEEDS_DATA, PartnerState.NEEDS_DATA)
    if needed_data and submission.received_at <= last.received_at:
        submission.received_at = desk.now  # the row kept its first stamp: the completed answer's time is not known better
    submission.answered_at = None  # what is answered now is what the row says now
    desk.tx.add_submission(submission)
    before.raw["apart"] = True
    desk.tx.save_submission(before)
    desk.journal(case, "edited")
    if submission.address and submission.address != case.sender:  # the address was mended too
        if case.kind is CaseKind.PARTNER:
            case.partner().contacts = [contact for contact in case.partner().contacts if contact != case.sender]
        case.sender = submission.address
    if case.kind is CaseKind.DEAL:
        deals.complete(desk, case, row.answers, submission)
        if not needed_data and not case.problems:
            case.place_at, case.place_seq = place
    else:
        _COMPLETES[case.kind](desk, case, dict(row.answers), submission)
    if submission.answer != Answer.PENDING:
        submission.answer = Answer.PENDING
        desk.tx.save_submission(submission)
    return True
