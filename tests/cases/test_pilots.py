"""Pilots, from the request to the report, as partner and staff see them."""

from __future__ import annotations

from datetime import date

from cases.model import Form
from tests.cases.conftest import CUSTOMER, ONE, STAFF, A, House, Posted, at

T = "T-2026-0001"


def to_partner(letters: list[Posted]) -> list[str]:
    return [
        posted.mail.template
        for posted in letters
        if posted.mail.recipient != STAFF and not posted.mail.template.startswith("training-")
    ]


def running(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A)
    house.staff(T, licence_key="AAAA-BBBB")


def report(house: House, address: str = A, number: str = T, **changes: str) -> list[Posted]:
    usual = {"result": "Внедряют", "review": "Хорошо", "intent": "Да"}
    return house.form(Form.PILOT_REPORT, address, pilot=number, **{**usual, **changes})


def test_a_standard_pilot_is_accepted_at_once_and_the_key_starts_it(house: House) -> None:
    house.partner(ONE, A)
    letters = house.pilot(ONE, A)
    assert to_partner(letters) == ["pilot-accepted"]
    assert "14 дней" in letters[0].text
    row = house.row(T)
    assert (row["Состояние"], row["Срок дней"], row["Начат"]) == ("Одобрено", 14, None)
    assert "Впишите ключ" in row["Замечания"]
    assert house.form_row(T)["answer"] == "Принято"
    house.now = at("2026-03-03 12:00")
    (letter,) = house.staff(T, licence_key="AAAA-BBBB")
    assert (letter.mail.template, letter.mail.recipient) == ("pilot-started", A)
    for told in ("AAAA-BBBB", "3 марта 2026 г.", "17 марта 2026 г.", "31 марта 2026 г.", T):
        assert told in letter.text
    row = house.row(T)
    assert (row["Состояние"], row["Начат"], row["Окончание"], row["Отчёт до"]) == (
        "Действует",
        date(2026, 3, 3),
        date(2026, 3, 17),
        date(2026, 3, 31),
    )
    assert row["Замечания"] == ""


def test_reminders_and_the_report_that_closes(house: House) -> None:
    running(house)
    days = {"2026-03-14 08:59": [], "2026-03-14 09:00": ["pilot-ending"], "2026-03-17 09:00": []}
    days |= {"2026-03-23 09:00": ["pilot-report-due"], "2026-03-29 09:00": ["pilot-report-due"], "2026-03-30 18:00": []}
    for when, expected in days.items():
        assert to_partner(house.later(when)) == expected, when
    assert house.row(T)["Состояние"] == "Ждёт отчёта"
    (letter,) = report(house)
    assert letter.mail.template == "pilot-report-received"
    row = house.row(T)
    assert (row["Состояние"], row["Результат"]) == ("Закрыто", "Внедряют")
    assert house.submissions(T)[-1].answer == "accepted"
    assert to_partner(house.later("2026-04-01 12:00")) == []


def test_after_an_outage_nobody_is_reminded_of_an_end_that_is_past(house: House) -> None:
    running(house)
    assert to_partner(house.later("2026-03-18 12:00")) == []
    assert house.row(T)["Состояние"] == "Ждёт отчёта"
    assert to_partner(house.later("2026-03-23 09:00")) == ["pilot-report-due"]


def test_an_overdue_report_goes_to_staff_and_blocks_new_pilots_until_it_comes(house: House) -> None:
    running(house)
    letters = house.later("2026-03-31 09:00")
    assert to_partner(letters) == ["pilot-report-due"]
    assert any("просрочен" in posted.text for posted in letters)
    assert {posted.mail.context["kind"] for posted in letters if posted.mail.recipient == STAFF} == {"pilot-report-overdue"}
    row = house.row(T)
    assert row["Состояние"] == "Отчёт просрочен"
    assert "запросить у заказчика" in row["Замечания"]
    house.now = at("2026-03-31 10:00")
    assert to_partner(house.pilot(ONE, A)) == ["case-received"]
    assert T in house.row("T-2026-0002")["Замечания"]
    house.now = at("2026-03-31 11:00")
    assert sorted(to_partner(report(house))) == ["pilot-accepted", "pilot-report-received"]
    assert house.row("T-2026-0002")["Состояние"] == "Одобрено"


def test_staff_close_an_overdue_pilot_and_lift_the_block(house: House) -> None:
    running(house)
    house.later("2026-03-31 09:00")
    house.staff(T, staff_decision="Закрыть")
    assert to_partner(house.pilot(ONE, A)) == ["pilot-accepted"]


def test_nobody_ever_writes_to_the_customer(house: House) -> None:
    running(house)
    house.later("2026-04-10 09:00")
    assert {posted.mail.recipient for posted in house.sent} == {A, STAFF}


def test_another_term_goes_to_staff_and_theirs_stands(house: House) -> None:
    house.partner(ONE, A)
    assert to_partner(house.pilot(ONE, A, term_days="30 дней")) == ["case-received"]
    assert "30" in house.row(T)["Замечания"]
    letters = house.staff(T, staff_decision="Одобрить", staff_term="21", licence_key="K-1")
    assert to_partner(letters) == ["pilot-started"]
    assert house.row(T)["Окончание"] == date(2026, 3, 23)
    assert house.form_row(T)["answer"] == "Принято"


