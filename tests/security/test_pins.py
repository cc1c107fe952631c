"""What is installed: pins with a reason, and locks that name every package by version and hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)\s*(?:#\s*(\S.*))?$")
_LOCKED = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)")


def _name(text: str) -> str:
    """A package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", text).lower()


def _pins(file: str) -> dict[str, tuple[str, str]]:
    """Name -> (version, reason) of a requirements file; a line that is neither pin, comment nor include fails."""
    pins: dict[str, tuple[str, str]] = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith(("#", "-r ")):
            continue
        match = _PIN.match(line)
        assert match, f"{file}: no pin: {line}"
        name = _name(match[1])
        assert name not in pins, f"{file}: {name} twice"
        pins[name] = (match[2], match[3] or "")
    return pins


def _locked(file: str) -> dict[str, str]:
    """Name -> version of a lock; every entry bears a hash at least."""
    locked: dict[str, str] = {}
    for entry in re.split(r"\n(?=[a-z0-9])", (ROOT / file).read_text(encoding="utf-8").strip()):
        match = _LOCKED.match(entry)
        assert match, f"{file}: not understood: {entry[:60]}"
        assert "--hash=sha256:" in entry, f"{file}: {match[1]} without a hash"
        locked[_name(match[1])] = match[2]
    return locked


@pytest.mark.parametrize(
    ("pins", "lock"),
    [
        ("requirements.txt", "requirements.lock"),
        ("requirements.txt", "requirements-dev.lock"),
        ("requirements-dev.txt", "requirements-dev.lock"),
    ],
)
def test_a_lock_holds_every_pin_at_its_version(pins: str, lock: str) -> None:
    """Whoever changes a pin runs `make lock` too."""
    locked = _locked(lock)
    wanted = {name: version for name, (version, _) in _pins(pins).items()}
    assert {name: locked.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-tools.txt"])
def test_every_pin_says_why(file: str) -> None:
    assert [name for name, (_, reason) in _pins(file).items() if len(reason) < 10] == []


def test_both_locks_agree() -> None:
    """The tests run what the main job runs."""
    tests = _locked("requirements-dev.lock")
    assert {name: tests.get(name) for name in _locked("requirements.lock")} == _locked("requirements.lock")
