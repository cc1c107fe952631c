"""The command line as the contract has it: keys, exit codes, one line that says what to change."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest

from jobs.home import SHIPPED_PROGRAMME
from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO, contents
from tests.scenarios.house import ROOT, Completed, House, inn

LATER = f"{DAY} 11:00"
NOW = f"{DAY}T11:00+03:00"


def refused(done: Completed, *words: str) -> None:
    """Exit 2, and one line on stderr that holds these words."""
    assert done.code == 2, done
    lines = [line for line in done.err.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0], lines[0]
    assert done.out == ""


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["onse"], ["'once'"]),
        (["explain"], ["ID"]),
        (["explain", "D-2026-0099"], ["D-2026-0099"]),
        (["explain", "nonsense"], ["NONSENSE"]),
        (["job", "ingest_form"], ["'ingest_forms'"]),
        (["job"], ["NAME"]),
        (["once", "--now", "2026-03-02T10:00"], ["+03:00"]),
        (["once", "--now", "soon"], ["soon"]),
        (["once", "--dryrun"], ["--dryrun"]),
        (["run", "--now", NOW], ["--now"]),
        (["run", "--json"], ["--json"]),
        (["status", "--dry-run"], ["--dry-run"]),
    ],
)
def test_wrong_use(office: House, argv: list[str], words: list[str]) -> None:
    before = contents(office.root)
    refused(office.run(*argv), *words)
    assert contents(office.root) == before


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    for command in ("once", "status", "doctor"):
        refused(House(tmp_path / "nowhere").run(command), "init", "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("attention_after_minutes = 30", "atention_after_minutes = 30", ["spreadsheet.attention_after_minutes"]),
        ("[schedule]", "[shedule]", ["shedule", "schedule"]),
        ("every_minutes = 5", 'every_minutes = "five"', ["schedule.every_minutes", "five"]),
        ("every_minutes = 5", "every_minutes = 0", ["schedule.every_minutes"]),
        ('backend = "xlsx"', 'backend = "exel"', ["spreadsheet.backend", "xlsx"]),
        ("mail = []", 'mail = ["staff"]', ["staff.mail", "staff"]),
        ("mail = []", "mail = [", ["config.toml"]),
        ('vat_rate = ""', 'vat_rate = "много"', ["vendor.vat_rate"]),
        ("[vendor]", '[columns."Форма Сдeлка"]\n"ИНН" = "x"\n[vendor]', ["Форма Сделка"]),
        ("[vendor]", '[columns."Форма Сделка"]\n"ИНН партнера организации" = "x"\n[vendor]', ["ИНН партнёра"]),
        ('token_key = "file:token.key"', 'token_key = "file:no.key"', ["mail.token_key", "no.key"]),
        ('token_key = "file:token.key"', 'token_key = "env:DESK_NO_SUCH"', ["mail.token_key", "DESK_NO_SUCH"]),
    ],
)
def test_a_typo_in_the_settings(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    house = House(tmp_path / "home")
    house.init(prices={})
    house.configure(old, new)
    refused(house.once(LATER), "config.toml", *words)
    assert not (house.root / "ledger.db").exists()


def _edition(house: House, effective: str) -> Path:
    """An edition of the home's own: the shipped one under another date."""
    target = house.root / "programme" / effective
    shutil.copytree(SHIPPED_PROGRAMME / "2024-01-01", target)
    head = target / "edition.toml"
    text = head.read_text(encoding="utf-8").replace("2024-01-01", effective)
    head.write_text(text, encoding="utf-8")
    house.configure("editions = []", 'editions = ["programme"]')
    return target


