"""A house whose ledger may be in PostgreSQL, for more than one worker, and what can befall it there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import Server
from tests.scenarios.house import House

LONG_AGO = "2020-01-01T00:00:00.000000+00:00"
"""As the ledger writes a moment."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A ledger in PostgreSQL, for more than one worker."""

    server: Server
    url: str

    def copied(self) -> Shared:
        """One like it."""
        return Shared(self.server, self.server.database(self.url.rpartition("/")[2]))


class SharedHouse(House):
    """A home over files until its ledger is moved (`share`)."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.shared: Shared | None = None

    def close(self) -> None:
        """Drop its database."""
        if self.shared is not None:
            self.shared.server.drop(self.shared.url)

    def copied(self, root: Path) -> SharedHouse:
        """A copy of this home and its ledger."""
        shutil.copytree(self.root, root)
        other = SharedHouse(root)
        assert self.shared is not None
        other.shared = self.shared.copied()
        other.configure(self.shared.url, other.shared.url)
        return other

    def share(self, server: Server) -> None:
        """Move the ledger from its file to a database on that server."""
        backup = self.root.parent / "ledger.backup"
        assert self.run("backup", str(backup)).code == 0
        self.shared = Shared(server, server.database())
        self.configure('url = "sqlite:///ledger.db"', f'url = "{self.shared.url}"')
        assert self.run("restore", str(backup)).code == 0
        for file in self.root.glob("ledger.db*"):
            file.unlink()

    def leases_run_out(self) -> None:
        """What every worker holds, it holds no longer."""
        assert self.shared is not None
        database = self.shared.url.rpartition("/")[2]
        for claims, until in (("leases", "until"), ("mails", "lease_until")):
            gone = f"UPDATE {claims} SET {until} = '{LONG_AGO}' WHERE {until} IS NOT NULL"
            self.shared.server.sql(f"SET lock_timeout = '30s'; {gone}", database)

    @contextmanager
    def no_room(self, table: str, rows: int) -> Iterator[None]:
        """After so many more rows the database finds no room on its disk to write into that table."""
        assert self.shared is not None
        server, database = self.shared.server, self.shared.url.rpartition("/")[2]
        full = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'"
        body = f"BEGIN IF nextval('written') > {rows} THEN {full}; END IF; RETURN NEW; END"
        server.sql("CREATE SEQUENCE written", database)
        server.sql(f"CREATE FUNCTION room() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$", database)
        server.sql(f"CREATE TRIGGER room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION room()", database)
        yield
        server.sql("DROP FUNCTION room CASCADE", database)

    def cut_off(self) -> None:
        """The database ends every connection to the ledger."""
        assert self.shared is not None
        database = self.shared.url.rpartition("/")[2]
        self.shared.server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
