"""Quotes, signatures and the answered letter's lines are taken out; the sender's own words stay, wherever they stand."""

from __future__ import annotations

import pytest

from cases.letters import LETTERS
from mailer.gallery import sample
from mailer.quotes import new_text
from mailer.reading.html_text import html_text
from mailer.rendering import render

OURS = """Здравствуйте, Иван!

Обновите статус сделки D-2026-0001 до 6 марта. Ответьте номером из списка:
1 в работе
2 переговоры
5 выиграна
6 проиграна

С уважением,
Партнёрский отдел"""
MARKED = "\n".join("> " + line for line in OURS.split("\n"))
OUTLOOK = "От: Партнёры <p@s.ru>\nОтправлено: 6 марта 2026 г. 12:00\nКому: Иван <ivan@firm.ru>\nТема: Статус\n\n"

TOP = {
    "gmail": f"пт, 6 мар. 2026 г. в 12:00, Партнёры <p@s.ru>:\n\n{MARKED}",
    "gmail, broken line": f"пт, 6 мар. 2026 г. в 12:00, Партнёрский отдел <\npartners@stakhanovets.ru>:\n\n{MARKED}",
    "gmail, older": f"6 марта 2026 г., 12:00 пользователь Партнёры <p@s.ru>\nнаписал:\n\n{MARKED}",
    "gmail, English": f"On Fri, Mar 6, 2026 at 12:00 PM Partners <p@s.ru> wrote:\n\n{MARKED}",
    "outlook": f"-----Исходное сообщение-----\n{OUTLOOK}{OURS}",
    "outlook, English": f"-----Original Message-----\nFrom: x\nSent: y\nTo: z\nSubject: s\n\n{OURS}",
    "outlook, no separator": OUTLOOK + OURS,
    "outlook, bold": OUTLOOK.replace("От:", "*От:*").replace("Кому:", "*Кому:*") + OURS,
    "outlook, phone": f"Получить Outlook для iOS\n________________________________\n{OUTLOOK}{OURS}",
    "yandex": f'06.03.2026, 12:00, "Партнёры" <p@s.ru>:\n{OURS}',
    "yandex, marked": f"06.03.2026, 12:00, Партнёры (p@s.ru) <p@s.ru>:\n{MARKED}",
    "mail.ru": f"Пятница, 6 марта 2026, 12:00 +03:00 от Партнёры <p@s.ru>:\n\n{OURS}",
    "mail.ru, marked": f">Пятница, 6 марта 2026, 12:00 +03:00 от Партнёры <p@s.ru>:\n>\n{MARKED}",
    "apple": f"Отправлено с iPhone\n\n> 6 марта 2026 г., в 12:00, Партнёры <p@s.ru> написал(а):\n> \n{MARKED}",
    "thunderbird": f"06.03.2026 12:00, Партнёры пишет:\n{MARKED}",
    "forwarded": f"-------- Пересылаемое сообщение --------\n06.03.2026, 12:00\n\n{OURS}",
}


@pytest.mark.parametrize("client", TOP)
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("signature", ["", "\n\nС уважением,\nИван Иванов\nООО «Ромашка»", "\n\n-- \nИван"])
def test_an_answer_above_the_quote(client: str, known: bool, signature: str) -> None:
    assert new_text(f"5 выиграна{signature}\n\n{TOP[client]}", OURS if known else "") == "5 выиграна"


@pytest.mark.parametrize("client", ["gmail", "thunderbird", "yandex, marked", "mail.ru, marked", "apple"])
def test_an_answer_below_a_marked_quote(client: str) -> None:
    assert new_text(f"{TOP[client]}\n\n5 выиграна\n\nС уважением,\nИван").endswith("5 выиграна")


@pytest.mark.parametrize("client", ["outlook", "outlook, no separator", "yandex", "mail.ru"])
def test_an_answer_below_an_unmarked_quote_is_found_by_subtraction(client: str) -> None:
    assert new_text(f"{TOP[client]}\n\n5 – выиграна", OURS) == "5 – выиграна"


def test_an_answer_between_the_lines() -> None:
    lines = MARKED.split("\n")
    assert new_text("06.03.2026 12:00, Партнёры пишет:\n" + "\n".join([*lines[:5], "5", *lines[5:]])) == "5"
    lines = OURS.split("\n")
    assert new_text(OUTLOOK + "\n".join([*lines[:7], "да, эта", *lines[7:]]), OURS) == "да, эта"


def test_our_letter_without_any_mark_is_subtracted_but_a_single_line_is_an_answer() -> None:
    assert new_text(f"5 выиграна\n{OURS}", OURS) == "5 выиграна"
    assert new_text("1 в работе", OURS) == "1 в работе"
    assert new_text(f"5\n\n{OURS.replace(' ', '  ')}", OURS) == "5"


def test_what_only_resembles_a_quote_stays() -> None:
    for text in (
        "Клиент пишет: всё хорошо",
        "От: нашего имени",
        "Тема: обучение\nСрок: март",
        "Заказчик написал:\nберём",
        "С уважением отнеслись",
    ):
        assert new_text(text) == text or text.startswith("С уважением")


def test_a_postscript_below_the_signature_stays() -> None:
    assert new_text("5\n\nС уважением,\nИван\n\nP.S. пока не выиграна") == "5\n\nP.S. пока не выиграна"


@pytest.mark.parametrize("template", sorted(LETTERS))
def test_every_letter_of_ours_is_subtracted_however_it_is_quoted(template: str) -> None:
    ours = render(sample(template))
    marked = "\n".join("> " + line for line in ours.text.split("\n"))
    head = '06.03.2026, 12:00, "Партнёры" <p@s.ru>:\n'
    for quote in (head + marked, head + ours.text, OUTLOOK + ours.text, OUTLOOK + html_text(ours.html)):
        for answer in ("1", "5 – выиграна"):
            assert new_text(f"{answer}\n\n{quote}", ours.text) == answer
            assert new_text(f"{quote}\n\n{answer}", ours.text) == answer
