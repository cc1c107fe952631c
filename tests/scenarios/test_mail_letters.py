"""Every letter as it leaves the house: headers, both parts, nothing internal, the numbered list, the offer's facts."""

from __future__ import annotations

import html
import re
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import pytest
from pypdf import PdfReader

from cases.letters import LETTERS
from tests.scenarios.house import House, Sent, inn

ADDRESS, OTHER = "a@one.example", "b@two.example"
LIST = [
    f"{place} – {word}"
    for place, word in enumerate(
        (
            "в работе",
            "переговоры",
            "КП отправлено",
            "тендер",
            "выиграна",
            "проиграна",
            "отложена",
            "продлить регистрацию",
            "отозвать",
        ),
        1,
    )
]
INTERNAL = ("СЕКРЕТ-ОСНОВАНИЕ", "СЕКРЕТ-КОММЕНТАРИЙ", "СЕКРЕТ-МЕНЕДЖЕР", "СЕКРЕТ-ФОРМЫ")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Half a year of one house, with most kinds of letters in it."""
    house = House(tmp_path_factory.mktemp("letters") / "home")
    house.init(staff=["staff@vendor.example"])
    house.partner(ADDRESS, "ООО «Один»", inn(1), Комментарий="СЕКРЕТ-ФОРМЫ")
    house.partner(OTHER, "ООО «Два»", inn(2), at="2026-03-02 09:01", Телефон="")
    house.partner("c@three.example", "ИП Три", "500100732259", at="2026-03-02 09:02")
    house.deal("2026-03-02 09:30", ADDRESS, inn(1), "ООО «Клиент & Ко» <b>", inn(100), Комментарий="СЕКРЕТ-ФОРМЫ")
    house.deal("2026-03-02 09:31", ADDRESS, inn(1), "Второй", inn(101), Продукты="Стахановец Стандарт; Модуль аналитики")
    house.deal("2026-03-02 09:32", ADDRESS, inn(1), "ООО «Один»", inn(1))
    house.ok("2026-03-02 10:00")
    secrets = {"Основание": INTERNAL[0], "Комментарий": INTERNAL[1], "Менеджер": INTERNAL[2]}
    house.set_cells("Партнёры", "P-0001", secrets)
    house.set_cell("Сделки", "D-2026-0001", "Комментарий сотрудника", INTERNAL[1])
    house.reply(house.mail("needs-data", to=OTHER), "Телефон: +7 495 123-45-67", "2026-03-02 11:00")
    house.deal("2026-03-02 11:10", OTHER, inn(2), "ООО «Клиент и Ко»", inn(100))
    house.deal("2026-03-02 11:11", "x@stranger.example", inn(2), "Чужой", inn(103))
    house.partner(ADDRESS, "ООО «Один»", inn(1), at="2026-03-02 11:20")
    house.ok("2026-03-02 12:00")
    house.set_cells("Сделки", "D-2026-0004", {"Скидка сотрудника %": 4, "Комментарий сотрудника": INTERNAL[1]})
    house.reply(house.mail("deal-registered", number="D-2026-0002"), "статус", "2026-03-02 13:00")
    house.write("q@else.example", "Вопрос", "Как стать партнёром?", "2026-03-02 13:01")
    house.ok("2026-03-02 14:00")
    house.set_cell("Сделки", "D-2026-0001", "Скидка %", 15)
    house.ok("2026-03-04 18:05")  # deadlines of what waits for staff are missed
    for moment in ("2026-03-14 10:00", "2026-03-16 10:00", "2026-03-17 10:00"):
        house.ok(moment)
    house.reply(house.mails("deal-update-overdue", number="D-2026-0001")[0], "Выиграли, ура!", "2026-03-17 11:00")
    house.ok("2026-03-17 11:05")
    house.reply(house.mail("reply-confirm"), "1", "2026-03-17 12:00")
    house.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    house.ok("2026-03-17 12:05")
    house.reply(house.mails("deal-update-overdue", number="D-2026-0002")[0], "8", "2026-03-17 13:00")
    house.ok("2026-03-17 13:05")
    house.reply(house.mail("deal-extended"), "8", "2026-03-17 14:00")
    house.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Деавторизовать")
    house.ok("2026-03-17 14:05")
    for moment in ("2026-04-01 10:00", "2026-06-03 10:00", "2026-08-20 10:00", "2026-09-03 10:00"):
        house.ok(moment)
    return house


@pytest.fixture(scope="module")
def letters(year: House) -> list[Sent]:
    return year.mails()


def seen(page: str) -> str:
    """What a reader of the HTML sees."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<head>.*?</head>", "", page, flags=re.S))).split())


def test_the_story_has_most_kinds_of_letters(letters: list[Sent]) -> None:
    assert {
        "partner-authorised", "partner-refused", "partner-status", "partner-deauthorised", "needs-data", "case-received",
        "sender-unknown", "question-received", "deal-registered", "deal-terms-changed", "deal-refused", "deal-waiting",
        "deal-update-due", "deal-update-overdue", "deal-discount-offered", "deal-extended", "deal-extension-refused",
        "deal-closed", "deal-expiring", "deal-expired", "deal-confirm-due", "reply-confirm", "status-report", "tier-raised",
        "staff-attention",
    } <= {letter.template for letter in letters}  # fmt: skip
    assert {letter.template for letter in letters} <= set(LETTERS)


