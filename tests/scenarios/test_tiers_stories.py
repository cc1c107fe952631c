"""A partner's way up and down the tiers («Партнерские статусы», «Повышение…», «Понижение партнёрского статуса»)."""

from __future__ import annotations

from datetime import date

import openpyxl
import pytest

from tests.scenarios.house import House, Sent, Value, inn

ONE = inn(1)
A, STAFF = "a@one.example", "staff@vendor.example"
PARTNER = "P-0001"


def plain(text: object) -> str:
    """With ordinary blanks."""
    return str(text).replace("\u00a0", " ")


def sale(house: House, on: str, amount: float) -> None:
    """Staff book a sale."""
    house.add("Продажи", Дата=date.fromisoformat(on), **{"ИНН партнёра": ONE, "Сумма руб.": amount})


def publicity(house: House, on: str, kind: str) -> None:
    """Staff note a publication."""
    cells: dict[str, Value] = {"ИНН партнёра": ONE, "Вид": kind, "Ссылка": "https://one.example"}
    house.add("Публикации", Дата=date.fromisoformat(on), **cells)


def trained(house: House) -> None:
    """Staff mark the sales webinar as attended."""
    (line,) = house.rows("Обучение")
    house.set_cell("Обучение", str(line["№"]), "Присутствовал", "Да")


def standing(house: House) -> tuple[Value, Value]:
    """Tier and discount as the sheet shows them."""
    row = house.row("Партнёры", PARTNER)
    return row["Статус"], row["Скидка %"]


def remarks(house: House) -> str:
    """`Замечания` of the partner."""
    return str(house.row("Партнёры", PARTNER)["Замечания"])


def text(letter: Sent) -> str:
    """A letter's text with ordinary blanks."""
    return plain(letter.text)


def silver(house: House) -> None:
    """A partner that earned Silver in March 2026 by a sale that falls out of the window on the 20th."""
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    sale(house, "2025-03-20", 500_000)
    publicity(house, "2024-05-01", "Сайт")
    publicity(house, "2026-01-15", "Рассылка")
    trained(house)
    house.ok("2026-03-02 10:00")


