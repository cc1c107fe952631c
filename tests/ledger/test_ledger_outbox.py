"""Letters and rows on their way out: once, under a lease, collapsed, settled."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.model import DealState, Event
from ledger.database import SqlLedger
from ledger.delivery import LeaseLost
from ledger.letters import reply_token
from tests.ledger.ledger_samples import NOW, SECRET, deal, form_row, mail, partner

SOON = NOW + timedelta(minutes=5)


def test_a_letter_is_queued_once_even_after_it_was_sent(ledger: SqlLedger) -> None:
    letter = mail("D-2026-0001", answers=(("form:deal", "a"),), thread=("<x@y>",))
    with ledger.transaction(NOW) as tx:
        assert tx.queue_mail(letter)
        assert not tx.queue_mail(letter)
    for preloaded in (False, True):
        with ledger.transaction(NOW) as tx:
            if preloaded:
                tx.preload(["D-2026-0001"])
            assert not tx.queue_mail(letter)
            assert tx.queue_mail(mail("D-2026-0001", recipient=f"other-{preloaded}@partner.example"))
    with ledger.transaction(NOW) as tx:
        tx.mail_sent(letter.key, NOW)
        assert not tx.queue_mail(letter)
        assert letter in tx.letters_of("D-2026-0001", "deal-registered")
        assert len(tx.letters_of("D-2026-0001", "deal-registered")) == 3


def test_letters_are_found_by_token_and_message_id(ledger: SqlLedger) -> None:
    letter = mail("D-2026-0001")
    token = reply_token(SECRET, letter.key)
    with ledger.transaction(NOW) as tx:
        tx.queue_mail(letter)
        assert tx.letter_by_token(token.upper()) == letter
        assert tx.letter_by_token("x" * 26) is None
        assert tx.letter_by_message_id(letter.key[:32]) == letter
        assert tx.letter_by_message_id(f"<{letter.key[:32]}@stakhanovets.ru>") == letter
        assert tx.letter_by_message_id("<none@stakhanovets.ru>") is None
        (out,) = tx.claim_mails("tests", SOON, 10)
        assert (out.token, out.message_id, len(token), token.lower()) == (token, letter.key[:32], 26, token)
    assert reply_token(b"another", letter.key) != token


def test_a_dead_address_is_remembered_until_it_lives(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.address_died("A@One.example")
        tx.address_died("b@one.example")
    with ledger.transaction(SOON) as tx:
        tx.address_died("a@one.example")
        tx.address_lives("never@dead.example")
    asked = ["A@one.example", "b@one.example", "c@one.example"]
    with ledger.transaction(SOON) as tx:
        assert tx.dead_addresses(asked) == {"a@one.example": SOON, "b@one.example": NOW}
        tx.address_lives("a@one.example")
        assert tx.dead_addresses(asked) == {"b@one.example": NOW}
        assert tx.person("b@one.example")["address_dead_since"] == [NOW.isoformat()]
        tx.thin_out(SOON)
        assert tx.dead_addresses(asked) == {}
        assert tx.dead_addresses([]) == {}


def test_answers_are_counted_by_case_and_by_recipient(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        for number in range(3):
            tx.queue_mail(mail("D-2026-0001", recipient=f"p{number % 2}@partner.example", revision=number, thread=("<x@y>",)))
        tx.queue_mail(mail("D-2026-0001", template="deal-expiring"))  # answers nothing
        assert tx.answers_sent_about("D-2026-0001", NOW) == 3
        assert tx.answers_sent_about("D-2026-0001", SOON) == tx.answers_sent_about("D-2026-0002", NOW) == 0
        assert tx.answers_sent_since("p0@partner.example", NOW) == 2


def test_letters_are_counted_against_a_limit(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        for revision in range(3):
            tx.queue_mail(mail("D-2026-0001", revision=revision, queued_at=NOW + timedelta(hours=revision)))
        tx.queue_mail(mail("D-2026-0001", template="needs-data"))
        assert tx.mail_sent_since("a@partner.example", "deal-registered", NOW + timedelta(hours=1)) == 2
        tx.cancel_mail("D-2026-0001", ["deal-registered"])
        assert tx.mail_sent_since("a@partner.example", "deal-registered", NOW) == 0
        assert tx.mail_sent_since("a@partner.example", "needs-data", NOW) == 1


@pytest.mark.parametrize("buffered", [True, False])
def test_only_untried_letters_are_cancelled(ledger: SqlLedger, buffered: bool) -> None:
    tried, claimed, fresh = (mail("D-2026-0001", recipient=f"{name}@partner.example") for name in ("tried", "claimed", "fresh"))
    with ledger.transaction(NOW) as tx:
        tx.queue_mail(tried)
        tx.claim_mails("tests", SOON, 1)
        tx.mail_deferred(tried.key, NOW, "451")
        tx.queue_mail(claimed)
        assert [out.mail.key for out in tx.claim_mails("tests", SOON, 10) if out.mail.key == claimed.key] == [claimed.key]
    with ledger.transaction(NOW) as tx:
        tx.queue_mail(fresh)
        if not buffered:
            tx.flush()
        tx.cancel_mail("D-2026-0001", [])
        tx.cancel_mail("D-2026-0001", ["needs-data"])
        tx.cancel_mail("D-2026-0001", ["deal-registered"])
        states = {effect.key: effect.state for effect in tx.mails_of("D-2026-0001")}
    assert states == {tried.key: "deferred", claimed.key: "queued", fresh.key: "cancelled"}


def test_claims_go_oldest_first_and_exclude_each_other(ledger: SqlLedger) -> None:
    letters = [mail(f"D-2026-000{n}", queued_at=NOW - timedelta(minutes=n)) for n in range(1, 4)]
    with ledger.transaction(NOW) as tx:
        for letter in letters:
            tx.queue_mail(letter)
        tx.queue_mail(mail("D-2026-0009", queued_at=NOW + timedelta(hours=1)))  # not due yet
    with ledger.transaction(NOW) as tx:
        assert [out.mail for out in tx.claim_mails("one", SOON, 2)] == [letters[2], letters[1]]
    with ledger.transaction(NOW) as tx:
        assert [out.mail for out in tx.claim_mails("two", SOON, 10)] == [letters[0]]
        assert tx.mail_leased(letters[0].key, "two")
        assert not tx.mail_leased(letters[0].key, "one")
    with ledger.transaction(SOON) as tx:
        assert not tx.mail_leased(letters[0].key, "two")
        with pytest.raises(LeaseLost):
            tx.mail_prepared(letters[0].key, b"bytes")


def test_a_try_whose_end_nobody_knows_comes_back_uncertain(ledger: SqlLedger) -> None:
    prepared, claimed = mail("D-2026-0001"), mail("D-2026-0002")
    with ledger.transaction(NOW) as tx:
        tx.queue_mail(prepared)
        tx.queue_mail(claimed)
        assert not any(out.uncertain for out in tx.claim_mails("one", SOON, 10))
        tx.mail_prepared(prepared.key, b"the bytes")
    with ledger.transaction(SOON - timedelta(seconds=1)) as tx:
        assert tx.claim_mails("two", SOON, 10) == []
    later = SOON + timedelta(minutes=5)
    with ledger.transaction(SOON) as tx:
        back = {out.mail.key: out for out in tx.claim_mails("two", later, 10)}
        assert (back[prepared.key].uncertain, back[prepared.key].raw) == (True, b"the bytes")
        assert (back[claimed.key].uncertain, back[claimed.key].raw) == (False, None)
        tx.mail_deferred(prepared.key, later, "the mailbox could not be asked")  # doubt outlives the deferral
        tx.mail_deferred(claimed.key, later, "451")
    with ledger.transaction(later) as tx:
        again = {out.mail.key: out for out in tx.claim_mails("two", later + timedelta(minutes=5), 10)}
        assert (again[prepared.key].uncertain, again[prepared.key].attempts) == (True, 1)
        assert not again[claimed.key].uncertain
        tx.mail_prepared(prepared.key, b"the bytes")  # looked up and absent: the same bytes again
        tx.mail_deferred(prepared.key, later, "451 for certain")
        tx.mail_prepared(claimed.key, b"other bytes")
        tx.mail_deferred(claimed.key, later, "lost after DATA", uncertain=True)
    with ledger.transaction(later) as tx:
        doubt = {out.mail.key: out.uncertain for out in tx.claim_mails("two", later + timedelta(minutes=5), 10)}
    assert doubt == {prepared.key: False, claimed.key: True}


def test_settled_letters_are_never_claimed_again(ledger: SqlLedger) -> None:
    sent, refused, doubtful = (mail(f"D-2026-000{n}") for n in (1, 2, 3))
    with ledger.transaction(NOW) as tx:
        for letter in (sent, refused, doubtful):
            tx.queue_mail(letter)
        tx.claim_mails("one", SOON, 10)
        tx.mail_sent(sent.key, NOW)
        tx.mail_refused(refused.key, "550 no such user")
        tx.mail_in_doubt(doubtful.key, "no Sent folder")
        for settle in (tx.mail_refused, tx.mail_in_doubt):
            with pytest.raises(KeyError):
                settle("unknown", "")
        with pytest.raises(KeyError):
            tx.mail_sent("unknown", NOW)
    with ledger.transaction(NOW + timedelta(days=9)) as tx:
        assert tx.claim_mails("two", NOW + timedelta(days=10), 10) == []
        assert {mail.state for mail in tx.undelivered().mails} == {"refused", "in-doubt"}
        (effect,) = tx.mails_of("D-2026-0001")
        assert (effect.state, effect.sent_at, effect.attempts) == ("sent", NOW, 1)


def test_a_sent_letter_fills_the_answer_times_that_are_still_empty(ledger: SqlLedger) -> None:
    letter = mail("D-2026-0001", answers=(("form:deal", "a"), ("form:deal", "b"), ("form:deal", "gone")))
    earlier, at = NOW - timedelta(days=1), NOW + timedelta(minutes=1)
    with ledger.transaction(NOW) as tx:
        tx.add_submission(form_row("a"))
        tx.add_submission(form_row("b", answered_at=earlier))
        tx.queue_mail(letter)
        shown = [(one.seq, one.fingerprint()) for one in tx.pending_submissions()]
        tx.rows_written([], shown, [])
    with ledger.transaction(at) as tx:
        tx.mail_sent(letter.key, at)
    with ledger.transaction(at + timedelta(minutes=1)) as tx:
        tx.mail_sent(letter.key, at + timedelta(minutes=1))
        (pending,) = tx.pending_submissions()
        assert (pending.key, pending.answered_at) == ("a", at)
        assert tx.known_submissions("form:deal", ["b"])["b"].answered_at == earlier


@pytest.mark.parametrize("warns", ["report", "confirm"])
def test_a_warning_starts_its_clock_when_really_sent_in_moscow(ledger: SqlLedger, warns: str) -> None:
    at = datetime(2026, 3, 3, 0, 30, tzinfo=ZoneInfo("Europe/Moscow"))
    letter, final = mail("D-2026-0001", warns=warns), mail("D-2026-0002", warns=warns)
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001", state=DealState.REGISTERED, wakes_at=NOW + timedelta(days=30)))
        tx.add_case(deal("D-2026-0002", state=DealState.WON))
        tx.queue_mail(letter)
        tx.queue_mail(final)
    with ledger.transaction(NOW) as tx:
        tx.mail_sent(letter.key, at)
        tx.mail_sent(final.key, at)
    with ledger.transaction(NOW) as tx:
        case, ended = tx.preload(["D-2026-0001", "D-2026-0002"])
        data = case.deal()
        warned = date(2026, 3, 3)
        assert (data.report_warned_on, data.confirm_warned_on) == ((warned, None) if warns == "report" else (None, warned))
        assert (case.wakes_at, case.revision, ended.wakes_at) == (at, 1, None)


def test_rows_collapse_and_what_changed_meanwhile_stays_pending(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(deal("D-2026-0001"))
        tx.add_submission(form_row("a", number="D-2026-0001"))
        tx.add_submission(form_row("m", source="mail"))
    for _ in range(2):
        with ledger.transaction(NOW) as tx:
            (case,) = tx.preload(["D-2026-0001"])
            tx.save(case)
            tx.show(case)
            tx.save_submission(tx.submissions_of("D-2026-0001")[0])
    with ledger.transaction(NOW) as tx:
        (case,), (row,) = tx.pending_cases(), tx.pending_submissions()
        shown_case, shown_row = (case.number, case.revision), (row.seq, row.fingerprint())
    with ledger.transaction(NOW) as tx:
        (case,) = tx.preload(["D-2026-0001"])
        tx.save(case)
        (row,) = tx.submissions_of("D-2026-0001")
        row.answer = "accepted"
        tx.save_submission(row)
    with ledger.transaction(NOW) as tx:
        tx.rows_written([shown_case], [shown_row], [])
        (case,), (row,) = tx.pending_cases(), tx.pending_submissions()
        assert (case.revision, row.answer) == (3, "accepted")
        tx.rows_written([(case.number, case.revision)], [(row.seq, row.fingerprint())], [])
        assert tx.pending_cases() == []
        assert tx.pending_submissions() == []
        assert [(effect.kind, effect.state) for effect in tx.row_effects_of("D-2026-0001")] == [
            ("row", "written"),
            ("form-row", "written"),
        ]


def test_journal_lines_are_written_once_in_order(ledger: SqlLedger) -> None:
    lines = [Event(NOW, "D-2026-0001", "Событие", str(n)) for n in range(3)]
    with ledger.transaction(NOW) as tx:
        for line in lines:
            tx.journal(line)
        pending = tx.pending_events(2)
        assert [line for _, line in pending] == lines[:2]
        tx.rows_written([], [], [one for one, _ in pending])
        assert [line for _, line in tx.pending_events(9)] == lines[2:]
        assert tx.events_of("D-2026-0001") == lines


def test_what_was_written_last_is_kept_by_tab_and_row(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.set_base_rows("Сделки", {"D-1": {"state": "a"}, "D-2": {"state": "b"}})
        tx.set_base_rows("Партнёры", {"P-1": {"tier": "white"}})
    with ledger.transaction(NOW) as tx:
        tx.set_base_rows("Сделки", {"D-2": {"state": "c"}})
        tx.set_base_rows("Сделки", {})
        assert tx.base_rows("Сделки") == {"D-1": {"state": "a"}, "D-2": {"state": "c"}}
        tx.drop_base_rows("Сделки", ["D-1", "D-9"])
        assert tx.base_rows("Сделки") == {"D-2": {"state": "c"}}
        assert tx.base_rows("Партнёры") == {"P-1": {"tier": "white"}}
        tx.set_note("fingerprint", "1")
        tx.set_note("fingerprint", "2")
        assert (tx.note("fingerprint"), tx.note("other")) == ("2", "")


def test_a_case_shown_again_needs_no_new_revision(ledger: SqlLedger) -> None:
    with ledger.transaction(NOW) as tx:
        tx.add_case(case := partner("P-0001"))
        tx.rows_written([("P-0001", 0)], [], [])
        assert tx.pending_cases() == []
        tx.show(case)
        assert tx.pending_cases() == [case]
        assert case.revision == 0


def test_an_interrupted_letter_is_looked_for_again_after_its_grace(ledger: SqlLedger) -> None:
    letter, later = mail("D-2026-0001"), SOON + timedelta(minutes=5)
    with ledger.transaction(NOW) as tx:
        tx.queue_mail(letter)
        tx.claim_mails("dead", SOON, 1)
        tx.mail_prepared(letter.key, b"bytes", "dead")
    with ledger.transaction(SOON) as tx:
        (out,) = tx.claim_mails("tests", later, 1)
        assert (out.interrupted, out.uncertain, out.raw) == (True, True, b"bytes")
        tx.mail_waits(letter.key, later)
        assert not tx.claim_mails("tests", later, 1)
    with ledger.transaction(later) as tx:
        (out,) = tx.claim_mails("tests", later + timedelta(minutes=1), 1)
        assert (out.interrupted, out.uncertain, out.attempts) == (False, True, 0)
