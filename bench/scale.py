"""`python -m bench.scale`: one process over SQLite beside one and two workers over PostgreSQL (docs/scale.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.homes import NOW, add_deals, partners_home, work
from jobs.home import Home, open_home
from ledger.copies import restore
from ledger.database import open_ledger
from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
DEALS, LETTERS, OFFERS = 200, 1_000, 200


def main() -> int:
    """Print seconds and rates."""
    print(f"{os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    server = postgres.start()
    try:
        with TemporaryDirectory(prefix="partner-desk-scale-") as folder:
            root = Path(folder)
            home = partners_home(root / "intake", 50)
            add_deals(home, DEALS, 50)
            _measure(server, root, home, f"{DEALS} new deals, one whole pass", DEALS, whole=True)
            for name, count, authorised in (("letters", LETTERS, False), ("letters with an offer", OFFERS, True)):
                home = partners_home(root / name.replace(" ", "-"), 50)
                add_deals(home, count, 50, authorised=authorised)
                work(home, NOW)
                _measure(server, root, home, f"{count} {name}", count, whole=False)
    finally:
        server.stop()
    return 0


def _measure(server: postgres.Server, root: Path, home: Home, name: str, count: int, *, whole: bool) -> None:
    """The same ledger and sheet each time, in copies."""
    kept = root / f"{home.root.name}.backup"
    ledger = open_ledger(home.ledger_url, secret=home.token_key(), owner="bench")
    ledger.backup(kept)
    ledger.close()
    for where, workers in (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2)):
        if whole and workers > 1:
            continue  # the desk is one worker's
        copy = root / f"{home.root.name}-{where}-{workers}"
        shutil.copytree(home.root, copy)
        if where == "PostgreSQL":
            url = server.database()
            config = copy / "config.toml"
            config.write_text(config.read_text("utf-8").replace("sqlite:///ledger.db", url), "utf-8")
            restore(kept, url)
            made = open_ledger(url, secret=home.token_key(), owner="bench")
            with made.outbox(NOW) as tx:
                tx.nothing_forgotten()
            made.close()
        seconds = _run(open_home(copy), workers, "once" if whole else "job")
        print(
            f"{name:50} {where:10} {workers} worker{'s' if workers > 1 else ' '} {seconds:6.1f} s {count / seconds:6.0f} a second"
        )


def _run(home: Home, workers: int, how: str) -> float:
    command = [sys.executable, "-m", "jobs", how, *(["send_mail"] if how == "job" else [])]
    began = time.monotonic()
    running = [
        subprocess.Popen(
            [*command, "--home", str(home.root), "--now", NOW.isoformat()],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(workers)
    ]
    for process in running:
        assert process.wait(600) == 0
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
