"""Passes that can be killed: `once` in processes of their own, forked from one that has the program loaded already."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from jobs.cli import main
from jobs.failpoints import VARIABLE
from tests.scenarios.house import House, moscow

SECONDS = 120.0
"""No pass of these tests takes so long."""

_NUMBERS = itertools.count(1)
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([__name__, "jobs.once", "mailer.mailbox.imap_inbox", "sheets.google"])


class Pass:
    """One command that runs by itself. `before`: called in its process first."""

    def __init__(self, argv: Sequence[str], said: Path, fail_at: str = "", before: Callable[[], None] | None = None) -> None:
        self._said = said
        self._process: BaseProcess = _FORKING.Process(target=_run, args=(tuple(argv), str(said), fail_at, before), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Whom to send signals."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self._said.read_text(encoding="utf-8") if self._said.exists() else ""

    def ended(self, seconds: float = SECONDS) -> int | None:
        """Its exit code, minus the number of the signal that killed it; None if it still runs after so many seconds."""
        self._process.join(seconds)
        return self._process.exitcode

    @property
    def alive(self) -> bool:
        """Does it still run, or stand still?"""
        return self._state() not in "ZX"

    def _state(self) -> str:
        """As Linux has it: R and S for one that runs, T for one that is stopped, Z or X for a dead one."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "X"

    def stopped(self) -> None:
        """It must stop by itself, not end."""
        until = time.monotonic() + SECONDS
        while (state := self._state()) != "T":
            assert state not in "ZX", f"it was to be stopped and ended with {self.ended()}: {self.said}"
            assert time.monotonic() < until, f"it did not stop: {self.said}"
            time.sleep(0.02)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it that signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def killed(self) -> None:
        """It must have been killed, not have ended."""
        code = self.ended()
        assert code == -signal.SIGKILL, f"it was to be killed and ended with {code}: {self.said}"


@dataclass(slots=True)
class Victim:
    """The pass that a server is to kill or stop, as soon as it is known."""

    running: Pass | None = None

    def kill(self) -> None:
        """Kill it, and see it dead."""
        running = self._known()
        running.kill()
        while running.alive:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it, and see it stand still."""
        running = self._known()
        running.kill(signal.SIGSTOP)
        running.stopped()

    def _known(self) -> Pass:
        while self.running is None:
            time.sleep(0.01)
        return self.running


def a_pass(house: House, now: str, fail_at: str = "", before: Callable[[], None] | None = None) -> Pass:
    """`once` in a process of its own, at that moment of Moscow's clock."""
    said = house.root.parent / f"said{next(_NUMBERS)}"
    return Pass(["once", "--home", str(house.root), "--now", moscow(now).isoformat()], said, fail_at, before)


def _run(argv: Sequence[str], said: str, fail_at: str, before: Callable[[], None] | None) -> None:
    handle = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.environ[VARIABLE] = fail_at
    if before is not None:
        before()
    sys.exit(main(list(argv)))


def no_room(room: int) -> None:
    """No file grows beyond so many bytes, as on a disk that is full: what is written further fails, in whatever library."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
