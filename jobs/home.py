"""A home folder: where its files lie, and making what is missing. Nothing that is there is ever overwritten."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from jobs.settings import POSTGRESQL, SQLITE, TEMPLATE, Settings, SettingsError, database_url, read_settings, secret

SHIPPED_PROGRAMME = Path(__file__).resolve().parents[1] / "programme"
"""The editions and the calendar that come with the program."""

_MAILDIR = ("tmp", "new", "cur")


@dataclass(frozen=True, slots=True)
class Home:
    """A home and its settings."""

    root: Path
    settings: Settings

    @property
    def workbook(self) -> Path:
        """The spreadsheet in local mode."""
        return self.root / self.settings.spreadsheet.file

    @property
    def inbox(self) -> Path:
        """Maildir of what comes in."""
        return self.root / self.settings.mail.inbox

    @property
    def sent(self) -> Path:
        """Maildir of what went out."""
        return self.root / self.settings.mail.sent

    @property
    def exports(self) -> Path:
        """Folder of exported answers of forms, CSV or workbooks."""
        return self.root / self.settings.intake.exports

    @property
    def attachments(self) -> Path:
        """Files that came with letters."""
        return self.root / "attachments"

    @property
    def offers(self) -> Path:
        """Offers as sent, in PDF."""
        return self.root / "offers"

    @property
    def listing(self) -> Path:
        """The list of partners for the vendor's site, as JSON and HTML."""
        return self.root / "listing"

    @property
    def ledger(self) -> Path:
        """The SQLite file of the ledger. Raises SettingsError when the ledger is in PostgreSQL, or nowhere."""
        url = self._database_url()
        if not url.startswith(SQLITE):
            raise SettingsError("config.toml: database.url: the ledger is in PostgreSQL and has no file")
        return self.root / url.removeprefix(SQLITE)

    @property
    def ledger_url(self) -> str:
        """The ledger for SQLAlchemy. Raises SettingsError."""
        url = self._database_url()
        return url if url.startswith(POSTGRESQL) else f"{SQLITE}{self.ledger}"

    @property
    def shared_ledger(self) -> bool:
        """Is the ledger in PostgreSQL, so that more than one worker may be at it? Raises SettingsError."""
        return self._database_url().startswith(POSTGRESQL)

    def has_ledger(self) -> bool:
        """Is there a ledger, as far as can be told without opening it? Raises SettingsError."""
        return self.shared_ledger or self.ledger.exists()

    def _database_url(self) -> str:
        url = self.settings.database.url
        return url if url.startswith((SQLITE, POSTGRESQL)) else database_url(secret(url, "database.url", self.root))

    def token_key(self) -> bytes:
        """The secret that reply addresses are signed with. Raises SettingsError."""
        value = secret(self.settings.mail.token_key, "mail.token_key", self.root)
        if len(value) < 32:
            raise SettingsError("config.toml: mail.token_key: the key is too short; 32 characters or more are needed")
        return value.encode()

    def programme_folders(self) -> tuple[Path, ...]:
        """Folders with editions of the programme: the shipped one, then the home's own."""
        return (SHIPPED_PROGRAMME, *(self.root / folder for folder in self.settings.programme.editions))


def chosen(given: str | None) -> Path:
    """The home folder: as given, else `$PARTNERDESK_HOME`, else `./home`."""
    return Path(given or os.environ.get("PARTNERDESK_HOME") or "home").resolve()


def open_home(root: Path) -> Home:
    """The home in that folder. Raises SettingsError when there is none."""
    if not root.is_dir():
        raise SettingsError(f"{root}: no home here; make it with `python -m jobs init --home {root}`")
    return Home(root, read_settings(root / TEMPLATE.name))


def make_home(root: Path) -> Home:
    """The home in that folder, with every file that is missing but the workbook and the ledger. Raises SettingsError."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        _write_new(root / TEMPLATE.name, TEMPLATE.read_text(encoding="utf-8"), 0o644)
        home = Home(root, read_settings(root / TEMPLATE.name))
        if home.settings.mail.token_key == "file:token.key":  # noqa: S105
            _write_new(root / "token.key", secrets.token_hex(32) + "\n", 0o600)
        for folder in (home.exports, home.attachments, home.offers, *_maildirs(home)):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{root}: cannot make a home here ({error.strerror or error}); choose another with --home") from error
    return home


def _maildirs(home: Home) -> tuple[Path, ...]:
    return tuple(folder / part for folder in (home.inbox, home.sent) for part in _MAILDIR)


def _write_new(path: Path, text: str, mode: int) -> None:
    """Write a file that is not there yet, whole or not at all."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        draft.replace(path)
        return
    draft.unlink()
