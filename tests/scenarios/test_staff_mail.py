"""Staff answer a question from the mailbox: it is recorded, and nobody is written to again («Вопросы и предложения»)."""

from __future__ import annotations

import shutil
from email.message import EmailMessage
from pathlib import Path
from zlib import crc32

import pytest

from tests.scenarios.house import House, inn

ONE = inn(1)
A, STAFF, BOX = "a@one.example", "staff@vendor.example", "partners@stakhanovets.ru"
ASKED = "Когда выйдет новая версия?"
PASSED = "mx.stakhanovets.ru; dkim=pass header.d="


@pytest.fixture(scope="module")
def asked_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A partner asked a question by mail, and one by form."""
    house = House(tmp_path_factory.mktemp("asked") / "home")
    house.init(staff=[STAFF])
    house.configure('authserv_id = ""', 'authserv_id = "mx.stakhanovets.ru"')
    house.partner(A, "ООО «Один»", ONE)
    house.ok("2026-03-02 10:00")
    house.write(A, "Вопрос о версии", ASKED, "2026-03-02 10:10", Message_ID="<asked@one.example>")
    house.add_form("Форма Запрос", "2026-03-02 10:12", A, **{"ИНН партнёра": ONE, "Тема": "Вопрос", "Текст": "Где прайс?"})
    house.ok("2026-03-02 10:15")
    return house.root


@pytest.fixture
def asked(asked_home: Path, tmp_path: Path) -> House:
    shutil.copytree(asked_home, tmp_path / "home")
    return House(tmp_path / "home")


def number_of(house: House, text: str) -> str:
    (row,) = [row for row in house.rows("Обращения") if row["Текст"] == text]
    return str(row["№"])


def answer(
    house: House,
    at: str,
    *,
    sender: str = STAFF,
    to: str = A,
    subject: str = "Re: Вопрос о версии",
    proved: bool = True,
    **headers: str,
) -> None:
    """A letter that bears a staff member's name, with a copy to the mailbox."""
    message = EmailMessage()
    message["From"], message["To"], message["Cc"], message["Subject"] = sender, to, BOX, subject
    message["Message-ID"] = f"<{crc32(f'{at} {sender} {to} {subject}'.encode())}@vendor.example>"
    if proved:
        message["Authentication-Results"] = PASSED + sender.rpartition("@")[2]
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Новая версия выйдет в мае.")
    house.deliver(message.as_bytes(), at)


def test_an_answer_to_the_partners_letter_closes_the_question(asked: House) -> None:
    number = number_of(asked, ASKED)
    before = len(asked.mails())
    answer(asked, "2026-03-02 11:00", In_Reply_To="<asked@one.example>")
    asked.ok("2026-03-02 11:05")
    row = asked.row("Обращения", number)
    assert row["Состояние"] == "Закрыто"
    assert "ответил письмом 02.03.2026" in str(row["Замечания"])
    assert "Ответ дан" in [line["Событие"] for line in asked.rows("Журнал") if line["№"] == number]
    asked.ok("2026-03-04 18:05")
    assert [letter for letter in asked.mails(to=A) if letter.number == number and letter.template != "question-received"] == []
    assert len(asked.mails()) - before == len(asked.mails("case-waiting")) + len(asked.mails("staff-attention")), "the other one"
    assert len(asked.rows("Обращения")) == 2
    assert not asked.mails(to=STAFF, template="question-received")
    assert number not in [missed["id"] for missed in asked.status("2026-03-04 18:05")["missed"]]


@pytest.mark.parametrize("how", ["our acknowledgement", "the number in the subject", "the chain of references"])
def test_other_ways_to_answer(asked: House, how: str) -> None:
    number = number_of(asked, ASKED)
    if how == "our acknowledgement":
        answer(asked, "2026-03-02 11:00", In_Reply_To=asked.mail("question-received", number=number).message_id)
    elif how == "the number in the subject":
        answer(asked, "2026-03-02 11:00", subject=f"О версии [{number}]")
    else:
        answer(asked, "2026-03-02 11:00", References="<asked@one.example> <between@one.example>")
    asked.ok("2026-03-02 11:05")
    assert asked.row("Обращения", number)["Состояние"] == "Закрыто"


