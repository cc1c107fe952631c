"""`docs/programme.md` names what exists, and leaves nothing out: figures, rules, code, examples, letters."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cases.letters import LETTERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "programme.md").read_text(encoding="utf-8")
TABLE, UNBUILT = PAGE.split("## Not built yet")
COLUMNS = ("section", "figure", "rule", "code", "example", "template")
ROWS = [
    dict(zip(COLUMNS, (cell.strip() for cell in line.strip("|").split("|")), strict=True))
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith("| Section")
]
EDITION = ROOT / "programme" / "2024-01-01"
ABOUT = {"section", "promotion_section", "authorisation_section", "tier"}  # keys that name a row or a heading, no figure


def cells(column: str, separator: str = ",") -> list[str]:
    return [part.strip() for row in ROWS for part in row[column].split(separator) if part.strip()]


def figures(prefix: str, table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if prefix == "deals" and key == "reasons":
            yield f"{prefix}.{key}"
        elif isinstance(value, dict):
            yield from figures(f"{prefix}.{key}", value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from figures(f"{prefix}.{key}", value[0])
        elif key not in ABOUT:
            yield f"{prefix}.{key}"


def test_every_figure_of_the_edition_is_named_once_or_said_to_be_unbuilt() -> None:
    stated = {
        figure
        for path in EDITION.glob("*.toml")
        if path.stem != "edition"
        for figure in figures(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    }
    named = set(cells("figure"))
    unbuilt = set(re.findall(r"`([a-z_.]+)`", UNBUILT))
    assert named | unbuilt == stated
    assert not named & unbuilt


def test_every_letter_is_named() -> None:
    assert set(cells("template")) == set(LETTERS)


def test_rules_and_code_exist() -> None:
    for name in cells("rule"):
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), name
    assert all((ROOT / path).is_file() for path in cells("code"))
    modules = {name.rpartition(".")[0] for name in cells("rule")}
    written = {f"rules.{path.stem}" for path in (ROOT / "rules").glob("*.py")}
    figures = {"rules.edition", "rules.edition_parsing", "rules.strict_table", "rules.in_force"}
    assert written - modules == {"rules.__init__", "rules.decision", *figures}


def test_examples_exist_under_that_section() -> None:
    shown: set[tuple[str, str]] = set()
    for path in (ROOT / "tests" / "rules" / "examples").glob("*.toml"):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        shown |= {(example.get("section", content["section"]), example["point"]) for example in content["example"]}
    points = {point for _, point in shown}
    for row in ROWS:
        for point in row["example"].split(";"):
            assert point.strip() in points, point
        assert any((row["section"], point.strip()) in shown for point in row["example"].split(";")), row
