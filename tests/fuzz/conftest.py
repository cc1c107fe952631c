"""How much is tried: little each time, ten times as much where the marker `slow` is run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.scenarios.desk_work import furnish
from tests.scenarios.house import House


@contextmanager
def a_copy(of: Path) -> Iterator[House]:
    """A house of one's own, gone afterwards."""
    with TemporaryDirectory(prefix="partner-desk-") as folder:
        shutil.copytree(of, Path(folder) / "home")
        yield House(Path(folder) / "home")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small price list; not to be touched."""
    built = House(tmp_path_factory.mktemp("empty") / "home")
    built.init(staff=["staff@vendor.example"])
    return built.root


@pytest.fixture(scope="session")
def busy_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with partners, deals and a case of every other kind; not to be touched."""
    built = House(tmp_path_factory.mktemp("busy") / "home")
    built.init(staff=["staff@vendor.example"])
    furnish(built)
    return built.root


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to write the same file into again and again."""
    return tmp_path_factory.mktemp("scratch")
