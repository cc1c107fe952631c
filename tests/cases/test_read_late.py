"""What is read after its deadline: the interim answer is the acknowledgement, and the miss is counted («Deadlines»)."""

from __future__ import annotations

from cases.model import Form, FormRow
from tests.cases.conftest import ONE, STAFF, A, House, at


def test_a_question_read_after_its_deadline_is_answered_in_the_interim_and_counted(house: House) -> None:
    house.partner(ONE, A)
    answers = {"partner_inn": ONE, "topic": "question", "text": "Когда выйдет новая версия?"}
    labels = {name: name for name in answers}
    house.now = at("2026-03-06 10:00")
    letters = house.once(rows=[FormRow(Form.REQUEST, "late", "", 1, at("2026-03-02 12:00"), "", A, answers, labels)])
    told = [posted.mail for posted in letters if posted.mail.recipient == A]
    assert [mail.template for mail in told] == ["case-waiting"]
    assert house.case(told[0].number).missed
    assert [posted.mail.context["kind"] for posted in letters if posted.mail.recipient == STAFF] == ["missed"]
    assert house.later("2026-03-07 10:00") == []