def test_faults_of_the_programme_are_named_by_file_and_key(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    house.init(prices={})
    edition = _edition(house, "2026-02-01")
    assert house.once(LATER).code == 0
    deals = edition / "deals.toml"
    good = deals.read_text(encoding="utf-8")
    for old, new, words in (
        ("auto_open_limit", "auto_open_limits", ["deals.toml", "auto_open_limit"]),
        ("auto_open_limit = 20", 'auto_open_limit = "twenty"', ["deals.toml", "auto_open_limit", "twenty"]),
        ("auto_open_limit = 20", "auto_open_limit = -1", ["deals.toml", "auto_open_limit"]),
    ):
        assert old in good
        deals.write_text(good.replace(old, new, 1), encoding="utf-8")
        refused(house.once(LATER), "2026-02-01", *words)
        doctor = house.run("doctor")
        assert doctor.code == 1
        assert "deals.toml" in doctor.err
    deals.unlink()
    refused(house.once(LATER), "2026-02-01", "deals.toml")
    deals.write_text(good, encoding="utf-8")
    assert house.once(LATER).code == 0


def test_editions_that_overlap_or_leave_a_gap(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    house.init(prices={})
    _edition(house, "2024-01-01")
    refused(house.once(LATER), "2024-01-01")
    shutil.rmtree(house.root / "programme")
    (house.root / "programme/2026-13-01").mkdir(parents=True)
    refused(house.once(LATER), "2026-13-01")


def test_json_has_the_contracts_keys(office: House) -> None:
    explained = office.explain("D-2026-0004")
    assert list(explained) == ["id", "kind", "state", "deadline", "edition", "facts", "tests", "decision", "staff", "effects"]
    assert list(explained["decision"]) == ["outcome", "reasons"]
    assert all(list(test) == ["name", "section", "result"] for test in explained["tests"])
    assert explained["tests"]
    assert all(list(effect) == ["kind", "template", "at", "state"] for effect in explained["effects"])
    assert explained["state"] == "На рассмотрении"
    assert explained["deadline"].startswith("2026-03-04T18:00:00+03:00")
    status = office.status(LATER)
    assert list(status) == ["open", "at_risk", "missed", "undelivered", "quarantine", "jobs"]
    assert status["undelivered"] == 0
    assert all(list(run) == ["last_run", "ok"] for run in status["jobs"].values())
    late = office.status("2026-03-04 12:00")
    assert {tuple(risk) for risk in late["at_risk"]} <= {("id", "due")}
    assert "D-2026-0004" in [risk["id"] for risk in late["at_risk"]]
    done = office.run("once", "--now", NOW, "--json")
    assert done.code == 0
    assert json.loads(done.out)["ok"] is True
    doctor = office.run("doctor", "--json")
    assert json.loads(doctor.out)["ok"] is True
    assert office.run("explain", "Д-2026-4").out.startswith("D-2026-0004"), "typed on a Russian keyboard"
    assert office.run("explain", " d–2026–4 ").out.startswith("D-2026-0004")


def test_refused_deals_show_code_section_and_text(office: House) -> None:
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Заказчик 1»", inn(101))
    office.ok(LATER)
    explained = office.explain("D-2026-0005")
    (reason,) = explained["decision"]["reasons"]
    assert list(reason) == ["code", "section", "text"]
    assert reason["code"] == "3"
    assert reason["section"]
    assert explained["decision"]["outcome"] in ("refuse", "reject")
    assert "Один" not in json.dumps(reason, ensure_ascii=False)


def test_a_rehearsal_touches_no_byte_and_says_what_would_be(office: House) -> None:
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.reply(office.mail("deal-registered", number="D-2026-0001"), "2", f"{DAY} 10:45")
    office.deliver(b"no letter", f"{DAY} 10:46")
    before = contents(office.root), {path: path.stat().st_mtime_ns for path in office.root.rglob("*")}
    done = office.run("once", "--now", NOW, "--dry-run")
    assert (contents(office.root), {path: path.stat().st_mtime_ns for path in office.root.rglob("*")}) == before
    for word in ("deal-registered", "D-2026-0005", "Зарегистрирована", "переговоры", SECOND):
        assert word in done.out
    told = office.run("job", "ingest_forms", "--now", NOW, "--dry-run", "--json")
    assert told.code == 0
    assert contents(office.root) == before[0]
    office.book.unlink()
    (office.root / "ledger.db").unlink()
    before = contents(office.root), {}
    office.run("once", "--now", NOW, "--dry-run")
    assert contents(office.root) == before[0]


def test_an_idle_pass_changes_nothing_that_people_see(office: House) -> None:
    def seen() -> dict[str, str]:
        return {name: found for name, found in contents(office.root).items() if not name.startswith(("ledger.db", ".lock"))}

    before = seen()
    begun = time.process_time()
    office.ok(f"{DAY} 10:20")
    assert time.process_time() - begun < 1
    office.ok(f"{DAY} 10:40")
    assert seen() == before
    office.ok(f"{DAY} 11:40")  # at most hourly the sheet says that somebody is alive
    changed = [name for name, found in seen().items() if before.get(name) != found]
    assert changed == ["partners.xlsx"]
    assert openpyxl.load_workbook(office.book)["Сводка"].max_row > 1


def test_one_job_alone(office: House) -> None:
    office.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Новый»", inn(110))
    letters, book = len(office.mails()), office.book.read_bytes()
    for job in ("ingest_forms", "review_deals"):
        assert office.run("job", job, "--now", NOW).code == 0
    assert len(office.mails()) == letters
    assert office.explain("D-2026-0005")["state"] == "Зарегистрирована"
    assert office.run("job", "send_mail", "--now", NOW).code == 0
    assert office.mail("deal-registered", number="D-2026-0005").to == SECOND
    assert office.book.read_bytes() == book
    assert office.run("job", "write_sheet", "--now", NOW).code == 0
    assert office.row("Форма Сделка", "D-2026-0005")["Ответ отправлен"] != ""


def test_init_overwrites_nothing_and_makes_what_is_lacking(office: House) -> None:
    (office.root / "config.toml").write_text("# моё\n", encoding="utf-8")
    before = contents(office.root)
    assert office.run("init").code == 0
    assert office.run("init", "--sample").code == 0
    assert contents(office.root) == before
    shutil.rmtree(office.root / "offers")
    shutil.rmtree(office.root / "mail/inbox")
    (office.root / "config.toml").unlink()
    assert office.run("init").code == 0
    assert (office.root / "mail/inbox/new").is_dir()
    assert (office.root / "offers").is_dir()
    assert "[spreadsheet]" in (office.root / "config.toml").read_text(encoding="utf-8")
    assert contents(office.root)["ledger.db"] == before["ledger.db"]
    shutil.rmtree(office.root / "mail/sent")
    office.deal(f"{DAY} 10:30", FIRST, ONE, "ООО «Новый»", inn(110))
    office.ok(LATER)
    assert len(office.mails("deal-registered")) == 1


def test_a_fresh_home_is_sound_and_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERDESK_HOME", str(tmp_path / "elsewhere"))
    done = subprocess.run([sys.executable, "-m", "jobs", "init"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    house = House(tmp_path / "elsewhere")
    assert {"config.toml", "partners.xlsx", "mail", "attachments", "offers"} <= {path.name for path in house.root.iterdir()}
    doctor = house.run("doctor")
    assert (doctor.code, [line for line in doctor.err.splitlines() if not line.startswith("{")]) == (0, [])
    assert house.status()["open"] == 0
    book = openpyxl.load_workbook(house.book)
    assert house.rows("Прайс") == []
    assert [title for title in book.sheetnames if title.startswith("Форма")] == [
        "Форма Партнёр",
        "Форма Сделка",
        "Форма Актуализация",
        "Форма Заказ",
        "Форма Пилот",
        "Форма Отчёт о пилоте",
        "Форма Запрос",
    ]
    house.ok(LATER)
    assert house.run("doctor").code == 0


def test_run_ends_cleanly_on_sigterm(office: House) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "jobs", "run", "--home", str(office.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    ) as serving:
        assert serving.stderr is not None
        for line in serving.stderr:
            if '"event": "pass"' in line:
                break
        begun = time.monotonic()
        serving.send_signal(signal.SIGTERM)
        _, err = serving.communicate(timeout=20)
    assert serving.returncode == 0, err
    assert time.monotonic() - begun < 10
    assert "Traceback" not in err
    assert not list(office.root.glob(".partners*"))
    assert office.status()["undelivered"] == 0


def test_two_passes_at_once_leave_it_to_the_first(office: House) -> None:
    with open(office.root / ".lock", "a", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        before = office.book.read_bytes()
        done = office.once(LATER)
        assert done.code == 0
        assert "another run" in done.err
    assert office.book.read_bytes() == before
