"""What falls due on a deal in the very pass that brings a word about it is done all the same."""

from __future__ import annotations

from cases.model import DealState
from rules.edition import Tier
from tests.cases.conftest import ONE, A, House, at


def test_a_report_on_the_day_of_a_reminder_does_not_swallow_it(house: House) -> None:
    """Registered on 2 March for three months: the first reminder of the end falls on 19 May, a report comes with it."""
    house.partner(ONE, A)
    number = house.deal(ONE, A)
    registered = house.letters("deal-registered")[0]
    house.now = at("2026-05-19 12:00")
    house.reply(registered, "2")
    assert [posted.mail.number for posted in house.letters("deal-expiring")] == [number]
    house.later("2026-05-20 12:00")
    assert len(house.letters("deal-expiring")) == 1


def test_an_extension_on_the_day_of_the_re_confirmation_leaves_it_due(house: House) -> None:
    """Bronze, extended on the day on which the reminder of the three months' re-confirmation becomes due."""
    house.partner(ONE, A, tier=Tier.BRONZE)
    number = house.deal(ONE, A)
    registered = house.letters("deal-registered")[0]
    house.now = at("2026-05-31 12:00")
    house.reply(registered, "8")
    assert house.case(number).state == DealState.REGISTERED
    assert [posted.mail.number for posted in house.letters("deal-confirm-due")] == [number]
