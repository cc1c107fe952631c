"""The timetable: passes until told to stop. `schedule` only ticks; the ledger knows what was done."""

from __future__ import annotations

import logging
import signal
import threading
import types
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import schedule

from jobs.backends import inbox
from jobs.ending import told
from jobs.home import Home
from jobs.once import run_pass
from jobs.progress import Progress
from mailer.mailbox.imap_inbox import ImapInbox

log = logging.getLogger("jobs")


def serve(home: Home, progress: Progress, say: Callable[[str], None]) -> int:
    """Run a pass now and at every tick until SIGTERM or SIGINT; a pass under way is finished first."""
    stop = threading.Event()

    def end(_: int, __: types.FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    timetable = schedule.Scheduler()

    def tick() -> None:
        try:
            report = run_pass(home, datetime.now(UTC), progress)
        except Exception as error:
            if line := told(error):
                say(line)
                return
            log.error("pass-failed", extra={"error": type(error).__name__}, exc_info=error)
            say(f"the pass failed ({type(error).__name__}); the next one tries again")
            return
        for text in (*report.notices, *report.faults):
            say(text)

    timetable.every(home.settings.schedule.every_minutes).minutes.do(tick)
    try:
        tick()
        with ExitStack() as closing:
            waiter = inbox(home, closing)
            while not stop.is_set():
                timetable.run_pending()
                seconds = min(max(timetable.idle_seconds or 1.0, 0.1), 60.0)
                if not isinstance(waiter, ImapInbox):
                    stop.wait(seconds)
                elif waiter.wait(seconds, stop.is_set):  # IDLE: a letter has come
                    tick()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0
