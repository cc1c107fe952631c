"""Cases: numbers, the identity map, look-ups, and the preloading that answers a whole pass from memory."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, false, func, or_, select, update

from cases.model import OPEN_DEAL_STATES, PREFIX, Case, CaseKind, DealData, DealState, PartnerState
from ledger.codec import decode_case
from ledger.notes import CATCHING_UP
from ledger.schema import cases, holds, mails, waits
from ledger.submission_rows import Submissions
from ledger.unit import chunks, ended_at, is_open_deal
from ledger.unit import partner_inn as inn_of

_c = cases.c
_READ = select(_c.number, _c.kind, _c.payload)
_OPEN = and_(_c.kind == CaseKind.DEAL, _c.state.in_(sorted(OPEN_DEAL_STATES)))
by_number = _READ.where(_c.number.in_(bindparam("of", expanding=True)))
_by_customer = _READ.where(
    _c.kind == CaseKind.DEAL,
    _c.customer_inn.in_(bindparam("of", expanding=True)),
    or_(_c.ended_at.is_(None), _c.ended_at >= bindparam("since")),
)
_partners_by_inn = _READ.where(_c.kind == CaseKind.PARTNER, _c.partner_inn.in_(bindparam("of", expanding=True)))
_by_kind_and_inn = _READ.where(_c.kind == bindparam("kind"), _c.partner_inn == bindparam("inn"))
_ERRANDS = (CaseKind.ORDER, CaseKind.PILOT, CaseKind.NFR)
_errands_by_inn = _READ.where(_c.kind.in_(_ERRANDS), _c.partner_inn == bindparam("inn"))
_by_kind = _READ.where(_c.kind == bindparam("kind"))
_by_kind_and_state = _READ.where(_c.kind == bindparam("kind"), _c.state == bindparam("state"))
_open_counts = (
    select(_c.partner_inn, func.count())
    .where(_OPEN, _c.partner_inn.in_(bindparam("of", expanding=True)))
    .group_by(_c.partner_inn)
)
_undecided = _READ.where(
    _c.kind.in_((CaseKind.DEAL, *_ERRANDS)),
    _c.partner_inn.in_(bindparam("of", expanding=True)),
    or_(
        _c.state == DealState.NEEDS_DATA,
        and_(_c.state == DealState.PENDING, or_(_c.wakes_at.is_(None), _c.wakes_at > bindparam("now"))),
    ),
)
_OPEN_OF = and_(_OPEN, _c.partner_inn == bindparam("inn"))
_open_before = select(func.count()).where(
    _OPEN_OF,
    or_(
        _c.state == DealState.REGISTERED,
        _c.place_at < bindparam("at"),
        and_(_c.place_at == bindparam("at"), _c.place_seq < bindparam("seq")),
    ),
)
_open_without_place = _READ.where(_OPEN_OF, _c.state != DealState.REGISTERED, _c.place_at.is_(None))
# by name key alone: with the state beside it SQLite would walk all open deals instead of the index of name keys
_names = select(_c.name_key, _c.number, _c.customer_inn).where(
    _c.name_key.in_(bindparam("of", expanding=True)), _c.ended_at.is_(None)
)
_waking = (
    select(_c.number)
    .where(_c.wakes_at <= bindparam("now"), _c.quarantined == false())
    .order_by(_c.state != DealState.REGISTERED, _c.place_at.nulls_last(), _c.place_seq, _c.number)
    .limit(bindparam("most"))
)
_quarantined = update(cases).where(_c.number == bindparam("of")).values(quarantined=bindparam("yes"))
_holds_by_customer = select(holds).where(holds.c.customer_inn.in_(bindparam("of", expanding=True)))
_waits_by_customer = select(waits).where(waits.c.customer_inn.in_(bindparam("of", expanding=True)))
_of_customer_ever = _READ.where(_c.customer_inn == bindparam("customer"), _c.kind.in_([CaseKind.DEAL, CaseKind.ORDER]))
_known = select(_c.number).where(_c.number.in_(bindparam("of", expanding=True)))
_mail_keys = select(mails.c.number, mails.c.key).where(mails.c.number.in_(bindparam("of", expanding=True)))

_NUMBER = re.compile(r"([A-Z])-(?:(\d{4})-)?(\d{4,9})", re.ASCII)
_NUMBERS_SKIPPED = 1000
"""So many rows in a row may have been deleted by hand before a higher number is believed."""
_FINALS_KEPT = timedelta(days=366)
_STANDS: Mapping[str, int] = {PartnerState.AUTHORISED: 2, PartnerState.PENDING: 1, PartnerState.NEEDS_DATA: 1}
_LAST = datetime.max.replace(tzinfo=UTC)


def _say(texts: Iterable[str], about: Iterable[str]) -> bool:
    """Is each of these things among the texts of a row? A spreadsheet without personal data shows `***` for a part of them."""
    return all(any(text == thing or ("***" in text and _stands_for(text, thing)) for text in texts) for thing in about)


def _stands_for(text: str, thing: str) -> bool:
    """Is the text that thing, with `***` for some of its parts?"""
    head, *middle, tail = text.split("***")
    if len(thing) < len(head) + len(tail) or not (thing.startswith(head) and thing.endswith(tail)):
        return False
    rest = thing[len(head) : len(thing) - len(tail)]
    for piece in filter(None, middle):
        _, found, rest = rest.partition(piece)
        if not found:
            return False
    return True


def _is_undecided(case: Case, now: datetime) -> bool:
    """Does it wait, and will not be looked at anyway?"""
    if case.kind not in (CaseKind.DEAL, *_ERRANDS):
        return False
    asleep = case.wakes_at is None or case.wakes_at > now
    return case.state == DealState.NEEDS_DATA or (case.state == DealState.PENDING and asleep)


def _place(case: Case) -> tuple[datetime, int, str]:
    return (case.place_at or _LAST, case.place_seq, case.number)


class Cases(Submissions):
    """Cases of one transaction.

    What was asked or preloaded once is complete in memory from then on: for a customer INN, a partner INN, a name key.
    Adding and saving keep these indexes true.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._of_customer: dict[str, set[str]] = {}
        self._of_partner: dict[str, set[str]] = {}
        self._undecided_of: dict[str, set[str]] = {}
        self._of_name: dict[str, dict[str, str]] = {}
        self._open_count: dict[str, int] = {}
        self._footprint: dict[str, tuple[bool, str]] = {}
        self._holders: dict[str, dict[str, dict[str, str]]] = {}  # customer -> product -> override -> number
        self._waiters: dict[str, set[str]] = {}  # customer -> numbers of the refused deals that wait for it
        self._mail_keys: dict[str, set[str]] = {}
        self._lost: dict[str, set[str]] | None = None

    # -- writing

    def next_number(self, kind: CaseKind, year: int, shown: str = "", about: Collection[str] = ()) -> str:
        """The next number of that kind; partners are counted through the years. What is rolled back is given again.

        A ledger made from a backup has given numbers that it does not know. It gives them again: what is `shown` in the row that
        is taken in, or the first of the lost ones (`count_on`) whose row said all of `about`.
        """
        series = PREFIX[kind] if kind is CaseKind.PARTNER else f"{PREFIX[kind]}-{year}"
        lost = self._lost_numbers()
        if shown not in lost:
            alike = (number for number, texts in lost.items() if about and kind.value in texts and _say(texts, about))
            shown = next((number for number in alike if self.case(number) is None), "")
        if shown.rpartition("-")[0] == series and self.case(shown) is None:
            return shown
        return f"{series}-{self._count_up(PREFIX[kind], 0 if kind is CaseKind.PARTNER else year):04d}"

    def count_on(self, shown: Mapping[str, Collection[str]]) -> None:
        """Numbers in the spreadsheet -> what their rows say, the kind among it: those that are not known were given all the same.

        Other cases come after them. A number far beyond the others is somebody's slip and counts for nothing.
        """
        known = {number for some in chunks(shown) for (number,) in self._rows_of(_known, {"of": some})}
        found = (parts for number in shown if number not in known and (parts := _NUMBER.fullmatch(number)) is not None)
        texts = {}
        for count, year, prefix, number in sorted((int(parts[3]), int(parts[2] or 0), parts[1], parts[0]) for parts in found):
            if count - self._counter(prefix, year) <= _NUMBERS_SKIPPED:
                self._count_to(prefix, year, count)
                texts[number] = sorted(shown[number])
        self.set_note(CATCHING_UP, json.dumps(texts, ensure_ascii=False))
        self._lost = None

    def _lost_numbers(self) -> Mapping[str, Set[str]]:
        if self._lost is None:
            found: dict[str, list[str]] = json.loads(self.note(CATCHING_UP) or "{}")
            self._lost = {number: set(texts) for number, texts in found.items()}
        return self._lost

    def add_case(self, case: Case) -> None:
        """Record a new case and queue its registry row. Raises ValueError if the number is known in this transaction."""
        if case.number in self._cases:
            raise ValueError(f"{case.number} is there already")
        self._cases[case.number] = case
        self._added[case.number] = case
        self._own_submissions.setdefault(case.number, set())
        self._mail_keys.setdefault(case.number, set())
        self._footprint[case.number] = (False, "")
        self._index(case)
        self._show_case(case)

    def save(self, case: Case) -> None:
        """The case changed: its revision rises (once a transaction), its row is queued, a quarantine of it ends.

        Raises ValueError for an object that this transaction did not give or was not given.
        """
        if self._cases.get(case.number) is not case:
            raise ValueError(f"{case.number} was not read in this transaction")
        if case.number not in self._raised:
            self._raised.add(case.number)
            case.revision += 1
        if case.number not in self._added:
            self._changed[case.number] = case
        self._index(case)
        self._show_case(case)

    def _index(self, case: Case) -> None:
        number = case.number
        was_open, was_of = self._footprint[number]
        now_open, now_of = self._footprint[number] = (is_open_deal(case), inn_of(case))
        if was_open and was_of in self._open_count:
            self._open_count[was_of] -= 1
        if now_open and now_of in self._open_count:
            self._open_count[now_of] += 1
        if case.kind is CaseKind.PARTNER and now_of in self._of_partner:
            self._of_partner[now_of].add(number)
        if now_of in self._undecided_of and _is_undecided(case, self.now):
            self._undecided_of[now_of].add(number)
        if isinstance(case.data, DealData):
            if case.customer_inn in self._of_customer:
                self._of_customer[case.customer_inn].add(number)
            if case.data.name_key in self._of_name:
                self._of_name[case.data.name_key][number] = case.customer_inn

    def _set_quarantined(self, number: str, yes: bool) -> None:
        self._flush_cases()
        self._connection.execute(_quarantined, {"of": number, "yes": yes})

    def show(self, case: Case) -> None:
        """Queue the case's registry row to be shown anew, without a new revision."""
        self._show_case(case)

    # -- reading

    def _adopt(self, rows: Iterable[Any]) -> list[Case]:
        """Cases for rows (number, kind, payload), each the one object that this transaction has of it."""
        found = []
        for number, kind, payload in rows:
            case = self._cases.get(number)
            if case is None:
                case = self._cases[number] = decode_case(kind, payload)
                self._stored_revision[number] = case.revision
                self._footprint[number] = (is_open_deal(case), inn_of(case))
            found.append(case)
        return found

    def _with_unflushed(self, rows: Iterable[Any], belongs: Callable[[Case], bool]) -> list[Case]:
        """The cases of these rows and the changed ones, those for which `belongs` is true now."""
        found = {case.number: case for case in self._adopt(rows)}
        found.update((case.number, case) for case in self._unflushed())
        return [case for case in found.values() if belongs(case)]

    def case(self, number: str) -> Case | None:
        """The case of that number; the same object however often it is asked for."""
        if number not in self._cases:
            self._adopt(self._rows_of(by_number, {"of": [number]}))
        return self._cases.get(number)

    def partner(self, inn: str) -> Case | None:
        """The authorisation that counts: one in force, else the latest undecided application, else the latest ended one."""
        if not inn:
            return None
        self._load_partners([inn])
        found = [case for case in (self._cases[number] for number in self._of_partner[inn]) if inn_of(case) == inn]
        return max(found, key=lambda case: (_STANDS.get(case.state, 0), len(case.number), case.number), default=None)

    def deals_of_customer(self, customer_inn: str) -> list[Case]:
        """Open deals of the customer and those that ended within the last year, by place (those without a place last)."""
        if not customer_inn:
            return []
        self._load_customers([customer_inn])
        since = self.now - _FINALS_KEPT
        found = []
        for case in (self._cases[number] for number in self._of_customer[customer_inn]):
            if case.customer_inn == customer_inn:
                ended = ended_at(case)
                if ended is None or ended >= since:
                    found.append(case)
        return sorted(found, key=_place)

    def history_of_customer(self, customer_inn: str) -> list[Case]:
        """Every deal and order with that customer INN, however long ago, by number."""
        if not customer_inn:
            return []
        rows = self._rows_of(_of_customer_ever, {"customer": customer_inn})
        kinds = (CaseKind.DEAL, CaseKind.ORDER)
        found = self._with_unflushed(rows, lambda case: case.kind in kinds and case.customer_inn == customer_inn)
        return sorted(found, key=lambda case: (case.kind, len(case.number), case.number))

    def deals_of_partner(self, partner_inn: str) -> list[Case]:
        """Every deal of the partner, by number."""
        return self.cases_of_kind(CaseKind.DEAL, partner_inn)

    def open_deal_count(self, partner_inn: str) -> int:
        """How many deals of the partner are open."""
        self._load_open_counts([partner_inn])
        return self._open_count[partner_inn]

    def open_deals_before(self, partner_inn: str, at: datetime, seq: int) -> int:
        """The partner's registered deals, and its undecided ones with an earlier place in the queue than that; what has no place
        stands where it would have it by its time of submission.
        """
        self._flush_cases()
        ((placed,),) = self._rows_of(_open_before, {"inn": partner_inn, "at": at, "seq": seq})
        unplaced = self._adopt(self._rows_of(_open_without_place, {"inn": partner_inn}))
        return int(placed) + sum((case.submitted_at, case.place_seq) < (at, seq) for case in unplaced)

    def undecided_of(self, partner_inn: str) -> list[Case]:
        """The partner's deals, orders, pilots and NFR licences that wait for data or a decision, by number; not those that are
        due to be looked at anyway.
        """
        if not partner_inn:
            return []
        self._load_undecided([partner_inn])
        found = (self._cases[number] for number in self._undecided_of[partner_inn])
        undecided = [case for case in found if inn_of(case) == partner_inn and _is_undecided(case, self.now)]
        return sorted(undecided, key=lambda case: (len(case.number), case.number))

    def cases_of_kind(self, kind: CaseKind, partner_inn: str) -> list[Case]:
        """The partner's cases of that kind, by number."""
        rows = self._rows_of(_by_kind_and_inn, {"kind": kind, "inn": partner_inn})
        found = self._with_unflushed(rows, lambda case: case.kind is kind and inn_of(case) == partner_inn)
        return sorted(found, key=lambda case: (len(case.number), case.number))

    def errands_of(self, partner_inn: str) -> list[Case]:
        """The partner's orders, pilots and NFR licences, by number."""
        if not partner_inn:
            return []
        rows = self._rows_of(_errands_by_inn, {"inn": partner_inn})
        found = self._with_unflushed(rows, lambda case: case.kind in _ERRANDS and inn_of(case) == partner_inn)
        return sorted(found, key=lambda case: (len(case.number), case.number))

    def all_partners(self) -> list[Case]:
        """Every partner case, by number."""
        rows = self._rows_of(_by_kind, {"kind": CaseKind.PARTNER})
        found = self._with_unflushed(rows, lambda case: case.kind is CaseKind.PARTNER)
        return sorted(found, key=lambda case: (len(case.number), case.number))

    def cases_in_state(self, kind: CaseKind, state: str) -> list[Case]:
        """Every case of that kind in that state, by number."""
        rows = self._rows_of(_by_kind_and_state, {"kind": kind, "state": state})
        found = self._with_unflushed(rows, lambda case: case.kind is kind and case.state == state)
        return sorted(found, key=lambda case: (len(case.number), case.number))

    def waking(self, now: datetime, limit: int) -> list[str]:
        """Numbers of cases to be looked at, quarantined ones left out: deals in force, then the queue by place, then the rest."""
        self._flush_cases()
        return [number for (number,) in self._rows_of(_waking, {"now": now, "most": limit})]

    def namesakes(self, name_key: str, customer_inn: str) -> list[str]:
        """Numbers of open deals whose customer is called the same under another INN."""
        if not name_key:
            return []
        self._load_names([name_key])
        found = []
        for number, inn in self._of_name[name_key].items():
            case = self._cases.get(number)
            if case is not None:
                if not is_open_deal(case) or case.deal().name_key != name_key:
                    continue
                inn = case.customer_inn
            if inn != customer_inn:
                found.append(number)
        return sorted(found, key=lambda number: (len(number), number))

    # -- preloading

    def preload(self, numbers: Sequence[str]) -> list[Case]:
        """These cases in that order (unknown ones left out), and in memory all that a review asks about them."""
        missing = [number for number in numbers if number not in self._cases]
        for some in chunks(missing):
            self._adopt(self._rows_of(by_number, {"of": some}))
        found = [self._cases[number] for number in numbers if number in self._cases]
        deals = [case for case in found if isinstance(case.data, DealData)]
        self.preload_parties(
            (inn_of(case) for case in found),
            (case.customer_inn for case in deals),
            (case.deal().name_key for case in deals),
        )
        self._load_submissions_of(case.number for case in found)
        self._load_mail_keys(case.number for case in found)
        return found

    def preload_parties(self, partners: Iterable[str], customers: Iterable[str], name_keys: Iterable[str] = ()) -> None:
        """Have in memory, in a constant number of queries, what is asked about these: partners, open deals, holds."""
        partners = [inn for inn in partners if inn]
        customers = [inn for inn in customers if inn]
        self._load_partners([*partners, *customers])  # a customer may be a partner itself
        self._load_open_counts(partners)
        self._load_undecided(partners)
        self._load_customers(customers)
        self._load_holders(customers)
        self._load_waiters(customers)
        self._load_names(key for key in name_keys if key)

    def _load_partners(self, inns: Iterable[str]) -> None:
        for some in chunks(inn for inn in inns if inn not in self._of_partner):
            for inn in some:
                self._of_partner[inn] = set()
            rows = self._rows_of(_partners_by_inn, {"of": some})
            for case in self._with_unflushed(rows, lambda case: case.kind is CaseKind.PARTNER):
                if inn_of(case) in self._of_partner:
                    self._of_partner[inn_of(case)].add(case.number)

    def _load_undecided(self, inns: Iterable[str]) -> None:
        for some in chunks(inn for inn in inns if inn not in self._undecided_of):
            for inn in some:
                self._undecided_of[inn] = set()
            rows = self._rows_of(_undecided, {"of": some, "now": self.now})
            for case in self._with_unflushed(rows, lambda case: _is_undecided(case, self.now)):
                if inn_of(case) in self._undecided_of:
                    self._undecided_of[inn_of(case)].add(case.number)

    def _load_customers(self, inns: Iterable[str]) -> None:
        for some in chunks(inn for inn in inns if inn not in self._of_customer):
            for inn in some:
                self._of_customer[inn] = set()
            rows = self._rows_of(_by_customer, {"of": some, "since": self.now - _FINALS_KEPT})
            for case in self._with_unflushed(rows, lambda case: case.kind is CaseKind.DEAL):
                if case.customer_inn in self._of_customer:
                    self._of_customer[case.customer_inn].add(case.number)

    def _load_open_counts(self, inns: Iterable[str]) -> None:
        for some in chunks(inn for inn in inns if inn not in self._open_count):
            self._flush_cases()
            self._open_count.update(dict.fromkeys(some, 0))
            self._open_count.update((inn, count) for inn, count in self._rows_of(_open_counts, {"of": some}))

    def _load_names(self, keys: Iterable[str]) -> None:
        for some in chunks(key for key in keys if key not in self._of_name):
            for key in some:
                self._of_name[key] = {}
            for key, number, inn in self._rows_of(_names, {"of": some}):
                self._of_name[key][number] = inn
            for case in self._unflushed():
                if isinstance(case.data, DealData) and case.data.name_key in self._of_name:
                    self._of_name[case.data.name_key][case.number] = case.customer_inn

    def _load_holders(self, inns: Iterable[str]) -> None:
        for some in chunks(inn for inn in inns if inn not in self._holders):
            for inn in some:
                self._holders[inn] = defaultdict(dict)
            for row in self._rows_of(_holds_by_customer, {"of": some}):
                self._holders[row.customer_inn][row.product_key][row.override] = row.number

    def _load_waiters(self, inns: Iterable[str]) -> None:
        for some in chunks(inn for inn in inns if inn not in self._waiters):
            for inn in some:
                self._waiters[inn] = set()
            for row in self._rows_of(_waits_by_customer, {"of": some}):
                self._waiters[row.customer_inn].add(row.number)

    def _load_mail_keys(self, numbers: Iterable[str]) -> None:
        for some in chunks(number for number in numbers if number not in self._mail_keys):
            self._flush_mails()
            for number in some:
                self._mail_keys[number] = set()
            for number, key in self._rows_of(_mail_keys, {"of": some}):
                self._mail_keys[number].add(key)