def test_promotion_comes_at_once_and_step_by_step(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    assert standing(house) == ("Белый", 10)
    assert "Бронзовый" in str(house.row("Партнёры", PARTNER)["До следующего статуса"])
    assert "150 000" in plain(house.row("Партнёры", PARTNER)["До следующего статуса"])
    sale(house, "2026-02-20", 100_000)
    sale(house, "2026-03-01", 400_000)
    sale(house, "2025-03-01", 9_000_000)  # more than twelve months ago
    house.ok("2026-03-02 10:00")
    assert standing(house) == ("Бронзовый", 20), "sales alone make no Silver"
    row = house.row("Партнёры", PARTNER)
    assert row["Продажи за 12 мес."] == 500_000
    assert "Серебряный" in str(row["До следующего статуса"])
    raised = house.mail("tier-raised")
    assert raised.to == A
    for words in ("«Бронзовый»", "20 %", "упоминание вендора на вашем сайте", "пройденное обучение продажам"):
        assert words in text(raised)
    publicity(house, "2024-05-01", "Сайт")
    publicity(house, "2025-09-30", "Соцсети")  # before the last full quarter
    trained(house)
    house.ok("2026-03-02 11:00")
    assert standing(house) == ("Бронзовый", 20)
    publicity(house, "2025-10-01", "Рассылка")
    house.deal("2026-03-02 11:30", A, ONE, "Клиент", inn(100))
    house.ok("2026-03-02 12:00")
    assert standing(house) == ("Серебряный", 30)
    assert house.explain(PARTNER)["effects"]
    assert len(house.mails("tier-raised")) == 2
    house.ok("2026-03-02 12:10")
    assert len(house.mails("tier-raised")) == 2


def test_a_shortfall_is_warned_of_quarterly_and_proposed_after_the_grace(house: House) -> None:
    silver(house)
    assert standing(house) == ("Серебряный", 30)
    house.ok("2026-03-25 10:00")
    assert not house.mails("tier-warning"), "only the quarterly review looks for shortfalls"
    house.ok("2026-04-01 09:30")
    warning = house.mail("tier-warning")
    for words in ("«Серебряный»", "продажи за период: нужно 500 000", "1 мая 2026"):
        assert words in text(warning)
    assert "рассылка" not in text(warning), "the mailing of the last full quarter holds"
    assert standing(house) == ("Серебряный", 30)
    house.ok("2026-04-30 12:00")
    assert "Предложение" not in remarks(house)
    house.ok("2026-05-01 09:00")
    assert remarks(house).startswith("Предложение: понизить статус до «Белый»")
    (told,) = (one for one in house.mails("staff-attention", to=STAFF) if "Есть предложение системы" in one.subject)
    assert PARTNER in told.text
    assert standing(house)[0] == "Серебряный"
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Понизить")
    house.ok("2026-05-01 10:00")
    assert standing(house) == ("Белый", 10)
    lowered = house.mail("tier-lowered")
    assert lowered.to == A
    assert "«Белый»" in text(lowered)
    assert "Предложение" not in remarks(house)


def test_staff_may_leave_a_tier_and_are_not_asked_again_till_the_next_review(house: House) -> None:
    silver(house)
    house.ok("2026-04-01 09:30")
    house.ok("2026-05-01 09:00")
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Оставить")
    house.ok("2026-05-01 10:00")
    house.ok("2026-05-05 10:00")
    assert (standing(house)[0], remarks(house)) == ("Серебряный", "")
    assert not house.mails("tier-lowered")
    house.ok("2026-07-01 10:00")
    assert len(house.mails("tier-warning")) == 2


def test_a_shortfall_made_good_in_the_grace_period_is_forgotten(house: House) -> None:
    silver(house)
    house.ok("2026-04-01 09:30")
    sale(house, "2026-04-10", 600_000)
    house.ok("2026-04-11 10:00")
    house.ok("2026-05-02 10:00")
    assert (standing(house)[0], remarks(house)) == ("Серебряный", "")


def test_a_warning_lapses_with_the_authorisation(house: House) -> None:
    silver(house)
    house.ok("2026-04-01 09:30")
    for at, word in (("2026-04-08 10:00", "Деавторизовать"), ("2026-05-04 10:00", "Авторизовать")):
        house.set_cell("Партнёры", PARTNER, "Решение сотрудника", word)
        house.ok(at)
    house.ok("2026-05-05 10:00")
    assert (standing(house)[0], remarks(house)) == ("Серебряный", "")
    house.ok("2026-07-01 10:00")
    assert len(house.mails("tier-warning")) == 2


def test_trusted_needs_staffs_word_besides_the_figures(house: House) -> None:
    silver(house)
    publicity(house, "2026-03-01", "Соцсети")
    sale(house, "2026-03-01", 30_000_000)
    house.ok("2026-03-02 11:00")
    assert standing(house) == ("Золотой", 40)
    assert "Предложение: присвоить статус «Доверенный»" in remarks(house)
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Оставить")
    house.ok("2026-03-02 12:00")
    house.ok("2026-03-03 10:00")
    assert remarks(house) == "", "they said so yesterday"
    house.ok("2026-04-01 10:00")
    assert "Предложение: присвоить статус «Доверенный»" in remarks(house), "the quarterly review asks again"
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Повысить")
    house.ok("2026-04-01 11:00")
    assert standing(house) == ("Доверенный", "")
    assert "«Доверенный»" in house.mails("tier-raised")[-1].text
    assert "индивидуальная" in house.mails("tier-raised")[-1].text


def test_a_complaint_is_put_to_staff_once_and_drops_out_when_lifted(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    line = house.add("Нарушения", Дата=date(2026, 3, 2), **{"ИНН партнёра": ONE, "Вид": "Жалоба", "Описание": "Звонил заказчик"})
    house.ok("2026-03-02 10:00")
    assert remarks(house).startswith("Предложение: ")
    assert "02.03.2026 Жалоба" in remarks(house)
    assert house.row("Партнёры", PARTNER)["Авторизация"] == "Авторизован"
    (letter,) = house.mails("staff-attention", STAFF)
    assert "Жалоба" in letter.text
    house.ok("2026-03-03 10:00")
    assert len(house.mails("staff-attention", STAFF)) == 1
    book = openpyxl.load_workbook(house.book)
    headers = [cell.value for cell in book["Нарушения"][1]]
    book["Нарушения"].cell(line, headers.index("Снято") + 1).value = "Да"
    book.save(house.book)
    house.ok("2026-03-03 11:00")
    assert "Предложение" not in remarks(house)


def test_staff_deauthorise_for_a_breach_and_the_letter_gives_no_reason(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    house.add("Нарушения", Дата=date(2026, 3, 2), **{"ИНН партнёра": ONE, "Вид": "Нарушение", "Описание": "Демпинг"})
    house.ok("2026-03-02 10:00")
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Деавторизовать")
    house.ok("2026-03-02 11:00")
    assert house.row("Партнёры", PARTNER)["Авторизация"] == "Деавторизован"
    assert "Демпинг" not in house.mail("partner-deauthorised", A).text


def complaint(house: House, on: str) -> None:
    """A line of `Нарушения`."""
    house.add("Нарушения", Дата=date.fromisoformat(on), **{"ИНН партнёра": ONE, "Вид": "Жалоба", "Описание": "Звонил заказчик"})


def test_lowering_the_tier_is_an_answer_to_a_complaint_and_raising_it_is_none(house: House) -> None:
    silver(house)
    complaint(house, "2026-03-02")
    house.ok("2026-03-03 10:00")
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Повысить")
    house.ok("2026-03-03 11:00")
    assert standing(house)[0] == "Золотой"
    assert "02.03.2026 Жалоба" in remarks(house)
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Понизить")
    house.ok("2026-03-03 12:00")
    assert standing(house)[0] == "Серебряный"
    assert "Жалоба" not in remarks(house)
    house.ok("2026-03-04 10:00")
    assert "Жалоба" not in remarks(house)


@pytest.mark.parametrize("cell", [("Решение сотрудника", "Понизить"), ("Статус", "Бронзовый")])
def test_a_tier_that_staff_lowered_stands_though_its_figures_hold(house: House, cell: tuple[str, str]) -> None:
    """«Предложение» comes at the next quarterly review; what is reached anew after that counts as ever."""
    silver(house)
    complaint(house, "2026-03-02")
    house.ok("2026-03-03 10:00")
    house.set_cell("Партнёры", PARTNER, *cell)
    house.ok("2026-03-03 12:00")
    house.ok("2026-03-04 10:00")
    sale(house, "2026-03-04", 1000)
    house.ok("2026-03-05 10:00")
    assert standing(house)[0] == "Бронзовый"
    assert "присвоить" not in remarks(house)
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Повысить")
    house.ok("2026-03-06 10:00")
    assert standing(house)[0] == "Серебряный"


def test_staff_are_asked_quarterly_about_a_tier_that_they_lowered(house: House) -> None:
    silver(house)
    house.set_cell("Партнёры", PARTNER, "Статус", "Белый")
    house.ok("2026-03-03 12:00")
    sale(house, "2026-03-20", 600_000)
    house.ok("2026-03-31 10:00")
    assert (standing(house)[0], remarks(house)) == ("Белый", "")
    house.ok("2026-04-01 09:30")
    assert standing(house)[0] == "Белый"
    assert remarks(house).startswith("Предложение: присвоить статус «Серебряный»; показатели выполнены")
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Оставить")
    house.ok("2026-04-02 10:00")
    assert (standing(house)[0], remarks(house)) == ("Белый", "")


def test_a_complaint_about_a_partner_that_had_been_warned_sends_the_partner_no_letter(house: House) -> None:
    silver(house)
    house.ok("2026-04-01 09:30")
    assert house.mail("tier-warning", A)
    house.set_cell("Партнёры", PARTNER, "Статус", "Белый")
    house.ok("2026-04-10 10:00")
    complaint(house, "2026-04-29")
    house.ok("2026-04-29 10:00")
    assert "29.04.2026 Жалоба" in remarks(house)
    house.ok("2026-05-04 10:00")
    assert "29.04.2026 Жалоба" in remarks(house)
    assert not house.mails("case-waiting"), "the application was answered long ago"


def stranger(house: House, at: str, address: str = "x@other.example") -> None:
    """An application with the partner's INN from an address that nobody knows."""
    house.partner(address, "ООО «Первый»", ONE, at=at)


def test_a_stranger_who_applies_beside_a_proposal_is_asked_about_when_that_is_answered(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    house.add("Нарушения", Дата=date(2026, 3, 2), **{"ИНН партнёра": ONE, "Вид": "Жалоба", "Описание": "Звонил заказчик"})
    house.ok("2026-03-02 10:00")
    stranger(house, "2026-03-02 10:30")
    house.ok("2026-03-02 10:35")
    assert remarks(house).startswith("Предложение: "), "one question at a time"
    assert "x@other.example" in remarks(house)
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Оставить")
    house.ok("2026-03-02 11:00")
    assert remarks(house).startswith("Заявка на авторизованную организацию с неизвестного адреса x@other.example")
    assert house.rows("Форма Партнёр")[1]["Решение"] == "На рассмотрении"
    house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Авторизовать")
    house.ok("2026-03-02 12:00")
    assert remarks(house) == ""
    assert house.rows("Форма Партнёр")[1]["Решение"] == "Принято"


def test_a_stranger_beside_a_complaint_that_is_lifted_is_asked_about_too(house: House) -> None:
    house.partner(A, "ООО «Первый»", ONE)
    house.ok("2026-03-02 09:00")
    line = house.add("Нарушения", Дата=date(2026, 3, 2), **{"ИНН партнёра": ONE, "Вид": "Жалоба", "Описание": "Звонил заказчик"})
    house.ok("2026-03-02 10:00")
    stranger(house, "2026-03-02 10:30")
    house.ok("2026-03-02 10:35")
    book = openpyxl.load_workbook(house.book)
    headers = [cell.value for cell in book["Нарушения"][1]]
    book["Нарушения"].cell(line, headers.index("Снято") + 1).value = "Да"
    book.save(house.book)
    house.ok("2026-03-02 11:00")
    assert remarks(house).startswith("Заявка на авторизованную организацию с неизвестного адреса x@other.example")


def test_what_comes_up_beside_a_strangers_application_is_proposed_after_it(house: House) -> None:
    silver(house)
    house.ok("2026-04-01 09:30")
    stranger(house, "2026-04-29 10:00")
    house.ok("2026-04-29 10:05")
    house.add("Нарушения", Дата=date(2026, 4, 29), **{"ИНН партнёра": ONE, "Вид": "Жалоба", "Описание": "Звонил заказчик"})
    house.ok("2026-05-04 10:00")
    assert remarks(house).startswith("Заявка на авторизованную организацию")
    asked = []
    for at in ("2026-05-05 10:00", "2026-05-06 10:00", "2026-05-07 10:00"):
        house.set_cell("Партнёры", PARTNER, "Решение сотрудника", "Оставить")
        house.ok(at)
        asked.append(remarks(house))
    assert "понизить статус до «Белый»" in asked[0], "the warning's time of grace did not begin anew"
    assert "29.04.2026 Жалоба" in asked[1]
    assert asked[2] == ""
