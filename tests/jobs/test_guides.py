"""The guides say what the program says: their settings can be read, the words that they explain are the program's."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from jobs.settings import read_settings
from tests.scenarios.house import ROOT

SOURCES = [path for folder in ("jobs", "mailer", "sheets") for path in (ROOT / folder).rglob("*.py")]


def pieces(guide: str) -> list[str]:
    """Settings as a guide shows them: fenced TOML, or an indented block that begins with a table."""
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    indented = re.findall(r"(?:^ {4,}\S.*\n)+", text, re.MULTILINE)
    return re.findall(r"```toml\n(.*?)```", text, re.DOTALL) + [
        dedent(block) for block in indented if block.strip().startswith("[")
    ]


@pytest.mark.parametrize(("guide", "count"), [("setup-mail.md", 1), ("setup-google.md", 2)])
def test_settings_of_a_guide_can_be_read(guide: str, count: int, tmp_path: Path) -> None:
    found = pieces(guide)
    assert len(found) == count
    for piece in found:
        (tmp_path / "config.toml").write_text(piece, encoding="utf-8")
        read_settings(tmp_path / "config.toml")


@pytest.mark.parametrize(("guide", "least"), [("setup-mail.md", 15), ("setup-google.md", 9)])
def test_what_a_guide_explains_is_what_the_program_says(guide: str, least: int) -> None:
    """Each saying in the table of faults, piece by piece, stands in the code (numbers of servers' answers apart)."""
    said = re.sub(r'["\s]*\n\s*f?"|[{}]', "", "\n".join(path.read_text(encoding="utf-8") for path in SOURCES))
    said = " ".join(re.sub(r'"\s*f?"', "", said).split())
    table = (ROOT / "docs" / guide).read_text(encoding="utf-8").partition("| it says |")[2].partition("\n\n")[0]
    rows = [row.split(" | ")[0].strip("| `") for row in table.splitlines()[2:]]
    sayings = [piece for row in rows for piece in re.split(r"`, `|`|…|/|, or | \(a warning\)|: \d.*$|:$", row)]
    checked = [saying.strip(" .,:`") for saying in sayings if len(saying.strip(" .,:`")) > 6]
    assert len(checked) >= least
    assert [saying for saying in checked if saying not in said] == []
