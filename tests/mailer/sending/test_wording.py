"""Every code gives a sentence; reasons keep other partners' secrets; numbers and dates read as Russian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from cases.letters import LETTERS
from cases.model import DealState, PartnerState, RequestState, SaleStatus
from cases.ports import Wording
from mailer import format as russian
from mailer.wording import (
    ATTENTION,
    CONDITIONS,
    COUNTS,
    EVENTS,
    LABELS,
    PROBLEMS,
    QUESTIONS,
    REASONS,
    REMARKS,
    TERMS,
    RussianWording,
    attention,
    citation,
    condition,
    count_name,
)
from mailer.wording import LETTERS as LETTER_NAMES
from rules.deals import DealKind
from rules.decision import Problem, Reason
from rules.edition import Edition, Tier
from sheets.columns import FORMS, NUMBERED

WORDING: Wording = RussianWording()
EDITION = cast(Edition, SimpleNamespace(name="2026-01-01", deals=SimpleNamespace(reasons={"3": "Занято по редакции"})))
FACTS = dict.fromkeys(
    [
        "numbers",
        "value",
        "why",
        "column",
        "field",
        "old",
        "new",
        "word",
        "max",
        "count",
        "rivals",
        "address",
        "site",
        "date",
        "tier",
        "missing",
        "text",
        "subject",
        "until",
        "due",
        "article",
        "allowed",
        "inn",
        "digits",
        "suggestion",
        "limit",
        "length",
        "number",
    ],
    "D-2026-0009",
)
EXPECTED_REMARKS = (
    "namesake inn-zero-restored free-mail foreign-domain edit-after-decision put-back row-restored number-doubled "
    "kpp-invalid expected-unreadable product-first-line future-stamp stamp-unreadable undeliverable impossible-word "
    "discount-too-high code-missing bulk-held formula-in-form held-by site-unreadable product-ambiguous "
    "date-unreadable date-approximate"
)
EXPECTED_QUESTIONS = (
    "review annul demote confirm-tier repeat-foreign late-earlier overlap squatting switch-evidence "
    "individual-discount re-registration own-customer sender-unknown staff-approves refused-before appeal bulk-edit"
)
EXPECTED_PROBLEMS = (
    "missing inn-length inn-checksum inn-scientific inn-not-digits inn-person phone-unreadable email-invalid "
    "kind-unknown product-unknown not-whole not-positive too-long consent-missing evidence-missing "
    "deal-number-unreadable status-unknown"
)
EXPECTED_REASONS = (
    "legal-entity-only not-in-force no-reply-to-request sender-unknown behind-rival overlap "
    "late-earlier squatting own-customer re-registration switch-evidence individual-discount "
    "authorisation-undecided staff-approves refused-before foreign-applicant already-authorised staff silence"
)


def test_what_is_said_of_figures_and_conditions_reads_as_a_sentence() -> None:
    far = WORDING.remark(
        "distance", tier="Серебряный", roubles="290000.00", conditions="Рассылка или публикация, Обучение продажам"
    )
    said = "Статус «Серебряный»: продажи ещё на 290 000,00 ₽; рассылка или публикация, обучение продажам."
    assert far.replace("\u00a0", " ") == said
    expected = WORDING.remark("sale-of", number="D-2026-0001", roubles="374400.00")
    assert expected.replace("\u00a0", " ") == "Сделка D-2026-0001, 374 400,00 ₽."
    assert WORDING.remark("share-passed", percent="75") == "Прошло времени на ответ: 75 %."


def readable(sentence: str) -> None:
    assert re.match(r"[А-ЯЁ«]", sentence), sentence
    assert not re.search(r"[{}]|  | [.,;:]|[.,;:]{2}|«»|\(\)|[,;:] *$", sentence), sentence


@pytest.mark.parametrize(
    ("table", "expected"),
    [(REMARKS, EXPECTED_REMARKS), (QUESTIONS, EXPECTED_QUESTIONS), (PROBLEMS, EXPECTED_PROBLEMS), (REASONS, EXPECTED_REASONS)],
)
def test_codes_are_known(table: dict[str, object], expected: str) -> None:
    assert set(expected.split()) <= set(table)


@pytest.mark.parametrize("facts", [{}, FACTS])
def test_every_code_reads_well(facts: dict[str, str]) -> None:
    for code in [*REMARKS, "no-such-code"]:
        readable(WORDING.remark(code, **facts))
    for code in [*QUESTIONS, "no-such-code"]:
        readable(WORDING.question(code, **facts))
    for code in [*PROBLEMS, "no-such-code"]:
        readable(WORDING.problem(Problem("customer_inn", code, "", facts), ""))


CASES = Path(__file__).parents[3] / "cases"
ASKED = re.compile(
    r"(?:(?<!lift_)(remark|question|event)\(|(ask_staff|journal|attention|desk\.remark)\(\w+, |(Impossible)\()\"([a-z-]+)\""
)


def test_codes_that_cases_use_are_known() -> None:
    tables: dict[str, Mapping[str, object]] = {
        "remark": REMARKS,
        "Impossible": REMARKS,
        "desk.remark": REMARKS,
        "question": QUESTIONS,
        "ask_staff": QUESTIONS,
    }
    tables |= {"event": EVENTS, "journal": EVENTS}
    used = {
        (match[1] or match[2] or match[3], match[4])
        for source in CASES.glob("*.py")
        for match in ASKED.finditer(source.read_text(encoding="utf-8"))
    }
    assert len(used) > 40
    assert {(name, code) for name, code in used if name in tables and code not in tables[name]} == set()


def test_reasons_tell_nothing_of_rivals() -> None:
    for code in [*REASONS, "no-such-code"]:
        sentence = WORDING.reason(Reason(code, "", FACTS), EDITION)
        readable(sentence)
        assert "D-2026" not in sentence
    assert WORDING.reason(Reason("3", ""), EDITION) == "Занято по редакции"


def test_proposals_begin_so() -> None:
    for code in ("annul", "demote", "confirm-tier", "deauthorise"):
        assert WORDING.question(code).startswith("Предложение: ")
    assert WORDING.question("annul", why="нет отчёта").startswith("Предложение: аннулировать регистрацию")
    demote = WORDING.question("demote", tier="bronze", missing="sales,site")
    assert demote.startswith("Предложение: понизить статус до «Бронзовый»; не выполнено: продажи за период, упоминание вендора")


def test_facts_are_shown() -> None:
    problem = Problem("products", "product-unknown", "", {"value": "Полный", "suggestion": "Полный Контроль"})
    assert WORDING.problem(problem, "Продукты лицензии").startswith(
        "«Продукты лицензии»: продукта «Полный» нет в прайс-листе; возможно"
    )
    assert "возможно" not in WORDING.problem(
        Problem("products", "product-unknown", "", {"value": "Полный", "suggestion": ""}), ""
    )
    assert WORDING.question("re-registration", date="2026-03-02").count("02.03.2026") == 1
    annul = WORDING.question("annul", date="2026-03-16")
    assert annul.startswith("Предложение: аннулировать регистрацию; сообщение о ходе сделки ждали до 16.03.2026.")
    why = WORDING.remark("already-decided")
    impossible = WORDING.remark("impossible-word", value="Одобрить", column="staff_decision", why=why)
    assert impossible == "Решение «Одобрить» в колонке «Решение сотрудника» здесь невозможно: решение уже принято."
    distance = WORDING.remark("distance", tier="Серебряный", roubles="150000.00", conditions="Сайт")
    assert distance == "Статус «Серебряный»: продажи ещё на 150\u00a0000,00\u00a0₽; сайт."
    assert "«Действует до»" in WORDING.remark("put-back", column="valid_until", value="вчера", why="не дата")


@pytest.mark.parametrize("typed", ["2026-02-30", "2026-13-01", "2026-03-02T25:00:00Z"])
def test_what_only_looks_like_a_day_is_shown_as_typed(typed: str) -> None:
    assert f"«{typed}»" in WORDING.remark("put-back", column="valid_until", value=typed, why="не дата")


def test_values_are_data() -> None:
    remark = WORDING.remark("put-back", column="{0.__class__}", value="{value}\nвторая строка " + "я" * 500, why="%s")
    assert "{0.__class__}" in remark
    assert "\n" not in remark
    assert len(remark) < 400


def test_names() -> None:
    for state in (*DealState, *PartnerState, *RequestState, *SaleStatus, *Tier, *DealKind):
        assert re.match("[А-ЯЁ]", WORDING.term(state.value)), state
    assert WORDING.term("white") == "Белый"
    assert WORDING.label("customer_inn") == "ИНН заказчика"
    assert WORDING.label("Своя колонка") == "Своя колонка"
    for tab in (*NUMBERED, *FORMS.values()):
        for column in tab.columns:
            assert WORDING.label(column.field) != column.field, f"staff would read {column.field} of {tab.name}"
    for table in (EVENTS, LABELS, TERMS, CONDITIONS, COUNTS, ATTENTION):
        assert all(table.values())
    assert WORDING.event("registered") == "Сделка зарегистрирована"
    assert WORDING.event("mail:deal-registered") == "Письмо: сделка зарегистрирована"
    assert WORDING.event("deal:won") == "Сделка: Выиграна"
    assert WORDING.event("question:annul") == "Вопрос сотруднику"
    assert set(LETTER_NAMES) == set(LETTERS)
    assert WORDING.event("no-such") == "Событие «no-such»"
    assert attention("no-such") == "Нужно внимание сотрудника"
    assert count_name("no-such") == "no-such"
    assert condition({"name": "sales", "required": "много", "actual": ""}) == "продажи за период: нужно много"
    assert citation("«Обучение»", "v2") == "раздел «Обучение», редакция v2"
    assert citation("", "") == ""


@pytest.mark.parametrize(
    ("count", "day", "licence", "extension"),
    [
        (0, "рабочих дней", "лицензий", "продлений"),
        (1, "рабочий день", "лицензия", "продление"),
        (2, "рабочих дня", "лицензии", "продления"),
        (5, "рабочих дней", "лицензий", "продлений"),
        (11, "рабочих дней", "лицензий", "продлений"),
        (21, "рабочий день", "лицензия", "продление"),
        (112, "рабочих дней", "лицензий", "продлений"),
        (124, "рабочих дня", "лицензии", "продления"),
    ],
)
def test_plurals(count: int, day: str, licence: str, extension: str) -> None:
    assert russian.noun(count, "рабочий день") == day
    assert russian.noun(count, "лицензия") == licence
    assert russian.noun(count, "продление") == extension
    assert russian.plural(str(count), "месяц").startswith(f"{count}\u00a0месяц")


def test_dates() -> None:
    assert russian.day("2026-03-02") == russian.day(date(2026, 3, 2)) == "2 марта 2026 г."
    assert russian.short_day("2026-03-02T22:30:00+00:00") == "03.03.2026"
    assert russian.moment(datetime(2026, 3, 2, 15, tzinfo=UTC)) == "2 марта 2026 г., 18:00 (МСК)"
    with pytest.raises(ValueError, match="no zone"):
        russian.moment("2026-03-02T15:00:00")
    empty = (
        russian.day(""),
        russian.short_day(""),
        russian.moment(""),
        russian.money(""),
        russian.percent(""),
        russian.plural("", "день"),
    )
    assert set(empty) == {""}


def test_figures() -> None:
    assert russian.money("12345") == "12\u00a0345,00\u00a0₽"
    assert russian.money(Decimal("0.125")) == "0,13\u00a0₽"
    assert russian.money("2.675") == "2,68\u00a0₽"
    assert russian.percent("10.00") == "10\u00a0%"
    assert russian.percent("7.50") == "7,5\u00a0%"
    assert russian.words(Decimal("12345.00")) == "Двенадцать тысяч триста сорок пять рублей 00 копеек"
    assert russian.words(Decimal("2001.51")) == "Две тысячи один рубль 51 копейка"
    assert russian.words(Decimal("1000002.02")) == "Один миллион два рубля 02 копейки"
    assert russian.words(Decimal(0)) == "Ноль рублей 00 копеек"
