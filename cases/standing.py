"""The month's letter on where a partner stands, and replies to letters that list several deals («Партнерские статусы»).

A list is frozen with its letter: line 3 of a reply is the third deal of the very letter that is answered, whatever happened
since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from cases import clockwork, questions, updates
from cases.desk import Desk
from cases.incoming_mail import ListReading, Reading, Unclear
from cases.letters import day, lead_facts, money, own_list
from cases.model import (
    OPEN_DEAL_STATES,
    Answer,
    Case,
    CaseKind,
    DealState,
    Echo,
    ErrandState,
    Facts,
    LeadState,
    Mail,
    RequestState,
    SaleStatus,
    Submission,
)
from cases.partners import status_facts
from cases.tiers import distance_facts, tier_facts_of
from rules.clock import confirm_due
from rules.standing import is_ahead
from rules.tiers import sales_total

_LISTS = ("partner-standing", "partner-updated", "status-report")
_ABOUT_TO_BE_CONFIRMED = "confirm"


# -- the letter ---------------------------------------------------------------------------------


def tell(desk: Desk, case: Case, leads_given: int = 0) -> None:
    """Queue the month's letter to a partner: its deals, its deadlines, its tier, its leads (`leads_given`: those of this month).
    One a month, however often it is asked for.
    """
    today = desk.outside.calendar.local_date(desk.now)
    edition = desk.edition_at(desk.now)
    facts = tier_facts_of(desk, case)
    deals = _open_deals(desk, case)
    listed = deals[: edition.standing.deals_listed]
    month = today.replace(day=1)
    desk.write(
        case,
        "partner-standing",
        section=edition.standing.section,
        facts={
            "month": day(month),
            "tier": status_facts(desk, case)["tier"],
            "sales": money(sales_total(facts, today, edition)),
            "distance": distance_facts(facts, today, edition),
            "deals": [clockwork.shown(desk, deal) for deal in listed],
            "more": len(deals) - len(listed),
            "deadlines": [
                {"on": day(on), "kind": kind, "number": number, "about": about}
                for on, kind, number, about in sorted(_deadlines(desk, case, deals))
                if is_ahead(on, today, edition)
            ],
            "leads": _leads(desk, case, leads_given, edition.figures(case.partner().tier).leads_per_month),
        },
        once=day(month),
    )


def _open_deals(desk: Desk, case: Case) -> list[Case]:
    """The partner's open deals, those first whose report is due first."""
    found = [deal for deal in desk.tx.deals_of_partner(case.partner().inn) if deal.state in OPEN_DEAL_STATES]
    return sorted(found, key=lambda deal: clockwork.next_report(desk, deal) or date.max)


def _deadlines(desk: Desk, case: Case, deals: Sequence[Case]) -> Iterator[tuple[date, str, str, str]]:
    """What falls due besides the reports that the list of deals shows: day, kind, number, what it is about."""
    local = desk.outside.calendar.local_date
    for deal in deals:
        data = deal.deal()
        if deal.state == DealState.REGISTERED:
            confirm = confirm_due(clockwork.clock(desk, deal), desk.edition(deal))
            dates = ((confirm, "confirm"), (data.valid_until, "term"))
            yield from ((on, kind, deal.number, data.customer) for on, kind in dates if on is not None)
    for lacking in (*deals, *desk.tx.errands_of(case.partner().inn)):
        if lacking.state == ErrandState.NEEDS_DATA and lacking.asked_due_at is not None:
            yield local(lacking.asked_due_at), "data", lacking.number, ""
    for errand in desk.tx.errands_of(case.partner().inn):
        if errand.kind is CaseKind.ORDER:
            continue
        licence = errand.licence()
        pilot = errand.kind is CaseKind.PILOT
        if errand.state == ErrandState.RUNNING and licence.ends_on is not None:
            yield licence.ends_on, "pilot" if pilot else "nfr", errand.number, licence.customer
        elif errand.state in (ErrandState.REPORT_DUE, ErrandState.OVERDUE) and licence.report_due_on is not None:
            yield licence.report_due_on, "pilot-report", errand.number, licence.customer
    for training in desk.tx.cases_of_kind(CaseKind.TRAINING, case.partner().inn):
        planned = training.request().planned_on or training.request().held_until
        if training.state == RequestState.OPEN and planned is not None:
            yield planned, "training", training.number, ""


def _leads(desk: Desk, case: Case, given: int, quota: int) -> Facts:
    """Those of this month, and those that the partner has still to answer; {} where there is nothing to say."""
    waiting = [lead for lead in desk.tx.cases_of_kind(CaseKind.LEAD, case.partner().inn) if lead.state == LeadState.ASSIGNED]
    if not (quota or given or waiting):
        return {}
    return {"given": given, "quota": quota, "waiting": [lead_facts(lead) for lead in waiting]}


