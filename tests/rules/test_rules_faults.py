"""Every figure of an edition, spoilt in every way: what is refused, and in which words.

`traces/faults.txt` holds the answers, `traces/editions.txt` every figure as it is read. After a change that is meant, write both
anew with `python -m tests.rules.test_rules_faults` and read the difference.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from pprint import pformat
from tempfile import TemporaryDirectory

from jobs.programme import load_editions
from rules.decision import ProgrammeError

ROOT = Path(__file__).resolve().parents[2]
TRACES = Path(__file__).parent / "traces"
SHIPPED = ROOT / "programme" / "2024-01-01"

SPOILT = ("", "-1", "0", "1", "0.5", "101", "true", '""', '"x"', "[]", "[0]", "[2, 2]", '["x"]', "09:00:00")
"""What stands to the right of each key in turn; the first takes the line away."""


def read(folder: Path) -> str:
    """What comes of the editions in that folder, in one line."""
    try:
        load_editions(folder)
    except ProgrammeError as error:
        return str(error)
    return "accepted"


def faults(folder: Path) -> Iterator[str]:
    """Each key that stands on one line, its values and what comes of them; of a key that is said often, the first time."""
    shutil.copytree(SHIPPED, folder / SHIPPED.name)
    for path in sorted((folder / SHIPPED.name).glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        seen: set[str] = set()
        for at, line in enumerate(lines):
            key, equals, _ = line.partition(" = ")
            if not equals or key in seen or line.startswith("#"):
                continue
            seen.add(key)
            yield f"{path.name}: {key}"
            for value in SPOILT:
                changed = f"{key} = {value}" if value else ""
                spoilt = "\n".join([*lines[:at], changed, *lines[at + 1 :]]) + "\n"
                if _is_toml(spoilt):  # else the line goes on below
                    path.write_text(spoilt, encoding="utf-8")
                    yield f"  {value or '(nothing)'}: {read(folder).removeprefix(f'{path}: ').removeprefix(f'{key}: ')}"
        path.write_text(text, encoding="utf-8")


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def all_faults() -> str:
    with TemporaryDirectory() as folder:
        return "\n".join(faults(Path(folder))) + "\n"


def all_figures() -> str:
    """Every figure of the shipped edition and of the one that the tests put after it."""
    return pformat(load_editions(ROOT / "programme", ROOT / "tests" / "data" / "programme-second"), width=120) + "\n"


def test_each_fault_is_named_as_it_was() -> None:
    assert all_faults() == (TRACES / "faults.txt").read_text(encoding="utf-8")


def test_each_figure_is_read_as_it_was() -> None:
    assert all_figures() == (TRACES / "editions.txt").read_text(encoding="utf-8")


def test_the_edition_is_whole_before_it_is_spoilt() -> None:
    assert read(SHIPPED.parent) == "accepted"


if __name__ == "__main__":
    (TRACES / "faults.txt").write_text(all_faults(), encoding="utf-8")
    (TRACES / "editions.txt").write_text(all_figures(), encoding="utf-8")
