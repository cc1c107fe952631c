"""Houses to be killed in: over files, and over the wire; each day as it ends without a crash."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.days import Day
from tests.crash.outcome import Outcome, outcome, sound
from tests.crash.table import note
from tests.crash.wire_house import WireHouse
from tests.postgres import Server
from tests.scenarios.desk_work import DAY, furnish
from tests.scenarios.house import PRICES, House
from tests.wire.mail.conftest import dovecot
from tests.wire.mail.dovecot import Dovecot
from tests.wire.sheets.server import SheetsServer

__all__ = ["dovecot", "note"]

Expected = Callable[[Day], Outcome]
Laid = Callable[[], WireHouse]
_NAMES = itertools.count(1)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which some partners and deals stand already; not to be touched."""
    built = House(tmp_path_factory.mktemp("furnished") / "home")
    built.init(staff=["staff@vendor.example"])
    furnish(built)
    return built.root


@pytest.fixture
def office(furnished: Path, tmp_path: Path) -> House:
    """A copy of that home."""
    shutil.copytree(furnished, tmp_path / "home")
    return House(tmp_path / "home")


@pytest.fixture(scope="session")
def undisturbed(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """What comes of a day without a crash."""
    known: dict[str, Outcome] = {}

    def expected(day: Day) -> Outcome:
        if day.name not in known:
            root = tmp_path_factory.mktemp("undisturbed") / "home"
            shutil.copytree(furnished, root)
            known[day.name] = _lived(House(root), day)
        return known[day.name]

    return expected


def _lived(house: House, day: Day) -> Outcome:
    """The outcome of a day without a crash."""
    day.begin(house)
    house.once(day.now)
    house.ok(day.now)
    sound(house, day.now)
    return outcome(house)


@pytest.fixture(scope="session")
def sheets() -> Iterator[SheetsServer]:
    """Google."""
    with SheetsServer(locale="ru_RU", time_zone="Europe/Moscow") as server:
        yield server


@pytest.fixture(scope="session")
def furnished_wire(sheets: SheetsServer, dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireHouse]:
    """The furnished home over the wire; not to be touched."""
    root = tmp_path_factory.mktemp("wire") / "home"
    House(root).init(staff=["staff@vendor.example"])
    house = WireHouse(root, f"desk{next(_NAMES)}", sheets, sheets.make(), dovecot)
    house.connect()
    assert house.run("init").code == 0
    for sheet in house.people.book.sheets:  # a thousand empty rows a tab only cost time
        sheet.delete("ROWS", 300, sheet.row_count)
    house.price(PRICES)
    furnish(house)
    yield house
    house.close()


@pytest.fixture
def lay_wire(furnished_wire: WireHouse, tmp_path: Path) -> Iterator[Laid]:
    """Makes copies of that home, its book and its mailboxes."""
    laid: list[WireHouse] = []

    def lay() -> WireHouse:
        name = f"desk{next(_NAMES)}"
        laid.append(furnished_wire.moved(tmp_path / name, name))
        return laid[-1]

    yield lay
    for house in laid:
        house.close()


@pytest.fixture(scope="session")
def furnished_shared(
    furnished_wire: WireHouse, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WireHouse]:
    """The furnished home over the wire with its ledger in PostgreSQL; not to be touched."""
    house = furnished_wire.moved(tmp_path_factory.mktemp("shared") / "home", f"desk{next(_NAMES)}")
    house.share(postgres)
    house.ok(f"{DAY} 10:00")  # a restored ledger looks for what went out since: nothing did
    yield house
    house.close()


@pytest.fixture
def shared_office(furnished_shared: WireHouse, tmp_path: Path) -> Iterator[WireHouse]:
    """A copy of that home, its ledger, its book and its mailboxes."""
    name = f"desk{next(_NAMES)}"
    house = furnished_shared.moved(tmp_path / name, name)
    yield house
    house.close()


@pytest.fixture
def wire_office(lay_wire: Laid) -> WireHouse:
    """A copy of that home, its book and its mailboxes."""
    return lay_wire()


@pytest.fixture(scope="session")
def undisturbed_wire(furnished_wire: WireHouse, tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """What comes of a day over the wire without a crash."""
    known: dict[str, Outcome] = {}

    def expected(day: Day) -> Outcome:
        if day.name not in known:
            house = furnished_wire.moved(tmp_path_factory.mktemp("undisturbed") / "home", f"desk{next(_NAMES)}")
            known[day.name] = _lived(house, day)
            house.close()
        return known[day.name]

    return expected
