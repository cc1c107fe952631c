"""What stood in the sheet when it last agreed with us: the base of the three-way merge, one small mapping a row, kept in
the ledger.

Keys of a row's mapping: `field` the agreed canonical text · `+field` about to be written (so that a crash between write
and record is not taken for a person's edit) · `?field` read and recorded as a word of staff's, not yet answered in the
sheet · `#field` turn, which rises whenever a word about that cell is answered, so that the same word typed again is a new
one · `~` digest of the row as last found in agreement · `@…` of form rows: where to find them again after an edit (of the
address a digest: whoever is to be forgotten must not stay here).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256

from cases.model import FormRow
from sheets.shape import Type
from sheets.snapshot import RawRow, Sheet
from sheets.values import canonical

BaseRow = Mapping[str, str]
Base = Mapping[str, Mapping[str, BaseRow]]
"""Tab -> row key (number; of form rows the fingerprint) -> base row."""

Updates = dict[str, dict[str, dict[str, str]]]
"""Base rows to store whole, by tab and row key."""

INTENT, ASKED, TURN, DIGEST, STAMP, ADDRESS = "+", "?", "#", "~", "@stamp", "@address"
_MARKS = "+?#~@"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a row that staff should mend or know, as a code with facts.

    `number-absent`, `number-doubled`, `number-unknown`, `row-mismatched` (another case's cells beside the number): no
    write there.
    `edited-meanwhile`: a cell changed after reading, left for the next pass. `replaced`: a value of unknown origin was
    overwritten.
    """

    code: str
    tab: str
    number: str = ""
    position: int = 0
    column: str = ""
    value: str = ""


def updated(base: Base, updates: Mapping[str, Mapping[str, BaseRow]]) -> dict[str, dict[str, BaseRow]]:
    """The base after these rows are stored."""
    tabs = {tab: dict(rows) for tab, rows in base.items()}
    for tab, rows in updates.items():
        tabs.setdefault(tab, {}).update(rows)
    return tabs


def settled(row: BaseRow) -> dict[str, str]:
    """The agreed cells alone."""
    return {name: text for name, text in row.items() if name[0] not in _MARKS}


def answer(row: dict[str, str], name: str) -> None:
    """A word about that cell is answered: forget it, the next one is new."""
    if row.pop(ASKED + name, None) is not None:
        turn(row, name)


def turn(row: dict[str, str], name: str) -> None:
    """From here on, equal edits of that cell are new words. Each cell has its own turn: a word that still stands beside
    it is no other one for that.
    """
    row[TURN + name] = str(int(row.get(TURN + name, "0")) + 1)


def word_key(tab: str, row_key: str, column: str, old: str, new: str, row: BaseRow) -> str:
    """One and the same for an edit however often it is read; another one once it was answered."""
    return sha256("\x1f".join((tab, row_key, column, old, new, row.get(TURN + column, "0"))).encode()).hexdigest()


def digest(sheet: Sheet, raw: RawRow, names: Iterable[str]) -> str:
    """Stands for the raw cells of these fields."""
    return blake2b(repr([sheet.cell(raw, name) for name in names]).encode(), digest_size=12).hexdigest()


def pseudonym(address: str) -> str:
    """What stands for an address where it only has to be known again; "" for none."""
    return blake2b(address.encode(), digest_size=12).hexdigest() if address else ""


def numbered(sheet: Sheet) -> dict[str, list[RawRow]]:
    """Rows by what stands in their number column."""
    found: dict[str, list[RawRow]] = {}
    for raw in sheet.rows:
        found.setdefault(canonical(sheet.cell(raw, "number"), Type.TEXT), []).append(raw)
    return found


def form_places(rows: Sequence[FormRow], base: Mapping[str, BaseRow]) -> list[tuple[FormRow, str]]:
    """Form rows of one tab, each with the key of its base row ("" if none): by fingerprint; an edited one by number with
    time stamp, else with address.

    A number alone is not enough: several rows may carry the same, and several of them may be edited at once. What its time stamp
    has told is out of the question for the others.
    """
    present = {row.key for row in rows}
    lost: dict[str, list[str]] = {}
    for key, kept in base.items():
        number = kept.get("number") or kept.get(INTENT + "number")
        if number and key not in present:
            lost.setdefault(number, []).append(key)
    places = {row.position: row.key for row in rows if row.key in base}
    for alike in (_same_stamp, _same_address):
        taken = set(places.values())
        found: dict[int, str] = {}
        for row in rows:
            near = [key for key in lost.get(row.number, ()) if key not in taken and alike(row, base[key])]
            if len(near) == 1:
                found[row.position] = near[0]
        places = {**found, **places}
    return [(row, places.get(row.position, "")) for row in rows]


def _same_stamp(row: FormRow, kept: BaseRow) -> bool:
    return kept.get(STAMP) == row.stamp_text


def _same_address(row: FormRow, kept: BaseRow) -> bool:
    return bool(row.address) and kept.get(ADDRESS) in (pseudonym(row.address), row.address)  # the latter of old records
