"""Cases and submissions: identity, numbers, what look-ups see, atomicity."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError

from cases.model import Case, CaseKind, DealState, PartnerState
from ledger.database import SqlLedger
from tests.ledger.ledger_samples import NOW, deal, form_row, partner, request


class _Broken(Exception):
    """Something went wrong in the middle."""


def _number_of(case: Case | None) -> str:
    return "" if case is None else case.number


def test_a_number_gives_the_same_object_within_a_transaction(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(case := deal("D-2026-0001"))
        assert tx.case("D-2026-0001") is case
    with ledger.transaction(NOW) as tx:
        again = tx.case("D-2026-0001")
        assert again == case
        assert tx.preload(["D-2026-0001"])[0] is again
        assert tx.deals_of_customer("5001000001")[0] is again
        assert tx.deals_of_partner("7701000001")[0] is again
        assert tx.case("D-2026-0002") is None


def test_saving_raises_the_revision_once_a_transaction(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
    for revision in (1, 2):
        with ledger.transaction(NOW) as tx:
            case = tx.case("D-2026-0001")
            assert case is not None
            tx.save(case)
            assert tx.waking(NOW, 10) == []  # flushed in between
            tx.save(case)
            assert case.revision == revision
    with ledger.transaction(NOW) as tx, pytest.raises(ValueError, match="not read"):
        tx.save(deal("D-2026-0001"))


def test_numbers_have_no_gaps_and_come_back_after_a_rollback(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        assert [tx.next_number(CaseKind.DEAL, 2026) for _ in range(2)] == ["D-2026-0001", "D-2026-0002"]
        assert tx.next_number(CaseKind.DEAL, 2027) == "D-2027-0001"
        assert tx.next_number(CaseKind.PARTNER, 2026) == "P-0001"
        assert tx.next_number(CaseKind.PARTNER, 2027) == "P-0002"
        assert tx.next_number(CaseKind.REQUEST, 2026) == "Q-2026-0001"
        assert tx.next_number(CaseKind.TRAINING, 2026) == "Q-2026-0002"
    with suppress(_Broken), ledger.transaction(NOW) as tx:
        assert tx.next_number(CaseKind.DEAL, 2026) == "D-2026-0003"
        raise _Broken
    with ledger.transaction(NOW) as tx:
        assert tx.next_number(CaseKind.DEAL, 2026) == "D-2026-0003"


def test_a_rollback_leaves_nothing(ledger: SqlLedger) -> None:
    with suppress(_Broken), ledger.transaction(NOW) as tx:
        tx.add_submission(form_row("a"))
        tx.add_case(case := deal("D-2026-0001"))
        tx.hold(case, override=False)
        tx.set_note("seen", "yes")
        tx.flush()
        raise _Broken
    with ledger.transaction(NOW) as tx:
        assert tx.case("D-2026-0001") is None
        assert tx.known_submissions("form:deal", ["a"]) == {}
        assert tx.note("seen") == ""
        assert tx.pending_cases() == []
        assert tx.counts() == {}


def test_a_submission_is_recorded_once_in_order_of_intake(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        first = tx.add_submission(form_row("a", number="D-2026-0001"))
        second = tx.add_submission(form_row("b"))
        assert (first.seq, second.seq, first.recorded_at) == (1, 2, NOW)
        with pytest.raises(ValueError, match="already"):
            tx.add_submission(form_row("a"))
    with ledger.transaction(NOW) as tx:
        assert tx.known_submissions("form:deal", ["a", "b", "c"]) == {"a": first, "b": second}
        assert tx.known_submissions("form:partner", ["a"]) == {}
        with pytest.raises(ValueError, match="already"):
            tx.add_submission(form_row("b"))
        assert tx.submissions_of("D-2026-0001") == [first]
        again = tx.known_submissions("form:deal", ["b"])["b"]
        again.number = "D-2026-0001"
        tx.save_submission(again)
        assert tx.submissions_of("D-2026-0001") == [first, again]
    with ledger.transaction(NOW) as tx:
        assert [one.seq for one in tx.submissions_of("D-2026-0001")] == [1, 2]
        assert tx.add_submission(form_row("c")).seq == 3


@pytest.mark.parametrize("asked_before", [False, True])
@pytest.mark.parametrize("flushed", [False, True])
def test_look_ups_see_what_was_changed_before(ledger: SqlLedger, asked_before: bool, flushed: bool) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
        tx.add_case(deal("D-2026-0002", customer="5001000002"))
    with ledger.transaction(NOW) as tx:
        if asked_before:
            tx.preload(["D-2026-0001", "D-2026-0002"])
            assert tx.open_deal_count("7701000001") == 2
            assert tx.namesakes("ромашка", "5001000001") == ["D-2026-0002"]
        tx.add_case(deal("D-2026-0003"))
        moved = tx.case("D-2026-0002")
        assert moved is not None
        moved.customer_inn = "5001000001"
        tx.save(moved)
        ended = tx.case("D-2026-0001")
        assert ended is not None
        ended.state = DealState.WITHDRAWN
        ended.deal().closed_at = NOW
        tx.save(ended)
        tx.add_case(partner("P-0001"))
        if flushed:
            tx.flush()
        assert {case.number for case in tx.deals_of_customer("5001000001")} == {"D-2026-0001", "D-2026-0002", "D-2026-0003"}
        assert tx.deals_of_customer("5001000002") == []
        assert tx.open_deal_count("7701000001") == 2
        assert tx.namesakes("ромашка", "5001000009") == ["D-2026-0002", "D-2026-0003"]
        assert tx.namesakes("ромашка", "5001000001") == []
        assert len(tx.deals_of_partner("7701000001")) == 3
        assert (found := tx.partner("7701000001")) is not None
        assert found.number == "P-0001"
        assert tx.all_partners() == [found]


def test_deals_of_a_customer_stand_by_place_and_old_finals_are_left_out(ledger: SqlLedger) -> None:
    old = deal(
        "D-2024-0001", state=DealState.REFUSED, submitted_at=NOW - timedelta(days=500), decided_at=NOW - timedelta(days=400)
    )
    recent = deal(
        "D-2025-0001", state=DealState.EXPIRED, place_at=NOW - timedelta(days=300), submitted_at=NOW - timedelta(days=300)
    )
    recent.deal().expired_on = (NOW - timedelta(days=100)).date()
    with ledger.transaction(NOW) as tx:
        tx.add_case(old)
        tx.add_case(deal("D-2026-0003"))  # no place
        tx.add_case(deal("D-2026-0002", place_at=NOW, place_seq=2))
        tx.add_case(deal("D-2026-0001", place_at=NOW, place_seq=1))
        tx.add_case(recent)
    expected = ["D-2025-0001", "D-2026-0001", "D-2026-0002", "D-2026-0003"]
    for preloaded in (False, True):
        with ledger.transaction(NOW) as tx:
            if preloaded:
                tx.preload(["D-2024-0001", "D-2026-0001"])
            assert [case.number for case in tx.deals_of_customer("5001000001")] == expected


def test_the_authorisation_that_counts(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(partner("P-0001", state=PartnerState.REFUSED))
        assert _number_of(tx.partner("7701000001")) == "P-0001"
        tx.add_case(partner("P-0002", state=PartnerState.PENDING))
        assert _number_of(tx.partner("7701000001")) == "P-0002"
        tx.add_case(partner("P-0003", state=PartnerState.DEAUTHORISED))
        assert _number_of(tx.partner("7701000001")) == "P-0002"
        tx.add_case(partner("P-0004"))
    with ledger.transaction(NOW) as tx:
        assert _number_of(tx.partner("7701000001")) == "P-0004"
        assert tx.partner("7701000002") is None
        assert tx.partner("") is None


def test_waking_in_order_without_the_quarantined(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001", wakes_at=NOW, place_at=NOW, place_seq=2))
        tx.add_case(deal("D-2026-0002", wakes_at=NOW, place_at=NOW, place_seq=1))
        tx.add_case(deal("D-2026-0003", wakes_at=NOW))
        in_force = deal("D-2026-0004", wakes_at=NOW - timedelta(hours=1), place_at=NOW, place_seq=9)
        in_force.state = DealState.REGISTERED
        tx.add_case(in_force)
        tx.add_case(deal("D-2026-0005", wakes_at=NOW + timedelta(microseconds=1)))
        tx.add_case(request("Q-2026-0001"))
        assert tx.waking(NOW, 10) == ["D-2026-0004", "D-2026-0002", "D-2026-0001", "D-2026-0003"]
        assert tx.waking(NOW, 1) == ["D-2026-0004"]
    with ledger.transaction(NOW) as tx:
        tx.quarantine_case("D-2026-0004", "a bug", NOW)
        tx.quarantine_case("D-2026-0001", "a bug", NOW)
        assert [item.key for item in tx.quarantined()] == ["D-2026-0001", "D-2026-0004"]
    with ledger.transaction(NOW) as tx:
        assert tx.waking(NOW, 10) == ["D-2026-0002", "D-2026-0003"]
        tx.release_quarantine("D-2026-0004")
        case = tx.case("D-2026-0001")
        assert case is not None
        tx.save(case)  # a word of staff's
    with ledger.transaction(NOW) as tx:
        assert tx.waking(NOW, 10) == ["D-2026-0004", "D-2026-0002", "D-2026-0001", "D-2026-0003"]
        assert tx.quarantined() == []


def test_moments_come_back_in_utc_and_naive_ones_are_refused(ledger: SqlLedger) -> None:
    moscow = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=3)))
    with ledger.transaction(moscow) as tx:
        tx.add_case(deal("D-2026-0001", due_at=moscow))
        tx.add_submission(form_row("a", due_at=moscow))
    with ledger.transaction(NOW) as tx:
        case = tx.case("D-2026-0001")
        submission = tx.known_submissions("form:deal", ["a"])["a"]
        assert case is not None
        assert case.due_at == submission.due_at == moscow
        assert case.due_at is not None
        assert case.due_at.tzinfo is UTC
        assert submission.recorded_at is not None
        assert submission.recorded_at.tzinfo is UTC
    naive = datetime(2026, 3, 2)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"), ledger.transaction(naive):
        pass


def test_a_number_given_twice_is_refused_by_the_database(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
    with pytest.raises(IntegrityError), ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001", customer="5001000009"))


def test_a_reading_keeps_nothing_and_nobody_from_writing(ledger: SqlLedger) -> None:
    with ledger.reading(NOW) as view, ledger.transaction(NOW) as tx:
        assert view.counts() == {}
        tx.add_case(deal("D-2026-0001"))
        tx.flush()
        assert view.open_cases() == []
    with ledger.reading(NOW) as view:
        assert [case.number for case in view.open_cases()] == ["D-2026-0001"]
