"""Killed before every commit and every change of a file, wherever in the code: nothing here can be forgotten."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from tests.crash.conftest import Expected
from tests.crash.steps import DAYS, Step, kill_before, steps_of
from tests.crash.table import Note
from tests.crash.test_guards import BY_HAND
from tests.crash.test_matrix_local import made_up_for
from tests.scenarios.house import ROOT, House

pytestmark = pytest.mark.slow

PARTS = 6

TRANSACTIONS = {"transaction", "outbox", "desk", "in_portions"}
NOT_REACHED = {
    "jobs.hear_staff._hear commits",  # a word that fails
    "jobs.ingest_leads._set_aside commits",  # a lead that fails
    "jobs.ingest_mail._take commits",  # a letter that fails, before its third time
    "jobs.write_sheet._hold commits",  # the book is open elsewhere
    "jobs.send_mail.hold_dead commits",  # an address died while a letter waited for it
    "jobs.read_sheet._tell_made_anew commits",  # the workbook is lost
    "jobs.outages.run commits",  # the spreadsheet or the mailbox is out of reach
    "jobs.catching_up.cases_were_reviewed commits",  # the pass after the one in which a restored ledger caught up
    "jobs.ingest_forms._show_known commits",  # a row that an exported file had brought before
}
"""One commit each, beside no effect: whoever adds to these says why no day comes there."""


@pytest.fixture(scope="session")
def steps(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """What a pass does to the world, on days with work of every kind."""
    known: set[str] = set()
    found: list[Step] = []
    for day in DAYS:
        root = tmp_path_factory.mktemp("steps") / "home"
        shutil.copytree(furnished, root)
        found += steps_of(House(root), day, known)
    return found


def test_a_pass_tells_its_steps(steps: list[Step]) -> None:
    places = {step.place for step in steps}
    assert places >= {
        "jobs.once._run commits",
        "jobs.send_mail._settle commits",
        "jobs.send_mail.keep_offer moves a file",
        "jobs.listing.run moves a file",
        "jobs.standing.run commits",
        "mailer.mailbox.maildir_outbox.send moves a file",
        "sheets.xlsx._replace moves a file",
    }


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_before_every_step(
    furnished: Path, tmp_path: Path, undisturbed: Expected, steps: list[Step], part: int, note: Note
) -> None:
    for number, step in enumerate(steps[part::PARTS]):
        note(15, f"{step.name}, {step.day.name}", "files")
        root = tmp_path / str(number) / "home"
        shutil.copytree(furnished, root)
        house = House(root)
        kill_before(house, step)
        made_up_for(house, step.day, undisturbed)


def _committing() -> set[str]:
    """Functions of the jobs of a pass that open a transaction by themselves, as steps are named."""
    found = set()
    for path in sorted((ROOT / "jobs").glob("*.py")):
        if path.stem not in BY_HAND and path.stem != "office":  # through which all the others go
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and _opened(node):
                    found.add(f"jobs.{path.stem}.{node.name} commits")
    return found


def _opened(function: ast.FunctionDef) -> bool:
    """Does it do so itself, not in a function within it?"""
    todo: list[ast.AST] = [*function.body]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTIONS:
            return True
        todo.extend(ast.iter_child_nodes(node))
    return False


def test_every_commit_of_the_jobs_is_reached(steps: list[Step]) -> None:
    missing = _committing() - {step.place for step in steps}
    assert missing == NOT_REACHED
