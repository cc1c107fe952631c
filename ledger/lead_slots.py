"""Leads' quotas: who was given which lead, in the slots of a month."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from cases.model import Case
from cases.ports import LeadsGiven
from ledger.holds import Holds
from ledger.schema import lead_slots

_s = lead_slots.c
_given = select(
    _s.partner_inn,
    func.sum(case((_s.month == bindparam("month"), 1), else_=0)),
    func.max(_s.at, type_=_s.at.type),
).group_by(_s.partner_inn)
_in_the_way = select(_s.number, _s.month, _s.slot).where(
    _s.partner_inn == bindparam("inn"), or_(_s.month == bindparam("month"), _s.number == bindparam("of"))
)


class LeadSlots(Holds):
    """Slots are written at once, not buffered: the table's constraints are the last word, whoever else hands out leads."""

    def leads_given(self, month: str) -> Mapping[str, LeadsGiven]:
        """Of each partner that ever had a lead, by INN; those it gave back count."""
        return {inn: LeadsGiven(int(count), last) for inn, count, last in self._rows_of(_given, {"month": month})}

    def give_lead(self, case: Case, partner_inn: str, month: str, quota: int) -> bool:
        """Take the lowest free slot of the partner's month for the lead.

        False: the quota is used up, or the partner had this very lead. Nothing is taken then, and the transaction goes on.
        """
        self._flush_if_new(case.number)
        while True:
            there = self._rows_of(_in_the_way, {"inn": partner_inn, "month": month, "of": case.number})
            taken = {row.slot for row in there if row.month == month}
            free = next((slot for slot in range(1, quota + 1) if slot not in taken), 0)
            if not free or any(row.number == case.number for row in there):
                return False
            row = {
                "partner_inn": partner_inn,
                "month": month,
                "slot": free,
                "quota": quota,
                "number": case.number,
                "at": self.now,
            }
            if self._connection.execute(self._insert_slot(), [row]).rowcount:
                return True  # else another transaction took it between our look and our insert: look again

    def _insert_slot(self) -> PostgresqlInsert | SqliteInsert:
        """INSERT that leaves alone what any constraint forbids to double."""
        into = postgresql.insert(lead_slots) if self._dialect == "postgresql" else sqlite.insert(lead_slots)
        return into.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
