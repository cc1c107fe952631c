"""A partner's own overlapping deals, and the time of an answer that was given by editing the form."""

from __future__ import annotations

from datetime import timedelta

from cases.model import DealState, Form, FormRow
from tests.cases.conftest import BASE, CUSTOMER, FULL, ONE, TWO, A, B, House, at


def told(house: House, number: str) -> list[str]:
    return [posted.mail.template for posted in house.sent if posted.mail.number == number and posted.mail.recipient == A]


def test_an_overlap_with_an_own_deal_is_told_and_answered_in_time(house: House) -> None:
    house.partner(ONE, A)
    first = house.deal(ONE, A, f"{FULL}; {BASE}")
    second = house.deal(ONE, A, BASE)
    assert house.case(first).state == DealState.REGISTERED
    assert house.case(second).state == DealState.PENDING
    assert house.form_row(second)["answer"] == "На рассмотрении"
    assert [decision.outcome for decision in house.decisions(second)] == ["refer"]
    assert first in house.row(second)["Замечания"]
    assert told(house, second) == ["case-received"]
    house.later("2026-03-04 18:00")
    assert told(house, second) == ["case-received", "deal-waiting"]


def test_an_overlap_with_an_own_deal_is_decided_when_that_one_is_over(house: House) -> None:
    house.partner(ONE, A)
    first = house.deal(ONE, A, f"{FULL}; {BASE}")
    second = house.deal(ONE, A, BASE)
    house.staff(first, staff_decision="Аннулировать")
    house.once()
    assert house.case(second).state == DealState.REGISTERED


def edited(house: House, number: str, stamp: str) -> None:
    """The response was completed at that time, and is read now."""
    answers = {"partner_inn": ONE, "customer": "ООО Клиент", "customer_inn": CUSTOMER, "kind": "new", "products": BASE}
    answers["licences"] = "10"
    row = FormRow(Form.DEAL, "edited", number, 1, at(stamp), "", A, answers, {name: name for name in answers})
    house.once(rows=[row])


def incomplete(house: House) -> str:
    house.partner(ONE, A)
    number = house.deal(ONE, A, BASE, customer="")
    assert house.case(number).state == DealState.NEEDS_DATA
    return number


def test_an_edited_answer_counts_from_its_own_stamp(house: House) -> None:
    """A pass that comes late costs neither the place in the queue nor the time to answer."""
    number = incomplete(house)
    house.now = at("2026-03-05 09:00")
    edited(house, number, "2026-03-03 11:00")
    case = house.case(number)
    assert case.submitted_at == at("2026-03-03 11:00")
    assert case.place_at == at("2026-03-03 11:00")
    assert case.due_at == at("2026-03-05 18:00")


def test_an_edited_answer_that_kept_its_first_stamp_counts_from_the_reading(house: House) -> None:
    number = incomplete(house)
    house.now = at("2026-03-03 15:00")
    edited(house, number, "2026-03-02 10:00")
    case = house.case(number)
    assert case.place_at == at("2026-03-03 15:00")
    assert case.submitted_at - at("2026-03-02 10:00") == timedelta(days=1, hours=5)


def test_an_incomplete_deal_has_no_place_before_the_one_that_was_registered_meanwhile(house: House) -> None:
    """Unanswered for five business days it is refused with every reason: its customer is another partner's by then."""
    house.partner(ONE, A)
    house.partner(TWO, B)
    first = house.deal(ONE, A, BASE, licences="много")
    second = house.deal(TWO, B, BASE)
    assert house.case(second).state == DealState.REGISTERED
    house.later("2026-03-10 18:00")
    assert house.case(first).state == DealState.REFUSED
    assert house.case(first).deal().refusal_codes == ["1", "3"]
