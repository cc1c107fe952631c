"""Laws of leads, whatever comes in whatever order: quotas hold, nobody is offered a lead twice, no lead waits for nothing."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import leads
from cases.desk import Desk
from cases.model import Case, CaseKind, LeadState, PartnerState
from cases.staff_lines import LeadLine
from ledger.database import open_ledger
from rules.edition import Tier
from tests.cases.conftest import CALENDAR, EDITION, MOSCOW, ONE, TWO, House, Posted, a_copy, at

THREE, FOUR = "7700237576", "7707083893"
PARTNERS = {"a@one.ru": (ONE, Tier.GOLD), "b@two.ru": (TWO, Tier.BRONZE), "c@three.ru": (THREE, Tier.BRONZE)}
WHITE = "d@four.ru"
START = at("2026-03-27 10:00")  # the month turns within a few days

Begun = tuple[Path, House]

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

steps = st.lists(
    st.one_of(
        st.tuples(st.just("lead"), st.sampled_from(("Москва", "Казань", ""))),
        st.tuples(st.just("reply"), st.sampled_from(("1", "2", "2", "не знаю"))),
        st.tuples(st.just("days"), st.integers(1, 12)),
        st.tuples(st.just("tier"), st.sampled_from(tuple(Tier))),
        st.tuples(st.just("end"), st.sampled_from(sorted(PARTNERS))),
    ),
    min_size=3,
    max_size=14,
)


@pytest.fixture(scope="module")
def begun(empty_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """Three partners who may have leads, and one who may not: the ledger to be copied, and the house that filled it."""
    path = Path(shutil.copy(empty_ledger, tmp_path_factory.mktemp("begun")))
    ledger = open_ledger(f"sqlite:///{path}", secret=b"x" * 32, owner="house")
    house = House(ledger, now=START)
    for address, (inn, tier) in PARTNERS.items():
        house.partner(inn, address, f"ООО {inn}", tier)
    house.partner(FOUR, WHITE, "ООО Белый")
    ledger.close()
    return path, house


@contextmanager
def a_house(begun: Begun) -> Iterator[House]:
    """A house of one's own with those partners."""
    path, house = begun
    with a_copy(path) as ledger:
        yield replace(house, ledger=ledger, sent=[*house.sent], tokens=[*house.tokens])


def write_down(house: House, name: str, region: str) -> list[Posted]:
    """Staff write a lead down; it is handed out in the same pass."""
    with house.ledger.transaction(house.now) as tx:
        leads.take(Desk(tx, house.outside()), LeadLine(name, "контакт", region))
    return house.once()


def act(house: House, step: tuple[str, object], serial: int) -> list[Posted]:
    match step:
        case ("lead", str(region)):
            return write_down(house, f"Лид {serial}", region)
        case ("reply", str(text)):
            offered = house.letters("lead-assigned")
            return house.reply(offered[serial % len(offered)], text) if offered else []
        case ("days", int(days)):
            house.now += timedelta(days=days)
            return house.once()
        case ("tier", Tier() as tier):
            return house.staff("P-0002", tier=tier.value)
        case ("end", str(address)):
            number = {known: f"P-{place:04}" for place, known in enumerate(PARTNERS, 1)}[address]
            ended = house.case(number).state == PartnerState.DEAUTHORISED
            return house.staff(number, staff_decision="authorise" if ended else "deauthorise")
    raise AssertionError(step)


def all_leads(house: House) -> list[Case]:
    with house.ledger.reading(house.now) as tx:
        return [lead for state in LeadState for lead in tx.cases_in_state(CaseKind.LEAD, state)]


def month(posted: Posted) -> str:
    return f"{posted.mail.queued_at.astimezone(MOSCOW):%Y-%m}"


@quick
@given(steps)
def test_quotas_hold_and_no_lead_waits_for_nothing(begun: Begun, taken: list[tuple[str, object]]) -> None:
    quotas = {tier: EDITION.figures(tier).leads_per_month for tier in Tier}
    most: Counter[tuple[str, str]] = Counter()  # the highest quota that the partner had in the month
    with a_house(begun) as house:
        for serial, step in enumerate(taken):
            posted = act(house, step, serial)
            partners = {address: house.case(f"P-{place:04}") for place, address in enumerate((*PARTNERS, WHITE), 1)}
            now = f"{house.now.astimezone(MOSCOW):%Y-%m}"
            offered = [one for one in house.letters("lead-assigned") if not one.mail.context["changed"]]
            given_in = Counter((one.mail.recipient, month(one)) for one in offered)
            for address, partner in partners.items():
                before = most[address, now] or quotas[PARTNERS.get(address, ("", Tier.WHITE))[1]]
                most[address, now] = max(before, quotas[partner.partner().tier])
            assert all(count <= most[where] for where, count in given_in.items())
            assert max(Counter((one.mail.recipient, one.mail.number) for one in offered).values(), default=1) == 1
            had = {(one.mail.recipient, one.mail.number) for one in offered}
            room = {
                address
                for address, partner in partners.items()
                if partner.state == PartnerState.AUTHORISED and given_in[address, now] < quotas[partner.partner().tier]
            }
            for lead in all_leads(house):
                holders = [turn for turn in lead.lead().turns if not turn.ended]
                assert len(holders) == (lead.state in (LeadState.ASSIGNED, LeadState.WORKED))
                if lead.state == LeadState.WAITING:
                    assert all((address, lead.number) in had for address in room), "somebody could have it"
            for one in posted:
                if one.mail.template == "lead-assigned":
                    rank = list(Tier).index(partners[one.mail.recipient].partner().tier)
                    better = (other for other in room if list(Tier).index(partners[other].partner().tier) > rank)
                    assert all((other, one.mail.number) in had for other in better), "a higher tier goes first"


def test_the_days_of_an_offer_are_business_days(begun: Begun) -> None:
    with a_house(begun) as house:
        (letter,) = [one for one in write_down(house, "Лид", "") if one.mail.template == "lead-assigned"]
        due = house.case("L-2026-0001").lead().take_up_by
        assert due == CALENDAR.deadline(START, EDITION.leads.take_up_business_days)
        assert "3 апреля 2026 г., 18:00" in letter.text
