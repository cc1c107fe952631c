"""A mail server that is broken, slow or hostile: nothing but `OSError` comes out, in bounded time and memory, and once it is
sound again every letter is taken, once.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailer.mailbox import imap_bounds, imap_inbox
from mailer.mailbox.imap_copies import OwnCopies
from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.inbox import RawMail
from mailer.mailbox.server import NoMailbox, Server
from tests.scenarios.house import ROOT, House, inn
from tests.wire.mail.broken_imap import PASSWORD, USER, Answer, BrokenImap, said
from tests.wire.mail.outgoing import Fault, OutgoingServer

SECONDS = 0.1


def letter(number: int, sender: str = "ivan@partner.example") -> bytes:
    head = f"Message-ID: <{number}@partner.example>\r\nFrom: {sender}\r\nTo: partners@vendor.example\r\nSubject: {number}"
    return f"{head}\r\n\r\nCan you help?\r\n".encode()


def of_texts(text: str) -> Answer:
    """That instead of the text of any letter; what is usual when sizes are asked for."""
    return lambda tag, command: said(text)(tag, command) if "BODY" in command else None


def of_first(text: str) -> Answer:
    """That instead of the text of the first letter."""
    return lambda tag, command: of_texts(text)(tag, command) if command.startswith("UID FETCH 1 ") else None


def without_end(piece: bytes, pause: float = 0.0) -> Answer:
    def answer(_: str, __: str) -> Iterator[bytes]:
        while True:
            yield piece
            time.sleep(pause)

    return answer


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are made anew without the pause before."""
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture
def server() -> Iterator[BrokenImap]:
    """A mailbox with two letters."""
    running = BrokenImap({1: letter(1), 2: letter(2)}).start()
    yield running
    running.stop()


@pytest.fixture
def inbox(server: BrokenImap, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapInbox]:
    """Its reader, of little patience and memory."""
    monkeypatch.setattr(imap_inbox, "MOST", 2_000_000)
    reader = ImapInbox(Server("127.0.0.1", server.port, USER, PASSWORD, "plain", timeout=SECONDS), max_bytes=100_000)
    yield reader
    reader.close()


