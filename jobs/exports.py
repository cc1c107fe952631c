"""The folder of exported answers: which files have something to read, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cases.model import FormRow
from jobs.attention import tell_staff
from jobs.home import Home
from jobs.office import Office
from jobs.sheet_faults import said, stops
from sheets.exports import is_export, read_export
from sheets.snapshot import SheetFault

_SEEN = "exports.seen"
_TOLD = "exports.faults-told"


@dataclass(slots=True)
class Exports:
    """Rows of the files that changed since they were last taken in. `stamps`: file name -> size and time, of every file."""

    rows: list[FormRow] = field(default_factory=list)
    stamps: dict[str, str] = field(default_factory=dict)


def files(home: Home) -> list[Path]:
    """The exported files of that home, by name."""
    if not home.exports.is_dir():
        return []
    return sorted(path for path in home.exports.iterdir() if is_export(path) and path.is_file())


def read(office: Office) -> Exports:
    """Read what changed; say what is wrong, to staff once for each new set of faults. A faulty file is read again next time."""
    with office.ledger.reading(office.now) as tx:
        seen: dict[str, str] = json.loads(tx.note(_SEEN) or "{}")
    found = Exports()
    faults: list[SheetFault] = []
    for path in files(office.home):
        try:
            stamp = _stamp(path)
        except FileNotFoundError:
            continue  # somebody took it away since the folder was listed
        if stamp != seen.get(path.name):
            export = read_export(path, office.home.settings.columns)
            found.rows.extend(export.rows)
            faults.extend(export.faults)
            if any(stops(fault) for fault in export.faults):
                continue
        found.stamps[path.name] = stamp
    _tell(office, faults)
    return found


def settle(office: Office, exports: Exports) -> None:
    """Every row of these files is recorded: they are not read again until they change."""
    told = json.dumps(exports.stamps, ensure_ascii=False, sort_keys=True)
    with office.ledger.transaction(office.now) as tx:
        if told != (tx.note(_SEEN) or "{}"):
            tx.set_note(_SEEN, told)


def _stamp(path: Path) -> str:
    about = path.stat()
    return f"{about.st_size} {about.st_mtime_ns}"


def _tell(office: Office, faults: Iterable[SheetFault]) -> None:
    lines = []
    for fault in faults:
        lines.append(said(fault))
        (office.report.fault if stops(fault) else office.report.notice)(lines[-1])
    told = "\n".join(lines)
    with office.ledger.transaction(office.now) as tx:
        if told != tx.note(_TOLD):
            tx.set_note(_TOLD, told)
            if lines:
                tell_staff(tx, office, "sheet", [("", line) for line in lines])
