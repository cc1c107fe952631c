"""The sample: big enough, its organisations' INNs hold, and its days fall right whenever it is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from stdnum.ru import inn as check

from cases.model import Form
from jobs.cli import main
from jobs.home import make_home
from jobs.sample.place import sample_story

MOSCOW = ZoneInfo("Europe/Moscow")
WRONG_ON_PURPOSE = {"9603415443", "998123457", "9,81E+09", "", "9621922389"}


@pytest.mark.parametrize(
    "now",
    ["2026-03-18T15:00", "2026-01-09T00:05", "2026-05-10T13:00", "2026-11-24T11:59", "2024-02-29T23:59", "2027-12-31T18:00"],
)
def test_the_story_ends_now_whenever_that_is(tmp_path: Path, now: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=MOSCOW)
    story = sample_story(make_home(tmp_path / "home"), moment)
    assert story.visits == sorted(story.visits)
    assert story.visits[-1] == moment
    assert all(row.at <= story.visits[row.visit - 1] for row in story.rows)
    assert all(act.at <= story.visits[act.visit - 1] for act in story.acts)
    assert moment - story.visits[0] < timedelta(days=45)


def test_there_is_enough_of_everything(tmp_path: Path) -> None:
    rows = sample_story(make_home(tmp_path / "home"), datetime(2026, 3, 18, 15, tzinfo=MOSCOW)).rows
    assert sum(row.form is Form.PARTNER for row in rows) >= 12
    assert sum(row.form is Form.DEAL for row in rows) >= 40
    typed = {value for row in rows for name, value in row.answers.items() if name.endswith("inn")} - WRONG_ON_PURPOSE
    plain = {"".join(sign for sign in text.partition("/")[0].partition(".")[0] if sign.isdigit()) for text in typed}
    assert all(check.is_valid(text) for text in plain)
    assert all(text.startswith(("96", "98")) for text in plain), "prefixes that no tax office gives out"


def test_init_adds_it_to_a_new_home(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    assert main(["init", "--sample", "--home", home, "--now", "2026-03-18T15:00+03:00"]) == 0
    assert openpyxl.load_workbook(tmp_path / "home/partners.xlsx")["Форма Сделка"].max_row > 40
    assert main(["once", "--home", home, "--now", "2026-03-18T15:00+03:00"]) == 0


def test_the_demonstration_runs_and_runs_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, now = str(tmp_path / "home"), "2026-03-18T15:00+03:00"
    assert main(["demo", "--home", home, "--now", now]) == 0
    told = capsys.readouterr().out
    for part in ("Decided", "Waits for staff", "Why", "Look at", "explain D-2026-"):
        assert part in told
    assert main(["demo", "--home", home, "--now", now]) == 0
    assert "is kept" in capsys.readouterr().out
