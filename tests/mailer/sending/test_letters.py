"""Every letter says the same in both parts, and says it safely."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from cases.letters import ADDED, LETTERS
from mailer import rendering
from mailer.gallery import DEAL, OFFER, gallery, sample
from mailer.rendering import check_templates, render

STATUSES = tuple(
    f"{number} – {word}"
    for number, word in enumerate(
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
)
WITH_STATUSES = {
    "case-received", "deal-registered", "deal-terms-changed", "deal-waiting", "deal-update-due",
    "deal-update-overdue", "deal-confirm-due",
    "deal-expiring", "deal-extended", "deal-extension-refused", "status-report",
}  # fmt: skip


def words(page: str) -> str:
    """What a reader of the HTML sees."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL))).split())


def both(template: str, **facts: object) -> tuple[str, str]:
    letter = render(sample(template, **facts))
    return " ".join(letter.text.split()), words(letter.html)


def test_a_date_in_words_is_not_broken_at_the_end_of_a_line() -> None:
    page = render(sample("deal-registered")).html
    assert "2\u00a0июня\u00a02026\u00a0г." in page
    assert " г." not in page


@pytest.mark.parametrize("template", LETTERS)
def test_letter_in_both_parts(template: str) -> None:
    letter = render(sample(template))
    assert letter.subject.endswith(" [D-2026-0001]")
    assert "\n" not in letter.subject
    seen = words(letter.html)
    for figure in re.findall(r"\d[\d\u00a0.,:-]*\d", letter.text):
        assert " ".join(figure.split()) in seen
    assert "Здравствуйте" in letter.text or "здравствуйте" in letter.text
    for part in (letter.text, letter.html):
        assert "г.." not in part
        assert not re.search(r"\{[{%]|None|Undefined|<built-in", part)
    assert not re.search(r"  |\n{3}|&\w+;|<\w", letter.text)
    assert not re.search(r"<(img|script|link|style)\b|flex|data:|cid:", letter.html)
    assert "max-width:600px" in letter.html


@pytest.mark.parametrize("template", LETTERS)
def test_numbered_list_in_letters_about_open_deals(template: str) -> None:
    for part in both(template):
        assert all(line in part for line in STATUSES) == (template in WITH_STATUSES)


@pytest.mark.parametrize("template", LETTERS)
def test_missing_fact_is_loud(template: str) -> None:
    mail = sample(template)
    source = (rendering.TEMPLATES / "letters" / f"{template}.j2").read_text(encoding="utf-8")
    used = [name for name in LETTERS[template] if re.search(rf"\b{name}\b", re.sub(r"{#.*?#}", "", source))]
    for name in set(used) - ADDED.get(template, {}).keys():
        with pytest.raises(UndefinedError):
            render(dataclasses.replace(mail, context={key: value for key, value in mail.context.items() if key != name}))


def test_unknown_template() -> None:
    with pytest.raises(TemplateNotFound):
        render(dataclasses.replace(sample("deal-registered"), template="no-such"))


def test_registered_deal_carries_dates_and_amounts() -> None:
    for part in both("deal-registered"):
        for text in (
            "D-2026-0001",
            "2 июня 2026 г.",
            "16 марта 2026 г.",
            "1 234 567,80 ₽",
            "1 апреля 2026 г.",
            "20 %",
            "доступно 1 продление",
        ):
            assert text in part


def test_refusal_says_why_what_to_mend_and_how_to_appeal() -> None:
    for part in both("deal-refused"):
        assert "3 – Этот заказчик уже закреплён" in part
        assert "раздел «Регистрация сделки», редакция от 1 января 2026 г." in part
        assert "до 5 %" in part
        assert "«обжаловать»" in part
        assert "1 – сообщить, когда заказчик освободится" in part
        assert "2 – не согласны с решением" in part
    for part in both("deal-refused", second_discount_max="", can_wait=False):
        assert "возможна скидка" not in part
        assert "ответьте цифрой 1" not in part
        assert "1 – сообщить" not in part
        assert "ответьте цифрой 2" in part


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("1", "Исправьте данные, которые названы в причине"),
        ("2", "Заполните форму авторизации"),
        ("3", "заказчик снова станет свободен"),
        ("4", "пришлите его письмо"),
        ("5", "Сделка защищена до конца срока"),
        ("6", "приложите их к обращению"),
        ("7", "Проверьте ИНН заказчика"),
    ],
)
def test_every_reason_says_what_can_be_mended(code: str, step: str) -> None:
    for part in both("deal-refused", reasons=[{"code": code, "section": "Регистрация сделки", "text": "такова причина"}]):
        assert step in part


def test_an_appeal_without_a_rival_shows_the_one_case() -> None:
    for part in both("staff-appeal", rivals=[], appealed="order"):
        assert "заказ не принят" in part
        assert "Другая сделка" not in part