# -- replies to a list -----------------------------------------------------------------------------


def listen(desk: Desk, text: str, answered: Mail, sent: str, reading: Reading) -> ListReading | None:
    """What a reply to a list says of its deals; None when it says nothing of them and is people's, or the letter has no list.

    `sent`: text of the letter that is answered; `reading`: what the reply says otherwise.
    """
    if answered.template not in _LISTS or answered.context.get("asked_about") or reading.action == "status":
        return None
    if "yes" in own_list(answered).values() and reading.action in ("yes", "no"):
        return ListReading(confirmed=reading.action == "yes")
    heard = desk.outside.lists.read_list(text, sent, [str(deal["number"]) for deal in answered.context["deals"]])
    understood = heard.said or (heard.unclear and not heard.beside)
    return heard if understood else None


def act(desk: Desk, partner: Case, answered: Mail, heard: ListReading, submission: Submission, thread: tuple[str, ...]) -> None:
    """Do what the lines say, and answer all of them with one letter. What was written besides becomes a question for staff."""
    listed = answered.context["deals"]
    places = {str(deal["number"]): place for place, deal in enumerate(listed, 1)}
    unclear = list(heard.unclear)
    done: list[Facts] = []
    if heard.confirmed is not None:
        said = [(row["number"], row["said"]) for row in answered.context["done"] if row["outcome"] == _ABOUT_TO_BE_CONFIRMED]
    else:
        said = list(heard.said)
    on = desk.outside.calendar.local_date(submission.received_at)
    for number, word in said:
        deal = desk.tx.case(number)
        if deal is None or deal.kind is not CaseKind.DEAL or deal.partner_inn != partner.partner().inn:
            unclear.append(Unclear(number, "no-deal"))
            continue
        if heard.confirmed is None:
            outcome, reasons = _carry_out(desk, deal, word, on)
        else:
            outcome, reasons = _settle(desk, deal, word, heard.confirmed), []
        done.append(
            {
                "line": places.get(number, ""),
                "number": number,
                "customer": deal.deal().customer,
                "said": word,
                "outcome": outcome,
                "state": deal.state,
                "report_due": day(clockwork.next_report(desk, deal)),
                "valid_until": day(deal.deal().valid_until),
                "reasons": reasons,
            }
        )
    facts: Facts = {
        "done": done,
        "unclear": [{"line": one.line, "why": one.why} for one in unclear],
        "asks": any(row["outcome"] == _ABOUT_TO_BE_CONFIRMED for row in done),
        "passed_on": _pass_on(desk, partner, heard.beside, submission) if heard.beside else "",
        "deals": listed,
    }
    section = desk.edition_at(desk.now).deals.section
    desk.write(
        partner, "partner-updated", to=submission.address, section=section, facts=facts, distinct=submission.key, thread=thread
    )


def _carry_out(desk: Desk, deal: Case, word: str, on: date) -> tuple[str, list[str]]:
    """One word on one deal: what came of it, with reasons for a refusal. A final word waits for its confirmation."""
    if deal.state not in OPEN_DEAL_STATES:
        return "over", []
    if word == "extend":
        reasons = clockwork.extend_term(desk, deal, on)
        return ("not-extended" if reasons else "extended"), [reason.text for reason in reasons]
    if word in clockwork.FINAL_ACTIONS:
        deal.deal().echo = Echo(word, desk.now)
        desk.tx.save(deal)
        return _ABOUT_TO_BE_CONFIRMED, []
    return ("reported" if updates.note_status(desk, deal, SaleStatus(word), on) else "needs-data"), []


def _settle(desk: Desk, deal: Case, word: str, yes: bool) -> str:
    """The answer to what was asked back about one deal."""
    pending = deal.deal().echo
    if not updates.can_close(deal):
        return "over"
    if pending is None or pending.action != word:
        return "kept"
    updates.confirmed(desk, deal, Answer.ACCEPTED if yes else Answer.REFUSED)
    if not yes:
        desk.journal(deal, "echo-declined")
        return "kept"
    clockwork.end(desk, deal, word, "partner")
    return "closed"


def _pass_on(desk: Desk, partner: Case, text: str, submission: Submission) -> str:
    """What no line of the list can be made of is a question; the one letter that answers the reply names its number."""
    opened = questions.open_question(
        desk,
        submission,
        topic="question",
        subject=desk.outside.wording.term("beside-list"),
        text=text,
        partner_inn=partner.partner().inn,
        acknowledge=False,
    )
    return opened.number