def test_approved_without_a_term_of_staffs_it_is_the_one_asked_for(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A, term_days="30")
    house.staff(T, staff_decision="Одобрить")
    house.staff(T, licence_key="K-1")
    assert house.row(T)["Окончание"] == date(2026, 4, 1)


def test_a_term_asked_for_that_no_pilot_has_is_not_approved_by_a_bare_word(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A, term_days="9999999")
    assert to_partner(house.staff(T, staff_decision="Одобрить", licence_key="K-1")) == []
    row = house.row(T)
    assert row["Состояние"] == "На рассмотрении"
    assert "число дней от 1 до 366, а указано «9999999»; впишите в «Срок сотрудника»" in row["Замечания"]
    assert to_partner(house.staff(T, staff_decision="Одобрить", staff_term="21")) == ["pilot-started"]
    assert house.row(T)["Окончание"] == date(2026, 3, 23)


def test_staff_move_the_end_of_a_running_pilot(house: House) -> None:
    running(house)
    house.later("2026-03-17 10:00")
    (letter,) = house.staff(T, staff_term="28")
    assert letter.mail.template == "pilot-started"
    assert "30 марта 2026 г." in letter.text
    assert house.row(T)["Состояние"] == "Действует"
    assert to_partner(house.later("2026-03-28 09:00")) == ["pilot-ending"]


def test_a_corrected_key_is_sent_again_with_the_same_dates(house: House) -> None:
    running(house)
    house.now = at("2026-03-04 10:00")
    (letter,) = house.staff(T, licence_key="CCCC")
    assert "CCCC" in letter.text
    assert "16 марта 2026 г." in letter.text


def test_only_authorised_partners_get_pilots(house: House) -> None:
    (letter,) = house.pilot(ONE, A)
    assert (letter.mail.template, letter.mail.recipient) == ("pilot-refused", A)
    assert house.row(T)["Причина"].startswith("2 – ")


def test_data_are_asked_for(house: House) -> None:
    house.partner(ONE, A)
    (letter,) = house.pilot(ONE, A, licences="0", customer_inn="123", term_days="пара недель")
    assert {asked["label"] for asked in letter.mail.context["asked"]} == {"licences", "customer_inn", "term_days"}
    letters = house.reply(letter, f"licences: 3\ncustomer_inn: {CUSTOMER}\nterm_days: 14")
    assert to_partner(letters) == ["pilot-accepted"]


def test_a_strangers_report_waits_for_staff(house: House) -> None:
    running(house)
    letters = report(house, "thief@evil.ru")
    assert to_partner(letters) == ["sender-unknown"]
    assert house.row(T)["Состояние"] == "Действует"
    question = house.submissions("Q-2026-0002")[0].number
    house.staff(question, staff_decision="Одобрить")
    assert house.row(T)["Состояние"] == "Закрыто"


def test_a_report_without_a_pilot_is_put_to_staff(house: House) -> None:
    running(house)
    letters = report(house, number="T-2026-0099")
    assert to_partner(letters) == ["question-received"]
    assert "пилота с таким номером нет" in house.row("Q-2026-0002")["Замечания"]


def test_a_missing_key_is_told_of_before_the_deadline(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A)
    assert "deadline" in {p.mail.context["kind"] for p in house.later("2026-03-04 10:00") if p.mail.recipient == STAFF}
    assert to_partner(house.later("2026-03-04 18:00")) == ["case-waiting"]


def test_refused_by_staff(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A, term_days="60")
    (letter,) = house.staff(T, staff_decision="Отказать")
    assert letter.mail.template == "pilot-refused"
    house.staff(T, licence_key="K")
    assert "решение уже принято" in house.row(T)["Замечания"]


def test_an_impossible_term(house: House) -> None:
    house.partner(ONE, A)
    house.pilot(ONE, A, term_days="60")
    house.staff(T, staff_term="две недели")
    assert "число дней от 1 до 366, а указано «две недели»" in house.row(T)["Замечания"]


def test_staffs_term_stands_when_what_the_pilot_waited_for_comes(house: House) -> None:
    running(house)
    house.later("2026-03-31 09:00")
    house.now = at("2026-03-31 10:00")
    house.pilot(ONE, A)
    house.staff("T-2026-0002", staff_term="21")
    house.now = at("2026-03-31 11:00")
    report(house)
    row = house.row("T-2026-0002")
    assert (row["Состояние"], row["Срок дней"]) == ("Одобрено", 21)


def test_a_longer_term_makes_an_overdue_report_due_again(house: House) -> None:
    running(house)
    house.later("2026-03-31 09:00")
    assert "запросить у заказчика" in house.row(T)["Замечания"]
    house.now = at("2026-03-31 10:00")
    assert to_partner(house.staff(T, staff_term="24")) == ["pilot-started"]
    assert to_partner(house.later("2026-03-31 11:00")) == []
    row = house.row(T)
    assert (row["Состояние"], row["Отчёт до"], row["Замечания"]) == ("Ждёт отчёта", date(2026, 4, 9), "")


def test_a_report_that_is_overdue_by_the_new_term_too_is_not_asked_for_twice(house: House) -> None:
    running(house)
    house.later("2026-03-31 09:00")
    house.now = at("2026-03-31 10:00")
    assert to_partner(house.staff(T, staff_term="12")) == ["pilot-started"]
    assert to_partner(house.later("2026-03-31 11:00")) == []
    assert house.row(T)["Состояние"] == "Отчёт просрочен"
