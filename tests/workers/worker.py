"""`python -m tests.workers.worker LOG ACT once …`: a pass that notes each letter it sends, in small portions, and dies or stops.

ACT: `work`, `die` (killed right after the second letter went, before that is recorded), `stop` (stopped with letters in hand).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from email import message_from_bytes
from typing import Any

from jobs import send_mail
from jobs.cli import main
from mailer.mailbox.maildir_outbox import _Delivery
from mailer.mailbox.outbox import always

log, act = sys.argv[1:3]
count = 0
send, prepare = _Delivery.send, send_mail._prepare


def noted(self: _Delivery, raw: bytes, recipient: str, may_go: Callable[[], bool] = always) -> None:
    global count
    send(self, raw, recipient, may_go)
    with open(log, "ab") as file:
        file.write(f"{message_from_bytes(raw)['Message-ID']} {os.getpid()}\n".encode())
    count += 1
    if act == "die" and count == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)


def stopped(*given: Any) -> Any:
    found = prepare(*given)
    os.kill(os.getpid(), signal.SIGSTOP)
    return found


_Delivery.send = noted  # type: ignore[method-assign]
send_mail.PORTION = 3
if act == "stop":
    setattr(send_mail, "_prepare", stopped)  # noqa: B010 - its type says less
    send_mail.PORTION = 100
sys.exit(main(sys.argv[3:]))
