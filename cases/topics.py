"""`Форма Запрос`: a training, an NFR licence, a listing, a presale, materials, a question."""

from __future__ import annotations

from decimal import Decimal

from cases import nfr, questions, training
from cases.deals import priced_products
from cases.desk import Desk
from cases.letters import about_facts
from cases.model import Answer, Case, Facts, FormRow, PartnerState, RequestState, Submission
from cases.pricing import NotPricedError, offer_lines, total
from cases.requests import TopicRequest, parse_topic, read_deal_number
from rules.authorisation import Standing
from rules.decision import Decision, Outcome, Problem
from rules.edition import Tier
from rules.requests import TopicFacts, topic


def take(desk: Desk, row: FormRow, submission: Submission) -> None:
    """A request, by its topic. Who asks is the partner named, else the one for whom the address speaks."""
    edition = desk.edition_at(submission.received_at)
    request, problems = parse_topic(desk.understood(row.answers), edition.deals.section)
    named = request.partner_inn or ("" if row.answers.get("partner_inn", "").strip() else _sender_of(desk, submission.address))
    if not problems and not named and request.topic in ("training", "nfr", "publication", "presale"):
        problems = (Problem("partner_inn", "missing", edition.deals.section),)
    if problems:
        _incomplete(desk, row, submission, request, problems)
    elif request.topic == "nfr":
        nfr.take(desk, submission, row.labels, named, request.text)
    elif request.topic == "training" and desk.speaks_for(submission.address, desk.tx.partner(named)):
        training.take(desk, submission, named, request.text)
    else:
        _to_staff(desk, submission, request, named)


def _sender_of(desk: Desk, address: str) -> str:
    """The INN of the one authorised partner for whom this address speaks."""
    found = [case for case in desk.tx.partner_by_contact(address) if case.state == PartnerState.AUTHORISED]
    return found[0].partner_inn if len(found) == 1 else ""


def _incomplete(desk: Desk, row: FormRow, submission: Submission, request: TopicRequest, problems: tuple[Problem, ...]) -> None:
    """What is missing is asked for by letter; staff see the request meanwhile."""
    opened = questions.open_question(
        desk,
        submission,
        topic=request.topic or "question",
        subject=desk.outside.wording.term(request.topic or "request"),
        text=request.text,
        code="request",
        acknowledge=False,
    )
    opened.labels = dict(row.labels)
    asked = desk.asked(opened, problems)
    submission.answer, submission.answer_text = Answer.NEEDS_DATA, "; ".join(line.text for line in asked)
    desk.tx.save_submission(submission)
    facts = {
        "about": about_facts(opened),
        "asked": [{"label": line.label, "text": line.text} for line in asked],
        "asked_due_at": "",
    }
    if submission.address:
        desk.write(opened, "needs-data", to=submission.address, facts=facts, answers=[submission])


def _to_staff(desk: Desk, submission: Submission, request: TopicRequest, named: str) -> None:
    """Staff say yes or no; what the tier does not give is refused at once, links to materials go at once."""
    partner = desk.tx.partner(named) if named else None
    known = desk.speaks_for(submission.address, partner)
    facts = TopicFacts(
        topic=request.topic,
        standing=desk.standing(partner),
        tier=partner.partner().tier if partner else Tier.WHITE,
        sender_known=known,
        links=bool(_links(desk, partner)),
        amount=_list_price(desk, request.text, named) if request.topic == "presale" else None,
    )
    edition = desk.edition_at(submission.received_at)
    decision = topic(facts, edition)
    approve = decision.outcome is Outcome.APPROVE
    reject = decision.outcome is Outcome.REJECT and (known or facts.standing is Standing.NEVER_APPLIED)
    opened = questions.open_question(
        desk,
        submission,
        topic=request.topic,
        subject=desk.outside.wording.term(request.topic),
        text=request.text,
        partner_inn=named if known else "",
        code=decision.reasons[0].code if decision.outcome is Outcome.REFER and known else "request",
        acknowledge=not reject and not approve,
        asks=not reject and not approve,
        named="" if known else named,
    )
    kept: Facts = {"topic": facts.topic, "standing": facts.standing.value, "tier": facts.tier.value, "sender_known": known}
    if facts.amount is not None:
        kept["amount"] = f"{facts.amount:f}"
    if approve:
        _give_links(desk, opened, partner, decision, kept)
    elif reject:
        questions.reject(desk, opened, decision, kept)
    else:
        reasons = desk.reason_texts(decision.reasons, edition)
        first = decision.reasons[0]
        if known and first.facts:
            desk.ask_staff(opened, first.code, None, **first.facts)
        desk.record(opened, "request", "refer", "rules", reasons, decision, kept)


def _links(desk: Desk, partner: Case | None) -> dict[str, list[dict[str, str]]]:
    """Links to materials for the partner's tier, as a letter gives them; {} without any."""
    if partner is None:
        return {}
    given = desk.outside.materials
    extended = given.extended if desk.edition_at(desk.now).figures(partner.partner().tier).extended_marketing else {}
    if not given.links and not extended:
        return {}
    return {
        name: [{"name": title, "url": address} for title, address in links.items()]
        for name, links in (("links", given.links), ("extended", extended))
    }


def _give_links(desk: Desk, case: Case, partner: Case | None, decision: Decision, facts: Facts) -> None:
    case.state = RequestState.APPROVED
    case.question, case.wakes_at, case.decided_at = None, None, desk.now
    desk.record(case, "request", "approve", "rules", (), decision, facts)
    rows = desk.answer(case, Answer.ACCEPTED)
    section = decision.tests[0].section
    desk.write(case, "materials-links", section=section, facts=_links(desk, partner), answers=rows)


def _list_price(desk: Desk, text: str, partner_inn: str) -> Decimal | None:
    """What the partner's deal that the text names comes to at list price, in roubles; None without such a deal or its prices."""
    number = read_deal_number(text)
    named = desk.tx.case(number) if number and partner_inn else None
    licences = named.deal().licences if named is not None and named.partner_inn == partner_inn else None
    if named is None or not licences:
        return None
    try:
        lines = offer_lines(priced_products(named.deal()), licences, Decimal(0), desk.outside.tabs.prices)
    except NotPricedError:
        return None
    return total(lines) if lines else None