BROKEN: dict[str, tuple[str, Answer, str]] = {
    "too busy": ("GREETING", said("* BYE too busy"), "too busy"),
    "another protocol": ("GREETING", said("220 smtp.example ESMTP"), "unexpected response"),
    "no greeting": ("GREETING", lambda *_: [b""], "check host and port"),
    "login hung up": ("LOGIN", said("* BYE too many connections"), "hangs up at the login .*too many connections"),
    "login unanswered": ("LOGIN", lambda *_: [b""], "127.0.0.1: it does not answer in time"),
    "folder hung up": ("SELECT", said("* BYE gone"), "gone"),
    "no number": ("SELECT", said("* OK [UIDVALIDITY x] so\r\n{tag} OK done"), "makes no sense"),
    "search refused": ("SEARCH", said("{tag} NO later"), "SEARCH failed: later"),
    "search misunderstood": ("SEARCH", said("{tag} BAD what"), "what"),
    "search in words": ("SEARCH", said("* SEARCH a b c\r\n{tag} OK done"), "makes no sense"),
    "search of eight bits": ("SEARCH", said("* SEARCH 1 \xff\r\n{tag} OK done"), "makes no sense"),
    "search twice": ("SEARCH", said("* SEARCH 1\r\n* SEARCH 2\r\n{tag} OK done"), "makes no sense"),
    "number of 5000 figures": ("SEARCH", said(f"* SEARCH {'9' * 5000}\r\n{{tag}} OK done"), "makes no sense"),
    "listing refused": ("FETCH", said("{tag} NO later"), "fetch failed: later"),
    "listing unanswered": ("FETCH", lambda *_: [b""], "does not answer in time"),
    "listing without end": ("FETCH", said(f"* 1 FETCH {'(' * 100_000}\r\n{{tag}} OK done"), "makes no sense"),
    "listing of a number": ("FETCH", said("* 1 FETCH (UID 1 INTERNALDATE 5)\r\n{tag} OK done"), "makes no sense"),
    "listing without sizes": ("FETCH", said("* 1 FETCH (UID 1 RFC822.SIZE NIL)\r\n{tag} OK done"), "2 letters.*no size"),
    "texts refused": ("FETCH", of_texts("{tag} NO later"), "does not give out 2 letters.*/1 .*later"),
    "texts hung up": ("FETCH", of_texts("* BYE gone"), "does not give out 2 letters.*gone"),
    "texts left out": ("FETCH", of_texts("{tag} OK done"), "does not give out 2 letters.*no text"),
    "texts of nothing": ("FETCH", of_texts("* 1 FETCH (UID 1 BODY[] NIL)\r\n{tag} OK done"), "no text"),
    "texts of another": ("FETCH", of_texts("* 9 FETCH (UID 9 BODY[] {{3}}\r\nabc)\r\n{tag} OK done"), "no text"),
    "a literal cut short": ("FETCH", of_texts("* 1 FETCH (UID 1 BODY[] {{500}}\r\nabc)\r\n{tag} OK done"), "in time"),
    "a literal of 100 GB": ("FETCH", of_texts("* 1 FETCH (UID 1 BODY[] {{99999999999}}\r\nabc"), "announces 99999999999"),
    "a literal of any size": ("FETCH", of_texts(f"* 1 FETCH (UID 1 BODY[] {{{{{'9' * 5000}}}}}\r\nabc"), "makes no sense"),
    "a byte now and then": ("FETCH", without_end(b"*", SECONDS / 10), "too slowly"),
    "lines without end": ("FETCH", without_end(b"* 1 EXISTS\r\n" * 1000), "longer than the"),
    "a line without end": ("FETCH", without_end(b"x" * 100_000), "longer than"),
    "a greeting without end": ("GREETING", without_end(b"x" * 100_000), "longer than"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_whatever_it_answers_is_told_and_takes_bounded_time(
    case: str, server: BrokenImap, inbox: ImapInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_bounds, "_LONGEST_LINE", 1_000_000)
    command, answer, told = BROKEN[case]
    server.answers[command] = answer
    begun = time.monotonic()
    with pytest.raises(OSError, match=re.compile(told, re.DOTALL)) as raised:
        list(inbox.new())
    assert not isinstance(raised.value, NoMailbox)  # it may be mended by itself
    assert len(str(raised.value)) < 1000
    assert time.monotonic() - begun < 30 * SECONDS
    server.answers.clear()
    assert [item.raw for item in inbox.new()] == [letter(1), letter(2)]


TO_MEND: dict[str, tuple[str, Answer, str]] = {
    "password": ("LOGIN", said("{tag} NO [AUTHENTICATIONFAILED] wrong"), r"login as partners is refused.*app password"),
    "repeated": ("LOGIN", said(f"{{tag}} BAD LOGIN {USER} {PASSWORD}"), "login as partners is refused .*LOGIN partners …"),
    "folder": ("SELECT", said("{tag} NO no such"), "no folder 'INBOX'.*no such"),
    "read only": (
        "SELECT",
        said("* OK [UIDVALIDITY 7] so\r\n* OK [PERMANENTFLAGS (\\*)] so\r\n{tag} OK [READ-ONLY] so"),
        "'INBOX' can be read only",
    ),
    "not numbered": ("SELECT", said("* OK [PERMANENTFLAGS (\\*)] so\r\n{tag} OK so"), "no lasting numbers"),
}


@pytest.mark.parametrize("case", TO_MEND)
def test_what_people_must_mend_is_told_at_once_and_without_the_password(case: str, server: BrokenImap, inbox: ImapInbox) -> None:
    command, answer, told = TO_MEND[case]
    server.answers[command] = answer
    with pytest.raises(NoMailbox, match=told) as raised:
        list(inbox.new())
    assert PASSWORD not in str(raised.value)
    assert server.connections == 1  # asked again and again with a wrong password, servers lock accounts


def test_a_password_that_the_protocol_cannot_carry_is_told(server: BrokenImap) -> None:
    inbox = ImapInbox(Server("127.0.0.1", server.port, USER, "пароль", "plain"))
    with pytest.raises(NoMailbox, match="Latin letters"):
        inbox.keys()


def test_one_letter_that_is_not_given_out_holds_up_none(server: BrokenImap, inbox: ImapInbox) -> None:
    server.answers["FETCH"] = of_first("* BYE gone")
    taken: list[RawMail] = []
    with pytest.raises(OSError, match="does not give out 1 letters"):
        taken.extend(inbox.new())
    assert [item.raw for item in taken] == [letter(2)]


def test_letters_that_take_too_long_leave_the_rest_to_the_next_pass(
    server: BrokenImap, inbox: ImapInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_inbox, "_TROUBLE_SECONDS", SECONDS)
    server.letters = {uid: letter(uid) for uid in range(1, 100)}
    server.answers["FETCH"] = lambda _, command: [b""] if "BODY" in command else None
    begun = time.monotonic()
    with pytest.raises(OSError, match="the rest waits"):
        list(inbox.new())
    assert time.monotonic() - begun < 20 * SECONDS


def test_answers_that_nobody_asked_for_change_nothing(server: BrokenImap, inbox: ImapInbox) -> None:
    unasked = b"* 9 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n* 5 EXISTS\r\n* OK [ALERT] \xff\r\n"

    def answer(tag: str, command: str) -> list[bytes]:
        return [unasked, *server._fetched(command), f"{tag} OK done\r\n".encode()]

    server.answers["FETCH"] = answer
    assert [item.raw for item in inbox.new()] == [letter(1), letter(2)]


def test_a_letter_larger_than_the_server_said_is_told_like_any_large_one(server: BrokenImap, inbox: ImapInbox) -> None:
    server.letters[1] = b"x" * 2_200_000
    server.sizes[1] = 500
    large, small = inbox.new()
    assert (large.raw, small.raw) == (None, letter(2))
    assert "слишком велико" in large.error
    assert [item.key for item in inbox.new()] == [large.key, small.key]


def test_a_time_that_there_cannot_be_is_told_and_holds_up_none(server: BrokenImap, inbox: ImapInbox) -> None:
    def answer(tag: str, command: str) -> list[bytes] | None:
        if "BODY" in command:
            return None
        usual = b"".join(server._fetched(command)).replace(b"02-Mar-2026 07:00:00 +0000", b"31-Dec-9999 23:00:00 -1400", 1)
        return [usual, f"{tag} OK done\r\n".encode()]

    server.answers["FETCH"] = answer
    odd, sound = inbox.new()
    assert (odd.raw, odd.error, sound.raw) == (None, "сервер не сообщил времени получения письма", letter(2))


def test_a_folder_that_is_numbered_anew_in_the_middle_is_listed_again_later(server: BrokenImap, inbox: ImapInbox) -> None:
    reading = inbox.new()
    first = next(reading)
    server.validity, server.letters = 8, {1: letter(2), 2: letter(1)}
    server.answers["FETCH"] = said("* BYE restarting")
    with pytest.raises(OSError, match="restarting"):
        inbox.keys()
    server.answers.clear()
    assert list(reading) == []
    inbox.done(first.key)
    assert server.marked == {2}
    assert [item.raw for item in inbox.new()] == [letter(2)]


def test_more_letters_than_fit_a_line_of_the_library_are_read(
    server: BrokenImap, inbox: ImapInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of letters must not end the reading: it would be for ever."""
    monkeypatch.setattr(imap_inbox, "AT_ONCE", 200_000)
    flood = range(1_000_000_000, 1_000_100_000)
    server.letters |= dict.fromkeys(flood, b"")
    server.answers["FETCH"] = lambda tag, command: (
        [b"* %d FETCH (UID %d RFC822.SIZE 1 INTERNALDATE NIL)\r\n" % (uid, uid) for uid in (1, 2)]
        + [f"{tag} OK done\r\n".encode()]
    )
    server.answers["SEARCH"] = lambda tag, command: [
        f"* SEARCH {' '.join(map(str, server.letters)) if 'UNKEYWORD' in command else ''}\r\n{tag} OK done\r\n".encode()
    ]
    assert len(inbox.keys()) == 2


def test_waiting_survives_a_flood_and_nonsense(server: BrokenImap, inbox: ImapInbox) -> None:
    """`run` waits without anybody to catch what comes out of it."""
    assert len(inbox.keys()) == 2
    server.answers["IDLE"] = lambda *_: iter([b"+ idling\r\n", *[b"* 2 EXPUNGE\r\n" * 1000] * 200])
    assert not inbox.wait(SECONDS)
    server.answers = {"SEARCH": said("* SEARCH a b c\r\n{tag} OK done")}
    assert not inbox.wait(SECONDS)
    server.answers.clear()
    server.letters[3] = letter(3)
    assert inbox.wait(5)


def test_copies_are_not_filed_by_a_full_mailbox_and_that_is_told(server: BrokenImap) -> None:
    copies = OwnCopies(Server("127.0.0.1", server.port, USER, PASSWORD, "plain", timeout=SECONDS), sent_folder="INBOX")
    for answer in (said("{tag} NO [OVERQUOTA] full"), said("{tag} BAD full"), said("* BYE full")):
        server.answers["APPEND"] = answer
        with pytest.raises(OSError, match="full"):
            copies.keep(letter(1))
    server.answers["APPEND"] = lambda *_: [b""]
    with pytest.raises(OSError, match="in time"):
        copies.keep(letter(1))
    copies.close()


_MEASURED = """
from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.server import Server
inbox = ImapInbox(Server("127.0.0.1", {port}, "u", "p", "plain", timeout=20))
try:
    print([len(item.raw or b"") for item in inbox.new()])
except OSError as error:
    print(error)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_no_word_of_a_letter_nor_the_password_goes_to_a_log(inbox: ImapInbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert len(list(inbox.new())) == 2
    assert "Can you help" not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("what", ["large letters", "lines", "line"])
def test_memory_is_bounded(what: str, server: BrokenImap) -> None:
    """Of the reading process: letters of the largest size, twice while they are put together; else the bound of an answer."""
    if what == "large letters":
        server.letters = {uid: letter(uid) + b"x" * (29 * 1024 * 1024) for uid in range(1, 6)}
        server.letters[6] = letter(6) + b"x" * (300 * 1024 * 1024)
    else:
        server.answers["FETCH"] = without_end(b"* 1 EXISTS\r\n" * 1000 if what == "lines" else b"x" * 100_000)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(port=server.port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said_, peak = done.stdout.split("\n")[:2]
    assert int(peak) < 200 * 1024, said_


# -- a whole pass -------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path, server: BrokenImap, outgoing: OutgoingServer) -> House:
    """A home with that mailbox."""
    built = House(tmp_path / "home")
    built.init(staff=["staff@vendor.example"])
    (built.root / "mail.key").write_text(PASSWORD)
    built.configure('backend = "maildir"', 'backend = "imap-smtp"')
    servers = f"""
[mail.imap]
host = "127.0.0.1"
port = {server.port}
security = "plain"
user = "{USER}"
password = "file:mail.key"
append_sent = false
timeout_seconds = 1

[mail.smtp]
host = "127.0.0.1"
port = {outgoing.port}
security = "plain"
"""
    config = built.root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + servers, encoding="utf-8")
    return built


def test_a_pass_goes_on_without_a_mailbox(house: House, server: BrokenImap) -> None:
    house.partner("a@one.example", "ООО «Один»", inn(1))
    server.answers["SEARCH"] = said("{tag} NO nothing doing")
    done = house.once("2026-03-02 10:00")
    assert (done.code, "nothing doing" in done.err) == (1, True), done
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    server.answers.clear()
    house.ok("2026-03-02 10:05")
    assert len(house.rows("Обращения")) == 2


def test_letters_that_cannot_be_marked_hold_up_none_and_are_taken_once(house: House, server: BrokenImap) -> None:
    """A full mailbox keeps no marks: the first letter would be read for ever, and none behind it."""
    server.letters = {uid: letter(uid, f"ivan{uid}@partner.example") for uid in range(1, 8)}
    server.answers["STORE"] = said("{tag} NO [OVERQUOTA] full")
    for minute in (0, 5):
        done = house.once(f"2026-03-02 10:0{minute}")
        assert (done.code, "cannot be marked in the mailbox" in done.err) == (1, True), done
    assert len(house.rows("Обращения")) == 7
    server.answers.clear()
    house.ok("2026-03-02 10:10")
    assert server.marked == set(server.letters)
    assert len(house.rows("Обращения")) == 7


def test_a_letter_of_hundreds_of_megabytes_is_told_to_staff_and_never_downloaded(
    house: House, server: BrokenImap, outgoing: OutgoingServer
) -> None:
    server.sizes[1] = 400 * 1024 * 1024
    done = house.once("2026-03-02 10:00")
    assert (done.code, "in quarantine" in done.err) == (1, True), done
    assert len(house.rows("Обращения")) == 1
    assert [taken.recipients for taken in outgoing.letters if b"Template: staff-attention" in taken.raw] == [
        ("staff@vendor.example",)
    ]
    assert not [command for command in server.commands if command.startswith("UID FETCH 1 ") and "[]" in command]
    assert server.marked == {1, 2}
    house.ok("2026-03-02 10:05")


# -- out of reach for hours ----------------------------------------------------------


def told(outgoing: OutgoingServer) -> list[tuple[str, str]]:
    """Subject and text of the letters to staff about that, as they were taken."""
    found = []
    for taken in outgoing.letters:
        message = message_from_bytes(taken.raw, policy=policy.default)
        if message["X-Partner-Template"] == "staff-outage":
            body = message.get_body(("plain",))
            assert body is not None
            found.append((str(message["Subject"]), " ".join(body.get_content().replace("\u00a0", " ").split())))
    return found


def test_a_mailbox_that_refuses_the_login_is_told_in_words_that_staff_understand(
    house: House, server: BrokenImap, outgoing: OutgoingServer
) -> None:
    server.answers["LOGIN"] = said(f"{{tag}} NO [AUTHENTICATIONFAILED] {USER} with {PASSWORD}")
    for moment in ("10:00", "11:55"):
        assert house.once(f"2026-03-02 {moment}").code == 1
    assert not told(outgoing)
    for moment in ("12:00", "12:05"):
        assert house.once(f"2026-03-02 {moment}").code == 1
    ((subject, text),) = told(outgoing)
    assert subject == "Почтовый ящик недоступен"
    for words in ("с 2 марта 2026 г., 10:00", "уже 2 часа", "не пускает в ящик", "пароль приложения", "Письма партнёров ждут"):
        assert words in text
    assert PASSWORD not in text
    server.answers.clear()
    house.ok("2026-03-02 12:10")
    house.ok("2026-03-02 12:15")
    *_, (subject, text) = told(outgoing)
    assert (len(told(outgoing)), subject) == (2, "Почтовый ящик снова доступен")
    assert "2 часа 10 минут" in text
    assert "Писем: 2" in text


def test_an_outage_that_ends_before_its_letter_could_go_is_not_told(
    house: House, server: BrokenImap, outgoing: OutgoingServer
) -> None:
    server.answers["SEARCH"] = said("{tag} NO nothing doing")
    outgoing.faults.append(Fault("MAIL", "451 4.3.2 not now", times=10_000))
    for hour in (10, 12, 13):
        assert house.once(f"2026-03-02 {hour}:00").code == 1
    server.answers.clear()
    outgoing.faults.clear()
    for day in (2, 3):
        house.once(f"2026-03-0{day} 20:00")
    assert house.status("2026-03-03 20:00")["undelivered"] == 0
    assert not told(outgoing)


def test_a_letter_that_had_to_wait_goes_while_it_is_true_the_latest_alone(
    house: House, server: BrokenImap, outgoing: OutgoingServer
) -> None:
    server.answers["SEARCH"] = said("{tag} NO nothing doing")
    outgoing.faults.append(Fault("MAIL", "451 4.3.2 not now", times=10_000))
    for moment in ("2 10:00", "2 12:00", "3 12:00"):
        assert house.once(f"2026-03-0{moment}").code == 1
    outgoing.faults.clear()
    for moment in ("3 14:00", "3 18:00"):
        assert house.once(f"2026-03-0{moment}").code == 1
    ((_, text),) = told(outgoing)
    assert "к 3 марта 2026 г., 12:00" in text
    server.answers.clear()
    house.ok("2026-03-03 19:00")
    assert [subject for subject, _ in told(outgoing)] == ["Почтовый ящик недоступен", "Почтовый ящик снова доступен"]
