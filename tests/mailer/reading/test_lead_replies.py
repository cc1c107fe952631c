"""Replies about a lead: one figure of two, or words as clear; anything else is people's to read."""

from __future__ import annotations

import pytest

from mailer.replies import RussianReplyReader

SUBJECT = "Re: Новый лид для вас: ООО «Маяк» [L-2026-0001]"


def read(text: str) -> tuple[str, bool]:
    found = RussianReplyReader().read_lead(text, SUBJECT, "")
    return found.action, found.numbered


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "1.",
        "1 – взяли в работу",
        "1) да",
        "Ответ: 1",
        "L-2026-0001 – 1",
        "Добрый день!\n1\n\nС уважением, Иван\n+7 495 123-45-67",
    ],
)
def test_one_takes_it_up(text: str) -> None:
    assert read(text) == ("take", True)


@pytest.mark.parametrize("text", ["2", "2 - отказываемся", "②", "Лид L-2026-0001: 2", "отказываемся\n2"])
def test_two_declines_it(text: str) -> None:
    assert read(text) == ("decline", True)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Берём, спасибо!", "take"),
        ("Взяли в работу.", "take"),
        ("Связались с клиентом, встреча в среду.", "take"),
        ("Не берём", "decline"),
        ("Отказываемся, не наш регион", "decline"),
        ("Не сможем взять, передайте другому партнёру.", "decline"),
        ("Хотели бы отказаться", "decline"),
        ("статус", "status"),
    ],
)
def test_clear_words_count(text: str, action: str) -> None:
    assert read(text) == (action, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1\n2",
        "12",
        "1 – отказываемся",
        "2 – берём",
        "1 день дайте",
        "2 лицензии нужны",
        "Возможно, возьмём",
        "Берём или нет?",
        "Клиент отказался",
        "Не работаем с ними, но взяли бы другого",
        "Принято, спасибо",
        "Нет",
        "По лиду L-2026-0002 – 1",
        "Берём, но если не дозвонимся, то отказываемся",
    ],
)
def test_doubt_is_left_to_people(text: str) -> None:
    assert read(text)[0] == ""
