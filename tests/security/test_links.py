"""A guest who may write into the folders of a home plants links there: nothing outside is written through them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mailer.reading.attachments import File, stored
from tests.scenarios.house import House, inn

ONE = "a@one.example"


def _planted(at: Path, outside: Path) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(outside)


def test_an_offer_is_not_written_through_a_link(house: House, tmp_path: Path) -> None:
    (victim := tmp_path / "victim").write_bytes(b"precious")
    house.partner(ONE, "ООО «Один»", inn(1))
    house.deal("2026-03-02 10:10", ONE, inn(1), "ООО «Клиент»", inn(100))
    twin = House(tmp_path / "twin")
    twin.init()
    twin.partner(ONE, "ООО «Один»", inn(1))
    twin.deal("2026-03-02 10:10", ONE, inn(1), "ООО «Клиент»", inn(100))
    twin.ok("2026-03-02 10:20")
    names = [path.name for path in (twin.root / "offers").iterdir()]
    assert names
    for name in names:
        _planted(house.root / "offers" / name, victim)
        _planted(house.root / "offers" / f".{name}.new", victim)
    house.ok("2026-03-02 10:20")
    assert victim.read_bytes() == b"precious"
    kept = [house.root / "offers" / name for name in names]
    assert all(path.is_file() and not path.is_symlink() and path.read_bytes().startswith(b"%PDF") for path in kept)
    assert house.mail("deal-registered").pdf().startswith(b"%PDF")


def test_a_letters_file_is_not_kept_behind_a_link(house: House, tmp_path: Path) -> None:
    (outside := tmp_path / "outside").mkdir()
    house.partner(ONE, "ООО «Один»", inn(1))
    house.deal("2026-03-02 10:10", ONE, inn(1), "ООО «Клиент»", inn(100))
    house.ok("2026-03-02 10:20")
    for byte in range(256):
        _planted(house.root / "attachments" / f"{byte:02x}", outside)
    house.reply(house.mail("deal-registered"), "Вопрос", "2026-03-02 11:00", note=b"text")
    house.ok("2026-03-02 11:10")
    assert list(outside.iterdir()) == []
    kept = [path for path in (house.root / "attachments").glob("*/*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [b"text"]


def test_a_link_in_the_very_place_of_a_letters_file_is_replaced(tmp_path: Path) -> None:
    (victim := tmp_path / "victim").write_bytes(b"1234")  # as long as the file
    digest = hashlib.sha256(b"key\0text").hexdigest()
    place = tmp_path / "attachments" / digest[:2] / f"{digest[:40]}.txt"
    _planted(place, victim)
    assert stored(File("файл.txt", b"text"), "key", tmp_path / "attachments").stored == f"{digest[:2]}/{digest[:40]}.txt"
    assert (place.is_symlink(), place.read_bytes(), victim.read_bytes()) == (False, b"text", b"1234")


def test_a_letter_is_not_written_through_a_link(house: House, tmp_path: Path) -> None:
    (victim := tmp_path / "victim").write_bytes(b"precious")
    house.partner(ONE, "ООО «Один»", inn(1))
    twin = House(tmp_path / "twin")
    twin.init(staff=["staff@vendor.example"])
    twin.partner(ONE, "ООО «Один»", inn(1))
    twin.ok("2026-03-02 10:20")
    for path in (twin.root / "mail/sent/new").iterdir():
        _planted(house.root / "mail/sent/tmp" / path.name, victim)
    house.ok("2026-03-02 10:20")
    assert victim.read_bytes() == b"precious"
    assert house.mail("partner-authorised").to == ONE
