"""No boundary is forgotten: each fail point stands in the matrix, each effect of a job has a fail point beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from jobs.failpoints import FailPoint
from tests.crash.boundaries import BOUNDARIES
from tests.scenarios.house import ROOT

EFFECTS = {
    "office.book.write",
    "office.book.ensure",
    "inbox.done",
    "connection.send",
    "write_whole",
    "draft.unlink",
    "draft.open",
    "draft.replace",
    "path.unlink",
    "job",  # every job, in `once`
}
"""What a pass does to the world outside its ledger, as it is called in `jobs/`."""

BY_HAND = {"backup", "cli", "home", "doctor", "demo", "person", "lock", "place", "story", "simulate", "replay", "dry_run"}
"""Modules of commands that people give: what was cut short is given again."""

ELSEWHERE = {"write_whole", "keep_offer"}
"""Whole files that are simply made again; MAIL_BUILT stands behind the caller."""


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((ROOT / "jobs").rglob("*.py")):
        if path.stem not in BY_HAND:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    yield path.stem, node


def _calls(node: ast.AST) -> set[str]:
    return {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}


def test_every_fail_point_stands_in_the_matrix() -> None:
    assert {one.point for one in BOUNDARIES} == set(FailPoint)
    assert {one.point for one in BOUNDARIES if one.google} >= set(FailPoint) - {
        FailPoint.BOOK_DRAWN
    }  # there is no draft at Google


def test_every_fail_point_is_reached_in_one_place() -> None:
    reached = [
        ast.unparse(call.args[0]).removeprefix("FailPoint.")
        for _, node in _functions()
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "reach"
    ]
    assert sorted(reached) == sorted(point.name for point in FailPoint)


def test_every_effect_of_a_job_has_a_fail_point_beside_it() -> None:
    found = {}
    seen: set[str] = set()
    for module, function in _functions():
        effects = _calls(function) & EFFECTS
        seen |= effects
        if effects:
            found[f"{module}.{function.name}"] = "reach" in _calls(function)
    assert not EFFECTS - seen, "the names of effects have changed"
    bare = [name for name, guarded in found.items() if not guarded and name.partition(".")[2] not in ELSEWHERE]
    assert not bare, f"an effect without a boundary: {bare}"


WORDS = ["unlink", "write_bytes", "write_text", "rename", "replace", "link", "symlink_to", "touch", "rmdir", "remove", "system"]
ELSEWHERES = {"shutil", "subprocess", "socket", "smtplib", "imaplib", "imapclient", "http", "urllib", "openpyxl", "tempfile"}


def test_jobs_have_no_way_out_but_the_ports() -> None:
    """Whatever reaches the world stands behind `office.book`, `office.inbox` and `office.mailbox`, or is a file."""
    ways = {}
    for path in sorted((ROOT / "jobs").rglob("*.py")):
        if path.stem not in BY_HAND:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if found := {name.partition(".")[0] for name in names} & ELSEWHERES:
                    ways[path.stem] = found
    assert not ways


@pytest.mark.parametrize("word", WORDS)
def test_no_effect_goes_by_another_name(word: str) -> None:
    """Files are touched by the jobs of a pass only through the calls listed above."""
    touching = set()
    for module, function in _functions():
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == word:
                name = ast.unparse(call.func)
                if name not in EFFECTS and not (word == "replace" and len(call.args) != 1):
                    touching.add(f"{module}.{function.name}: {name}")
    assert not touching
