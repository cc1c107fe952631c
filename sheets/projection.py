"""What a case or a submission shows in the sheet: field -> typed value. Pure; the ledger decides, this only dresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from cases.model import Case, CaseKind, DealData, Event, LeadData, LicenceData, OrderData, PartnerData, RequestData, Submission
from sheets import columns
from sheets.port import RowAppend
from sheets.shape import Tab, Words
from sheets.values import Cell, moment

ReportDue = Callable[[Case], date | None]
Shown = Mapping[str, Cell]

TAB_OF_KIND: Mapping[CaseKind, Tab] = {
    CaseKind.PARTNER: columns.PARTNERS,
    CaseKind.DEAL: columns.DEALS,
    CaseKind.REQUEST: columns.REQUESTS,
    CaseKind.TRAINING: columns.TRAINING,
    CaseKind.ORDER: columns.ORDERS,
    CaseKind.PILOT: columns.PILOTS,
    CaseKind.NFR: columns.NFR,
    CaseKind.LEAD: columns.LEADS,
}
FORM_OF_SOURCE: Mapping[str, Tab] = {f"form:{form.value}": tab for form, tab in columns.FORMS.items()}


def case_row(case: Case, report_due: ReportDue, discount: Callable[[Case], Decimal | None] | None = None) -> Shown:
    """The system's cells of the case's registry row. `report_due`: when the partner must report next; `discount`: of a
    partner, by the edition.

    Without `discount`, a partner shows staff's override alone.
    """
    data = case.data
    if isinstance(data, PartnerData):
        own = _partner(case, data, discount(case) if discount else data.discount_override)
    elif isinstance(data, DealData):
        own = _deal(case, data, report_due(case))
    elif isinstance(data, OrderData):
        own = _order(case, data)
    elif isinstance(data, LicenceData):
        own = _licence(case, data)
    elif isinstance(data, LeadData):
        own = {"partner": data.partner_name, "handed_at": _time(data.handed_at)}
    else:
        own = _request(case, data)
    return {"number": case.number, **own, "remarks": remarks(case)}


def remarks(case: Case) -> str:
    """`Замечания`: the open question first (a proposal says so itself), then the remarks."""
    question = [case.question.text] if case.question else []
    shown = ""
    for text in (*question, *(remark.text for remark in case.remarks)):
        shown += ("" if not shown else " " if shown[-1] in ".?!" else "; ") + text if text else ""
    return shown


def _partner(case: Case, data: PartnerData, discount: Decimal | None) -> Shown:
    return {
        "partner": data.name,
        "inn": data.inn or case.partner_inn,
        "authorisation": _said(columns.PARTNER_STATES, case.state),
        "tier": _said(columns.TIERS, data.tier),
        "discount": _figure(discount),
        "sales_12m": _figure(data.sales_12m),
        "distance": data.distance,
        "contacts": ", ".join(data.contacts),
        "region": data.region,
    }


def _deal(case: Case, data: DealData, report_due: date | None) -> Shown:
    return {
        "partner": data.partner_name,
        "partner_inn": case.partner_inn,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "kind": _said(columns.DEAL_KINDS, data.deal_kind or ""),
        "products": "; ".join(data.products),
        "licences": data.licences,
        "state": _said(columns.DEAL_STATES, case.state),
        "discount": _figure(data.discount),
        "submitted_at": _time(case.submitted_at),
        "due_at": _time(case.due_at),
        "registered_at": _day(data.registered_at),
        "valid_until": data.valid_until,
        "extensions": data.extensions if data.registered_at else None,
        "sale_status": _said(columns.SALE_STATUSES, data.sale_status or ""),
        "report_due": report_due,
        "reason": case.reason_text,
    }


def _order(case: Case, data: OrderData) -> Shown:
    return {
        "partner": data.partner_name,
        "partner_inn": case.partner_inn,
        "deal": data.deal,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "products": "; ".join(data.products),
        "licences": data.licences,
        "distributor": data.distributor,
        "amount": _figure(data.amount),
        "submitted_at": _time(case.submitted_at),
        "due_at": _time(case.due_at),
        "state": _said(columns.ORDER_STATES, case.state),
        "reason": case.reason_text,
    }


def _licence(case: Case, data: LicenceData) -> Shown:
    shown: dict[str, Cell] = {
        "partner": data.partner_name,
        "partner_inn": case.partner_inn,
        "submitted_at": _time(case.submitted_at),
        "due_at": _time(case.due_at),
        "state": _said(columns.LICENCE_STATES, case.state),
        "ends_on": data.ends_on,
        "reason": case.reason_text,
    }
    if case.kind is CaseKind.NFR:
        return {**shown, "issued_on": data.started_on}
    return {
        **shown,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "products": "; ".join(data.products),
        "licences": data.licences,
        "term_days": data.term_days if data.term_days is not None else data.asked_days,
        "started_on": data.started_on,
        "report_due": data.report_due_on,
        "result": data.result,
    }


def _request(case: Case, data: RequestData) -> Shown:
    shown: dict[str, Cell] = {
        "partner": data.partner_name,
        "partner_inn": case.partner_inn,
        "submitted_at": _time(case.submitted_at),
        "due_at": _time(case.due_at),
        "state": _said(columns.REQUEST_STATES, case.state),
    }
    if case.kind is CaseKind.TRAINING:
        return {
            **shown,
            "topic": _said(columns.COURSES, data.topic),
            "held_until": data.held_until,
            "planned_on": data.planned_on,
        }
    return {
        **shown,
        "address": data.address,
        "topic": _said(columns.REQUEST_TOPICS, data.topic),
        "subject": data.subject,
        "text": "\n\n".join(part for part in (data.text, data.compared) if part),
        "about": data.about,
    }


def submission_row(submission: Submission) -> Shown:
    """The five columns to the right of a form row."""
    return {
        "number": submission.number,
        "answer": _said(columns.ANSWERS, submission.answer),
        "answer_text": submission.answer_text,
        "due_at": _time(submission.due_at),
        "answered_at": _time(submission.answered_at),
    }


def journal_line(event_id: int, event: Event) -> RowAppend:
    """A line of `Журнал`."""
    values: Shown = {"at": _time(event.at), "number": event.number, "event": event.event, "details": event.details}
    return RowAppend(columns.JOURNAL.name, str(event_id), values)


def _said(words: Words, ours: str) -> str:
    return words.get(ours, ours)


def _time(when: datetime | None) -> datetime | None:
    return moment(when)


def _day(when: datetime | None) -> date | None:
    local = moment(when)
    return local.date() if local else None


def _figure(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
