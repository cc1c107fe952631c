"""The outbox of the spreadsheet: rows to be shown anew, lines of the journal, and what was written last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, bindparam, delete, select, update

from cases.model import Case, EffectKind, Event, Submission
from ledger.codec import decode_cells, encode
from ledger.delivery import Delivery
from ledger.schema import RowState, base_rows, cases, events, row_effects
from ledger.unit import chunks, upsert

_r = row_effects.c
_pending_cases = (
    select(cases.c.number, cases.c.kind, cases.c.payload)
    .join(row_effects, and_(_r.kind == EffectKind.ROW, _r.ref == cases.c.number))
    .where(_r.state == RowState.PENDING)
    .order_by(cases.c.number)
)
_pending_refs = select(_r.ref).where(_r.kind == EffectKind.FORM_ROW, _r.state == RowState.PENDING)
_written = (
    update(row_effects)
    .where(and_(_r.kind == bindparam("of_kind"), _r.ref == bindparam("of_ref"), _r.revision == bindparam("of_revision")))
    .values(state=RowState.WRITTEN, written_at=bindparam("when"))
)
_show_all = update(row_effects).where(_r.kind == EffectKind.ROW).values(state=RowState.PENDING)
_pending_events = select(events).where(events.c.written_at.is_(None)).order_by(events.c.id).limit(bindparam("most"))
_event_written = update(events).where(events.c.id == bindparam("of")).values(written_at=bindparam("when"))
_base_rows = select(base_rows.c.key, base_rows.c.cells).where(base_rows.c.tab == bindparam("of_tab"))
_drop_base_rows = delete(base_rows).where(
    and_(base_rows.c.tab == bindparam("of_tab"), base_rows.c.key.in_(bindparam("of", expanding=True)))
)


class SheetRows(Delivery):
    """What writing the spreadsheet asks of the ledger (with `StaffTables`: `SheetOutbox`), and the journal."""

    def journal(self, event: Event) -> None:
        """A line of `Журнал`, to be written once."""
        self._events.append(
            {"at": event.at, "number": event.number, "event": event.event, "details": event.details, "written_at": None}
        )

    def pending_cases(self) -> list[Case]:
        """Cases whose registry row has to be shown anew, by number."""
        self._flush_cases()
        self._flush_rows()
        return self._adopt(self._rows_of(_pending_cases))

    def pending_submissions(self) -> list[Submission]:
        """Form rows whose right-hand columns have to be shown anew, by seq."""
        self._flush_submissions()
        self._flush_rows()
        seqs = sorted(int(ref) for (ref,) in self._rows_of(_pending_refs))
        return list(self._submissions_by_seqs(seqs).values())

    def pending_events(self, limit: int) -> list[tuple[int, Event]]:
        """Lines of `Журнал` not yet written, by id."""
        self._flush_events()
        rows = self._rows_of(_pending_events, {"most": limit})
        return [(row.id, Event(row.at, row.number, row.event, row.details)) for row in rows]

    def rows_written(
        self, cases: Sequence[tuple[str, int]], submissions: Sequence[tuple[int, str]], events: Sequence[int]
    ) -> None:
        """Settle what was written: (number, revision shown), (seq, `Submission.fingerprint()` of what was shown), event ids.

        What changed meanwhile stays pending.
        """
        self._flush_submissions()
        self._flush_rows()
        done = [
            {"of_kind": EffectKind.ROW, "of_ref": number, "of_revision": revision, "when": self.now} for number, revision in cases
        ]
        now_there = self._submissions_by_seqs(seq for seq, _ in submissions)
        done += [
            {"of_kind": EffectKind.FORM_ROW, "of_ref": str(seq), "of_revision": 0, "when": self.now}
            for seq, shown in submissions
            if seq in now_there and now_there[seq].fingerprint() == shown
        ]
        if done:
            self._connection.execute(_written, done)
        if events:
            self._connection.execute(_event_written, [{"of": one, "when": self.now} for one in events])

    def show_all(self) -> None:
        """Queue every registry row to be shown anew."""
        self._flush_rows()
        self._connection.execute(_show_all)

    def base_rows(self, tab: str) -> dict[str, dict[str, str]]:
        """What was written last, by row key and column, as canonical text."""
        return {key: decode_cells(cells) for key, cells in self._rows_of(_base_rows, {"of_tab": tab})}

    def set_base_rows(self, tab: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Replace what was written last in these rows; others stay."""
        if rows:
            values = [{"tab": tab, "key": key, "cells": encode(cells)} for key, cells in rows.items()]
            self._connection.execute(upsert(self._dialect, base_rows, "cells"), values)

    def drop_base_rows(self, tab: str, keys: Sequence[str]) -> None:
        """Forget what was written in these rows."""
        for some in chunks(keys):
            self._connection.execute(_drop_base_rows, {"of_tab": tab, "of": some})
