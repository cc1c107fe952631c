"""Cases, letters and submissions as the tests of the ledger need them."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cases.model import (
    Case,
    CaseKind,
    DealData,
    DealState,
    Mail,
    PartnerData,
    PartnerState,
    RequestData,
    RequestState,
    Submission,
)

SECRET = b"a secret of the tests"
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def ledger_url(path: Path) -> str:
    return f"sqlite:///{path}"


def key_of(*parts: object) -> str:
    return sha256("|".join(map(str, parts)).encode()).hexdigest()


def deal(number: str, customer: str = "5001000001", partner: str = "7701000001", **changes: Any) -> Case:
    data = DealData(product_keys=["офис"], name_key=changes.pop("name_key", "ромашка"))
    case = Case(number, CaseKind.DEAL, DealState.PENDING, "2026-01-01", NOW, data, partner_inn=partner, customer_inn=customer)
    for name, value in changes.items():
        setattr(case, name, value)
    return case


def partner(number: str, inn: str = "7701000001", state: PartnerState = PartnerState.AUTHORISED) -> Case:
    return Case(number, CaseKind.PARTNER, state, "2026-01-01", NOW, PartnerData(name="Партнёр", inn=inn), partner_inn=inn)


def request(number: str, partner: str = "7701000001") -> Case:
    return Case(
        number, CaseKind.REQUEST, RequestState.OPEN, "2026-01-01", NOW, RequestData(topic="question"), partner_inn=partner
    )


def mail(number: str, template: str = "deal-registered", recipient: str = "a@partner.example", **changes: Any) -> Mail:
    key = key_of(number, changes.get("revision", 0), template, recipient)
    return Mail(
        key=key,
        number=number,
        revision=changes.pop("revision", 0),
        template=template,
        recipient=recipient,
        context={"number": number},
        queued_at=changes.pop("queued_at", NOW),
        **changes,
    )


def form_row(key: str, source: str = "form:deal", **changes: Any) -> Submission:
    return Submission(source, key, NOW, {"customer": "Ромашка"}, address="a@partner.example", **changes)
