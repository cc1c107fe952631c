"""The command line: exit codes, one line for every slip, JSON with the contract's keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.cli import main

NOW = "2026-03-02T10:00+03:00"


@pytest.fixture
def home(tmp_path: Path) -> str:
    assert main(["init", "--home", str(tmp_path / "home")]) == 0
    return str(tmp_path / "home")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["onse"], "did you mean 'once'?"),
        (["once", "--now", "2026-03-02T10:00"], "add the zone"),
        (["once", "--now", "yesterday"], "expected a time such as"),
        (["run", "--now", NOW], "leave out --now"),
        (["job", "review_deal"], "did you mean 'review_deals'?"),
        (["explain", "D-2026-0001"], "no case D-2026-0001"),
        (["explain"], "the following arguments are required: ID"),
        (["once", "--dry"], "--help"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(home: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    if arguments[-1] == "--dry":
        arguments = ["once", "--dryrun"]
    assert main([*arguments, "--home", home]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


def test_no_home_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--home", str(tmp_path / "none")]) == 2
    assert "python -m jobs init" in capsys.readouterr().err


def test_the_home_comes_from_the_environment(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERDESK_HOME", home)
    assert main(["once", "--now", NOW]) == 0
    assert main(["status"]) == 0


def test_init_overwrites_nothing(home: str) -> None:
    config, key = Path(home) / "config.toml", Path(home) / "token.key"
    config.write_text("[schedule]\nevery_minutes = 7\n", encoding="utf-8")
    before = config.read_bytes(), key.read_bytes(), (Path(home) / "partners.xlsx").read_bytes()
    assert main(["init", "--sample", "--home", home]) == 0
    assert (config.read_bytes(), key.read_bytes(), (Path(home) / "partners.xlsx").read_bytes()) == before
    assert key.stat().st_mode & 0o077 == 0


def test_a_lost_file_of_the_home_is_made_again(home: str) -> None:
    (Path(home) / "config.toml").unlink()
    assert main(["once", "--home", home, "--now", NOW]) == 0
    assert (Path(home) / "config.toml").exists()


def test_a_slip_in_the_configuration_stops_before_any_work(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(home) / "config.toml").write_text("[staf]\n", encoding="utf-8")
    for command in ("once", "status", "doctor"):
        assert main([command, "--home", home]) == 2
    assert "did you mean staff?" in capsys.readouterr().err
    assert not (Path(home) / "ledger.db").exists()


def test_status_has_the_contracts_keys(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["once", "--home", home, "--now", NOW])
    capsys.readouterr()
    assert main(["status", "--json", "--home", home]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"open", "at_risk", "missed", "undelivered", "quarantine", "jobs"}
    assert found["jobs"]["send_mail"] == {"last_run": "2026-03-02T10:00:00+03:00", "ok": True}


def test_doctor_is_content_with_a_fresh_home(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--home", home, "--now", NOW]) == 0
    assert "staff.mail is empty" in capsys.readouterr().out


def test_doctor_says_that_a_calendar_is_provisional(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--home", home, "--now", "2027-11-01T10:00+03:00"]) == 0
    assert "is not decreed yet" in capsys.readouterr().out


def test_one_job_can_be_run_alone(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["job", "tier_review", "--home", home, "--now", NOW, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
