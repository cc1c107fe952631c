"""Deliveries that end in doubt, through whole passes: cleared by our own copy, repeated with the same bytes, left to people."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from jobs import send_mail
from tests.scenarios.house import House, inn
from tests.wire.mail.conftest import Account
from tests.wire.mail.outgoing import Fault, OutgoingServer
from tests.wire.mail.real_mail import with_real_mail

TO, STAFF = "a@one.example", "boss@vendor.example"
DUE = 4  # letters of a first pass: the status, an invitation, two deals
CASES = ("P-0001", "D-2026-0001", "Q-2026-0001")


@pytest.fixture
def house(tmp_path: Path, account: Account, outgoing: OutgoingServer) -> House:
    """A home with a real mailbox, in which letters wait to go."""
    house = with_real_mail(House(tmp_path / "home"), account, outgoing)
    house.partner(TO, "ООО «Один»", inn(1))
    for number in (1, 2):
        house.deal(f"2026-03-02 09:3{number}", TO, inn(1), f"Клиент {number}", inn(100 + number))
    return house


def went(outgoing: OutgoingServer, to: str = TO) -> list[bytes]:
    return [letter.raw for letter in outgoing.letters if letter.recipients[0] == to]


def ids(letters: list[bytes]) -> list[bytes]:
    return [raw.partition(b"Message-ID: <")[2].partition(b"@")[0] for raw in letters]


@pytest.mark.parametrize("fault", [Fault("TEXT", cut=True, letter_taken=True), Fault("TEXT", "354 what?", letter_taken=True)])
def test_a_letter_that_went_is_found_by_its_copy_and_not_repeated(fault: Fault, house: House, outgoing: OutgoingServer) -> None:
    outgoing.faults = [fault]
    done = house.once("2026-03-02 10:00")
    assert (done.code, "was not delivered" in done.err) == (1, True)
    assert len(went(outgoing)) == DUE  # one of them unknown to us
    assert house.status("2026-03-02 10:01")["undelivered"] == 1
    house.ok("2026-03-02 10:06")
    assert len(set(ids(went(outgoing)))) == len(went(outgoing)) == DUE
    assert house.status("2026-03-02 10:07")["undelivered"] == 0
    assert all(row["Ответ отправлен"] for row in house.rows("Форма Сделка"))


def test_a_letter_that_did_not_go_is_sent_again_with_the_same_bytes(house: House, outgoing: OutgoingServer) -> None:
    outgoing.faults = [Fault("TEXT", cut=True), Fault("DATA", letter_taken=True)]  # after the dot, and in mid-text
    assert house.once("2026-03-02 10:00").code == 1
    assert len(went(outgoing)) == DUE - 2
    kept = raw_bytes(house)
    assert house.once("2026-03-02 10:04").code == 0  # too early: nothing is tried
    assert len(went(outgoing)) == DUE - 2
    house.ok("2026-03-02 10:06")
    assert sorted(went(outgoing)) == sorted(kept.values())
    assert house.status("2026-03-02 10:07")["undelivered"] == 0


def raw_bytes(house: House) -> dict[str, bytes]:
    engine = create_engine(f"sqlite:///{house.root / 'ledger.db'}")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT key, raw FROM mails WHERE recipient = :to"), {"to": TO}).all()
    engine.dispose()
    return {row.key: bytes(row.raw) for row in found}


def test_with_nowhere_to_look_staff_decide_and_nothing_is_repeated(
    house: House, account: Account, outgoing: OutgoingServer
) -> None:
    house.configure(f'own_copy = "{account.address}"', 'own_copy = ""')
    house.configure("append_sent = false", "append_sent = true")
    house.configure("mail = []", f'mail = ["{STAFF}"]')
    outgoing.faults = [Fault("TEXT", cut=True)]
    assert house.once("2026-03-02 10:00").code == 1
    assert house.once("2026-03-02 10:06").code == 1
    told = went(outgoing, STAFF)
    assert len(told) == 1
    before = len(outgoing.letters)
    house.ok("2026-03-02 12:00")
    assert len(outgoing.letters) == before
    assert house.status("2026-03-02 12:00")["undelivered"] == 1
    states = {effect["state"] for number in CASES for effect in house.explain(number)["effects"]}
    assert "in-doubt" in states


def test_staff_are_told_of_the_third_passing_failure_once_and_the_letter_goes_at_last(
    house: House, outgoing: OutgoingServer
) -> None:
    house.configure("mail = []", f'mail = ["{STAFF}"]')
    outgoing.faults = [Fault("RCPT", "451 4.7.1 try later", for_=TO, times=4 * DUE)]
    for at in ("10:00", "10:06", "10:40", "13:00"):
        assert went(outgoing, STAFF) == []
        assert house.once(f"2026-03-02 {at}").code == 1
        if at == "10:40":
            (told,) = went(outgoing, STAFF)
            body = message_from_bytes(told, policy=default).get_body(("plain",))
            assert body is not None
            assert "D-2026-0001" in body.get_content()
            outgoing.letters.clear()
    house.ok("2026-03-02 19:05")
    assert len(went(outgoing)) >= DUE
    assert house.status("2026-03-02 19:05")["undelivered"] == 0


def test_a_server_that_knows_no_such_address_is_believed_at_once(house: House, outgoing: OutgoingServer) -> None:
    house.configure("mail = []", f'mail = ["{STAFF}"]')
    outgoing.faults = [Fault("RCPT", "550 5.1.1 User unknown", for_=TO)]
    assert house.once("2026-03-02 10:00").code == 1
    remarks = [str(row.get("Замечания", "")) for tab in ("Партнёры", "Сделки", "Обучение") for row in house.rows(tab)]
    assert any(f"На адрес {TO} письма не доходят" in text for text in remarks)
    assert went(outgoing, STAFF)
    before = len(went(outgoing))
    house.deal("2026-03-02 10:30", TO, inn(1), "Клиент 3", inn(103))
    house.once("2026-03-02 10:31")
    assert len(went(outgoing)) == before


def test_a_mailbox_that_cannot_be_asked_leaves_the_doubt_for_later(
    house: House, account: Account, outgoing: OutgoingServer
) -> None:
    outgoing.faults = [Fault("TEXT", cut=True, letter_taken=True)]
    assert house.once("2026-03-02 10:00").code == 1
    port = f"port = {account.dovecot.imaps}"
    house.configure(port, "port = 9")
    assert house.once("2026-03-02 10:06").code == 1
    assert len(went(outgoing)) == DUE
    house.configure("port = 9", port)
    house.ok("2026-03-02 11:00")
    assert len(went(outgoing)) == DUE
    assert house.status("2026-03-02 11:00")["undelivered"] == 0


def test_a_letter_that_became_anothers_is_withdrawn_right_before_its_text(
    house: House, outgoing: OutgoingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server thought, this process was stopped past its lease, and another worker claimed the letter."""
    monkeypatch.setattr(send_mail, "LOOK_AGAIN", timedelta(0))

    def taken_over() -> None:
        engine = create_engine(f"sqlite:///{house.root / 'ledger.db'}")
        with engine.begin() as connection:
            connection.execute(text("UPDATE mails SET lease_owner = 'another worker'"))
        engine.dispose()

    outgoing.faults = [Fault("RCPT", act=taken_over)]
    house.once("2026-03-02 10:00")
    assert outgoing.letters == []
