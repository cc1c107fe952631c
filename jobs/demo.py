"""`make run`: a sample home in which a few weeks of a partner department go by, and a short account of what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path

import openpyxl
from rich.console import Console

from cases.model import Form
from jobs.demo_account import tell
from jobs.home import Home, make_home, open_home
from jobs.once import run_pass
from jobs.progress import Progress
from jobs.sample.place import add_rows, drop_letter, fill_staff_tabs, numbers_of, reply, sample_story, set_cells
from jobs.sample.story import HERE, Act, Story
from sheets.columns import DEALS, NFR, PARTNERS, PILOTS, REQUESTS, TRAINING
from sheets.xlsx import WorkbookFile

_TABS = {"P": PARTNERS, "D": DEALS, "T": PILOTS, "N": NFR}
"""Where a case's row is, by the letter of its number."""

_STAFF = 'mail = ["partner-team@stakhanovets.example"]'


def play(root: Path, now: datetime | None, console: Console, progress: Progress, say: Callable[[str], None]) -> int:
    """Make the sample home and run it up to now; an existing home is kept, and one pass is run over it."""
    moment = now or datetime.now(UTC)
    if (root / "config.toml").exists():
        console.print(f"{root} is there already and is kept: one pass over it. Move it away to see the sample story again.")
        home = make_home(root)
        report = run_pass(home, moment, progress)
    else:
        home = _sample_home(root)
        told = sample_story(home, moment)
        for number, visit in enumerate(told.visits, 1):
            with console.status(f"{visit:%d.%m.%Y}: people write, the system answers …"):
                _people(home, told, number)
                report = run_pass(home, visit, progress)
    for text in report.faults:
        say(text)
    tell(console, home, moment)
    return report.exit_code


def _sample_home(root: Path) -> Home:
    home = make_home(root)
    config = root / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("mail = []", _STAFF, 1).replace('inn = ""', 'inn = "9600000000"', 1), encoding="utf-8")
    WorkbookFile(home.workbook).ensure("sample", forms=True)
    return open_home(root)


def _people(home: Home, told: Story, visit: int) -> None:
    """What partners and staff do before this visit."""
    book = openpyxl.load_workbook(home.workbook)
    if visit == 1:
        fill_staff_tabs(book, told)
    numbers = numbers_of(book, told.rows)
    add_rows(book, [row for row in told.rows if row.visit == visit], numbers)
    for act in told.acts:
        if act.kind == "word" and act.visit == visit:
            _word(book, act, numbers, told)
    book.save(home.workbook)
    for act in told.acts:
        if act.visit == visit and act.kind == "letter":
            drop_letter(home.inbox, (HERE / act.entry["file"]).read_bytes(), act.at)
        elif act.visit == visit and act.kind == "reply":
            answered = _letter(home, numbers[act.entry["about"]], act.entry["template"])
            drop_letter(home.inbox, reply(answered, act.entry["text"], act.at), act.at)


def _word(book: openpyxl.Workbook, act: Act, numbers: Mapping[str, str], told: Story) -> None:
    """What staff type: beside a question, a training, or the case of that name."""
    cells = act.entry["cells"]
    if "asked_by" in act.entry:
        set_cells(book, REQUESTS, "Адрес", act.entry["asked_by"], cells)
    elif act.entry.get("training"):
        name = act.entry["about"]
        inn = next(row.answers["inn"] for row in told.rows if row.form is Form.PARTNER and row.name == name)
        set_cells(book, TRAINING, "ИНН партнёра", inn, cells)
    else:
        number = numbers[act.entry["about"]]
        set_cells(book, _TABS[number[0]], "№", number, cells)


def _letter(home: Home, number: str, template: str) -> dict[str, str]:
    """Headers of the latest letter of that template on that case. Raises LookupError when none went out."""
    parser = BytesParser(policy=policy.default)
    found: dict[str, str] = {}
    for path in sorted((home.sent / "new").iterdir()):
        with path.open("rb") as file:
            message = parser.parse(file, headersonly=True)
        if message["X-Partner-Case"] == number and message["X-Partner-Template"] == template:
            found = {name: str(message[name]) for name in ("To", "Reply-To", "Subject", "Message-ID")}
    if not found:
        raise LookupError(f"no letter {template} on {number}")
    return found
