"""A house over the wire: Google Sheets, IMAP and SMTP on the other end of sockets, told from a local one by its edges alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from pathlib import Path

from imapclient import IMAPClient

from sheets.columns import TABS
from tests.crash.imap_proxy import ImapProxy
from tests.crash.shared_house import SharedHouse
from tests.scenarios.house import Sent, Value, moscow
from tests.sheets.google.two_houses import GooglePeople
from tests.wire.mail.dovecot import PASSWORD, Dovecot, free_ports
from tests.wire.mail.outgoing import PASSWORD as SMTP_PASSWORD
from tests.wire.mail.outgoing import USER, OutgoingServer, Taken
from tests.wire.sheets.book import Book
from tests.wire.sheets.server import SheetsServer

ADDRESS = "partners@vendor.example"
"""The programme's mailbox, whatever its user is called."""


class WireHouse(SharedHouse):
    """A home whose config.toml names the servers. Each recipient has a mailbox on Dovecot, where `mails` looks."""

    def __init__(self, root: Path, name: str, sheets: SheetsServer, book: Book, dovecot: Dovecot) -> None:
        super().__init__(root)
        self.name = name
        self.sheets = sheets
        self.dovecot = dovecot
        self.people = GooglePeople(sheets, book)
        self.outgoing = OutgoingServer(login=True, relay=self._relay).start()
        self.imap = ImapProxy(dovecot.imap)

    def close(self) -> None:
        """Stop the servers that are its own."""
        self.outgoing.stop()
        self.imap.stop()
        super().close()

    @contextmanager
    def away(self, *servers: str) -> Iterator[None]:
        """Nobody listens where `google`, `imap` or `smtp` were."""
        google, imap, smtp = free_ports(3)
        ours = {"google": self.sheets.url, "imap": f"port = {self.imap.port}", "smtp": f"port = {self.outgoing.port}"}
        closed = {"google": f"http://127.0.0.1:{google}", "imap": f"port = {imap}", "smtp": f"port = {smtp}"}
        for server in servers:
            self.configure(ours[server], closed[server])
        yield
        for server in servers:
            self.configure(closed[server], ours[server])

    def connect(self) -> None:
        """Name the servers in config.toml."""
        self.sheets.account_file(self.root / "google.json")
        (self.root / "imap.key").write_text(PASSWORD)
        (self.root / "smtp.key").write_text(SMTP_PASSWORD)
        self.configure('backend = "xlsx"', f'backend = "google"\n{self._sheet()}')
        self.configure('backend = "maildir"', f'backend = "imap-smtp"\nown_copy = "{ADDRESS}"')
        self.configure('address = "partners@stakhanovets.ru"', f'address = "{ADDRESS}"')
        with (self.root / "config.toml").open("a", encoding="utf-8") as config:
            config.write(self._mail())

    def moved(self, root: Path, name: str) -> WireHouse:
        """A copy of this house: its home, its book, and an empty mailbox of another name."""
        shutil.copytree(self.root, root)
        with self.sheets.service.lock:
            book = self.sheets.make()
            book.put_back(self.people.book.kept())
        other = WireHouse(root, name, self.sheets, book, self.dovecot)
        for old, new in ((self._sheet(), other._sheet()), (self._mail(), other._mail())):
            other.configure(old, new)
        if self.shared is not None:
            other.shared = self.shared.copied()
            other.configure(self.shared.url, other.shared.url)
        (root / "google-tabs.json").unlink(missing_ok=True)
        for path in self._received():
            raw = path.read_bytes()
            other._relay(Taken("", (str(message_from_bytes(raw)["To"]),), raw))
        return other

    def _sheet(self) -> str:
        book = self.people.book
        return f'spreadsheet = "{book.id}"\naccount = "file:google.json"\nendpoint = "{self.sheets.url}"\n'

    def _mail(self) -> str:
        return f"""
[mail.imap]
host = "127.0.0.1"
port = {self.imap.port}
security = "plain"
user = "{self.name}"
password = "file:imap.key"

[mail.smtp]
host = "127.0.0.1"
port = {self.outgoing.port}
security = "plain"
user = "{USER}"
password = "file:smtp.key"
grace_seconds = 0
"""

    # -- the spreadsheet

    def add(self, tab: str, **columns: Value) -> int:
        headers = {column.header: column.field for column in next(one for one in TABS if one.name == tab).columns}
        self.people.add(tab, **{headers[header]: value for header, value in columns.items()})
        return self.people.sheet(tab).last_row()

    def set_cells(self, tab: str, number: str, cells: Mapping[str, Value]) -> None:
        with self.sheets.service.lock:
            row = self.people.row(tab, number)
            for column, value in cells.items():
                self.people.put(tab, row, self.people.place(tab, column), value)

    def delete_tab(self, tab: str) -> None:
        self.people.drop(tab)

    def rows(self, tab: str) -> list[dict[str, Value]]:
        headers, *rows = self.people.grid(tab)
        return [dict(zip(map(str, headers), row, strict=True)) for row in rows if any(row)]

    # -- letters

    def deliver(self, raw: bytes, at: str | datetime) -> Path:
        """Put it into the mailbox as if it had come at that time."""
        return self._file("INBOX", raw, at)

    def by_hand(self, answered: Sent, text: str, at: str | datetime) -> None:
        """Somebody of staff answers, from the mailbox itself, whoever got that letter of ours."""
        message = self._message(at, ADDRESS, answered.to, f"Re: {answered.subject}", text, {})
        message["In-Reply-To"] = message["References"] = answered.message_id
        self._file("Sent", message.as_bytes(), at)

    def _file(self, folder: str, raw: bytes, at: str | datetime) -> Path:
        self._letters += 1
        when = moscow(at) if isinstance(at, str) else at
        with IMAPClient("127.0.0.1", port=self.dovecot.imap, ssl=False) as client:
            client.login(self.name, PASSWORD)
            client.append(folder, raw, msg_time=when)
        return self.dovecot.maildir(self.name)

    def _relay(self, taken: Taken) -> None:
        for recipient in taken.recipients:
            user = self.name if recipient == ADDRESS else f"{self.name}-{recipient.replace('@', '.')}"
            self.dovecot.deliver(taken.raw, f"{user}@vendor.example")

    def _received(self) -> list[Path]:
        boxes = sorted(self.dovecot.root.glob(f"mail/{self.name}-*"))
        return [path for box in boxes for part in ("new", "cur") for path in (box / part).iterdir()]

    def marked(self) -> int:
        """Letters in the mailbox that are not ours and not settled yet."""
        with IMAPClient("127.0.0.1", port=self.dovecot.imap, ssl=False) as client:
            client.login(self.name, PASSWORD)
            client.select_folder("INBOX", readonly=True)
            uids = client.search(["UNKEYWORD", "$PartnerDesk"])
            found = client.fetch(uids, ["BODY.PEEK[HEADER]"]).values() if uids else ()
        return sum("X-Partner-Key" not in message_from_bytes(data[b"BODY[HEADER]"]) for data in found)