def test_headers_of_every_letter(year: House, letters: list[Sent]) -> None:
    paths = [path for part in ("new", "cur") for path in (year.root / "mail/sent" / part).iterdir()]
    assert len({letter.message_id for letter in letters}) == len(letters) == len(paths)
    for path in paths:
        message = message_from_bytes(path.read_bytes(), policy=default)
        number = message["X-Partner-Case"]
        assert re.fullmatch(r"<[0-9a-f]{32}@stakhanovets\.ru>", message["Message-ID"])
        assert re.fullmatch(r"partners\+[a-z2-7]{26}@stakhanovets\.ru", message["Reply-To"])
        if message["X-Partner-Template"] != "staff-digest":  # it is about no case
            assert message["Subject"].endswith(f"[{number}]")
        assert message["X-Partner-Template"] in LETTERS
        assert message["Auto-Submitted"] in ("auto-generated", "auto-replied")
        assert message["Auto-Submitted"] == ("auto-replied" if message["In-Reply-To"] else "auto-generated")
        assert message["From"].addresses[0].addr_spec == "partners@stakhanovets.ru"
        body = message if message.get_content_type() == "multipart/alternative" else next(iter(message.iter_parts()))
        assert body.get_content_type() == "multipart/alternative"
        invited = ["text/calendar"] if message["X-Partner-Template"] == "training-invitation" else []
        assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html", *invited]
        assert path.read_bytes().isascii()


def test_answers_are_threaded(letters: list[Sent]) -> None:
    answers = [letter for letter in letters if "In-Reply-To" in letter.headers]
    templates = {letter.template for letter in answers}
    assert {"status-report", "question-received", "reply-confirm", "deal-closed", "deal-extended"} <= templates
    for letter in answers:
        assert letter.headers["References"].split()[-1] == letter.headers["In-Reply-To"]


def test_both_parts_say_the_same_in_whole_sentences(letters: list[Sent]) -> None:
    for letter in letters:
        page = seen(letter.html)
        for figure in re.findall(r"\d[\d\u00a0.,:-]*\d", letter.text):
            assert " ".join(figure.split()) in page, (letter.template, figure)
        for part in (letter.subject, letter.text, page):
            assert not re.search(r"None|Undefined|\{[{%]|\bnan\b|\(\)|«»|\.\.(?!\.)| ,|,,", part), (letter.template, part)
        assert re.search(r"[Зз]дравствуйте", letter.text)
        assert "<b>" not in page.replace("Клиент & Ко» <b>", "")


def test_nothing_internal_is_mailed(letters: list[Sent]) -> None:
    for letter in letters:
        for part in (letter.subject, letter.text, letter.html, str(letter.headers)):
            assert not any(secret in part for secret in INTERNAL), letter.template
            if letter.to == OTHER:
                assert "ООО «Один»" not in part
                assert ADDRESS not in part
                assert "D-2026-0001" not in part


def test_the_numbered_list_stands_in_every_letter_about_an_open_deal(letters: list[Sent]) -> None:
    closed = {"deal-refused", "deal-closed", "deal-expired", "deal-annulled", "deal-discount-offered"}
    without = {*closed, "reply-confirm", "needs-data", "sender-unknown", "staff-attention"}
    about = [letter for letter in letters if letter.number.startswith("D-")]
    for letter in about:
        for part in (letter.text, seen(letter.html)):
            if letter.template == "status-report" and "Состояние: Зарегистрирована" not in letter.text:
                continue
            assert all(line in part for line in LIST) == (letter.template not in without), (letter.template, letter.text)


def test_the_offer(year: House) -> None:
    letter = year.mail("deal-registered", number="D-2026-0002")
    assert list(letter.files) == ["KP-D-2026-0002.pdf"]
    assert (year.root / "offers" / "KP-D-2026-0002.pdf").read_bytes() == letter.pdf()
    text = pdf_text(letter.pdf())
    for fact in (
        "D-2026-0002", "2 марта 2026", "1 апреля 2026", "ООО «Один»", inn(1), "Второй", inn(101), "Белый",
        "Стахановец Стандарт", "Модуль аналитики", "A-2", "A-3", "2 500,00", "2 250,00", "22 500,00", "89,91", "899,10",
        "23 399,10", "НДС не облагается", "статьи 149", "публичной офертой",
        "двадцать три тысячи триста девяносто девять рублей",
    ):  # fmt: skip
        assert fact.lower() in text.lower(), (fact, text)
    assert "23\u00a0399,10" in letter.text
    second = year.mail("deal-discount-offered", to=OTHER)
    offered = pdf_text(second.pdf())
    assert "48 000,00" in offered
    assert "ООО «Один»" not in offered


def pdf_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())
