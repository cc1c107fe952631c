"""Whatever stands in config.toml: the pass works, or one line says what to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from jobs.settings import TEMPLATE, SettingsError, read_settings
from tests.fuzz.conftest import a_copy
from tests.fuzz.toml_noise import spoilt

SHIPPED = TEMPLATE.read_text(encoding="utf-8")


@settings(max_examples=300)
@given(spoilt(SHIPPED))
def test_a_slip_is_named_in_one_line(scratch: Path, text: str) -> None:
    path = scratch / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    told = ""
    try:
        read_settings(path)
    except SettingsError as error:
        told = str(error)
    assert not told or (told.startswith("config.toml: ") and "\n" not in told)


def _passes_or_says_why(home: Path, text: str) -> None:
    with a_copy(home) as house:
        (house.root / "config.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
        done = house.once("2026-03-02 10:00")
        assert done.code in (0, 1, 2), done
        assert "Traceback" not in done.err
        assert "stopped:" not in done.err, done.err
        if done.code == 2:
            assert done.err.strip().count("\n") == 0, done.err


@settings(max_examples=15)
@given(spoilt(SHIPPED))
def test_a_pass_under_it_works_or_says_why(empty_home: Path, text: str) -> None:
    _passes_or_says_why(empty_home, text)


@pytest.mark.slow
@settings(max_examples=250)
@given(spoilt(SHIPPED))
def test_many_a_pass_under_it_works_or_says_why(empty_home: Path, text: str) -> None:
    _passes_or_says_why(empty_home, text)
