"""A PostgreSQL server of the tests' own: Debian's binaries, an ordinary user, a folder and a port that nobody else uses."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

MISSING = "PostgreSQL's binaries are not here: apt-get install postgresql"


def binaries() -> Path | None:
    """Where initdb and postgres lie; the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    other = shutil.which("initdb")
    return Path(other).parent if other else None


def _as_user() -> dict[str, Any]:
    """PostgreSQL does not run as root: who runs it then."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("no user postgres or nobody to run PostgreSQL as")


@dataclass(slots=True)
class Server:
    """A running server; `database()` gives the URL of a new, empty database, or of a copy of `template`."""

    folder: Path
    port: int
    begin: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    _made: int = field(default=0)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://desk@127.0.0.1:{self.port}/{database}"

    def database(self, template: str = "template0") -> str:
        self._made += 1
        name = f"ledger_{self._made}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the server's owner."""
        with psycopg.connect(f"host={self.folder} port={self.port} user=desk dbname={database}", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def down(self) -> None:
        """It dies: whoever is connected is cut off, nobody is let in."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def up(self) -> None:
        """Start it again, and wait until it answers. Raises RuntimeError."""
        if self.process.poll() is not None:
            self.process = self.begin()
        for _ in range(400):
            try:
                self.sql("SELECT 1")
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise RuntimeError("PostgreSQL did not start")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def start() -> Server:
    """Make a cluster and start it: on a socket in its own folder and on a port of the loopback."""
    found = binaries()
    assert found is not None, MISSING
    folder = Path(tempfile.mkdtemp(prefix="pd-pg-", dir="/tmp"))
    user = _as_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    calm: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    data = folder / "data"
    subprocess.run(
        [found / "initdb", "-D", data, "-U", "desk", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-N"],
        check=True,
        timeout=120,
        **calm,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = {
        "unix_socket_directories": str(folder),
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "fsync": "off",  # the tests kill workers, not the server
        "max_connections": "60",
        "shared_buffers": "32MB",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def begin() -> subprocess.Popen[bytes]:
        return subprocess.Popen([found / "postgres", "-D", data, *settings], **calm)

    server = Server(folder, port, begin, begin())
    server.up()
    return server
