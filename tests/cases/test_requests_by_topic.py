"""`Форма Запрос`: NFR licences, listing, presale, materials, questions."""

from __future__ import annotations

from datetime import date

import pytest

from cases.model import Form
from rules.edition import Tier
from tests.cases.conftest import ONE, STAFF, A, House, Posted, at

N = "N-2026-0001"


def ask(house: House, topic: str, address: str = A, inn: str = ONE, text: str = "Просим") -> list[Posted]:
    return house.form(Form.REQUEST, address, partner_inn=inn, topic=topic, text=text)


def to_partner(letters: list[Posted]) -> list[str]:
    return [
        posted.mail.template
        for posted in letters
        if posted.mail.recipient != STAFF and not posted.mail.template.startswith("training-")
    ]


def issued(house: House, tier: Tier = Tier.SILVER) -> str:
    number = house.partner(ONE, A, tier=tier)
    ask(house, "NFR-лицензия")
    house.staff(N, licence_key="NFR-KEY")
    return number


def test_an_nfr_licence_by_tier_with_the_key_from_the_row(house: House) -> None:
    house.partner(ONE, A, tier=Tier.SILVER)
    assert to_partner(ask(house, "NFR-лицензия")) == ["nfr-accepted"]
    assert house.form_row(N)["answer"] == "Принято"
    (letter,) = house.staff(N, licence_key="NFR-KEY")
    assert letter.mail.template == "nfr-issued"
    assert "NFR-KEY" in letter.text
    assert "2 сентября 2026 г." in letter.text
    row = house.row(N)
    assert (row["Состояние"], row["Выдана"], row["Окончание"]) == ("Действует", date(2026, 3, 2), date(2026, 9, 2))


def test_it_ends_with_its_term_after_reminders(house: House) -> None:
    issued(house)
    assert to_partner(house.later("2026-08-19 09:00")) == ["nfr-ending"]
    assert to_partner(house.later("2026-08-30 09:00")) == ["nfr-ending"]
    assert to_partner(house.later("2026-09-03 00:00")) == ["nfr-ended"]
    assert house.row(N)["Состояние"] == "Закрыто"


def test_it_ends_with_the_tier(house: House) -> None:
    number = issued(house)
    letters = house.staff(number, tier="Бронзовый")
    assert "nfr-ended" in to_partner(letters)
    assert house.row(N)["Окончание"] == date(2026, 3, 2)


def test_it_ends_with_the_authorisation(house: House) -> None:
    number = issued(house, Tier.TRUSTED)
    assert house.row(N)["Окончание"] is None
    assert "nfr-ended" in to_partner(house.staff(number, staff_decision="Деавторизовать"))


def test_a_tier_without_nfr_is_refused_with_the_reason(house: House) -> None:
    house.partner(ONE, A)
    (letter,) = ask(house, "NFR-лицензия")
    assert letter.mail.template == "nfr-refused"
    assert "не даёт NFR-лицензий" in letter.text
    house.staff(N, staff_decision="Одобрить")
    assert "не даёт NFR-лицензий" in house.row(N)["Замечания"].lower().replace("nfr", "NFR")


def test_a_stranger_gets_no_nfr(house: House) -> None:
    house.partner(ONE, A, tier=Tier.GOLD)
    letters = ask(house, "NFR-лицензия", "thief@evil.ru")
    assert {(p.mail.template, p.mail.recipient) for p in letters} == {("case-received", A), ("sender-unknown", "thief@evil.ru")}


def test_the_address_names_the_partner_when_the_inn_is_missing(house: House) -> None:
    house.partner(ONE, A, tier=Tier.SILVER)
    assert to_partner(ask(house, "NFR-лицензия", inn="")) == ["nfr-accepted"]


def test_a_listing_is_for_staff_from_bronze_and_refused_below(house: House) -> None:
    house.partner(ONE, A)
    (letter,) = ask(house, "Публикация")
    assert (letter.mail.template, letter.mail.context["outcome"]) == ("question-answered", "refused")
    assert "размещения на сайте" in letter.text
    house.now = at("2026-03-02 11:00")
    house.staff("P-0001", tier="Бронзовый")
    assert to_partner(ask(house, "Публикация")) == ["question-received"]
    assert "разместить его на сайте" in house.row("Q-2026-0003")["Замечания"]
    (answer,) = house.staff("Q-2026-0003", staff_decision="Одобрить")
    assert answer.mail.template == "listing-approved"


def test_a_presale_names_the_threshold_to_staff(house: House) -> None:
    house.partner(ONE, A)
    ask(house, "Пресейл", text="Сделка на 300 тыс.")
    assert "100000" in house.row("Q-2026-0002")["Замечания"]


@pytest.mark.parametrize(("licences", "outcome"), [("2", "refused"), ("90", "open")])
def test_a_presale_of_a_deal_is_weighed_by_its_list_price(house: House, licences: str, outcome: str) -> None:
    house.partner(ONE, A)
    house.deal(ONE, A, licences=licences)
    letters = ask(house, "Пресейл", text="Нужен инженер на встречу по сделке D-2026-0001")
    if outcome == "refused":
        assert letters[0].mail.context["outcome"] == "refused"
        assert "с которой вендор участвует в пресейле" in letters[0].text.replace("\n", " ")
    else:
        assert to_partner(letters) == ["question-received"]
        assert "сделка по прайсу – " in house.row("Q-2026-0002")["Замечания"]


def test_what_is_wrong_with_a_request_is_asked_for(house: House) -> None:
    house.partner(ONE, A)
    (letter,) = ask(house, "Погода", inn="123")
    assert letter.mail.template == "needs-data"
    assert {asked["label"] for asked in letter.mail.context["asked"]} == {"topic", "partner_inn"}
    assert house.submissions("Q-2026-0002")[0].answer == "needs-data"


def test_anybody_may_ask_a_question(house: House) -> None:
    (letter,) = ask(house, "Вопрос", "someone@example.ru", inn="")
    assert letter.mail.template == "question-received"
