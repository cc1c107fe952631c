"""The house under test, met at its edges alone: its spreadsheet, its Maildirs, its command line under a set clock."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime, parsedate_to_datetime
from io import StringIO
from pathlib import Path
from typing import Any

from jobs.cli import main
from tests.sheets.google.two_houses import GooglePeople
from tests.wire.sheets.faults import When
from tests.wire.sheets.server import SheetsServer
from tests.year.events import (
    MOSCOW,
    NAMES,
    TABS,
    Amended,
    Event,
    FormRow,
    Line,
    Mended,
    Moment,
    Noise,
    Reply,
    Stray,
    Struck,
    Word,
)
from tests.year.hands import GoogleHands, Hands, NoRow, Row, WorkbookHands

ROOT = Path(__file__).resolve().parents[2]
FAIL_AT = "PARTNERDESK_FAIL_AT"
KILLS = tuple(
    f"killed {point}"
    for point in (
        "sheet-read",
        "rows-taken",
        "letter-taken",
        "mail-claimed",
        "mail-fixed",
        "mail-sent",
        "mail-sent:2",
        "book-announced",
        "book-replaced",
    )
)
EARLY = ("sheet-read", "rows-taken", "letter-taken")
"""Points before anything was decided."""
SORTED = {"Сделки": "Заказчик", "Лиды": "Лид", "Партнёры": "Партнёр", **NAMES} | dict.fromkeys(TABS.values(), "№")
"""By which column people sort a tab; forms by their time stamps."""
FILE_MISHAPS = (*KILLS, "killed book-drawn", "open elsewhere")
WIRE_MISHAPS = (*KILLS, "answer lost", "line cut", "busy", "down")


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter that went out, by its headers."""

    template: str
    number: str
    to: str
    day: date
    message_id: str
    reply_to: str
    subject: str


