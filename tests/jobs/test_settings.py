"""config.toml: what `init` writes is the defaults; every fault is one line that names the key and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.settings import TEMPLATE, Settings, SettingsError, read_settings, secret


def _told(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_init_writes_is_the_defaults() -> None:
    assert read_settings(TEMPLATE) == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[mail]\nadress = "x@y.ru"', "config.toml: mail.adress: unknown key; did you mean mail.address?"),
        ("[mial]\n", "config.toml: mial: unknown key; did you mean mail?"),
        ('[staff]\nmail = "a@b.ru"', "config.toml: staff.mail: expected a list, got 'a@b.ru'"),
        ("[staff]\nmail = [1]", "config.toml: staff.mail[0]: expected text in quotes, got 1"),
        ('[staff]\nmail = ["nobody"]', "config.toml: staff.mail: expected a mail address, got 'nobody'"),
        ('[schedule]\nevery_minutes = "5"', "config.toml: schedule.every_minutes: expected a whole number, got '5'"),
        ("[schedule]\nevery_minutes = 0", "config.toml: schedule.every_minutes: expected 1 or more, got 0"),
        ("[mail.smtp]\ntimeout_seconds = 900", "config.toml: mail.smtp.timeout_seconds: expected 1 to 300, got 900"),
        ('[mail]\nname = "Отдел\\nBcc: x@y.ru"', "config.toml: mail.name: expected one line, got 'Отдел\\nBcc: x@y.ru'"),
        ("mail = 3", "config.toml: mail: expected a table, got 3"),
        ('[vendor]\nvat_rate = "many"', 'config.toml: vendor.vat_rate: expected a percentage such as "22" or "", got \'many\''),
        ('[columns."Форма Сделк"]\n', 'config.toml: columns."Форма Сделк": no such tab; did you mean "Форма Сделка"?'),
        (
            '[columns."Форма Сделка"]\n"ИНН партнёраа" = "ИНН"',
            'config.toml: columns."Форма Сделка"."ИНН партнёраа": no such header; did you mean "ИНН партнёра"?',
        ),
    ],
)
def test_a_slip_is_told_with_its_key(tmp_path: Path, text: str, told: str) -> None:
    assert _told(tmp_path, text) == told


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    assert _told(tmp_path, "[mail").startswith("config.toml: not TOML: ")


def test_a_header_may_be_renamed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[columns."Форма Сделка"]\n"ИНН партнера" = "ИНН вашей организации"', encoding="utf-8")
    assert read_settings(path).columns == {"Форма Сделка": {"ИНН партнера": "ИНН вашей организации"}}


def test_a_secret_is_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(" abc\n", encoding="utf-8")
    monkeypatch.setenv("DESK_KEY", "def")
    assert secret("file:key", "mail.token_key", tmp_path) == "abc"
    assert secret("env:DESK_KEY", "mail.token_key", tmp_path) == "def"
    for reference, told in (
        ("env:DESK_NONE", "set the environment variable DESK_NONE"),
        ("file:none", "none"),
        ("abc", "env:NAME"),
    ):
        with pytest.raises(SettingsError, match=told):
            secret(reference, "mail.token_key", tmp_path)
