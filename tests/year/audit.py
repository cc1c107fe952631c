"""The books beside the model: every cell and letter that the two do not agree about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.year.books import Books
from tests.year.events import TABS
from tests.year.figures import TERMS
from tests.year.hands import Row, as_text
from tests.year.records import (
    ACCEPTED,
    AUTHORISED,
    NEEDS_DATA,
    PENDING,
    REFUSED,
    REGISTERED,
    Deal,
    Errand,
    Lead,
    Partner,
)
from tests.year.stage import Stage

ANSWERS = {PENDING: PENDING, NEEDS_DATA: NEEDS_DATA, REFUSED: "Отказано"}
"""What a form row says of a case in that state; every other state was once accepted."""

TEMPLATES = frozenset(
    (
        "partner-authorised",
        "partner-refused",
        "partner-status",
        "needs-data",
        "deal-registered",
        "deal-refused",
        "deal-waiting",
        "deal-update-due",
        "deal-update-overdue",
        "deal-expiring",
        "deal-expired",
        "deal-extended",
        "deal-extension-refused",
        "deal-annulled",
        "deal-closed",
        "deal-confirm-due",
        "deal-discount-offered",
        "reply-confirm",
        "case-received",
        "case-waiting",
        "sender-unknown",
        "order-accepted",
        "order-refused",
        "pilot-started",
        "pilot-refused",
        "pilot-ending",
        "pilot-report-due",
        "training-invitation",
        "training-passed",
        "listing-approved",
        "listing-ended",
        "tier-raised",
        "tier-warning",
        "tier-lowered",
        "partner-deauthorised",
        "nfr-issued",
        "waiting-list",
        "customer-free",
        "appeal-answered",
        "partner-standing",
        "partner-updated",
        "lead-assigned",
        "lead-answered",
        "lead-reminder",
        "lead-taken-back",
        "question-received",
        "status-report",
    )
)
"""Letters that the model knows of; others are not compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`number`: the case; `what`: header or template; what the model expects, what was found."""

    number: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.number:14} {self.what:28} expected {self.expected!r}, found {self.found!r}"


def differences(books: Books, stage: Stage) -> list[Difference]:
    """Everything at once, in the order of tabs."""
    found = [Difference("", "fault", "", fault) for fault in stage.faults]
    found += _tab(stage.rows("Партнёры"), {one.number: _partner(books, one) for one in books.partners.values()})
    found += _tab(stage.rows("Сделки"), {one.number: _deal(one) for one in books.deals.values()})
    for tab in sorted(set(TABS.values())):
        found += _tab(stage.rows(tab), {one.number: _errand(one) for one in books.errands.values() if TABS[one.kind] == tab})
    found += _tab(stage.rows("Лиды"), {one.number: _lead(books, one) for one in books.leads.values()})
    found += _proposals(books, stage)
    found += _lead_states(books, stage)
    found += _quotas(books, stage)
    found += _forms(books, stage)
    found += _letters(books, stage)
    return found


def _tab(rows: list[Row], expected: dict[str, dict[str, Any]]) -> Iterator[Difference]:
    shown = {str(row["№"]): row for row in rows}
    for number in sorted(expected.keys() - shown.keys()):
        yield Difference(number, "row", "there", "missing")
    for number in sorted(shown.keys() - expected.keys()):
        yield Difference(number, "row", "none", as_text(list(shown[number].values())))
    if len(rows) != len(shown):
        yield Difference("", "rows", str(len(shown)), str(len(rows)))
    for number, cells in expected.items():
        for header, value in cells.items():
            if number in shown and as_text(value) != (there := _said(header, shown[number][header])):
                yield Difference(number, header, as_text(value), there)


def _said(header: str, cell: Any) -> str:
    """The cell as text; of reasons only their codes are compared, not the wording."""
    return ", ".join(re.findall(r"(?:^|; )(\d) – ", str(cell))) if header == "Причина" else as_text(cell)


def _partner(books: Books, partner: Partner) -> dict[str, Any]:
    cells: dict[str, Any] = {"Авторизация": PENDING if partner.state == NEEDS_DATA else partner.state}
    if not partner.gaps:
        cells["ИНН"] = partner.inn
    if partner.state == AUTHORISED:
        discount = TERMS[partner.tier].discount
        cells |= {
            "Статус": partner.tier,
            "Скидка %": partner.individual if discount is None else discount,
            "Продажи за 12 мес.": books.sales(partner.inn),
        }
    return cells


def _deal(deal: Deal) -> dict[str, Any]:
    cells: dict[str, Any] = {"ИНН партнёра": deal.partner, "Состояние": deal.state}
    cells["Подана"] = _moment(deal.submitted)
    if deal.state == REFUSED:
        cells["Причина"] = ", ".join(map(str, deal.codes))
    if deal.state != NEEDS_DATA:
        cells["Ответить до"] = _moment(deal.due)
    if deal.registered is not None:
        cells |= {
            "Скидка %": deal.discount,
            "Зарегистрирована": _day(deal.registered),
            "Действует до": _day(deal.valid_until),
            "Продлений": deal.extensions,
            "Статус продажи": deal.sale_status,
        }
    if deal.state == REGISTERED:
        cells["Обновить до"] = _day(deal.report_due)
    return cells


def _errand(errand: Errand) -> dict[str, Any]:
    cells: dict[str, Any] = {"Состояние": errand.state}
    if errand.kind == "pilot" and errand.started is not None:
        cells |= {"Начат": _day(errand.started), "Окончание": _day(errand.ends), "Отчёт до": _day(errand.report_due)}
    if errand.kind == "nfr" and errand.started is not None:
        cells |= {"Выдана": _day(errand.started), "Окончание": _day(errand.ends)}
    return cells


def _proposals(books: Books, stage: Stage) -> Iterator[Difference]:
    """Is it proposed to staff to lower a tier, because of its conditions or of a violation?"""
    for row in stage.rows("Партнёры"):
        partner = next((one for one in books.partners.values() if one.number == row["№"]), None)
        asked = partner is not None and partner.proposal in ("lower", "violation")
        if asked != ("Предложение: понизить" in row["Замечания"]):
            yield Difference(str(row["№"]), "proposal", str(asked), str(row["Замечания"]))


def _lead(books: Books, lead: Lead) -> dict[str, Any]:
    cells: dict[str, Any] = {"Лид": lead.name, "Контакт": lead.contact, "Регион": lead.region}
    cells["Партнёр"] = books.partners[lead.partner].name if lead.partner else ""
    cells["Передан"] = _moment(lead.handed) if lead.handed else ""
    return cells


def _lead_states(books: Books, stage: Stage) -> Iterator[Difference]:
    """What `Лиды` has no column for."""
    for lead in books.leads.values():
        if (found := stage.explain(lead.number).get("state", "")) != lead.state:
            yield Difference(lead.number, "explained state", lead.state, str(found))


def _quotas(books: Books, stage: Stage) -> Iterator[Difference]:
    """Whatever the model thinks of leads: what partners were written, and what the tab shows, passes no month's quota."""
    offered = Counter(
        (one.to, one.day.replace(day=1)) for one in stage.posted if one.template == "lead-assigned" and "Новый" in one.subject
    )
    shown = Counter((row["Партнёр"], row["Передан"].date().replace(day=1)) for row in stage.rows("Лиды") if row["Передан"])
    for partner in books.partners.values():
        for count, who in ((offered, partner.address), (shown, partner.name)):
            for month in [month for whom, month in count if whom == who]:
                if count[who, month] > (most := _most(partner, month)):
                    yield Difference(partner.number, f"leads in {month:%m.%Y}", f"at most {most}", str(count[who, month]))


