"""Replies as partners write them, with what they must be taken for; doubt is always ""."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from cases.incoming_mail import Reading
from cases.model import Asked, SaleStatus
from mailer.replies import RussianReplyReader

OUR_LETTER = """Здравствуйте, Иван!

Обновите статус сделки D-2026-0001 до 6 марта. Ответьте номером из списка:
1 в работе
2 переговоры
3 КП отправлено
4 тендер
5 выиграна
6 проиграна
7 отложена
8 продлить регистрацию
9 отозвать

С уважением,
Партнёрский отдел"""
ECHO = {"1": "yes", "2": "no"}
REFUSAL = {"1": "wait", "2": "appeal"}
ONLY_APPEAL = {"2": "appeal"}
WAITS = {"9": "stop-waiting"}
SUBJECT = "Re: Обновите статус сделки [D-2026-0001]"
QUOTED = "\n\nпт, 6 мар. 2026 г. в 12:00, Партнёры <partners@stakhanovets.ru>:\n" + "\n".join(
    "> " + line for line in OUR_LETTER.split("\n")
)

NUMBERED = [
    ("1", "in-work"),
    ("1.", "in-work"),
    ("1)", "in-work"),
    ("№1", "in-work"),
    ("№ 2", "negotiating"),
    ("1 – в работе", "in-work"),
    ("2 - Переговоры", "negotiating"),
    ("3 КП отправлено", "offer-sent"),
    ("3. КП отправлено заказчику", "offer-sent"),
    ("Ответ: 4", "tender"),
    ("4 тендер 44-ФЗ", "tender"),
    ("- 4 -", "tender"),
    ("①", "in-work"),
    ("7 – отложена на 3 месяца", "postponed"),
    ("Добрый день!\n\n1\n\nСпасибо", "in-work"),
    ("Здравствуйте, Иван Петрович! 2 – переговоры. Спасибо!", "negotiating"),
    ("1\n\nКлиент согласует бюджет, вернусь 12 марта.", "in-work"),
    ("1\n\nКлиент пока не согласовал бюджет.", "in-work"),
    ("D-2026-0001 – 1", "in-work"),
    ("1\n\nИванов Иван\n8 (916) 123-45-67", "in-work"),
    ("4\nИван Петров, руководитель отдела переговорных комнат", ""),  # a status word in the signature: rather people
]

DEEDS = [
    ("5 выиграна", "won", True),
    ("5. Выиграна!", "won", True),
    ("5️⃣", "won", True),
    ("5 – выиграна, 2 лицензии", "won", True),
    ("6", "lost", True),
    ("8", "extend", True),
    ("8 – продлить регистрацию", "extend", True),
    ("9", "withdraw", True),
    ("9 отозвать", "withdraw", True),
    ("Выиграли!", "won", False),
    ("Добрый день! Тендер выиграли, договор подписан.", "won", False),
    ("Сделка проиграна", "lost", False),
    ("Прошу отозвать регистрацию", "withdraw", False),
    ("Просим продлить регистрацию", "extend", False),
    ("Добрый день!\nПрошу продлить регистрацию сделки на 3 месяца.\nС уважением, Иван", "extend", False),
    ("Хотели бы продлить срок регистрации", "extend", False),
    ("Продлите, пожалуйста", "extend", False),
    ("Хотим обжаловать отказ", "appeal", False),
    ("Не согласны с отказом, клиент наш", "appeal", False),
    ("статус", "status", False),
    ("Статус?", "status", False),
    ("Добрый день! Пришлите, пожалуйста, статус наших сделок", "status", False),
]

WORDS = [
    ("Сделка в работе, ведём переговоры", "negotiating"),
    ("Статус: в работе", "in-work"),
    ("Отправили КП заказчику", "offer-sent"),
    ("Участвуем в тендере", "tender"),
    ("Отложена до осени", "postponed"),
    ("Добрый день, коллеги! Сделка на паузе.", "postponed"),
]

DOUBT = [
    "3 месяца",
    "12 марта",
    "7 марта",
    "1С",
    "1 C",
    "2 лицензии",
    "3 – три лицензии",
    "10",
    "1.5 млн рублей",
    "8 916 123 45 67",
    "1 – выиграна",
    "1 - не в работе",
    "5 выиграна – нет",
    "1 и 5",
    "1\n5",
    "5, 8",
    "5 или 6",
    "6 – проиграна, бюджет не выделили",
    "1 в работе\n2 переговоры",
    "2 – переговоры. Когда пришлёте КП?",
    "5 – если подпишут договор",
    "Сделка не выиграна",
    "Пока не в работе",
    "Невыиграна",
    "Если бюджет утвердят – выиграем",
    "Планируем выиграть тендер",
    "Скоро будет выиграна",
    "Выиграна?",
    "Можно продлить регистрацию?",
    "просим продлить лицензии",
    "не продлевайте",
    "Обе сделки в работе",
    "D-2026-0001: 1\nD-2026-0002: 5",
    "D-2026-0077 – 5",
    "Сделка в тендере, отложена",
    "Вопрос по договору с дистрибутором",
    "Спасибо!",
    "Нет",
    "",
]


def read(
    text: str,
    subject: str = SUBJECT,
    answered: str = OUR_LETTER,
    asked: tuple[Asked, ...] = (),
    own_list: Mapping[str, str] = MappingProxyType({}),
) -> Reading:
    return RussianReplyReader().read(text, subject, answered, asked, own_list)


@pytest.mark.parametrize(("text", "status"), NUMBERED)
@pytest.mark.parametrize("quote", ["", QUOTED])
def test_a_number_of_the_list_acts(text: str, status: str, quote: str) -> None:
    reading = read(text + quote)
    assert (reading.status or "") == status
    assert reading.action == ("report" if status else "")
    assert reading.numbered is bool(status)


@pytest.mark.parametrize(("text", "action", "numbered"), DEEDS)
@pytest.mark.parametrize("quote", ["", QUOTED])
def test_deeds_are_told_from_their_words(text: str, action: str, numbered: bool, quote: str) -> None:
    reading = read(text + quote)
    assert (reading.action, reading.numbered) == (action, numbered)


@pytest.mark.parametrize(("text", "status"), WORDS)
def test_clear_words_for_an_open_status_are_a_report(text: str, status: str) -> None:
    reading = read(text)
    assert (reading.action, reading.status, reading.numbered) == ("report", SaleStatus(status), False)


@pytest.mark.parametrize("text", DOUBT)
@pytest.mark.parametrize("quote", ["", QUOTED])
def test_doubt_is_left_to_people(text: str, quote: str) -> None:
    assert read(text + quote).action == ""


def test_a_report_may_come_with_an_extension() -> None:
    for text in ("1, 8", "1 и 8", "1\n8", "8\n1", "1 – в работе, прошу продлить регистрацию"):
        reading = read(text)
        assert (reading.action, reading.status, reading.also, reading.numbered) == (
            "report",
            SaleStatus.IN_WORK,
            ("extend",),
            True,
        )
    reading = read("КП отправлено\nпродлите, пожалуйста, регистрацию")
    assert (reading.status, reading.also, reading.numbered) == (SaleStatus.OFFER_SENT, ("extend",), False)


def test_a_status_in_the_subject_alone_asks_for_a_report() -> None:
    assert read("", subject="Статус", answered="").action == "status"
    assert read("С уважением,\nИван", subject="статус сделок", answered="").action == "status"
    assert read("Когда придёт ключ?", subject="Статус", answered="").action == ""


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("1", "yes"),
        ("Да.", "yes"),
        ("Подтверждаю", "yes"),
        ("1 – да", "yes"),
        ("Добрый день! Да, всё верно. Спасибо", "yes"),
        ("2", "no"),
        ("Нет", "no"),
        ("2 – нет", "no"),
        ("1 – нет", ""),
        ("да, но не сейчас", ""),
        ("может быть", ""),
        ("1 – в работе", "report"),
        ("5", "won"),
    ],
)
def test_an_echo_is_answered_with_yes_or_no(text: str, action: str) -> None:
    assert read(text, own_list=ECHO).action == action
    assert read(text + QUOTED, own_list=ECHO).action == action


INN = Asked("customer_inn", "ИНН заказчика", "Укажите ИНН", "missing")
LICENCES = Asked("licences", "Количество лицензий", "Укажите число", "missing")
CUSTOMER = Asked("customer", "Заказчик", "Укажите", "missing")
PRODUCTS = Asked("products", "Тип учёта", "Укажите", "missing")


@pytest.mark.parametrize(
    ("text", "asked", "answers"),
    [
        (
            "ИНН заказчика: 7707083893\nКоличество лицензий – 10\nзаказчик: ООО «Ромашка»",
            (INN, LICENCES, CUSTOMER),
            {"customer_inn": "7707083893", "licences": "10", "customer": "ООО «Ромашка»"},
        ),
        (
            "- «инн  Заказчика» - 7707083893\n- Тип учета: полный",
            (INN, PRODUCTS),
            {"customer_inn": "7707083893", "products": "полный"},
        ),
        ("ИНН заказчика 7707083893", (INN, LICENCES), {"customer_inn": "7707083893"}),
        ("ИНН заказчика:\n7707083893\n\nСпасибо", (INN, LICENCES), {"customer_inn": "7707083893"}),
        ("ИНН заказчика\t7707083893", (INN, LICENCES), {"customer_inn": "7707083893"}),
        ("1. 7707083893\n2. 10", (INN, LICENCES), {"customer_inn": "7707083893", "licences": "10"}),
        (
            "1) ИНН заказчика – 7707083893\n2) Количество лицензий – 10",
            (INN, LICENCES),
            {"customer_inn": "7707083893", "licences": "10"},
        ),
        ("Добрый день!\n7707083893\nСпасибо", (INN,), {"customer_inn": "7707083893"}),
        ("3", (LICENCES,), {"licences": "3"}),
        ("ООО «Ромашка»", (CUSTOMER,), {"customer": "ООО «Ромашка»"}),
    ],
)
def test_data_that_were_asked_for(text: str, asked: tuple[Asked, ...], answers: dict[str, str]) -> None:
    for quote in ("", QUOTED):
        reading = read(text + quote, asked=asked)
        assert (reading.action, dict(reading.answers)) == ("data", answers)


@pytest.mark.parametrize(
    ("text", "asked", "action"),
    [
        ("Пришлём завтра", (CUSTOMER,), ""),
        ("Во вложении", (INN,), ""),
        ("ИНН заказчика: ?", (INN,), ""),
        ("ИНН заказчика уточняем", (INN,), ""),
        ("Зачем вам это?", (CUSTOMER,), ""),
        ("9", (CUSTOMER,), "withdraw"),
        ("5 выиграна", (LICENCES,), "won"),
        ("Заказчик отказался", (CUSTOMER, INN), "lost"),
    ],
)
def test_no_data_are_made_up(text: str, asked: tuple[Asked, ...], action: str) -> None:
    assert read(text, asked=asked).action == action


def test_the_new_text_is_kept_for_people() -> None:
    assert read("Когда придёт ключ?" + QUOTED).text == "Когда придёт ключ?"


def test_very_long_text_is_read_in_bounded_time() -> None:
    for piece in ("1 ", "сделка ", "прошу ", "просим вас ", "отправили уже клиенту ", "«" * 50, "1\n", "не ", "1,", "статус "):
        read(piece * (200_000 // len(piece)), asked=(INN, CUSTOMER))


@pytest.mark.parametrize(
    ("text", "own_list", "action"),
    [
        ("1", REFUSAL, "wait"),
        ("1 – сообщить, когда заказчик освободится", REFUSAL, "wait"),
        ("1. Ждём!", REFUSAL, "wait"),
        ("Добрый день!\n1\nИванов Иван\n8 (916) 123-45-67", REFUSAL, "wait"),
        ("2", REFUSAL, "appeal"),
        ("2", ONLY_APPEAL, "appeal"),
        ("2 – не согласны с решением (обращение)", REFUSAL, "appeal"),
        ("2\n\nМы ведём заказчика год, почему отказ?", REFUSAL, "appeal"),
        ("9", WAITS, "stop-waiting"),
        ("9 – больше не ждать", WAITS, "stop-waiting"),
        ("1 – не согласны", REFUSAL, ""),
        ("2 – сообщите, когда заказчик освободится", REFUSAL, ""),
        ("1", ONLY_APPEAL, ""),
        ("3", REFUSAL, ""),
        ("5", REFUSAL, ""),
        ("1, 5", REFUSAL, ""),
        ("1", WAITS, ""),
        ("1\nНе сейчас", REFUSAL, ""),
        ("1\nА когда?", REFUSAL, ""),
        ("1 месяц мы уже ждём", REFUSAL, ""),
        ("1", {}, "report"),
        ("9", {}, "withdraw"),
    ],
)
def test_a_refusals_own_list(text: str, own_list: Mapping[str, str], action: str) -> None:
    assert read(text, own_list=own_list).action == action


def test_both_answers_to_a_refusal_may_be_given() -> None:
    said = read("1, 2", own_list=REFUSAL)
    assert (said.action, said.also) == ("appeal", ("wait",))


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Сообщите, пожалуйста, когда заказчик освободится", "wait"),
        ("Добрый день! Просим сообщить, как только клиент станет свободен. Спасибо!", "wait"),
        ("Уведомите нас об освобождении заказчика", "wait"),
        ("Прошу включить нас в лист ожидания", "wait"),
        ("Дайте знать, если он снова будет доступен", "wait"),
        ("Больше не ждём", "stop-waiting"),
        ("Снимите нас с листа ожидания, пожалуйста", "stop-waiting"),
        ("Не согласны", "appeal"),
        ("Мы не согласны. Письмо от заказчика приложим.", "appeal"),
        ("Не сообщайте, когда заказчик освободится", ""),
        ("Сообщите, когда заказчик освободится? Или не стоит?", ""),
        ("Сообщите, когда заказчик освободится, если не трудно", ""),
        ("Заказчик пока не согласен", ""),
        ("Сообщим, когда заказчик подпишет договор", ""),
    ],
)
def test_waiting_and_appealing_in_words(text: str, action: str) -> None:
    assert read(text).action == action
    assert read(text, own_list=REFUSAL).action == action
