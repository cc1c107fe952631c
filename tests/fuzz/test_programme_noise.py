"""Whatever stands in an edition's files: it is refused in one line that names the file, or a day's work can be done under it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.programme import load_editions
from rules.decision import ProgrammeError
from tests.fuzz.conftest import a_copy
from tests.fuzz.toml_noise import spoilt
from tests.scenarios.desk_work import ONE, furnish

SHIPPED = Path(__file__).parents[2] / "programme"
NEWEST = max(path for path in SHIPPED.iterdir() if path.is_dir())
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(NEWEST.glob("*.toml"))}


@st.composite
def editions(draw: st.DrawFn) -> tuple[str, str]:
    """File and what stands in it."""
    name = draw(st.sampled_from(sorted(TEXTS)))
    return name, draw(spoilt(TEXTS[name]))


def _lay(folder: Path, slip: tuple[str, str]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(NEWEST, folder / NEWEST.name)
    (folder / NEWEST.name / slip[0]).write_bytes(slip[1].encode("utf-8", "surrogatepass"))
    return folder


@settings(max_examples=300)
@given(editions())
def test_a_slip_is_named_with_its_file(scratch: Path, slip: tuple[str, str]) -> None:
    told = ""
    try:
        load_editions(_lay(scratch / "editions", slip))
    except ProgrammeError as error:
        told = str(error)
    assert not told or (slip[0] in told and "\n" not in told)


def _works_under(home: Path, scratch: Path, slip: tuple[str, str]) -> None:
    """Applications, deals, an order and a request, and half a year of reminders."""
    folder = _lay(scratch / "editions", slip)
    try:
        load_editions(folder)
    except ProgrammeError:
        return
    later = folder / "2025-01-01"
    (folder / NEWEST.name).rename(later)
    for path in later.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(NEWEST.name, later.name), encoding="utf-8")
    try:
        load_editions(SHIPPED, folder)
    except ProgrammeError:
        return
    with a_copy(home) as house:
        house.configure("editions = []", f'editions = ["{folder}"]')
        furnish(house)
        house.add_form("Форма Запрос", "2026-03-02 11:00", "a@one.example", **{"ИНН партнёра": ONE, "Тема": "NFR-лицензия"})
        for at in ("2026-03-02 12:00", "2026-03-20 10:00", "2026-06-10 10:00", "2026-09-30 10:00"):
            done = house.once(at)
            assert "stopped:" not in done.err, done.err
        assert house.status()["quarantine"] == []


@settings(max_examples=3)
@given(editions())
def test_half_a_year_under_an_odd_edition(empty_home: Path, scratch: Path, slip: tuple[str, str]) -> None:
    _works_under(empty_home, scratch, slip)


@pytest.mark.slow
@settings(max_examples=100)
@given(editions())
def test_many_a_half_year_under_an_odd_edition(empty_home: Path, scratch: Path, slip: tuple[str, str]) -> None:
    _works_under(empty_home, scratch, slip)