def test_a_question_by_form_is_answered_in_its_row(asked: House) -> None:
    number = number_of(asked, "Где прайс?")
    answer(asked, "2026-03-02 11:00", subject=f"Прайс [{number}]")
    asked.ok("2026-03-02 11:05")
    (row,) = [row for row in asked.rows("Форма Запрос") if row["№"] == number]
    assert row["Решение"] == "Принято"
    assert f"{row['Ответ отправлен']:%d.%m.%Y %H:%M}" == "02.03.2026 11:00"


@pytest.mark.parametrize("sender", [STAFF, BOX])
def test_a_forged_answer_leaves_a_remark_and_nothing_else(asked: House, sender: str) -> None:
    number = number_of(asked, ASKED)
    before = len(asked.mails())
    answer(asked, "2026-03-02 11:00", sender=sender, proved=False, In_Reply_To="<asked@one.example>")
    asked.ok("2026-03-02 11:05")
    row = asked.row("Обращения", number)
    assert row["Состояние"] == "На рассмотрении"
    assert "не подтверждено" in str(row["Замечания"])
    assert len(asked.mails()) == before
    assert len(asked.rows("Обращения")) == 2


def test_a_proved_copy_counts_after_one_that_is_not(asked: House) -> None:
    number = number_of(asked, ASKED)
    for proved in (False, True):
        answer(asked, "2026-03-02 11:00", proved=proved, In_Reply_To="<asked@one.example>")
        asked.ok("2026-03-02 11:05")
    row = asked.row("Обращения", number)
    assert row["Состояние"] == "Закрыто"
    assert "не подтверждено" not in str(row["Замечания"])


def test_a_letter_that_does_not_reach_the_asker_answers_nothing(asked: House) -> None:
    number = number_of(asked, ASKED)
    answer(asked, "2026-03-02 11:00", to="colleague@vendor.example", In_Reply_To="<asked@one.example>")
    asked.ok("2026-03-02 11:05")
    row = asked.row("Обращения", number)
    assert row["Состояние"] == "На рассмотрении"
    assert "не адресовано" in str(row["Замечания"])
    answer(asked, "2026-03-02 11:10", to="b@one.example", In_Reply_To="<asked@one.example>")  # the partner's own domain
    asked.ok("2026-03-02 11:15")
    assert asked.row("Обращения", number)["Состояние"] == "Закрыто"


@pytest.mark.parametrize("proved", [True, False])
def test_what_staff_write_about_nothing_is_kept_and_not_acknowledged(asked: House, proved: bool) -> None:
    answer(asked, "2026-03-02 11:00", to=BOX, subject="Напоминание отделу", proved=proved)
    asked.ok("2026-03-02 11:05")
    row = asked.rows("Обращения")[-1]
    assert (row["Заголовок"], row["Адрес"]) == ("Напоминание отделу", STAFF)
    assert ("не подтверждено" in str(row["Замечания"])) is not proved
    asked.ok("2026-03-04 18:05")
    assert not [letter for letter in asked.mails(to=STAFF) if letter.template != "staff-attention"]


def test_a_listing_answered_by_letter_still_needs_its_word(asked: House) -> None:
    asked.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    asked.ok("2026-03-02 10:20")
    asked.add_form("Форма Запрос", "2026-03-02 10:22", A, **{"ИНН партнёра": ONE, "Тема": "Публикация", "Текст": "Разместите"})
    asked.ok("2026-03-02 10:25")
    number = number_of(asked, "Разместите")
    answer(asked, "2026-03-02 11:00", subject=f"О сайте [{number}]")
    asked.ok("2026-03-02 11:05")
    row = asked.row("Обращения", number)
    assert row["Состояние"] == "На рассмотрении"
    assert "решение по запросу укажите здесь" in str(row["Замечания"])
    asked.ok("2026-03-04 18:05")
    assert not asked.mails("case-waiting", number=number)
    asked.set_cell("Обращения", number, "Решение сотрудника", "Одобрить")
    asked.ok("2026-03-05 10:00")
    assert asked.row("Обращения", number)["Состояние"] == "Одобрено"


def test_a_partner_is_not_taken_for_staff(asked: House) -> None:
    number = number_of(asked, ASKED)
    answer(asked, "2026-03-02 11:00", sender="b@one.example", to=BOX, subject=f"Ещё о версии [{number}]")
    asked.ok("2026-03-02 11:05")
    assert asked.row("Обращения", number)["Состояние"] == "На рассмотрении"
    assert len(asked.rows("Обращения")) == 3
    assert asked.mails("question-received", to="b@one.example")
