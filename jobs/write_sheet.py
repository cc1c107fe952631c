"""Shows in the spreadsheet what the ledger knows: one batch, merged with what people did meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from cases.clockwork import next_report
from cases.desk import Desk
from cases.model import Case, CaseKind, Event, PartnerState, Submission
from jobs import catching_up as catching
from jobs import hear_staff, journal, outages, read_sheet
from jobs.attention import tell_staff
from jobs.failpoints import FailPoint, reach
from jobs.office import Office, OutOfReach, Source
from jobs.read_sheet import SEEN
from jobs.sheet_faults import said
from ledger.database import SqlTransaction
from ledger.notes import CATCHING_UP
from mailer.wording import sheet_matter
from rules.hoarding import idle_before
from sheets.base import Updates
from sheets.columns import JOURNAL
from sheets.masking import masked, masked_row
from sheets.plan import Ours, plan_writes
from sheets.port import Changed, Changes, Locked, SheetError, WriteReport
from sheets.projection import FORM_OF_SOURCE, TAB_OF_KIND, Shown, case_row, submission_row
from sheets.summary import Hoarder, Summary

TRIES = 3
EVENTS_AT_ONCE = 50_000
SUMMARY_EVERY = timedelta(hours=1)

_SHOWN_AT = "sheet.shown-at"
_MASKED = "sheet.masked"
_EDITION = "sheet.edition"  # by which partners' discounts are shown
_HELD_SINCE = "sheet.held-since"
_HELD_TOLD = "sheet.held-told"


@dataclass(slots=True)
class _Batch:
    """What a write settles: (number, revision) of cases, (seq, fingerprint) of form rows, ids of events, base rows.

    `seen`: fingerprint of the book that was read; `taken_in`: nothing in it is left for the next pass to look at; `caught_up`: a
    ledger made from a backup knows it all now.
    """

    cases: list[tuple[str, int]]
    rows: list[tuple[int, str]]
    events: list[int]
    base_updates: Updates
    base_drops: Mapping[str, Sequence[str]]
    seen: str
    taken_in: bool
    caught_up: bool


def run(office: Office) -> None:
    """Write what is pending. While somebody has the book open, the writes are held."""
    for _ in range(TRIES):
        try:
            _write(office)
        except Changed:
            office.sheet = None  # somebody saved it meanwhile: read, hear and merge again
            continue
        except Locked as lock:
            if _has_news(office):  # a summary that is due to be refreshed can wait for the next pass
                _hold(office, str(lock))
        except SheetError as error:
            office.reached[Source.WRITING] = OutOfReach(error.code, str(error))
            office.report.fault(f"the spreadsheet cannot be written: {error}")
        outages.run(office)
        return
    office.report.fault("the spreadsheet is being changed all the time; it is written in the next pass")


def _has_news(office: Office) -> bool:
    with office.ledger.reading(office.now) as tx:
        return bool(tx.pending_events(1) or tx.pending_cases() or tx.pending_submissions())


@dataclass(slots=True)
class _Pending:
    """What is to be shown. `cases`: tab, number, revision; `forms`: tab, key, seq, fingerprint."""

    ours: Ours
    cases: list[tuple[str, str, int]]
    forms: list[tuple[str, str, int, str]]
    events: list[tuple[int, Event]]
    fresh: bool

    def __bool__(self) -> bool:
        return bool(self.cases or self.forms or self.events)


def _pending(office: Office, everything: bool) -> _Pending:
    masks = office.home.settings.spreadsheet.personal_data == "masked"
    with office.desk() as (desk, tx):
        edition = office.editions.at(office.outside.calendar.local_date(office.now)).name
        for note, value in ((_MASKED, "yes" if masks else ""), (_EDITION, edition)):
            if tx.note(note) != value:
                tx.set_note(note, value)
                everything = True
        if everything:
            tx.show_all()
        cases, submissions, events = tx.pending_cases(), tx.pending_submissions(), tx.pending_events(EVENTS_AT_ONCE)
        fresh = _summary_is_fresh(office, tx)
        ours = _ours(desk, cases, submissions)
        if masks:
            ours = {tab: {key: masked_row(row) for key, row in rows.items()} for tab, rows in ours.items()}
            events = [(event_id, replace(event, details=masked(event.details))) for event_id, event in events]
        keys = [(TAB_OF_KIND[case.kind].name, case.number, case.revision) for case in cases]
        forms = [(FORM_OF_SOURCE[one.source].name, one.key, one.seq, one.fingerprint()) for one in submissions]
    return _Pending(ours, keys, forms, events, fresh)


def _write(office: Office) -> None:
    catching_up = catching.is_under_way(office)
    pending = _pending(office, everything=catching_up)
    if not pending and pending.fresh and office.sheet is None:
        return
    read_sheet.run(office, anyhow=True)
    hear_staff.run(office, pending.ours)
    if catching_up:
        pending = _pending(office, everything=False)  # what was heard only now is shown at once
    sheet = office.sheet
    if sheet is None:
        return  # not readable, and said so
    plan = plan_writes(sheet.snapshot, sheet.base, pending.ours, sheet.rows, sheet.words, sheet.untouchable)
    for notice in plan.notices:
        office.report.notice(said(notice))
    journal_tab = sheet.snapshot.usable(JOURNAL.name)
    events = pending.events if journal_tab is not None else []
    batch = _Batch(
        cases=[(number, revision) for tab, number, revision in pending.cases if (tab, number) not in plan.waiting],
        rows=[(seq, fingerprint) for tab, key, seq, fingerprint in pending.forms if (tab, key) not in plan.waiting],
        events=[event_id for event_id, _ in events],
        base_updates=plan.base_updates,
        base_drops=plan.base_drops,
        seen=sheet.snapshot.fingerprint,
        taken_in=sheet.heard
        and sheet.ingested
        and sheet.leads_taken
        and not (plan.waiting or plan.notices or sheet.snapshot.faults),  # a fault is said until it is mended
        caught_up=catching_up and catching.is_over(office, sheet),
    )
    with office.ledger.reading(office.now) as reading:
        lines = journal.lines_to_add(reading, journal_tab, events) if journal_tab else []
    appends = [*plan.appends, *lines]
    if not (plan.cells or appends) and pending.fresh:
        _settle(office, batch, None)
        return
    with office.ledger.transaction(office.now) as tx:
        _remember(tx, plan.intents)
        journal.announce(tx, journal_tab, events)
        changes = Changes(plan.cells, appends, _summary(office, tx))
    reach(FailPoint.BOOK_ANNOUNCED)
    office.sheet = None  # it is the past as soon as this is written; a large book needs the room
    del sheet, journal_tab, plan, pending, events, lines, appends
    written = office.book.write(changes, batch.seen, office.stamp)
    reach(FailPoint.BOOK_REPLACED)
    office.report.counts["cells written"] += len(changes.cells)
    office.report.counts["rows added"] += len(changes.appends)
    _settle(office, batch, written)


def _settle(office: Office, batch: _Batch, written: WriteReport | None) -> None:
    """Record what the sheet shows now."""
    office.reached[Source.WRITING] = None
    with office.ledger.transaction(office.now) as tx:
        _remember(tx, batch.base_updates)
        for tab, keys in batch.base_drops.items():
            tx.drop_base_rows(tab, keys)
        tx.rows_written(batch.cases, batch.rows, batch.events)
        journal.settled(tx)
        if written is not None:
            tx.set_note(_SHOWN_AT, office.now.isoformat())
        tx.set_note(SEEN, (written.fingerprint if written else batch.seen) if batch.taken_in else "")
        for name in (_HELD_SINCE, _HELD_TOLD, *((CATCHING_UP,) if batch.caught_up else ())):
            if tx.note(name):
                tx.set_note(name, "")
        for mended in written.repaired if written else ():
            tx.journal(Event(office.now, "", office.outside.wording.event("sheet-mended"), mended))
        if written is not None and written.lost:
            _tell_lost(office, tx, written)
    if written is not None and written.stale_lock:
        office.report.notice(f"a lock file older than a day was ignored: {written.stale_lock}")


def _tell_lost(office: Office, tx: SqlTransaction, written: WriteReport) -> None:
    """The book held what cannot be kept; it stands in a copy."""
    copy = written.copy.rpartition("/")[2]
    text = sheet_matter("not-kept", {"lost": ", ".join(written.lost), "copy": copy})
    tell_staff(tx, office, "sheet", [("", text)])
    office.report.notice(f"the workbook held what could not be kept ({', '.join(written.lost)}); see the copy {written.copy}")


def _hold(office: Office, lock: str) -> None:
    """The book is open elsewhere: said each time, and by mail once it has lasted; if it lasts for days, see `jobs.outages`."""
    office.report.fault(f"the spreadsheet is open elsewhere ({lock}): decided and mailed, but not written")
    minutes = office.home.settings.spreadsheet.attention_after_minutes
    with office.ledger.transaction(office.now) as tx:
        since = tx.note(_HELD_SINCE)
        if not since:
            tx.set_note(_HELD_SINCE, office.now.isoformat())
        elif not tx.note(_HELD_TOLD) and office.now - datetime.fromisoformat(since) >= timedelta(minutes=minutes):
            tx.set_note(_HELD_TOLD, "yes")
            text = sheet_matter("held-open", {"name": office.home.workbook.name, "minutes": str(minutes)})
            tell_staff(tx, office, "sheet", [("", text)])
        office.reached[Source.WRITING] = OutOfReach("held", lock, told=bool(tx.note(_HELD_TOLD)))


# -- what the sheet shows --------------------------------------------------------------------


def _ours(desk: Desk, cases: Sequence[Case], submissions: Sequence[Submission]) -> Ours:
    """Tab -> row key -> what the row must show."""
    ours: dict[str, dict[str, Shown]] = {}

    def report_due(case: Case) -> date | None:
        return next_report(desk, case)

    def discount(case: Case) -> Decimal | None:
        data = case.partner()
        if case.state != PartnerState.AUTHORISED:
            return None
        if data.discount_override is not None:
            return data.discount_override
        figure = desk.edition_at(desk.now).figures(data.tier).discount
        return data.individual_discount if figure is None else figure

    for case in cases:
        ours.setdefault(TAB_OF_KIND[case.kind].name, {})[case.number] = case_row(case, report_due, discount)
    for submission in submissions:
        ours.setdefault(FORM_OF_SOURCE[submission.source].name, {})[submission.key] = submission_row(submission)
    return ours


def _remember(tx: SqlTransaction, updates: Updates) -> None:
    for tab, rows in updates.items():
        tx.set_base_rows(tab, rows)


def _summary_is_fresh(office: Office, tx: SqlTransaction) -> bool:
    shown = tx.note(_SHOWN_AT)
    return bool(shown) and office.now - datetime.fromisoformat(shown) < SUMMARY_EVERY


def _summary(office: Office, tx: SqlTransaction) -> Summary:
    counts = tx.counts()
    undelivered = tx.undelivered()
    missed = tx.missed()
    tiers: dict[str, int] = {}
    names: dict[str, str] = {}
    for partner in tx.all_partners():
        names[partner.partner().inn] = f"{partner.number} {partner.partner().name}"  # a long name is cut, not the number
        if partner.state == PartnerState.AUTHORISED:
            tier = partner.partner().tier.value
            tiers[tier] = tiers.get(tier, 0) + 1

    def of(*kinds: CaseKind) -> dict[str, int]:
        states: dict[str, int] = {}
        for (kind, state), count in counts.items():
            if kind in kinds:
                states[state] = states.get(state, 0) + count
        return states

    today = office.outside.calendar.local_date(office.now)
    holdings = tx.holdings(idle_before(today, office.editions.at(today)))
    return Summary(
        last_run=office.now,
        deals=of(CaseKind.DEAL),
        tiers=tiers,
        authorisation=of(CaseKind.PARTNER),
        requests=of(CaseKind.REQUEST),
        leads=of(CaseKind.LEAD),
        at_risk=[(due.number, due.due_at) for due in tx.at_risk(office.now)],
        missed=[(due.number, due.due_at) for due in missed],
        missed_count=len(missed),
        undelivered=len(undelivered.mails),
        quarantine=len(tx.quarantined()),
        hoarders=[
            Hoarder(names.get(inn, inn), held.idle, held.in_force, held.won_share) for inn, held in holdings.items() if held.idle
        ],
    )