def _most(partner: Partner, month: date) -> int:
    """The highest of its quotas in that month."""
    before = [tier for day, tier in partner.history if day < month][-1:]
    during = [tier for day, tier in partner.history if day.replace(day=1) == month]
    return max((TERMS[tier].leads for tier in (*before, *during)), default=0)


def _forms(books: Books, stage: Stage) -> Iterator[Difference]:
    shown: dict[tuple[str, str, str], list[Row]] = {}
    for tab in ("Форма Партнёр", "Форма Сделка", "Форма Актуализация", "Форма Заказ", "Форма Пилот", "Форма Запрос"):
        for row in stage.rows(tab):
            stamp = row["Отметка времени"]
            shown.setdefault((tab, f"{stamp:%Y-%m-%d %H:%M:%S}", str(row["Адрес электронной почты"])), []).append(row)
    for key, answered in books.rows.items():
        if key.endswith("-again"):
            continue
        tab, at, address = stage.form_rows(key)
        if tab == "Форма Отчёт о пилоте":
            continue
        rows = shown.get((tab, f"{at:%Y-%m-%d %H:%M:%S}", address), [])
        copies = 1 + (f"{key}-again" in books.rows)
        if len(rows) != copies:
            yield Difference(answered.number, f"rows of {tab}", str(copies), str(len(rows)))
        for row in rows:
            if tab != "Форма Актуализация" and row["№"] != answered.number:
                yield Difference(answered.number, f"№ in {tab}", answered.number, str(row["№"]))
            state = _state(books, answered.number)
            if tab not in ("Форма Актуализация", "Форма Запрос") and state:
                expected = ANSWERS.get(state, "Принято")
                if row["Решение"] != expected:
                    yield Difference(answered.number, f"Решение in {tab}", expected, str(row["Решение"]))


def _state(books: Books, number: str) -> str:
    """The case's state as an answer: what was refused after it had been accepted stays accepted."""
    if number in books.deals:
        deal = books.deals[number]
        return REGISTERED if deal.registered is not None else deal.state
    if number in books.errands:
        errand = books.errands[number]
        return errand.state if errand.state in (PENDING, NEEDS_DATA, REFUSED) else ACCEPTED
    partner = next((one for one in books.partners.values() if one.number == number), None)
    return partner.state if partner is not None else ""


def _letters(books: Books, stage: Stage) -> Iterator[Difference]:
    expected = Counter((one.template, one.number, one.day, one.to) for one in books.letters if one.template in TEMPLATES)
    each = Counter((one.template, one.number, one.day, one.to) for one in stage.posted if one.template in TEMPLATES)
    found: Counter[tuple[str, str, date, str]] = Counter()
    for (template, number, day, to), count in each.items():
        key = (template, number, day, to if number in books.leads else "")
        found[key] = max(found[key], count)
    for key in sorted(expected.keys() | found.keys(), key=lambda key: (key[1], key[2], key[0], key[3])):
        template, number, day, to = key
        if expected[key] != found[key]:
            yield Difference(number, f"{template} on {_day(day)} {to}".strip(), str(expected[key]), str(found[key]))
    if len({one.message_id for one in stage.posted}) != len(stage.posted):
        yield Difference("", "Message-ID", "unique", "doubled")


def _moment(at: datetime) -> str:
    return as_text(at.replace(tzinfo=None))


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
