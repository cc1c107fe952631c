"""What a pass did, for people and as JSON."""

from __future__ import annotations

from rich.console import Console

from jobs.report import PassReport


def pass_facts(report: PassReport) -> dict[str, object]:
    """The pass for `--json`."""
    return {
        "ok": not report.faults,
        "counts": dict(report.counts),
        "faults": report.faults,
        "notices": report.notices,
        "lines": report.lines,
    }


def pass_account(console: Console, report: PassReport, *, dry: bool) -> None:
    """The pass in a few lines."""
    for line in report.lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    counts = " · ".join(f"{name} {count}" for name, count in report.counts.items() if count)
    head = "Rehearsed, nothing was sent or written" if dry else "Done" if not report.faults else "Left something undone"
    console.print(f"{head}: {counts or 'nothing new'}", markup=False, highlight=False, soft_wrap=True)
