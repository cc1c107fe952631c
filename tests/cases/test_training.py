"""Trainings: the invitation as mail programs take it, reminders, attendance, the technical course."""

from __future__ import annotations

import email
from datetime import date
from email.message import Message

from cases.model import Form
from cases.ports import Outgoing
from mailer.building import build
from rules.edition import Tier
from tests.cases.conftest import ONE, STAFF, A, House, Posted, at

LINE = "Q-2026-0001"


def to_partner(letters: list[Posted]) -> list[str]:
    return [posted.mail.template for posted in letters if posted.mail.recipient != STAFF]


def message(posted: Posted) -> Message:
    outgoing = Outgoing(posted.mail, posted.mail.key[:32], "token", None, 0, uncertain=False)
    return email.message_from_bytes(build(outgoing, posted.read, mailbox="partners@stakhanovets.ru", domain="stakhanovets.ru"))


def entry(posted: Posted) -> dict[str, str]:
    """The calendar part's properties, unfolded."""
    (part,) = [part for part in message(posted).walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert all(len(line) <= 75 for line in payload.split(b"\r\n"))
    lines = payload.decode().replace("\r\n ", "").split("\r\n")
    found = {name.partition(";")[0]: value for name, _, value in (line.partition(":") for line in lines if line)}
    assert part.get_param("method") == found["METHOD"]
    return found


def test_the_invitation_goes_with_the_authorisation(house: House) -> None:
    house.partner(ONE, A)
    (letter,) = house.letters("training-invitation")
    assert letter.mail.recipient == A
    assert "16 марта 2026 г., 11:00 (МСК)" in letter.text
    found = entry(letter)
    assert (found["METHOD"], found["SEQUENCE"], found["STATUS"]) == ("REQUEST", "0", "CONFIRMED")
    assert (found["DTSTART"], found["DTEND"]) == ("20260316T080000Z", "20260316T093000Z")
    assert found["ORGANIZER"] == "mailto:partners@stakhanovets.ru"
    assert found["ATTENDEE"] == f"mailto:{A}"
    files = [part.get_filename() for part in message(letter).walk() if part.get_filename()]
    assert files == ["invite-2026-03-16.ics"]
    row = house.row(LINE)
    assert (row["Курс"], row["Провести до"], row["Назначено"]) == ("Вебинар по продажам", date(2026, 4, 1), date(2026, 3, 16))


def test_a_new_date_is_the_same_event_with_a_higher_sequence(house: House) -> None:
    house.partner(ONE, A)
    first = entry(house.letters("training-invitation")[0])
    (letter,) = house.staff(LINE, held_on="2026-03-20")
    changed = entry(letter)
    assert (changed["UID"], changed["SEQUENCE"]) == (first["UID"], "1")
    assert changed["DTSTART"] == "20260320T080000Z"
    assert "новое время" in letter.read.subject
    assert to_partner(house.later("2026-03-13 09:00")) == ["training-reminder"]
    assert to_partner(house.later("2026-03-19 09:00")) == ["training-reminder"]


def test_closing_the_line_cancels_the_event(house: House) -> None:
    house.partner(ONE, A)
    first = entry(house.letters("training-invitation")[0])
    (letter,) = house.staff(LINE, staff_decision="Закрыть")
    found = entry(letter)
    assert (letter.mail.template, found["METHOD"], found["SEQUENCE"]) == ("training-cancelled", "CANCEL", "1")
    assert (found["UID"], found["STATUS"]) == (first["UID"], "CANCELLED")
    assert to_partner(house.later("2026-03-16 09:00")) == []


def test_deauthorisation_cancels_it_too(house: House) -> None:
    number = house.partner(ONE, A)
    letters = house.staff(number, staff_decision="Деавторизовать")
    assert set(to_partner(letters)) == {"partner-deauthorised", "training-cancelled"}
    assert house.row(LINE)["Состояние"] == "Закрыто"


def test_attendance_feeds_the_tier_and_ends_the_line(house: House) -> None:
    house.partner(ONE, A)
    house.later("2026-03-17 09:00")
    assert "Отметьте «Присутствовал»" in house.row(LINE)["Замечания"]
    (letter,) = house.staff(LINE, attended="Да", certificate="С-1")
    assert letter.mail.template == "training-passed"
    assert "С-1" in letter.text
    assert house.row(LINE)["Состояние"] == "Пройдено"
    assert house.row(LINE)["Замечания"] == ""
    assert house.case(LINE).request().certificate == "С-1"


def test_a_certificate_that_comes_later_is_told_of(house: House) -> None:
    house.partner(ONE, A)
    house.later("2026-03-17 09:00")
    (passed,) = house.staff(LINE, attended="Да")
    assert "Сертификат" not in passed.text
    assert house.staff(LINE, attended="да") == []
    (letter,) = house.staff(LINE, certificate="С-7 от 18.03.2026")
    assert letter.mail.template == "training-passed"
    assert "С-7 от 18.03.2026" in letter.text
    assert house.staff(LINE, certificate="") == []


def test_an_absent_partner_gets_a_new_date(house: House) -> None:
    house.partner(ONE, A)
    house.later("2026-03-17 09:00")
    house.staff(LINE, attended="Нет")
    (letter,) = house.staff(LINE, held_on="2026-03-25")
    assert entry(letter)["SEQUENCE"] == "1"


def test_a_day_in_the_past_says_when_it_was_held(house: House) -> None:
    house.partner(ONE, A)
    house.later("2026-03-17 10:00")
    assert to_partner(house.staff(LINE, held_on="2026-03-16")) == []


def course(house: House, tier: Tier) -> list[Posted]:
    house.partner(ONE, A, tier=tier)
    return house.form(Form.REQUEST, A, partner_inn=ONE, topic="Обучение", text="Двое специалистов")


def test_the_technical_course_has_its_terms_by_tier(house: House) -> None:
    (letter,) = course(house, Tier.SILVER)
    assert letter.mail.template == "training-requested"
    assert "платный либо в счёт маржи" in letter.text
    assert house.row("Q-2026-0002")["Курс"] == "Технический курс"
    (invitation,) = house.staff("Q-2026-0002", held_on="2026-04-06")
    assert (entry(invitation)["DTSTART"], entry(invitation)["DTEND"]) == ("20260406T080000Z", "20260407T150000Z")
    assert entry(invitation)["SEQUENCE"] == "0"
    assert house.submissions("Q-2026-0002")[0].answer == "accepted"


def test_from_gold_on_the_course_is_discounted(house: House) -> None:
    (letter,) = course(house, Tier.GOLD)
    assert "со скидкой" in letter.text


def test_a_course_that_nobody_answers_is_told_of_in_time(house: House) -> None:
    course(house, Tier.SILVER)
    house.now = at("2026-03-02 10:00")
    assert "case-waiting" in to_partner(house.later("2026-03-04 18:00"))


def test_nobody_attended_what_was_called_off_and_it_stays_so(house: House) -> None:
    number = house.partner(ONE, A)
    house.staff(number, staff_decision="Деавторизовать")
    house.staff(LINE, attended="Нет")
    assert house.row(LINE)["Состояние"] == "Закрыто"
    letters = house.staff(number, staff_decision="Авторизовать")
    assert "training-invitation" in to_partner(letters)
    assert house.row("Q-2026-0002")["Состояние"] == "На рассмотрении"


def test_what_was_called_off_and_held_after_all_counts(house: House) -> None:
    house.partner(ONE, A)
    house.staff(LINE, staff_decision="Закрыть")
    house.staff(LINE, attended="Да")
    assert house.row(LINE)["Состояние"] == "Пройдено"


def test_whoever_missed_an_agreed_course_is_not_told_to_wait_for_an_answer(house: House) -> None:
    course(house, Tier.SILVER)
    house.now = at("2026-03-02 10:00")
    house.staff("Q-2026-0002", held_on="2026-04-06")
    house.now = at("2026-04-05 10:00")
    house.staff("Q-2026-0002", attended="Нет")
    assert "case-waiting" not in to_partner(house.later("2026-04-07 09:00"))