@dataclass(slots=True)
class Stage:
    """One home. `faults`: what a pass said on stderr although nothing had struck it."""

    root: Path
    hands: Hands
    wire: SheetsServer | None = None
    posted: list[Posted] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kills: int = 0
    _seen: set[str] = field(default_factory=set)
    _stamps: dict[str, tuple[str, datetime, str]] = field(default_factory=dict)
    _letters: int = 0

    # -- what people do

    def perform(self, events: tuple[Event, ...]) -> None:
        """All that happened since the last pass."""
        for event in events:
            try:
                self._perform(event)
            except NoRow as missing:
                self.faults.append(f"{missing} for {event}")
        self.hands.save()

    def _perform(self, event: Event) -> None:
        match event:
            case FormRow(key, tab, at, address, answers):
                self._stamps[key] = (tab, at, address)
                self.hands.add(tab, {"Отметка времени": at, "Адрес электронной почты": address, **answers})
            case Amended(key, at, answers):
                tab, _, address = self._stamps[key]
                self.hands.change(tab, lambda row: row["Комментарий"] == key, {"Отметка времени": at, **answers})
                self._stamps[key] = (tab, at, address)
            case Word(tab, number, cells):
                self.hands.change(tab, lambda row: row["№"] == number, cells)
            case Line(tab, cells, above):
                self.hands.add(tab, cells, above)
            case Mended(tab, name, cells):
                self.hands.change(tab, lambda row: row[NAMES[tab]] == name, cells)
            case Struck(tab, name):
                self.hands.delete(tab, lambda row: row[NAMES[tab]] == name)
            case Noise():
                self._noise(event)
            case Reply():
                self._reply(event)
            case Stray(at, sender, subject, text, automatic):
                message = _letter(sender, "partners@stakhanovets.ru", subject, text)
                if automatic:
                    message["Auto-Submitted"] = "auto-replied"
                self._deliver(message, at)

    def _noise(self, noise: Noise) -> None:
        match noise.what:
            case "sort":
                self.hands.sort(noise.tab, SORTED.get(noise.tab, "Отметка времени"))
            case "delete":
                self.hands.delete(noise.tab, lambda row: row["№"] == noise.target)
            case "blank":
                self.hands.blank(noise.tab)
            case "duplicate":
                row = next(row for row in self.hands.rows(noise.tab) if row["Комментарий"] == noise.target)
                self.hands.add(noise.tab, {header: value for header, value in row.items() if value != ""})

    def _reply(self, reply: Reply) -> None:
        for letter in reversed(self.posted):
            if (letter.number, letter.template) == (reply.number, reply.template) and reply.to in ("", letter.to):
                message = _letter(reply.sender, letter.reply_to, f"Re: {letter.subject}", reply.text)
                message["In-Reply-To"] = message["References"] = letter.message_id
                self._deliver(message, reply.at)
                return
        self.faults.append(f"there is no letter {reply.template} about {reply.number} to answer")

    def _deliver(self, message: EmailMessage, at: datetime) -> None:
        self._letters += 1
        path = self.root / "mail/inbox/new" / f"{int(at.timestamp())}.{self._letters}.year"
        path.write_bytes(message.as_bytes())
        os.utime(path, (at.timestamp(), at.timestamp()))

    # -- passes

    def play(self, moment: Moment) -> bool:
        """What happened, then one pass, struck by the moment's mishap and repeated where it was killed. True if the one that was
        to be killed had decided everything before: the repeat finds what comes of that.
        """
        self.perform(moment.events)
        kind, _, point = moment.mishap.partition(" ")
        decided = kind == "killed" and self._killed(moment.now, point)
        with self._trouble(moment.mishap) as expected:
            out, err = StringIO(), StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = main(["once", "--home", str(self.root), "--now", moment.now.isoformat()])
        if code and not expected:
            self.faults.append(f"{moment.now:%d.%m.%Y %H:%M} ended with {code}: {err.getvalue().strip()}")
        self._look()
        return decided

    def _killed(self, now: datetime, point: str) -> bool:
        """The pass in a process of its own, killed -9 where that point is reached. True if it came past its decisions."""
        arguments = ["once", "--home", str(self.root), "--now", now.isoformat()]
        done = subprocess.run(
            [sys.executable, "-m", "jobs", *arguments],
            cwd=ROOT,
            env={**os.environ, FAIL_AT: point},
            capture_output=True,
            check=False,
            timeout=600,
        )
        killed = done.returncode < 0
        self.kills += killed
        return not (killed and point in EARLY)

    @contextmanager
    def _trouble(self, mishap: str) -> Iterator[bool]:
        """Gives whether the pass may leave something undone."""
        lock = self.root / ".~lock.partners.xlsx#"
        if mishap == "open elsewhere":
            lock.write_text("Мария")
            try:
                yield True
            finally:
                lock.unlink()
            return
        if self.wire is not None:
            match mishap:
                case "answer lost":
                    self.wire.fail("batchUpdate", cut=True, when=When.AFTER)
                case "line cut":
                    self.wire.fail("", cut=True)
                case "busy":
                    self.wire.fail("batchUpdate", status=503)
                case "down":
                    self.wire.fail("", status=403, count=1000)
        try:
            yield mishap == "down"
        finally:
            if self.wire is not None:
                self.wire.faults.clear()

    # -- what people see

    def _look(self) -> None:
        """Letters that have come since."""
        folder = self.root / "mail/sent/new"
        for name in sorted(set(os.listdir(folder)) - self._seen):
            self._seen.add(name)
            with (folder / name).open("rb") as file:
                headers = BytesHeaderParser(policy=policy.default).parse(file)
            self.posted.append(
                Posted(
                    str(headers["X-Partner-Template"]),
                    str(headers["X-Partner-Case"] or ""),
                    str(headers["To"]),
                    parsedate_to_datetime(str(headers["Date"])).astimezone(MOSCOW).date(),
                    str(headers["Message-ID"]),
                    str(headers["Reply-To"]),
                    re.sub(r"\s+", " ", str(headers["Subject"])),
                )
            )

    def rows(self, tab: str) -> list[Row]:
        """A tab as people see it."""
        return self.hands.rows(tab)

    def explain(self, number: str) -> dict[str, Any]:
        """What `explain` says of a case."""
        out = StringIO()
        with redirect_stdout(out):
            main(["explain", number, "--json", "--home", str(self.root)])
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    def form_rows(self, key: str) -> tuple[str, datetime, str]:
        """Where that form row stands: tab, time, address."""
        return self._stamps[key]


@contextmanager
def workbook_stage(root: Path) -> Iterator[Stage]:
    """A home with its workbook in a file."""
    _init(root)
    yield Stage(root, WorkbookHands(root / "partners.xlsx"))


@contextmanager
def google_stage(root: Path) -> Iterator[Stage]:
    """A home with its spreadsheet at the wire server."""
    with ExitStack() as closing:
        wire = closing.enter_context(SheetsServer(locale="ru_RU", time_zone="Europe/Moscow"))
        book = wire.make()
        _init(root)
        wire.account_file(root / "google.json")
        config = root / "config.toml"
        named = f'backend = "google"\nspreadsheet = "{book.id}"\naccount = "file:google.json"\nendpoint = "{wire.url}"'
        config.write_text(config.read_text("utf-8").replace('backend = "xlsx"', named), "utf-8")
        _init(root)
        yield Stage(root, GoogleHands(GooglePeople(wire, book)), wire)


def _init(root: Path) -> None:
    with redirect_stdout(StringIO()):
        assert main(["init", "--home", str(root)]) == 0


def _letter(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(datetime(2020, 1, 1, tzinfo=UTC))  # what a sender writes there counts for nothing
    message["Message-ID"] = f"<{os.urandom(8).hex()}@{sender.rpartition('@')[2]}>"
    message.set_content(text)
    return message
