"""Every story has a house of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scenarios.desk_work import furnish
from tests.scenarios.house import House


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `init` makes it, with a small price list; not to be touched."""
    built = House(tmp_path_factory.mktemp("new") / "home")
    built.init(staff=["staff@vendor.example"])
    return built.root


@pytest.fixture
def house(new_home: Path, tmp_path: Path) -> House:
    """A new home with a small price list, and one member of staff."""
    shutil.copytree(new_home, tmp_path / "home")
    return House(tmp_path / "home")


@pytest.fixture(scope="session")
def furnished_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which some partners and deals stand already; not to be touched."""
    built = House(tmp_path_factory.mktemp("furnished") / "home")
    built.init(staff=["staff@vendor.example"])
    furnish(built)
    return built.root


@pytest.fixture
def office(furnished_home: Path, tmp_path: Path) -> House:
    """A house of one's own with partners and deals (`desk_work.furnish`)."""
    shutil.copytree(furnished_home, tmp_path / "home")
    return House(tmp_path / "home")
