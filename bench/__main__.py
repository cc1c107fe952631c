"""`make bench`: prints seconds, cases a second and peak memory beside the floor, and whether the targets are met."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.homes import NOW, PARTNERS, add_deals, partners_home, settle_letters, work
from jobs.home import Home, open_home

SIZES = (1_000, 10_000)
LETTERS, OFFERS = 1_000, 300
SECONDS, MEGABYTES = 60.0, 600.0
IDLE_SECONDS = 1.0
SHARE = 0.5


def main() -> int:
    """Run every measurement; 1 if a target is missed."""
    console = Console()
    console.print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {PARTNERS} partners", highlight=False)
    table = Table("measured", "seconds", "a second", "peak MB", "floor", "target", box=None)
    met = True
    with TemporaryDirectory(prefix="partner-desk-bench-") as folder:
        for size in SIZES:
            met &= _intake(table, Path(folder) / str(size), size)
        met &= _idle(table, Path(folder) / str(SIZES[-1]))
        met &= _letters(table, Path(folder) / "letters", "letters", LETTERS, authorised=False)
        met &= _letters(table, Path(folder) / "offers", "letters with an offer", OFFERS, authorised=True)
    console.print(table)
    return 0 if met else 1


def _intake(table: Table, root: Path, size: int) -> bool:
    home = partners_home(root, PARTNERS)
    add_deals(home, size, PARTNERS)
    taken, floor = _measure("intake", home), _measure("intake-floor", home)
    settle_letters(home)
    seconds = taken["pass"]
    alone = ", ".join(f"{name} {floor[name]:.1f}" for name in ("parse", "commit", "write"))
    target = seconds < SECONDS and taken["mb"] < MEGABYTES if size == SIZES[-1] else True
    told = f"{_mark(target)} < {SECONDS:.0f} s, < {MEGABYTES:.0f} MB" if size == SIZES[-1] else ""
    table.add_row(f"{size} new deals, one pass", f"{seconds:.1f}", f"{size / seconds:.0f}", f"{taken['mb']:.0f}", alone, told)
    return target


def _idle(table: Table, root: Path) -> bool:
    taken = _measure("idle", open_home(root))
    target = taken["pass"] < IDLE_SECONDS
    told = f"{_mark(target)} < {IDLE_SECONDS:.0f} s"
    table.add_row(f"idle pass, {SIZES[-1]} stored", f"{taken['pass']:.2f}", "", f"{taken['mb']:.0f}", "", told)
    return target


def _letters(table: Table, root: Path, name: str, count: int, *, authorised: bool) -> bool:
    home = partners_home(root, 50)
    add_deals(home, count, 50, authorised=authorised)
    work(home, NOW)
    taken = _measure("letters", home)
    rate, alone = taken["letters"] / taken["drain"], taken["letters"] / taken["alone"]
    target = rate >= SHARE * alone
    told = f"{_mark(target)} ≥ {SHARE:.0%} of the floor"
    drained = f"{taken['letters']:.0f} {name}"
    table.add_row(drained, f"{taken['drain']:.1f}", f"{rate:.0f}", f"{taken['mb']:.0f}", f"{alone:.0f} a second", told)
    return target


def _measure(name: str, home: Home) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.measures", name, str(home.root)], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _mark(met: bool) -> str:
    return "[green]met[/]" if met else "[red]missed[/]"


sys.exit(main())
