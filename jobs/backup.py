"""A copy of the ledger while everything runs, and a ledger made from one. The rest of a home is files: copy the folder."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from jobs.home import Home
from jobs.office import owner_of
from jobs.settings import SettingsError
from ledger.copies import BackupUnusable, CopyFailed, restore
from ledger.database import open_ledger


def back_up(home: Home, file: str, now: datetime) -> Path:
    """Copy the ledger into that file, or into `backups/` of the home; gives its path. Raises SettingsError."""
    if not home.has_ledger():
        raise SettingsError(f"{home.root}: no ledger yet; there is nothing to copy")
    path = Path(file) if file else home.root / "backups" / f"ledger-{now:%Y%m%d-%H%M%S}.db"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home))) as ledger:
            ledger.backup(path)
    except FileExistsError as error:
        raise SettingsError(f"{path} is there already; name another file") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror or error})") from error
    except CopyFailed as error:
        raise SettingsError(f"{path}: the copy could not be written, there is none ({error})") from error
    return path


def put_back(home: Home, file: str) -> dict[str, int]:
    """Fill the home's ledger, which must not be there or be empty, from a backup; gives rows by table. Raises SettingsError."""
    if not home.shared_ledger and home.ledger.exists():
        raise SettingsError(f"{home.ledger} is there; move it away (with its -wal and -shm) before a backup takes its place")
    if home.shared_ledger:
        open_ledger(home.ledger_url, secret=home.token_key(), owner=owner_of(home)).close()  # away: LedgerUnreachable
    try:
        return restore(Path(file), home.ledger_url)
    except BackupUnusable as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        raise SettingsError(f"nothing was restored ({error.strerror or error})") from error
