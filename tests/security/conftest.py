"""A house to attack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A new home with a small price list, and one member of staff."""
    built = House(tmp_path / "home")
    built.init(staff=["staff@vendor.example"])
    return built