@pytest.mark.parametrize("template", ["partner-refused", "partner-deauthorised"])
def test_no_reason_is_given_when_there_is_none(template: str) -> None:
    for part in both(template, reasons=[]):
        assert "Причин" not in part


def test_unknown_sender_learns_nothing() -> None:
    secrets = {
        "greeting": "Пётр Секретов",
        "partner": "ООО «Тайна»",
        "section": "Авторизация",
        "due_at": "2026-03-04T18:00:00+03:00",
    }
    about = {"kind": "deal", "customer": "АО «Скрытый»", "products": ["Полный Контроль"], "name": "ООО «Тайна»"}
    letter = render(sample("sender-unknown", about=about, **secrets))
    for part in (letter.subject, letter.text, letter.html):
        assert not re.search("Секретов|Тайна|Скрытый|Контроль|Авторизация|4 марта", part)
        assert "D-2026-0001" in part


def test_echo_asks_one_or_two_only() -> None:
    for part in both("reply-confirm", action="withdraw"):
        assert "вы отзываете сделку D-2026-0001" in part
        assert "1 – да, верно" in part
        assert "2 – нет, это не так" in part
        assert "3 –" not in part


def test_letters_without_optional_facts() -> None:
    bare = DEAL | dict.fromkeys(
        ("customer", "customer_inn", "kind", "licences", "discount", "valid_until", "report_due", "sale_status"), ""
    )
    for template, asked in LETTERS.items():
        if "deal" in asked and template not in ("deal-expiring", "deal-extended"):
            extra: dict[str, object] = {"offer": {}} if "offer" in asked else {}
            render(
                sample(template, deal=bare | {"registered_at": "", "products": []}, due_at="", section="", greeting="", **extra)
            )
    assert both("deal-registered", greeting="")[0].startswith("Здравствуйте! ")
    assert "Открытых сделок сейчас нет." in both("status-report", deals=[], tier={}, asked_about="")[0]
    assert (
        "индивидуальная"
        in both(
            "partner-status",
            tier={"name": "trusted", "discount": "", "term_months": 12, "extensions": 0, "leads": 10, "nfr_months": ""},
        )[1]
    )
    for template in ("tier-raised", "tier-lowered"):
        assert "осталось" not in both(template, distance={})[0]
    assert render(sample("staff-digest", number="")).subject == "Сводка партнёрского отдела"


HOSTILE = '{{7*7}}{% raw %}<script>alert(1)</script>"onload=x\r\nBcc: all@x.ru\u202e\x00'


def poisoned(value: object) -> object:
    if isinstance(value, dict):
        return {key: item if key in ("code", "name", "kind") else poisoned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    return HOSTILE if isinstance(value, str) and not re.fullmatch(r"|[\d.]+|\d{4}-\d\d-\d\d.*|[a-z-]+", value) else value


@pytest.mark.parametrize("template", LETTERS)
def test_hostile_values_are_data(template: str) -> None:
    mail = sample(template)
    context = poisoned(mail.context)
    assert isinstance(context, dict)
    letter = render(dataclasses.replace(mail, context=context | {"edition": HOSTILE}))
    assert "<script" not in letter.html
    assert '"onload' not in letter.html
    for part in (letter.subject, letter.text, letter.html):
        assert "49" not in re.sub(r"#\w+|\d{10}", "", part)
        assert "\u202e" not in part
        assert "\x00" not in part
        assert "\nBcc" not in part
    assert not re.search(r"[\r\n]", letter.subject)


def test_same_facts_same_words() -> None:
    assert render(sample("deal-registered")) == render(sample("deal-registered"))


def test_templates_are_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_templates() == []
    letters = tmp_path / "letters"
    letters.mkdir()
    for source in (rendering.TEMPLATES / "letters").iterdir():
        (letters / source.name).write_bytes(source.read_bytes())
    for part in ("text", "html"):
        (tmp_path / part).symlink_to(rendering.TEMPLATES / part)
    (letters / "partner-status.j2").unlink()
    (letters / "stray.j2").write_text("")
    (letters / "deal-closed.j2").write_text("{% block body %}{{ rival }}{{ deal.customer.upper() }}{% endblock %}")
    (letters / "deal-expired.j2").write_text("{% if %}")
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    caches = (rendering._letter, rendering._environment)
    for kept in caches:
        kept.cache_clear()
    faults = "\n".join(check_templates())
    for kept in caches:
        kept.cache_clear()
    for fault in (
        "partner-status: no template",
        "stray: a template",
        "fact rival",
        "no block subject",
        "line 1 calls",
        "deal-expired: ",
    ):
        assert fault in faults


def test_gallery_shows_all(tmp_path: Path) -> None:
    gallery(tmp_path / "g.html")
    page = (tmp_path / "g.html").read_text(encoding="utf-8")
    assert all(f"<h2>{template}</h2>" in page for template in LETTERS)
    assert OFFER["number"] in page
