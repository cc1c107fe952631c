"""docs/security.md keeps its word: whatever test a row names is there, and no test of an attack is named nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.scenarios.house import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = [row.strip("|").split(" | ") for row in PAGE.splitlines() if row.startswith("| ") and not row.startswith("| attack")]
TESTS = ROOT / "tests"


def named(cell: str) -> list[tuple[Path, str]]:
    """(file or folder, beginning of a test's name or "") for each reference; `::name` is of the file named before it."""
    found: list[tuple[Path, str]] = []
    place = TESTS / "security/test_attacks.py"
    for reference in re.findall(r"`([^`]+)`", cell):
        file, _, name = reference.partition("::")
        if file:
            place = ROOT / file if "/" in file else next(TESTS.rglob(file), TESTS / file)
        found.append((place, name.rstrip("…")))
    return found


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip()[:40] for row in ROWS])
def test_each_attack_has_its_defence_and_its_test(row: list[str]) -> None:
    attack, defence, shown_by = (cell.strip() for cell in row)
    assert attack
    assert defence
    references = named(shown_by)
    assert references
    for place, name in references:
        assert place.exists(), f"{attack}: {place}"
        if name:
            assert re.search(rf"^def {name}", place.read_text(encoding="utf-8"), re.MULTILINE), f"{attack}: {place}::{name}"


def test_each_attack_that_is_tried_stands_on_the_page() -> None:
    tried = re.findall(r"^def (test_\w+)", (TESTS / "security/test_attacks.py").read_text(encoding="utf-8"), re.MULTILINE)
    told = [name for row in ROWS for place, name in named(row[2]) if place.name == "test_attacks.py"]
    assert [test for test in tried if not any(test.startswith(name) for name in told)] == []
