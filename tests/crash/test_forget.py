"""A person's erasure is cut short: given again, it ends as if it had not been; no file is left that nobody knows any more."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from tests.crash.passes import Pass
from tests.crash.steps import watch
from tests.crash.table import Note
from tests.scenarios.desk_work import DAY, FIRST
from tests.scenarios.house import House, moscow

pytestmark = pytest.mark.slow

NOW = f"{DAY} 12:00"


@pytest.mark.parametrize("place", ["jobs.person.forget deletes a file", "jobs.person.forget commits"])
def test_an_erasure_that_is_cut_short_is_given_again(office: House, tmp_path: Path, place: str, note: Note) -> None:
    note(15, f"{place}, forget", "files")
    office.reply(office.mail("deal-registered", number="D-2026-0001"), "2", f"{DAY} 11:00", None, **{"акт.pdf": b"%PDF-1.4"})
    office.ok(f"{DAY} 11:30")
    kept = [path for path in (office.root / "attachments").rglob("*") if path.is_file()]
    assert kept
    command = ["forget", "--force", "--person", FIRST, "--home", str(office.root), "--now", moscow(NOW).isoformat()]
    dying = partial(watch, str(office.root), str(tmp_path / "steps"), place, 1)
    Pass(command, tmp_path / "said", before=dying).killed()
    done = office.run(*command[:4], "--now", moscow(NOW).isoformat())
    assert done.code == 0, done.err
    assert not [path for path in kept if path.exists()]
    told = json.loads(office.run("export", "--person", FIRST).out)
    assert not told["contact_of"]
    assert not told["submissions"]
