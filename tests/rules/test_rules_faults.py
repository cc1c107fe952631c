"""Every figure of an edition, spoilt in every way: what is refused, and in which words.

`traces/faults.txt` holds the answers, `traces/editions.txt` every figure as it is read. After a change that is meant, write both
anew with `python -m tests.rules.test_rules_faults` and read the difference.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from pprint import pformat

from jobs.programme import load_editions
from rules.decision import ProgrammeError
from rules.edition_parsing import parse_edition
from rules.in_force import line_up

ROOT = Path(__file__).resolve().parents[2]
TRACES = Path(__file__).parent / "traces"
SHIPPED = ROOT / "programme" / "2024-01-01"

SPOILT = ("", "-1", "0", "1", "0.5", "101", "true", '""', '"x"', "[]", "[0]", "[2, 2]", '["x"]', "09:00:00")
"""What stands to the right of each key in turn; the first takes the line away."""


def read(subjects: Mapping[str, Mapping[str, object]]) -> str:
    """What comes of an edition of these subjects, in one line; whether its time zone exists, who reads the files looks up."""
    try:
        line_up((parse_edition(SHIPPED.name, subjects),))
    except ProgrammeError as error:
        return str(error)
    return "accepted"


def faults() -> Iterator[str]:
    """Each key that stands on one line, its values and what comes of them; of a key that is said often, the first time."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.toml"))}
    whole = {subject: tomllib.loads(text, parse_float=Decimal) for subject, text in texts.items()}
    for subject, text in texts.items():
        lines = text.splitlines()
        seen: set[str] = set()
        for at, line in enumerate(lines):
            key, equals, _ = line.partition(" = ")
            if not equals or key in seen or line.startswith("#"):
                continue
            seen.add(key)
            yield f"{subject}.toml: {key}"
            for value in SPOILT:
                changed = f"{key} = {value}" if value else ""
                try:
                    spoilt = tomllib.loads("\n".join([*lines[:at], changed, *lines[at + 1 :]]), parse_float=Decimal)
                except tomllib.TOMLDecodeError:  # the line goes on below
                    continue
                told = read({**whole, subject: spoilt}).removeprefix(f"{SHIPPED.name}/{subject}.toml: ").removeprefix(f"{key}: ")
                yield f"  {value or '(nothing)'}: {told}"


def all_faults() -> str:
    return "\n".join(faults()) + "\n"


def all_figures() -> str:
    """Every figure of the shipped edition and of the one that the tests put after it."""
    return pformat(load_editions(ROOT / "programme", ROOT / "tests" / "data" / "programme-second"), width=120) + "\n"


def test_each_fault_is_named_as_it_was() -> None:
    assert all_faults() == (TRACES / "faults.txt").read_text(encoding="utf-8")


def test_each_figure_is_read_as_it_was() -> None:
    assert all_figures() == (TRACES / "editions.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    (TRACES / "faults.txt").write_text(all_faults(), encoding="utf-8")
    (TRACES / "editions.txt").write_text(all_figures(), encoding="utf-8")
