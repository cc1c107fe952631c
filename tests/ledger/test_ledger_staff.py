"""Staff's tabs and words, quarantine, and the reports that people read."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from cases.model import CaseKind, DealState, QuarantineItem, ReasonText, Recorded
from cases.staff_lines import PriceLine, PublicityLine, SaleLine, StaffTabs, ViolationLine
from ledger.database import SqlLedger
from rules.decision import Decision, Outcome, Reason, Result, Test
from tests.ledger.ledger_samples import NOW, deal, mail, partner, request

DAY = date(2026, 3, 2)


def test_staff_tabs_come_back_and_tell_whom_a_change_concerns(ledger: SqlLedger) -> None:
    sale = SaleLine(DAY, "7701", "D-2026-0001", Decimal("100000.50"), "Д")
    news = PublicityLine(DAY, "7702", "site", "https://partner.example")
    tabs = StaffTabs(
        prices=(PriceLine("A-1", "Офис", "офис", "12", Decimal("990")),), sales=(sale,), publicity=(news,), calendar={DAY: False}
    )
    with ledger.transaction(NOW) as tx:
        assert tx.staff_tabs() == StaffTabs()
        assert tx.set_staff_tabs(tabs) == {"7701", "7702"}
        assert tx.staff_tabs() == tabs
    with ledger.transaction(NOW) as tx:
        assert tx.staff_tabs() == tabs
        assert tx.set_staff_tabs(tabs) == set()
        violation = ViolationLine(DAY, "7703", "debt", "", lifted=False)
        changed = StaffTabs(sales=(sale, sale), publicity=(news,), violations=(violation,))
        assert tx.set_staff_tabs(changed) == {"7701", "7703"}
    with ledger.transaction(NOW) as tx:
        assert tx.staff_tabs() == changed


def test_a_rolled_back_tab_is_not_remembered(ledger: SqlLedger) -> None:
    with ledger.reading(NOW) as tx:
        tx.set_staff_tabs(StaffTabs(calendar={DAY: True}))
        assert tx.staff_tabs().calendar == {DAY: True}
    with ledger.transaction(NOW) as tx:
        assert tx.staff_tabs() == StaffTabs()


def test_words_are_known_and_found_by_case(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        assert not tx.word_known("k")
        tx.add_word("k", {"number": "D-2026-0001", "value": "approve"}, NOW)
        assert tx.word_known("k")
        assert tx.words_of("D-2026-0001") == [(NOW, {"number": "D-2026-0001", "value": "approve"})]


def test_quarantine_keeps_one_item_a_source_and_key(ledger: SqlLedger) -> None:
    item = QuarantineItem("mail", "k", "unreadable", "raw", NOW)
    again = QuarantineItem("mail", "k", "too large", "raw", NOW)
    with ledger.transaction(NOW) as tx:
        tx.quarantine(item)
        tx.quarantine(again)
        assert tx.quarantined() == [again]
        tx.release_item("mail", "k")
        assert tx.quarantined() == []
        tx.quarantine(item)
        assert tx.quarantined() == [item]
        assert tx.failed_attempts("mail", "k") == 0
        assert [tx.add_failed_attempt("mail", "k") for _ in range(2)] == [1, 2]
        assert tx.failed_attempts("mail", "k") == 2


def test_decisions_come_back_with_what_was_recommended(ledger: SqlLedger) -> None:
    recommended = Decision(
        Outcome.REFER,
        "2026-01-01",
        reasons=(Reason("overlap", "§3", {"rivals": "D-2026-0002"}),),
        tests=(Test("overlap", "§3", Result.STAFF, "held"),),
        waits_for=("D-2026-0002",),
    )
    reasons = (ReasonText("3", "§3", "Занято"),)
    first = Recorded("D-2026-0001", 0, "registration", "refer", "rules", NOW, "2026-01-01", reasons, recommended, {"open": 3})
    second = Recorded("D-2026-0001", 1, "registration", "reject", "staff", NOW, "2026-01-01", (), None, {})
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
        tx.record(first)
        tx.record(second)
    with ledger.reading(NOW) as tx:
        assert tx.decisions_of("D-2026-0001") == [first, second]


def test_what_is_open_late_and_undelivered(ledger: SqlLedger) -> None:
    hour = timedelta(hours=1)
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001", due_at=NOW + hour))
        tx.add_case(deal("D-2026-0002", due_at=NOW + 48 * hour))
        tx.add_case(deal("D-2026-0003", due_at=NOW + 48 * hour, warned_shares=[0.5]))
        tx.add_case(deal("D-2026-0004", due_at=NOW - hour, missed=True))
        tx.add_case(deal("D-2026-0005", due_at=NOW - hour, state=DealState.REGISTERED, missed=True))
        tx.add_case(deal("D-2026-0006", due_at=NOW + hour, interim_at=NOW))
        tx.add_case(deal("D-2026-0007", due_at=NOW + hour, state=DealState.REFUSED))
        tx.add_case(partner("P-0001"))
        tx.add_case(request("Q-2026-0001"))
        tx.queue_mail(mail("D-2026-0001"))
        assert [due.number for due in tx.at_risk(NOW)] == ["D-2026-0001", "D-2026-0003"]
        assert [(due.number, due.due_at) for due in tx.missed()] == [("D-2026-0004", NOW - hour)]
        assert [case.number for case in tx.open_cases()] == [f"D-2026-000{n}" for n in range(1, 7)] + ["Q-2026-0001"]
        undelivered = tx.undelivered()
        assert ([one.number for one in undelivered.mails], len(undelivered.rows)) == (["D-2026-0001"], 9)
        assert tx.counts() == {
            (CaseKind.DEAL, "pending"): 5,
            (CaseKind.DEAL, "registered"): 1,
            (CaseKind.DEAL, "refused"): 1,
            (CaseKind.PARTNER, "authorised"): 1,
            (CaseKind.REQUEST, "open"): 1,
        }


def test_a_slot_of_a_job_runs_once_and_a_dead_run_is_taken_over(ledger: SqlLedger) -> None:
    later = NOW + timedelta(minutes=20)
    assert ledger.job_started("review", "10:00", NOW)
    assert not ledger.job_started("review", "10:00", NOW + timedelta(minutes=1))
    assert ledger.job_started("review", "10:00", later)
    ledger.job_finished("review", "10:00", later, ok=True)
    assert not ledger.job_started("review", "10:00", later + timedelta(days=1))
    assert ledger.job_started("review", "10:15", later + timedelta(days=1))
    ledger.job_finished("review", "10:15", later + timedelta(days=1), ok=False, error="sheet")
    run = ledger.job_runs()["review"]
    assert (run.slot, run.ok, run.error) == ("10:15", False, "sheet")


def test_a_lease_is_one_owners_until_it_ends(ledger: SqlLedger) -> None:
    assert ledger.acquire_lease("sheet", "one", NOW, 60)
    assert ledger.acquire_lease("sheet", "one", NOW, 90)
    assert not ledger.acquire_lease("sheet", "two", NOW + timedelta(seconds=89), 60)
    assert ledger.acquire_lease("sheet", "two", NOW + timedelta(seconds=90), 60)
    ledger.release_lease("sheet", "one")
    assert not ledger.acquire_lease("sheet", "one", NOW + timedelta(seconds=91), 60)
    ledger.release_lease("sheet", "two")
    assert ledger.acquire_lease("sheet", "one", NOW + timedelta(seconds=91), 60)
