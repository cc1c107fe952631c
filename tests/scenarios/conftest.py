"""Every story has a house of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.desk_work import furnish
from tests.scenarios.house import House

Beginning = Callable[[House], None]
Begin = Callable[[Beginning], House]


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `init` makes it, with a small price list; not to be touched."""
    built = House(tmp_path_factory.mktemp("new") / "home")
    built.init(staff=["staff@vendor.example"])
    return built.root


@pytest.fixture
def house(new_home: Path, empty_ledger: Path, tmp_path: Path) -> House:
    """A new home with a small price list, one member of staff, and a ledger in which nothing stands yet."""
    return _untouched(new_home, empty_ledger, tmp_path / "home")


def _untouched(new_home: Path, empty_ledger: Path, root: Path) -> House:
    shutil.copytree(new_home, root)
    shutil.copy(empty_ledger, root / "ledger.db")
    return House(root)


@pytest.fixture(scope="session")
def begun(new_home: Path, empty_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Beginning], Path]:
    """The home after that beginning, which is lived once for all; not to be touched."""
    known: dict[Beginning, Path] = {}

    def after(beginning: Beginning) -> Path:
        if beginning not in known:
            house = _untouched(new_home, empty_ledger, tmp_path_factory.mktemp("begun") / "home")
            beginning(house)
            known[beginning] = house.root
        return known[beginning]

    return after


@pytest.fixture
def begin(begun: Callable[[Beginning], Path], tmp_path: Path) -> Begin:
    """Gives a house of one's own, new and then begun in that way."""
    return lambda beginning: House(shutil.copytree(begun(beginning), tmp_path / "home"))


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
