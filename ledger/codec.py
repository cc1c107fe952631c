"""Between the model's dataclasses and the text that the ledger keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, get_type_hints

import msgspec

from cases.model import (
    Case,
    CaseKind,
    DealData,
    Echo,
    Facts,
    LeadData,
    LicenceData,
    Offer,
    OrderData,
    PartnerData,
    Question,
    ReasonText,
    RequestData,
)
from rules.decision import Decision


def _plain(value: object) -> object:
    """Mappings other than dict (read-only views of the rules') as dict."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be recorded")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def encode(value: object) -> str:
    """JSON text of a value of the model. Raises TypeError for what JSON cannot hold."""
    return _encoder.encode(value).decode()


# msgspec cannot tell untagged dataclasses apart, so each kind of payload has a form of Case whose `data` has one type.


@dataclass(slots=True)
class _PartnerCase(Case):
    data: PartnerData


@dataclass(slots=True)
class _DealCase(Case):
    data: DealData


@dataclass(slots=True)
class _RequestCase(Case):
    data: RequestData


@dataclass(slots=True)
class _OrderCase(Case):
    data: OrderData


@dataclass(slots=True)
class _LicenceCase(Case):
    data: LicenceData


@dataclass(slots=True)
class _LeadCase(Case):
    data: LeadData


_requests = msgspec.json.Decoder(_RequestCase)
_licences = msgspec.json.Decoder(_LicenceCase)
_case_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    CaseKind.PARTNER: msgspec.json.Decoder(_PartnerCase),
    CaseKind.DEAL: msgspec.json.Decoder(_DealCase),
    CaseKind.REQUEST: _requests,
    CaseKind.TRAINING: _requests,
    CaseKind.ORDER: msgspec.json.Decoder(_OrderCase),
    CaseKind.PILOT: _licences,
    CaseKind.NFR: _licences,
    CaseKind.LEAD: msgspec.json.Decoder(_LeadCase),
}
_values: Callable[[object], tuple[Any, ...]] = attrgetter(*(f.name for f in fields(Case)))


_moments: dict[type, tuple[str, ...]] = {
    kind: tuple(name for name, hint in get_type_hints(kind).items() if hint in (datetime, datetime | None))
    for kind in (Case, PartnerData, DealData, RequestData, OrderData, LicenceData, LeadData, Question, Echo)
}


def _in_utc(value: object) -> None:
    """Turn the datetimes of a freshly decoded, mutable dataclass to UTC."""
    for name in _moments[type(value)]:
        moment = getattr(value, name)
        if moment is not None:
            setattr(value, name, moment.astimezone(UTC))


def decode_case(kind: str, payload: str) -> Case:
    """The case as it was encoded, its datetimes in UTC. Raises msgspec.ValidationError when the text is no case of that kind."""
    case = Case(*_values(_case_decoders[kind].decode(payload)))
    _in_utc(case)
    _in_utc(case.data)
    if case.question is not None:
        _in_utc(case.question)
    if isinstance(case.data, DealData) and case.data.echo is not None:
        _in_utc(case.data.echo)
    return case


decode_facts: Callable[[str], Facts] = msgspec.json.Decoder(dict[str, Any]).decode
decode_cells: Callable[[str], dict[str, str]] = msgspec.json.Decoder(dict[str, str]).decode
decode_answers: Callable[[str], tuple[tuple[str, str], ...]] = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode
decode_thread: Callable[[str], tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...]).decode
decode_offer: Callable[[str], Offer | None] = msgspec.json.Decoder(Offer | None).decode
decode_reasons: Callable[[str], tuple[ReasonText, ...]] = msgspec.json.Decoder(tuple[ReasonText, ...]).decode
decode_decision: Callable[[str], Decision | None] = msgspec.json.Decoder(Decision | None).decode
