"""What staff said and keep: their words, their tabs; and what waits for them: the quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, get_type_hints

import msgspec
from sqlalchemy import and_, bindparam, insert, select, update

from cases.model import Case, QuarantineItem
from cases.staff_lines import PublicityLine, SaleLine, StaffTabs, ViolationLine
from ledger.codec import encode
from ledger.schema import failures, quarantine, staff_tab_changes, staff_tabs, words
from ledger.sheet_rows import SheetRows
from ledger.unit import upsert

_hashes = select(staff_tabs.c.tab, staff_tabs.c.hash)
_lines = select(staff_tabs.c.lines).where(staff_tabs.c.tab == bindparam("of"))
_word = select(words.c.key).where(words.c.key == bindparam("of"))
_insert_word = insert(words)
_insert_change = insert(staff_tab_changes)
_release = (
    update(quarantine)
    .where(
        and_(
            quarantine.c.source == bindparam("of_source"),
            quarantine.c.key == bindparam("of_key"),
            quarantine.c.released_at.is_(None),
        )
    )
    .values(released_at=bindparam("when"))
)
_isolated = select(quarantine.c.key).where(quarantine.c.source == bindparam("of_source"), quarantine.c.released_at.is_(None))
_attempts = select(failures.c.attempts).where(failures.c.source == bindparam("of_source"), failures.c.key == bindparam("of_key"))

_tab_decoders: Mapping[str, Callable[[str], Any]] = {
    name: msgspec.json.Decoder(hint).decode for name, hint in get_type_hints(StaffTabs).items()
}

WORD = "word"
"""The counter of the order in which staff's words were heard."""

CASE = "case"
"""The `source` of quarantined cases; their key is the number."""


class StaffTables(SheetRows):
    """Words, tabs and quarantine of one transaction."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._isolated: set[str] | None = None  # numbers of quarantined cases

    def word_known(self, key: str) -> bool:
        """Was this word of staff's recorded before?"""
        return bool(self._rows_of(_word, {"of": key}))

    def add_word(self, key: str, raw: Mapping[str, object], at: datetime) -> None:
        """Record a word, found again under `raw["number"]`. Raises IntegrityError for a known key: ask `word_known` before."""
        row = {"key": key, "number": str(raw.get("number", "")), "raw": encode(raw), "at": at, "seq": self._count_up(WORD, 0)}
        self._connection.execute(_insert_word, [row])

    def staff_tabs(self) -> StaffTabs:
        """Staff's own tabs as last stored; empty before the first time."""
        return StaffTabs(**{tab: self._tab(tab, digest) for tab, digest in self._rows_of(_hashes) if tab in _tab_decoders})

    def set_staff_tabs(self, tabs: StaffTabs) -> set[str]:
        """Store the tabs that changed; gives the INNs of partners whose sales, publicity or violations are others than before."""
        stored = {row.tab: row.hash for row in self._rows_of(_hashes)}
        changed = []
        changes = []
        before = self.staff_tabs()
        for tab in _tab_decoders:
            text = encode(getattr(tabs, tab))
            digest = sha256(text.encode()).hexdigest()
            if stored.get(tab) != digest:
                changed.append({"tab": tab, "hash": digest, "lines": text})
                place, dropped, lines = _splice(lines_of(getattr(before, tab)), lines_of(getattr(tabs, tab)))
                if dropped or lines:
                    change = {"tab": tab, "at": self.now, "place": place, "dropped": dropped, "lines": encode(lines)}
                    changes.append(change)
        if changed:
            self._connection.execute(upsert(self._dialect, staff_tabs, "hash", "lines"), changed)
        if changes:
            self._connection.execute(_insert_change, changes)
        concerned: set[str] = set()
        if before.sales != tabs.sales:
            concerned |= _concerned(before.sales, tabs.sales)
        if before.publicity != tabs.publicity:
            concerned |= _concerned(before.publicity, tabs.publicity)
        if before.violations != tabs.violations:
            concerned |= _concerned(before.violations, tabs.violations)
        return concerned

    def _tab(self, tab: str, digest: str) -> Any:
        seen = self._tabs_seen.get(tab)
        if seen is None or seen[0] != digest:
            text = self._connection.execute(_lines, {"of": tab}).scalar_one()
            seen = self._tabs_seen[tab] = (digest, _tab_decoders[tab](text))
        return seen[1]

    # -- quarantine

    def quarantine(self, item: QuarantineItem) -> None:
        """Keep what nobody here can mend, once under (source, key); a second time it is open again with the new reason."""
        row = {
            "source": item.source,
            "key": item.key,
            "reason": item.reason,
            "raw": item.raw,
            "at": item.at,
            "released_at": None,
        }
        self._connection.execute(upsert(self._dialect, quarantine, "reason", "raw", "at", "released_at"), [row])

    def release_item(self, source: str, key: str) -> None:
        """What was quarantined is mended or let go."""
        self._connection.execute(_release, {"of_source": source, "of_key": key, "when": self.now})

    def quarantine_case(self, number: str, reason: str, now: datetime) -> None:
        """`waking` leaves the case out from now on, until it is saved again or released."""
        self._set_quarantined(number, yes=True)
        self._quarantined_cases().add(number)
        self.quarantine(QuarantineItem(CASE, number, reason, "", now))

    def release_quarantine(self, number: str) -> None:
        """The case is looked at again in the next pass."""
        self._set_quarantined(number, yes=False)
        self._quarantined_cases().discard(number)
        self.release_item(CASE, number)

    def save(self, case: Case) -> None:
        """As for every case; a quarantine of it ends."""
        super().save(case)
        if case.number in self._quarantined_cases():
            self.release_quarantine(case.number)

    def _quarantined_cases(self) -> set[str]:
        if self._isolated is None:
            self._isolated = {key for (key,) in self._rows_of(_isolated, {"of_source": CASE})}
        return self._isolated

    # -- letters that cannot be read

    def failed_attempts(self, source: str, key: str) -> int:
        """How often reading this failed so far."""
        return int(self._connection.execute(_attempts, {"of_source": source, "of_key": key}).scalar_one_or_none() or 0)

    def add_failed_attempt(self, source: str, key: str) -> int:
        """Reading this failed once more; gives the count."""
        attempts = self.failed_attempts(source, key) + 1
        row = {"source": source, "key": key, "attempts": attempts, "at": self.now}
        self._connection.execute(upsert(self._dialect, failures, "attempts", "at"), [row])
        return attempts


def lines_of(tab: Any) -> list[Any]:
    """The lines of one of staff's tabs in their order; of «Календарь», (day, business day?)."""
    return list(tab.items()) if isinstance(tab, Mapping) else list(tab)


def _splice(before: Sequence[Any], after: Sequence[Any]) -> tuple[int, int, Sequence[Any]]:
    """What changed between two contents: from which line on, how many lines went, and which came."""
    shorter = min(len(before), len(after))
    place = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    alike = 0
    while alike < shorter - place and before[len(before) - 1 - alike] == after[len(after) - 1 - alike]:
        alike += 1
    return place, len(before) - place - alike, after[place : len(after) - alike]


def _concerned(
    before: tuple[SaleLine | PublicityLine | ViolationLine, ...], after: tuple[SaleLine | PublicityLine | ViolationLine, ...]
) -> set[str]:
    """INNs in lines that are in one of the two and not in the other."""
    old, new = Counter(before), Counter(after)
    return {line.partner_inn for line in [*(old - new), *(new - old)]}
