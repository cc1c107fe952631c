"""Secrets come from the environment or from files, and are not repeated in what is said."""

from __future__ import annotations

import pytest

from tests.scenarios.house import House

URL = 'url = "sqlite:///ledger.db"'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("postgresql+psycopg://desk:hunter2@127.0.0.1:1/x", "a password does not belong here"),
        ("postgresql+psycopg://desk@127.0.0.1:1/x?password=hunter2", "a password does not belong here"),
        ("postgresql+psycopg://desk@127.0.0.1:1/x?sslkey=k&sslpassword=hunter2", "a password does not belong here"),
        ("postgresql://desk:hunter2@127.0.0.1:1/x", "expected"),
        ("postgresql+psycopg://desk:hunter2@127.0.0.1:notaport/x", "expected"),
        ("env:DESK_DATABASE", "set the environment variable DESK_DATABASE"),
    ],
)
def test_a_password_in_the_settings_is_refused_and_not_repeated(house: House, given: str, told: str) -> None:
    house.configure(URL, f'url = "{given}"')
    done = house.run("status")
    assert (done.code, told in done.err) == (2, True), done
    assert "hunter2" not in done.err + done.out


@pytest.mark.parametrize("url", ["desk:hunter2@127.0.0.1:1/partners", "desk@127.0.0.1:1/partners?password=hunter2"])
def test_a_database_that_is_away_is_told_without_its_password(house: House, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DESK_DATABASE", f"postgresql+psycopg://{url}")
    house.configure(URL, 'url = "env:DESK_DATABASE"')
    for command in (("once",), ("status",), ("doctor",), ("export", "--person", "a@b.example")):
        done = house.run(*command)
        assert (done.code, "127.0.0.1" in done.err) == (1, True), done
        assert "hunter2" not in done.err + done.out
