"""The Maildir as an inbox: what is new, what is taken, what becomes of it; a person works in the same folder."""

from __future__ import annotations

import hashlib
import mailbox
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.mailbox.inbox import Inbox
from mailer.mailbox.maildir_inbox import MaildirInbox
from tests.mailer.reading.letter_samples import raw

LETTER = raw("Subject: x")
NAME = "1772434800.M1P2.host"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    return tmp_path


def put(folder: Path, name: str = NAME, data: bytes = LETTER, at: int = 1_772_434_800, part: str = "new") -> Path:
    path = folder / part / name
    path.write_bytes(data)
    os.utime(path, (at, at))
    return path


def names(folder: Path) -> list[str]:
    return sorted(f"{part}/{path.name}" for part in ("new", "cur") for path in (folder / part).iterdir())


def test_a_new_letter_is_taken_and_marked_only_when_done(folder: Path) -> None:
    put(folder)
    inbox: Inbox = MaildirInbox(folder)
    assert inbox.keys() == [NAME]
    (item,) = inbox.new()
    assert (item.raw, item.size, item.error) == (LETTER, len(LETTER), "")
    assert item.key == f"{NAME}:{hashlib.sha256(LETTER).hexdigest()}"
    assert item.place == NAME
    assert item.received_at == datetime.fromtimestamp(1_772_434_800, UTC)
    assert names(folder) == [f"new/{NAME}"]
    assert [again.key for again in inbox.new()] == [item.key]
    inbox.done(item.key)
    assert names(folder) == [f"cur/{NAME}:2,Sp"]
    assert mailbox.Maildir(folder, create=False)[NAME].get_flags() == "Sp"
    assert list(inbox.new()) == []
    assert inbox.keys() == []


def test_a_letter_that_a_person_read_first_is_still_taken_under_the_same_key(folder: Path) -> None:
    path = put(folder)
    (before,) = MaildirInbox(folder).new()
    path.rename(folder / "cur" / f"{NAME}:2,FS")
    inbox = MaildirInbox(folder)
    (after,) = inbox.new()
    assert after == before
    inbox.done(after.key)
    assert names(folder) == [f"cur/{NAME}:2,FSp"]


def test_a_person_moves_or_deletes_between_reading_and_done(folder: Path) -> None:
    path = put(folder)
    inbox = MaildirInbox(folder)
    (item,) = inbox.new()
    path.rename(folder / "cur" / f"{NAME}:2,R")
    inbox.done(item.key)
    assert names(folder) == [f"cur/{NAME}:2,RSp"]
    other = put(folder, "other")
    (item,) = inbox.new()
    other.unlink()
    inbox.done(item.key)
    inbox.done("never:seen")
    assert names(folder) == [f"cur/{NAME}:2,RSp"]


def test_a_letter_that_goes_while_the_folder_is_read(folder: Path) -> None:
    put(folder, "a", at=1)
    gone, moved = put(folder, "b", at=2), put(folder, "c", at=3)
    items = MaildirInbox(folder).new()
    assert next(items).place == "a"
    gone.unlink()
    moved.rename(folder / "cur" / "c:2,S")
    assert [item.place for item in items] == ["c"]


def test_order_is_by_time_then_name_over_both_folders(folder: Path) -> None:
    put(folder, "z", at=1)
    put(folder, "a", at=3)
    put(folder, "m:2,S", at=2, part="cur")
    put(folder, "b", at=3)
    assert [item.place for item in MaildirInbox(folder).new()] == ["z", "m", "a", "b"]
    assert [item.place for item in MaildirInbox(folder).new(skip={"z", "a"})] == ["m", "b"]


def test_done_works_in_another_process(folder: Path) -> None:
    put(folder)
    (item,) = MaildirInbox(folder).new()
    MaildirInbox(folder).done(item.key)
    assert names(folder) == [f"cur/{NAME}:2,Sp"]


def test_a_second_letter_of_the_same_name_is_another_and_replaces_nothing(folder: Path) -> None:
    keys = set()
    for data in (LETTER, raw("Subject: y")):
        put(folder, "mail.eml", data)
        inbox = MaildirInbox(folder)
        (item,) = inbox.new()
        inbox.done(item.key)
        keys.add(item.key)
    assert len(names(folder)) == 2
    since = item.received_at
    assert {again.key for again in inbox.new(done_since=since)} == keys, "each is known again"
    assert {path.read_bytes() for path in (folder / "cur").iterdir()} == {LETTER, raw("Subject: y")}


def test_foreign_things_are_errors_and_stop_nothing(folder: Path) -> None:
    (folder / "new" / "folder").mkdir()
    (folder / "new" / ".DS_Store").write_bytes(b"\0")
    (folder / "new" / "link").symlink_to("/etc/hostname")
    put(folder, "large", raw(body="x" * 5000))
    put(folder, "notes.txt", "просто текст".encode())
    put(folder, "empty", b"")
    put(folder, "имя \udcff", LETTER)
    put(folder, "last", LETTER)
    inbox = MaildirInbox(folder, max_bytes=4000)
    items = {item.place: item for item in inbox.new()}
    errors = {place: item.error for place, item in items.items() if item.error}
    assert set(errors) == {"folder", "link", "large", "notes.txt", "empty"}
    assert "каталог" in errors["folder"]
    assert "велико" in errors["large"]
    assert "заголовка" in errors["notes.txt"]
    assert "пуст" in errors["empty"]
    assert all(item.raw is None for item in items.values() if item.error)
    assert items["last"].raw == LETTER
    assert all(item.key.encode() for item in items.values())
    for item in items.values():
        inbox.done(item.key)
    assert {item.place for item in inbox.new()} == {"folder", "link"}


def test_an_unreadable_file_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(folder)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (item,) = MaildirInbox(folder).new()
    assert item.raw is None
    assert "не читается" in item.error


def test_without_a_mailbox_the_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r".+"):
        MaildirInbox(tmp_path / "none").keys()


def test_an_idle_pass_reads_no_letter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        put(folder, f"{number}:2,Sp", part="cur")
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("a letter was read"))
    assert list(MaildirInbox(folder).new()) == []
