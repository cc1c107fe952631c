"""Laws that hold for whatever arrives, in whatever order: first come holds («Регистрация сделки»), and nothing is done twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import intake
from cases.desk import Desk
from cases.model import DealState, Form, FormRow
from ledger.database import open_ledger
from tests.cases.conftest import BASE, CUSTOMER, FULL, ONE, OTHER, TWO, House, a_copy, at

THREE = "7700237576"
PARTNERS = {ONE: "a@one.ru", TWO: "b@two.ru", THREE: "c@three.ru"}
SETS = (BASE, FULL, f"{BASE}; {FULL}")
START = at("2026-03-02 10:00")

Begun = tuple[Path, House]

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Sent:
    """A registration: whose, for which customer and products, so many minutes after ten."""

    partner: str
    customer: str
    products: str
    minute: int


registrations = st.lists(
    st.builds(
        Sent,
        partner=st.sampled_from(sorted(PARTNERS)),
        customer=st.sampled_from((CUSTOMER, OTHER)),
        products=st.sampled_from(SETS),
        minute=st.integers(0, 5),
    ),
    min_size=1,
    max_size=9,
)


@pytest.fixture(scope="module")
def begun(empty_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """Three authorised partners: the ledger to be copied, and the house that filled it."""
    path = Path(shutil.copy(empty_ledger, tmp_path_factory.mktemp("begun")))
    ledger = open_ledger(f"sqlite:///{path}", secret=b"x" * 32, owner="house")
    house = House(ledger, now=START - timedelta(hours=1))
    for inn, address in PARTNERS.items():
        house.partner(inn, address, f"ООО {inn}")
    house.now = START + timedelta(minutes=30)
    ledger.close()
    return path, house


@contextmanager
def a_house(begun: Begun) -> Iterator[House]:
    """A house of one's own with those partners."""
    path, house = begun
    with a_copy(path) as ledger:
        yield replace(house, ledger=ledger, sent=[*house.sent], tokens=[*house.tokens])


def rows_of(sent: list[Sent]) -> list[FormRow]:
    """Form rows in the order of the sheet."""
    rows = []
    for position, one in enumerate(sent, 2):
        answers = {
            "partner_inn": one.partner,
            "customer": "ООО Клиент",
            "customer_inn": one.customer,
            "kind": "new",
            "products": one.products,
            "licences": "3",
        }
        stamp = START + timedelta(minutes=one.minute)
        rows.append(FormRow(Form.DEAL, f"row{position}", "", position, stamp, "", PARTNERS[one.partner], answers, {}))
    return rows


def states(house: House) -> list[tuple[str, str, str, tuple[str, ...], str]]:
    """Every deal: partner, customer, time of its place, products, state."""
    found = []
    with house.ledger.reading(house.now) as tx:
        for inn in PARTNERS:
            for deal in tx.deals_of_partner(inn):
                place = deal.place_at.isoformat() if deal.place_at else ""
                found.append((inn, deal.customer_inn, place, tuple(deal.deal().product_keys), deal.state))
    return sorted(found)


@quick
@given(registrations, st.randoms(use_true_random=False))
def test_the_order_on_the_sheet_is_nothing_the_time_stamp_is_all(begun: Begun, sent: list[Sent], chance: object) -> None:
    """Within one pass, any order of rows with different stamps ends in the same deals."""
    distinct = [Sent(one.partner, one.customer, one.products, minute) for minute, one in enumerate(sent)]
    with a_house(begun) as first:
        first.once(rows=rows_of(distinct))
        expected = states(first)
    shuffled = list(distinct)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    with a_house(begun) as second:
        second.once(rows=rows_of(shuffled))
        assert states(second) == expected


@quick
@given(registrations)
def test_a_set_is_protected_once_and_the_earliest_holds_it(begun: Begun, sent: list[Sent]) -> None:
    """Of registrations of an equal set for one customer at most one is in force, and none of another partner came before it."""
    with a_house(begun) as house:
        house.once(rows=rows_of(sent))
        deals = states(house)
    held = Counter((customer, products) for _, customer, _, products, state in deals if state == DealState.REGISTERED)
    assert not held or max(held.values()) == 1
    for inn, customer, place, products, state in deals:
        if state == DealState.REGISTERED:
            earlier = [
                other for other in deals if other[0] != inn and other[1] == customer and other[3] == products and other[2] < place
            ]
            assert all(other[4] != DealState.REFUSED for other in earlier)


@quick
@given(registrations, st.lists(st.integers(1, 4), max_size=5))
def test_however_often_it_is_read_it_is_done_once(begun: Begun, sent: list[Sent], cuts: list[int]) -> None:
    """The same rows read again and again, in any portions: the same numbers, and no letter more."""
    rows = rows_of(sent)
    with a_house(begun) as house:
        start = 0
        for size in cuts:
            house.once(rows=rows[start : start + size])
            start = min(start + size, len(rows))
            house.once(rows=rows[:start])
        house.once(rows=rows)
        before, letters = states(house), [posted.mail.key for posted in house.sent]
        with house.ledger.transaction(house.now) as tx:
            assert intake.take_rows(Desk(tx, house.outside()), rows) == 0
        assert house.once(rows=rows) == []
        assert states(house) == before
        assert len(letters) == len(set(letters))
        answered = Counter(
            posted.mail.number for posted in house.sent if posted.mail.template in ("deal-registered", "deal-refused")
        )
        assert all(count == 1 for count in answered.values())
