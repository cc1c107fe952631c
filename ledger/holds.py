"""First come: who holds a customer's product, who waits for it, and who may speak for a partner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select

from cases.model import Case
from cases.ports import Taken
from ledger.case_rows import Cases, by_number
from ledger.schema import cases, contacts, holds, waits
from ledger.unit import chunks, upsert

_release = delete(holds).where(holds.c.number == bindparam("of"))
_drop_wait = delete(waits).where(waits.c.number == bindparam("of"))
_drop_contacts = delete(contacts).where(contacts.c.number == bindparam("of"))
_insert_contact = insert(contacts)
_speaks = (
    select(cases.c.number, cases.c.kind, cases.c.payload)
    .where(
        cases.c.number.in_(
            select(contacts.c.number).where(
                or_(
                    and_(contacts.c.is_domain.is_(False), contacts.c.value == bindparam("address")),
                    and_(contacts.c.is_domain.is_(True), contacts.c.value == bindparam("domain")),
                )
            )
        )
    )
    .order_by(cases.c.number)
)


class Holds(Cases):
    """Holds, waits and contacts are written at once, not buffered: the unique index of `holds` is the last word."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._speakers: dict[str, list[str]] = {}

    def hold(self, case: Case, override: bool) -> None:
        """Protect the deal's customer and products against every other deal; again is no harm.

        With `override` (staff approved an overlap) it stands beside other holds. Without customer or products nothing is held.
        Raises Taken with the number of the deal that was first; nothing is held then, and the transaction goes on.
        """
        customer = case.customer_inn
        products = list(dict.fromkeys(case.deal().product_keys))
        if not customer or not products:
            return
        self._load_holders([customer])
        holders = self._holders[customer]
        slot = case.number if override else ""
        if not override:
            for product in products:
                for holder in holders[product].values():
                    if holder != case.number:
                        raise Taken(holder)
        wanted = [product for product in products if slot not in holders[product]]
        if not wanted:
            return
        self._flush_if_new(case.number)
        rows = [{"customer_inn": customer, "product_key": key, "override": slot, "number": case.number} for key in wanted]
        savepoint = self._connection.begin_nested()
        done = self._connection.execute(upsert(self._dialect, holds), rows)
        if done.rowcount != len(rows):  # another transaction committed between our look and our insert
            savepoint.rollback()
            del self._holders[customer]
            self._load_holders([customer])
            there = (holder for key in wanted for holder in self._holders[customer][key].values() if holder != case.number)
            raise Taken(next(there, ""))
        savepoint.commit()
        for key in wanted:
            holders[key][slot] = case.number

    def release(self, number: str) -> None:
        """The case no longer holds anything."""
        self._connection.execute(_release, {"of": number})
        for products in self._holders.values():
            for holders in products.values():
                for slot in [slot for slot, holder in holders.items() if holder == number]:
                    del holders[slot]

    def wait(self, case: Case) -> None:
        """The refused deal's partner is to be told when the customer is free; again is no harm."""
        self._load_waiters([case.customer_inn])
        if case.number in self._waiters[case.customer_inn]:
            return
        self._flush_if_new(case.number)
        row = {"customer_inn": case.customer_inn, "number": case.number}
        self._connection.execute(upsert(self._dialect, waits), [row])
        self._waiters[case.customer_inn].add(case.number)

    def stop_waiting(self, case: Case) -> None:
        """Nobody is to be told of that deal's customer any more."""
        self._connection.execute(_drop_wait, {"of": case.number})
        for waiters in self._waiters.values():
            waiters.discard(case.number)

    def waiting_for(self, customer_inn: str) -> list[Case]:
        """The refused deals that wait for this customer, by number."""
        if not customer_inn:
            return []
        self._load_waiters([customer_inn])
        numbers = self._waiters[customer_inn]
        for some in chunks(number for number in numbers if number not in self._cases):
            self._adopt(self._rows_of(by_number, {"of": some}))
        return [self._cases[number] for number in sorted(numbers, key=lambda number: (len(number), number))]

    def set_contacts(self, case: Case, addresses: Iterable[str], domains: Iterable[str]) -> None:
        """Who may speak for this partner: exact addresses and own domains, whatever their case; replaces what stood before."""
        self._flush_if_new(case.number)
        self._speakers.clear()
        self._connection.execute(_drop_contacts, {"of": case.number})
        rows = [{"value": value, "is_domain": False, "number": case.number} for value in _lowered(addresses)]
        rows += [{"value": value, "is_domain": True, "number": case.number} for value in _lowered(domains)]
        if rows:
            self._connection.execute(_insert_contact, rows)

    def partner_by_contact(self, address: str) -> list[Case]:
        """Partners for which this address, or its domain as their own, may speak; by number."""
        address = address.strip().lower()
        known = self._speakers.get(address)
        if known is None:
            rows = self._rows_of(_speaks, {"address": address, "domain": address.rpartition("@")[2]})
            known = self._speakers[address] = [case.number for case in self._adopt(rows)]
        return [self._cases[number] for number in known]


def _lowered(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value.strip().lower() for value in values if value.strip()))
