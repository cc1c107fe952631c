"""Letters that no mail program writes, over a real server: each becomes a question or is set aside, and none holds up another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.scenarios.house import House
from tests.wire.mail.conftest import Account
from tests.wire.mail.outgoing import OutgoingServer
from tests.wire.mail.real_mail import with_real_mail

HEAD = b"From: ivan%d@partner.example\r\nMessage-ID: <%d@partner.example>\r\nTo: partners@vendor.example\r\n"
QUESTIONS: tuple[bytes, ...] = (
    b"just text\r\n",  # no header
    b"\r\n\r\njust text\r\n",
    HEAD + b"Subject: no text\r\n\r\n",
    HEAD + b"Subject: no end of the header",
    HEAD + b"Subject: a\x00b\r\n\r\nhe\x00llo\r\n",
    HEAD + b"Subject: a\rBcc: evil@evil.example\r\n\r\nhe\rllo\r\n",
    HEAD + "Subject: Тема\r\nTo: Иван <partners@vendor.example>\r\n\r\nтекст\r\n".encode("cp1251"),
    "From: иван@партнёр.рф\r\nSubject: x\r\n\r\nтекст\r\n".encode(),
    HEAD + b"Subject: \x01\x1b[2J\x7f\r\nDate: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\n\x1b]0;evil\x07\r\n",
    HEAD + b"Subject: " + b"x" * 2_000_000 + b"\r\n\r\nhi\r\n",
    HEAD + b"X-A: b\r\n" * 50_000 + b"\r\nhi\r\n",
    HEAD + b"References: <a@b.example>" + b"\r\n <a@b.example>" * 50_000 + b"\r\n\r\nhi\r\n",
    HEAD + b"Cc: " + b"a@b.example, " * 50_000 + b"\r\n\r\nhi\r\n",
    b"From: ivan@partner.example " + b"(" * 500_000 + b"\r\n\r\nhi\r\n",
)
SET_ASIDE: tuple[bytes, ...] = (
    HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n",
    HEAD + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at) for at in range(3_000)),
)


@pytest.mark.slow
def test_each_odd_letter_is_seen_by_staff_and_holds_up_none(tmp_path: Path, account: Account, outgoing: OutgoingServer) -> None:
    house = with_real_mail(House(tmp_path / "home"), account, outgoing)
    account.deliver(HEAD % (0, 0) + b"Subject: first\r\n\r\nhi\r\n")
    for number, raw in enumerate((*QUESTIONS, *SET_ASIDE), 1):
        account.deliver(raw.replace(HEAD, HEAD % (number, number)))
    account.deliver(HEAD % (99, 99) + b"Subject: last\r\n\r\nhi\r\n")
    now = datetime.now(UTC)
    for minute in range(3):
        house.once(now + timedelta(minutes=minute))
    assert len(house.rows("Обращения")) == len(QUESTIONS) + 2
    assert len(house.status(now)["quarantine"]) == len(SET_ASIDE)
    assert account.inbox().keys() == []
    house.once(now + timedelta(minutes=3))
    assert len(house.rows("Обращения")) == len(QUESTIONS) + 2
