"""A registration that its partner ends before it was decided («Регистрация сделки»)."""

from __future__ import annotations

from tests.cases.conftest import ONE, A, House


def test_its_form_row_waits_for_nothing_any_more(house: House) -> None:
    house.partner(ONE, A)
    number = house.deal(ONE, A, customer=ONE)
    assert house.form_row(number)["answer"] == "На рассмотрении"
    (received,) = house.letters("case-received")
    house.reply(received, "6")
    assert house.row(number)["Состояние"] == "Проиграна"
    (row,) = [row for row in house.submissions(number) if row.source == "form:deal"]
    assert (row.answer, row.answered_at is not None) == ("accepted", True)
