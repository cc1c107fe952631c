"""Every letter with sample facts on one page, to be looked at (`make gallery`); the samples serve the tests, too."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from cases.letters import LETTERS, letter_key
from cases.model import Facts, Mail
from mailer.rendering import render

DEAL: Facts = {
    "number": "D-2026-0001",
    "state": "registered",
    "customer": "ООО «Ромашка»",
    "customer_inn": "7707083893",
    "kind": "new",
    "products": ["Стахановец Полный Контроль", "Стахановец Терминал"],
    "licences": 50,
    "discount": "20",
    "registered_at": "2026-03-02T10:15:00+03:00",
    "valid_until": "2026-06-02",
    "report_due": "2026-03-16",
    "sale_status": "negotiating",
    "extensions_left": 1,
}
TIER: Facts = {
    "name": "silver",
    "discount": "30",
    "term_months": 6,
    "extensions": 1,
    "leads": 2,
    "nfr_months": 6,
    "presale_from": "100000",
    "benefits": ["marketing-materials", "free-training", "presale", "listing", "joint-events"],
}
OFFER: Facts = {"number": "КП-D-2026-0001-1", "valid_until": "2026-04-01", "total": "1234567.80", "discount": "20"}
ORDER: Facts = {
    "number": "O-2026-0001",
    "deal": "D-2026-0001",
    "customer": "ООО «Ромашка»",
    "customer_inn": "7707083893",
    "products": ["Стахановец Полный Контроль"],
    "licences": 50,
    "distributor": "ООО «Дистрибуция»",
    "discount": "20",
    "lines": [{"name": "Стахановец Полный Контроль", "quantity": 50, "price": "9600.00", "total": "480000.00"}],
    "amount": "480000.00",
}
PILOT: Facts = {
    "number": "T-2026-0001",
    "customer": "ООО «Ромашка»",
    "customer_inn": "7707083893",
    "products": ["Стахановец Полный Контроль"],
    "licences": 20,
    "term_days": 14,
    "key": "AAAA-BBBB-CCCC",
    "started_on": "2026-03-02",
    "ends_on": "2026-03-16",
    "report_due": "2026-03-30",
}
OWN_SIDE: Facts = {
    "number": "D-2026-0002",
    "partner": "ООО «Вектор»",
    "partner_inn": "7707083893",
    "customer": "ООО «Ромашка»",
    "customer_inn": "7736050003",
    "products": ["Стахановец Полный Контроль"],
    "licences": 50,
    "submitted_at": "2026-03-02T09:41:00+03:00",
    "place_at": "2026-03-02T09:41:00+03:00",
    "registered_at": "",
    "valid_until": "",
    "state": "refused",
    "reason": "3 – эти продукты для этого заказчика уже закреплены за другим участником программы",
}
RIVAL_SIDE: Facts = OWN_SIDE | {
    "number": "D-2026-0001",
    "partner": "АО «Гелиос»",
    "partner_inn": "7728168971",
    "licences": 40,
    "submitted_at": "2026-03-02T09:30:00+03:00",
    "place_at": "2026-03-02T09:30:00+03:00",
    "registered_at": "2026-03-02T10:00:00+03:00",
    "valid_until": "2026-06-02",
    "state": "registered",
    "reason": "",
}
_DONE: Facts = {
    "line": 1,
    "number": "D-2026-0001",
    "customer": "ООО «Ромашка»",
    "said": "tender",
    "outcome": "reported",
    "state": "registered",
    "report_due": "2026-03-20",
    "valid_until": "2026-06-02",
    "reasons": ["все продления, которые даёт ваш партнёрский статус, уже использованы"],
}
MISSING = [
    {"name": "sales", "required": "500000", "actual": "320000.50"},
    {"name": "sales-training", "required": "yes", "actual": "no"},
]
LINES = [
    {"number": "D-2026-0007", "text": "АО «Гелиос»: часть продуктов занята", "due_at": "2026-03-04T18:00:00+03:00"},
    {"number": "Q-2026-0002", "text": "Вопрос о материалах", "due_at": "2026-03-05T18:00:00+03:00"},
]
SAMPLES: Facts = {
    "inn": "7707083893",
    "tier": TIER,
    "state": "authorised",
    "distance": {"tier": "gold", "roubles": "4500000", "conditions": [{"name": "reports", "required": "3", "actual": "1"}]},
    "missing": MISSING,
    "until": "2026-04-30",
    "about": {"kind": "deal", "customer": "ООО «Ромашка»", "products": ["Стахановец Полный Контроль"], "name": "ООО «Вектор»"},
    "asked": [
        {"label": "ИНН заказчика", "text": "«ИНН заказчика»: ИНН «7707083894» не проходит проверку контрольной суммы."},
        {"label": "Количество лицензий", "text": "«Количество лицензий»: нужно число от 1, а указано «0»."},
    ],
    "asked_due_at": "2026-03-09T18:00:00+03:00",
    "awaits": "staff",
    "subject": "Материалы для презентации",
    "outcome": "won",
    "deal": DEAL,
    "offer": OFFER,
    "changes": [
        {"name": "discount", "old": "20", "new": "25"},
        {"name": "valid_until", "old": "2026-06-02", "new": "2026-09-02"},
    ],
    "second_discount_max": "5",
    "can_wait": True,
    "waits": True,
    "refusal": "D-2026-0002",
    "appealed": "registration",
    "words": "Мы ведём этого заказчика с прошлого года, письмо от него приложим.",
    "own": OWN_SIDE,
    "rivals": [RIVAL_SIDE],
    "order": ORDER,
    "pilot": PILOT,
    "licence": {"number": "N-2026-0001", "key": "AAAA-BBBB-CCCC", "started_on": "2026-03-02", "ends_on": "2026-09-02"},
    "why": "term",
    "lead": {
        "number": "L-2026-0001",
        "lead": "ООО «Маяк», 120 рабочих мест",
        "contact": "Ольга Сергеевна, +7 812 000-00-00, it@mayak.example",
        "region": "Санкт-Петербург",
        "take_up_by": "2026-03-10T18:00:00+03:00",
    },
    "changed": False,
    "links": [{"name": "Презентация для заказчика", "url": "https://stakhanovets.example/presentation.pdf"}],
    "extended": [{"name": "Макеты рекламы", "url": "https://stakhanovets.example/banners"}],
    "listing": {"name": "ООО «Вектор»", "tier": "silver", "region": "Москва", "site": "https://vector.ru/"},
    "training": {
        "number": "Q-2026-0003",
        "topic": "sales",
        "starts_at": "2026-03-16T11:00:00+03:00",
        "held_until": "2026-04-01",
        "minutes": 90,
        "days": 2,
        "terms": "free",
    },
    "certificate": "С-1024 от 20.03.2026, Иванова М. П.",
    "invitation": {
        "uid": "q-2026-0003@stakhanovets.ru",
        "sequence": 0,
        "method": "REQUEST",
        "starts": "2026-03-16T08:00:00+00:00",
        "ends": "2026-03-16T09:30:00+00:00",
        "summary": "Вебинар по продажам «Стахановец»",
    },
    "moved": False,
    "due_on": "2026-03-16",
    "annul_from": "2026-03-24",
    "overdue": False,
    "days": 14,
    "can_extend": True,
    "action": "won",
    "deals": [DEAL],
    "month": "2026-03-01",
    "sales": "320000.50",
    "more": 2,
    "deadlines": [
        {"on": "2026-03-20", "kind": "pilot-report", "number": "T-2026-0001", "about": "ООО «Ромашка»"},
        {"on": "2026-03-27", "kind": "term", "number": "D-2026-0004", "about": "АО «Гелиос»"},
        {"on": "2026-03-30", "kind": "training", "number": "Q-2026-0003", "about": ""},
    ],
    "leads": {
        "given": 1,
        "quota": 2,
        "waiting": [
            {
                "number": "L-2026-0001",
                "lead": "ООО «Маяк», 120 рабочих мест",
                "contact": "",
                "region": "",
                "take_up_by": "2026-03-10T18:00:00+03:00",
            }
        ],
    },
    "done": [
        {**_DONE, "line": 1, "said": "tender", "outcome": "reported"},
        {**_DONE, "line": 2, "number": "D-2026-0002", "customer": "АО «Гелиос»", "said": "won", "outcome": "confirm"},
        {**_DONE, "line": 3, "number": "D-2026-0003", "said": "extend", "outcome": "not-extended"},
        {**_DONE, "line": 4, "number": "D-2026-0004", "said": "in-work", "outcome": "over", "state": "expired"},
    ],
    "unclear": [{"line": "5 – 4", "why": "figure"}, {"line": "12 – в работе", "why": "no-line"}],
    "asks": True,
    "passed_on": "Q-2026-0009",
    "asked_about": "D-2026-0001",
    "repeated": True,
    "kind": "deadline",
    "lines": LINES,
    "share": "0.5",
    "source": "sheet-read",
    "code": "not-shared",
    "error": "the spreadsheet is not shared for writing: open it, press Share and add p***@desk.example as Editor (403)",
    "since": "2026-03-02T10:00:00+03:00",
    "at": "2026-03-02T12:05:00+03:00",
    "minutes": 125,
    "over": False,
    "counts": {"deals": 12, "waiting": 2, "missed": 1},
    "hoarders": [
        {"number": "P-0003", "name": "ООО «Вектор»", "in_force": 9, "idle": 7, "ended": 12, "won_share": "8"},
        {"number": "P-0007", "name": "АО «Гелиос»", "in_force": 4, "idle": 1, "ended": 0, "won_share": ""},
    ],
    "waiting": LINES,
    "missed": LINES[:1],
}
"""A value for every fact that any letter is given."""


def sample(template: str, **facts: object) -> Mail:
    """A letter with sample facts; `facts` replace some of them, common ones included."""
    staff = template.startswith("staff-")
    context: Facts = {
        "number": "D-2026-0001",
        "greeting": "" if staff else "Иван Петрович",
        "partner": "ООО «Вектор»",
        "edition": "2026-01-01",
        "section": "Регистрация сделки",
        "reasons": [],
        "due_at": "2026-03-04T18:00:00+03:00",
        **{name: SAMPLES[name] for name in LETTERS[template]},
    }
    if template in ("deal-refused", "partner-refused", "deal-annulled", "order-refused", "pilot-refused", "nfr-refused"):
        context["reasons"] = [
            {"code": "3", "section": "Регистрация сделки", "text": "Этот заказчик уже закреплён за другим партнёром"},
        ]
    if template == "deal-extension-refused":
        context["reasons"] = [{"code": "5", "section": "Регистрация сделки", "text": "Продления использованы"}]
    if template.startswith("lead-"):
        context |= {"section": "Партнерские статусы"}
        context |= {name: value for name, value in (("outcome", "worked"), ("why", "silent")) if name in LETTERS[template]}
        if template == "lead-answered":
            context["lead"] = {**context["lead"], "take_up_by": ""}
    context |= facts
    number = str(context["number"])
    recipient = "staff@stakhanovets.ru" if staff else "ivan@vector.ru"
    return Mail(
        letter_key(number, 1, template, recipient),
        number,
        1,
        template,
        recipient,
        context,
        datetime(2026, 3, 2, 7, 15, tzinfo=UTC),
    )


def gallery(path: Path) -> None:
    """Write one HTML page that shows every letter: subject, HTML, plain text."""
    shown = []
    for template in LETTERS:
        letter = render(sample(template))
        shown.append(
            f"<h2>{template}</h2><p><b>{escape(letter.subject)}</b></p>"
            f'<div class="pair"><iframe srcdoc="{escape(letter.html)}"></iframe><pre>{escape(letter.text)}</pre></div>'
        )
    path.write_text(
        '<!DOCTYPE html><html lang="ru"><head><meta charset="utf-8"><title>Письма</title><style>'
        "body{font-family:Arial,sans-serif;margin:24px;max-width:1300px}.pair{display:flex;gap:16px}"
        "iframe{width:660px;height:960px;border:1px solid #ccc;flex:none}pre{white-space:pre-wrap;font-size:13px}"
        f"</style></head><body>{''.join(shown)}</body></html>",
        encoding="utf-8",
    )


if __name__ == "__main__":
    page = Path(sys.argv[1] if len(sys.argv) > 1 else "gallery.html")
    gallery(page)
    sys.stdout.write(f"{page}\n")
