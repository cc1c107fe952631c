"""Deal registration: intake, review, settlement («Регистрация сделки»)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from cases import sla, waiting
from cases.clockwork import plan_clock, shown
from cases.desk import Desk
from cases.identity import name_key, product_key
from cases.letters import about_facts, offer_facts, percent
from cases.model import (
    Answer,
    Case,
    CaseKind,
    DealData,
    DealState,
    ErrandState,
    Facts,
    FormRow,
    Offer,
    PartnerState,
    ReasonText,
    Submission,
)
from cases.partners import status_facts, to_told, write_needs_data, write_unknown
from cases.ports import Taken
from cases.pricing import NotPricedError, PricedProduct, offer, offer_lines
from cases.requests import DealRequest, parse_deal
from rules.authorisation import Standing
from rules.clock import term
from rules.deals import DealKind, OwnDeal, PartnerFacts, RegistrationFacts, Repeat, Rival, register, repeat
from rules.decision import Decision, Outcome, Problem
from rules.edition import Edition, Tier
from rules.renewals import Purchase, incumbent

NO_PRICES = "no-price-list"
_ASKED_AS: Mapping[str, str] = {"expired_on": "date", "open_deals": "count"}
"""What the questions to staff call the facts of the rule's reasons."""

WAITING_CODES = frozenset({"behind-rival", "authorisation-undecided"})


# -- intake ---------------------------------------------------------------------------


def take(desk: Desk, row: FormRow, submission: Submission) -> None:
    """A deal registration: a new case, or an own repeat of one («own repeats»)."""
    edition = desk.edition_at(submission.received_at)
    request, problems = parse_deal(desk.understood(row.answers), desk.outside.tabs.prices, edition)
    partner = desk.tx.partner(request.partner_inn) if request.partner_inn else None
    known = desk.speaks_for(submission.address, partner)
    if known:
        kind, number = repeat(_own(desk, request, problems))
        existing = desk.tx.case(number) if number else None
        if existing is not None:
            _repeated(desk, kind, existing, row, submission, request, problems)
            return
    case = _opened(desk, row, submission, request, edition, known)
    submission.number = case.number
    submission.due_at = case.due_at
    submission.answer = Answer.PENDING
    desk.tx.add_submission(submission)
    desk.tx.add_case(case)
    _fill(desk, case, request, problems)
    _place(case, submission)
    desk.tx.save(case)
    desk.journal(case, "received")


def _opened(desk: Desk, row: FormRow, submission: Submission, request: DealRequest, edition: Edition, known: bool) -> Case:
    calendar = desk.outside.calendar
    number = desk.tx.next_number(CaseKind.DEAL, calendar.local_date(submission.received_at).year, row.number)
    return Case(
        number=number,
        kind=CaseKind.DEAL,
        state=DealState.PENDING,
        edition=edition.name,
        submitted_at=submission.received_at,
        data=DealData(),
        partner_inn=request.partner_inn,
        customer_inn=request.customer_inn,
        due_at=calendar.deadline(submission.received_at, edition.deadlines.other_business_days),
        wakes_at=desk.now,
        sender=submission.address,
        sender_known=known,
        labels=dict(row.labels),
    )


def _fill(desk: Desk, case: Case, request: DealRequest, problems: tuple[Problem, ...]) -> None:
    """Put the registration's answers into the case."""
    data = case.deal()
    case.partner_inn, case.customer_inn, case.problems = request.partner_inn, request.customer_inn, list(problems)
    data.partner_name = desk.partner_name(request.partner_inn)
    data.customer, data.customer_kpp = request.customer, request.customer_kpp
    data.name_key = name_key(request.customer).key
    data.deal_kind, data.licences = request.kind, request.licences
    data.products = [product.name for product in request.products]
    data.product_keys = sorted({product.key for product in request.products})
    data.articles = [product.article for product in request.products]
    data.expected_on, data.expected_text = request.expected_on, request.expected_text
    data.customer_contact, data.competitor = request.customer_contact, request.competitor
    data.licence_screenshot, data.financial_document = request.licence_screenshot, request.financial_document
    data.comment = request.comment
    for note in request.remarks:
        desk.remark(case, note.code, field=note.field, **note.facts)
    if data.name_key and case.customer_inn:
        namesakes = [number for number in desk.tx.namesakes(data.name_key, case.customer_inn) if number != case.number]
        if namesakes:
            desk.remark(case, "namesake", numbers=", ".join(namesakes[:5]))


def _place(case: Case, submission: Submission) -> None:
    """Only a complete submission takes a place in the queue."""
    case.place_at, case.place_seq = (None, 0) if case.problems else (submission.received_at, submission.seq)


def _own(desk: Desk, request: DealRequest, problems: tuple[Problem, ...]) -> tuple[OwnDeal, ...]:
    """The partner's open deals that this form may repeat or complete."""
    keys = sorted({product.key for product in request.products})
    found: list[OwnDeal] = []
    today = desk.outside.calendar.local_date(desk.now)
    if not problems:
        for deal in desk.tx.deals_of_customer(request.customer_inn):
            if deal.partner_inn != request.partner_inn or deal.deal().product_keys != keys:
                continue
            until = deal.deal().valid_until
            if deal.state == DealState.REGISTERED and until is not None and until >= today:
                found.append(OwnDeal(deal.number, "in-force"))
            elif deal.state == DealState.PENDING:
                found.append(OwnDeal(deal.number, "waiting"))
    named = name_key(request.customer).key
    for deal in desk.tx.undecided_of(request.partner_inn):
        if deal.kind is not CaseKind.DEAL or deal.state != DealState.NEEDS_DATA:
            continue
        wrong = {problem.field for problem in deal.problems}
        data = deal.deal()
        same_customer = deal.customer_inn == request.customer_inn if "customer_inn" not in wrong else named == data.name_key
        same_products = data.product_keys == keys or "products" in wrong
        if same_customer and same_products:
            found.append(OwnDeal(deal.number, "needs-data"))
    return tuple(found)


def _repeated(
    desk: Desk,
    kind: Repeat,
    case: Case,
    row: FormRow,
    submission: Submission,
    request: DealRequest,
    problems: tuple[Problem, ...],
) -> None:
    submission.number = case.number
    if kind is Repeat.IN_FORCE:
        submission.raw["apart"] = True
        submission.answer = Answer.ACCEPTED
        desk.tx.add_submission(submission)
        desk.journal(case, "repeat-in-force")
        write_status(desk, case, submission.address, [submission], about=case.number, repeated=True)
    elif kind is Repeat.JOINS:
        submission.due_at, submission.answer = case.due_at, Answer.PENDING
        desk.tx.add_submission(submission)
        if case.place_at is not None and (submission.received_at, submission.seq) < (case.place_at, case.place_seq):
            case.place_at, case.place_seq = submission.received_at, submission.seq
        desk.journal(case, "repeat-joined")
        desk.wake(case)
    else:
        desk.tx.add_submission(submission)
        case.labels = dict(row.labels)
        case.sender, case.sender_known = submission.address, True
        refill(desk, case, request, problems, submission)


def refill(desk: Desk, case: Case, request: DealRequest, problems: tuple[Problem, ...], submission: Submission) -> None:
    """Completed data: place and deadline count from the completed answer."""
    edition = desk.edition(case)
    customer = case.customer_inn
    _fill(desk, case, request, problems)
    _place(case, submission)
    case.state = DealState.PENDING
    case.submitted_at = submission.received_at
    case.due_at = desk.outside.calendar.deadline(submission.received_at, edition.deadlines.other_business_days)
    case.asked_due_at, case.question, case.waits_for = None, None, []
    case.warned_shares, case.missed, case.interim_at, case.reason_text = [], False, None, ""
    desk.answer(case, Answer.PENDING)
    desk.journal(case, "completed")
    desk.wake(case)
    if customer != case.customer_inn:
        waiting.tell(desk, customer)


def complete(desk: Desk, case: Case, answers: Mapping[str, str], submission: Submission) -> None:
    """Asked-for data, or the documents of a switch, came by reply or by an edit of the form row."""
    request, problems = parse_deal(desk.understood(answers), desk.outside.tabs.prices, desk.edition(case))
    refill(desk, case, request, problems, submission)


# -- review ---------------------------------------------------------------------------


def facts_of(desk: Desk, case: Case) -> RegistrationFacts:
    """Everything the rule looks at, as it stands now."""
    data = case.deal()
    partner = desk.partner_of(case)
    tier = partner.partner().tier if partner else Tier.WHITE
    keys = frozenset(data.product_keys)
    rivals, expired_on = _field(desk, case, keys)
    bought = incumbent(_purchases(desk, case)) if data.deal_kind is DealKind.RENEWAL else None
    calendar = desk.outside.calendar
    return RegistrationFacts(
        problems=tuple(problem for problem in case.problems if problem.code != "evidence-missing"),
        partner=PartnerFacts(
            standing=desk.standing(partner),
            tier=tier,
            individual_discount=partner.partner().individual_discount if partner else None,
            open_deals=_open_before(desk, case, tier),
            sender_known=desk.speaks_for(case.sender, partner),
            set_discount=partner.partner().discount_override if partner else None,
        ),
        kind=data.deal_kind or DealKind.NEW,
        products=keys,
        customer_is_partner=bool(case.customer_inn) and case.customer_inn == case.partner_inn,
        rivals=rivals,
        customer_refused_partner=desk.outside.tabs.refused(case.customer_inn, case.partner_inn),
        expired_on=expired_on,
        received_on=calendar.local_date(case.submitted_at),
        screenshot=bool(data.licence_screenshot.strip()),
        financial_document=bool(data.financial_document.strip()),
        needs_data_overdue=case.asked_due_at is not None and desk.now >= case.asked_due_at,
        deadline_passed=case.due_at is not None and desk.now >= case.due_at,
        incumbent=bought.deal if bought else "",
        incumbent_own=bought is not None and bought.partner_inn == case.partner_inn,
    )


def _purchases(desk: Desk, case: Case) -> Iterator[Purchase]:
    """What the customer bought before, through whomever: deals won, orders accepted, sales that staff booked on a deal."""
    local = desk.outside.calendar.local_date
    for found in desk.tx.history_of_customer(case.customer_inn):
        if found.kind is CaseKind.ORDER:
            order = found.order()
            if order.accepted_at is not None and found.state != ErrandState.REFUSED and order.deal != case.number:
                yield Purchase(order.deal, found.partner_inn, local(order.accepted_at))
        elif found.number != case.number:
            if found.state == DealState.WON:
                yield Purchase(found.number, found.partner_inn, local(found.deal().closed_at or found.submitted_at))
            if (sold := desk.outside.tabs.sold_on(found.number)) is not None:
                yield Purchase(found.number, found.partner_inn, sold)


def _show_incumbent(desk: Desk, case: Case, facts: RegistrationFacts) -> None:
    """Staff see who sold to the customer whose licences are to be renewed; no partner is ever told."""
    last = desk.tx.case(facts.incumbent) if facts.incumbent else None
    if last is None:
        desk.lift_remark(case, "incumbent", "incumbent-own")
    elif facts.incumbent_own:
        desk.remark(case, "incumbent-own", number=last.number)
    else:
        desk.remark(case, "incumbent", partner=desk.partner_name(last.partner_inn), inn=last.partner_inn, number=last.number)


def _open_before(desk: Desk, case: Case, tier: Tier) -> int:
    """Open deals of the partner besides this one. Where they are too many, those behind it in the queue do not count: a
    batch sent at once fares like the same deals sent one by one.
    """
    others = max(desk.tx.open_deal_count(case.partner_inn) - 1, 0) if case.partner_inn else 0
    figures = desk.edition(case).deals
    if others < figures.auto_open_limit or tier not in figures.auto_open_limit_tiers:
        return others
    return desk.tx.open_deals_before(case.partner_inn, *_place_of(case))


def _place_of(case: Case) -> tuple[datetime, int]:
    """Its place in the queue, or where it would stand."""
    return case.place_at or case.submitted_at, case.place_seq


def _field(desk: Desk, case: Case, keys: frozenset[str]) -> tuple[tuple[Rival, ...], date | None]:
    """Other deals with the customer, of the partner's own only registered ones; and when its own same deal last expired."""
    rivals: list[Rival] = []
    expired: list[date] = []
    place = _place_of(case)
    for other in desk.tx.deals_of_customer(case.customer_inn) if case.customer_inn else ():
        if other.number == case.number:
            continue
        data = other.deal()
        if other.partner_inn == case.partner_inn:
            if other.state == DealState.EXPIRED and data.expired_on and frozenset(data.product_keys) == keys:
                expired.append(data.expired_on)
            if other.state != DealState.REGISTERED:
                continue
        registered = other.state == DealState.REGISTERED
        if not registered and not (other.state == DealState.PENDING and other.place_at is not None):
            continue
        earlier = case.place_at is None or _place_of(other) < place  # only what is complete takes a place in the queue
        own = other.partner_inn == case.partner_inn
        rivals.append(Rival(other.number, frozenset(data.product_keys), registered, earlier, own))
    return tuple(rivals), max(expired, default=None)


def recorded_facts(facts: RegistrationFacts, case: Case) -> Facts:
    """The facts of a review as they are kept with the decision."""
    return {
        "partner_inn": case.partner_inn,
        "customer_inn": case.customer_inn,
        "standing": facts.partner.standing.value,
        "tier": facts.partner.tier.value,
        "kind": facts.kind.value,
        "products": sorted(facts.products),
        "licences": case.deal().licences,
        "open_deals": facts.partner.open_deals,
        "sender_known": facts.partner.sender_known,
        "rivals": [
            {"number": rival.number, "products": sorted(rival.products), "registered": rival.registered, "earlier": rival.earlier}
            for rival in facts.rivals
        ],
        "customer_refused_partner": facts.customer_refused_partner,
        "expired_on": facts.expired_on.isoformat() if facts.expired_on else "",
        "incumbent": {"deal": facts.incumbent, "own": facts.incumbent_own} if facts.incumbent else {},
        "documents": {"screenshot": facts.screenshot, "financial": facts.financial_document},
        "problems": [{"field": problem.field, "code": problem.code} for problem in facts.problems],
    }


def review(desk: Desk, case: Case) -> None:
    """A deal that is due to be looked at while undecided."""
    if not desk.outside.tabs.prices.lines and any(problem.code == "product-unknown" for problem in case.problems):
        _without_prices(desk, case)
        return
    if case.question is not None and case.question.code == NO_PRICES:
        _read_again(desk, case)
    facts = facts_of(desk, case)
    _show_incumbent(desk, case, facts)
    edition = desk.edition(case)
    decision = register(facts, edition)
    reasons = desk.reason_texts(decision.reasons, edition)
    recorded = recorded_facts(facts, case)
    if decision.outcome is Outcome.ASK:
        _ask(desk, case, decision, reasons, recorded)
    elif decision.outcome is Outcome.REFER:
        _refer(desk, case, decision, reasons, recorded, facts)
    elif decision.outcome is Outcome.REJECT:
        refuse(desk, case, "rules", reasons, decision, recorded)
    else:
        approve(desk, case, "rules", Decimal(decision.terms["discount"]), decision, recorded)


def _without_prices(desk: Desk, case: Case) -> None:
    """`Прайс` is empty: that is nothing the sender could mend; staff are asked, and the deal is looked at again soon."""
    case.state = DealState.PENDING
    if case.question is None:
        desk.ask_staff(case, NO_PRICES)
        case.received_told = True
        desk.answer(case, Answer.PENDING)
        desk.write(case, "case-received", facts={"about": about_facts(case), "awaits": "staff"})
    sla.advance(desk, case)
    soon = desk.now + timedelta(minutes=1)
    desk.wake(case, min(soon, case.wakes_at or soon))


def _read_again(desk: Desk, case: Case) -> None:
    """`Прайс` was filled in meanwhile: the form's products are read anew, the place is the first one's."""
    row = next(iter(desk.tx.submissions_of(case.number)), None)
    if row is None:
        return
    case.question = None
    request, problems = parse_deal(desk.understood(row.raw["answers"]), desk.outside.tabs.prices, desk.edition(case))
    _fill(desk, case, request, problems)
    _place(case, row)
    desk.tx.save(case)


def _ask(desk: Desk, case: Case, decision: Decision, reasons: tuple[ReasonText, ...], recorded: Facts) -> None:
    if case.state == DealState.NEEDS_DATA and case.asked_due_at is not None:
        desk.wake(case, case.asked_due_at)
        return
    edition = desk.edition(case)
    case.state = DealState.NEEDS_DATA
    case.place_at, case.place_seq = None, 0
    case.problems = list(decision.problems)
    case.asked = desk.asked(case, decision.problems)
    case.asked_due_at = desk.outside.calendar.deadline(desk.now, edition.deals.needs_data_business_days)
    case.reason_text = desk.shown_reasons(reasons, case.asked)
    case.question = None
    desk.wake(case, case.asked_due_at)
    desk.record(case, "registration", "ask", "rules", reasons, decision, recorded)
    write_needs_data(desk, case, reasons, edition.deals.section)
    if not desk.speaks_for(case.sender, desk.partner_of(case)) and desk.partner_of(case) is not None:
        _tell_stranger(desk, case)
    desk.wake_rivals(case)
    waiting.tell(desk, case.customer_inn)


def _tell_stranger(desk: Desk, case: Case) -> None:
    first = next(iter(desk.tx.submissions_of(case.number)), None)
    if first is not None:
        write_unknown(desk, case, first)


def _refer(
    desk: Desk, case: Case, decision: Decision, reasons: tuple[ReasonText, ...], recorded: Facts, facts: RegistrationFacts
) -> None:
    asks = [reason for reason in decision.reasons if reason.code not in WAITING_CODES]
    changed = case.waits_for != list(decision.waits_for)
    case.state = DealState.PENDING
    case.waits_for = list(decision.waits_for)
    before = case.question.text if case.question else ""
    if asks:
        why = "; ".join(text.text for text in reasons if text.code not in WAITING_CODES)
        more: dict[str, str] = {}
        for reason in asks:
            for key, value in reason.facts.items():
                name = _ASKED_AS.get(key, key)
                more[name] = f"{more[name]}, {value}" if name in more else value
        desk.ask_staff(case, asks[0].code if len(asks) == 1 else "review", None, why=why, address=case.sender, **more)
    elif case.question is not None:
        case.question = None
    _show_waiting(desk, case, waits_for_authorisation=any(one.code == "authorisation-undecided" for one in decision.reasons))
    first = not case.received_told
    if first or changed or before != (case.question.text if case.question else ""):
        desk.record(case, "registration", "refer", "rules", reasons, decision, recorded)
    if first:
        case.received_told = True
        desk.answer(case, Answer.PENDING)
        if case.due_at is None or desk.now < case.due_at:  # else the interim answer says it all
            desk.write(case, "case-received", facts={"about": about_facts(case), "awaits": sla.awaits(case)})
        if not facts.partner.sender_known and facts.partner.standing is not Standing.NEVER_APPLIED:
            _tell_stranger(desk, case)
    sla.advance(desk, case)


def _show_waiting(desk: Desk, case: Case, *, waits_for_authorisation: bool) -> None:
    """What a deal waits for besides staff's word on it stands in `Замечания`."""
    if case.waits_for:
        desk.remark(case, "behind-rival", rivals=", ".join(case.waits_for))
    else:
        desk.lift_remark(case, "behind-rival")
    partner = desk.partner_of(case)
    if waits_for_authorisation and partner is not None:
        desk.remark(case, "authorisation-undecided", number=partner.number)
    else:
        desk.lift_remark(case, "authorisation-undecided")


# -- settlement ------------------------------------------------------------------------


def approve(
    desk: Desk,
    case: Case,
    by: str,
    discount: Decimal,
    decision: Decision | None = None,
    facts: Facts | None = None,
    *,
    override: bool = False,
) -> None:
    """Register: protected from today for one term of the partner's tier, at the discount. Raises Taken when another
    registration holds it.
    """
    data = case.deal()
    edition = desk.edition(case)
    partner = desk.partner_of(case)
    tier = partner.partner().tier if partner else edition.authorisation.start_tier
    calendar = desk.outside.calendar
    today = calendar.local_date(desk.now)
    try:
        desk.tx.hold(case, override)
    except Taken as taken:
        if by != "rules":
            raise
        desk.ask_staff(case, "overlap", rivals=taken.holder)
        sla.plan(desk, case)
        return
    ends = term(today, edition.figures(tier).term_months, calendar)
    case.state = DealState.REGISTERED
    data.discount = discount
    data.registered_at, data.reported_on, data.confirmed_on = desk.now, today, today
    data.ends, data.valid_until, data.extensions = ends.ends, ends.valid_until, 0
    data.report_warned_on, data.confirm_warned_on, data.done, data.refusal_codes = None, None, [], []
    _settled(desk, case)
    plan_clock(desk, case)
    desk.record(case, "registration", "approve", by, (), decision, {**(facts or {}), "discount": percent(discount)})
    rows = desk.answer(case, Answer.ACCEPTED)
    made = make_offer(desk, case, discount)
    if made is None:
        desk.remark(case, "not-priced")
    desk.write(case, "deal-registered", facts={"deal": shown(desk, case), "offer": offer_facts(made)}, answers=rows, offer=made)
    desk.wake_concerned(case)
    waiting.lapse_own(desk, case)


def make_offer(desk: Desk, case: Case, discount: Decimal) -> Offer | None:
    """An offer at today's prices, frozen with it; None when a product has left `Прайс`."""
    data = case.deal()
    edition = desk.edition(case)
    today = desk.outside.calendar.local_date(desk.now)
    key_of = {product.key: product for product in priced_products(data)}
    try:
        lines = offer_lines(list(key_of.values()), data.licences or 1, discount, desk.outside.tabs.prices)
    except NotPricedError:
        return None
    data.offers += 1
    number = case.number if data.offers == 1 else f"{case.number}/{data.offers}"
    made = offer(number, today, lines, discount, edition.deals.offer_valid_days)
    partner = desk.partner_of(case)
    made.deal, made.customer, made.customer_inn = case.number, data.customer, case.customer_inn
    made.registered_on = desk.outside.calendar.local_date(data.registered_at) if data.registered_at else None
    made.protected_until = data.valid_until
    if partner:
        owner = partner.partner()
        made.buyer, made.buyer_inn, made.tier, made.distributor = owner.name, owner.inn, owner.tier.value, owner.distributor
    return made


def priced_products(data: DealData) -> list[PricedProduct]:
    """The deal's products, to be found in `Прайс`."""
    return [PricedProduct(article, name, product_key(name)) for article, name in zip(data.articles, data.products, strict=True)]


def refuse(
    desk: Desk, case: Case, by: str, reasons: tuple[ReasonText, ...], decision: Decision | None = None, facts: Facts | None = None
) -> None:
    """Refuse a registration; the letter says all reasons, what to mend and how to appeal."""
    edition = desk.edition(case)
    case.state = DealState.REFUSED
    case.deal().refusal_codes = [reason.code for reason in reasons]
    case.deal().closed_at = desk.now
    case.reason_text = desk.shown_reasons(reasons, case.asked)
    told = to_told(reasons, case)
    _settled(desk, case)
    desk.tx.release(case.number)
    desk.record(case, "registration", "reject", by, reasons, decision, facts)
    rows = desk.answer(case, Answer.REFUSED, case.reason_text)
    only_three = [reason.code for reason in reasons] == ["3"]
    second = percent(edition.deals.second_partner_discount_max) if only_three else ""
    letter: Facts = {
        "deal": shown(desk, case),
        "second_discount_max": second,
        "can_wait": waiting.may_wait(desk, case),
    }
    desk.write(case, "deal-refused", reasons=told, facts=letter, answers=rows)
    desk.wake_concerned(case)
    waiting.tell(desk, case.customer_inn)


def _settled(desk: Desk, case: Case) -> None:
    case.question, case.asked_due_at, case.wakes_at, case.waits_for = None, None, None, []
    case.asked, case.problems, case.labels = [], [], {}
    case.decided_at = desk.now
    if case.state == DealState.REGISTERED:
        case.reason_text = ""
    desk.lift_remark(case, "impossible-word", "put-back", "behind-rival", "authorisation-undecided", "appeal-accepted")


def write_status(
    desk: Desk,
    case: Case,
    to: str,
    answers: list[Submission],
    about: str = "",
    thread: tuple[str, ...] = (),
    *,
    repeated: bool = False,
) -> None:
    """`status-report` on the partner's own open cases, or on the one it is `about`, to a known contact. `repeated`: it was
    registered again.
    """
    partner = desk.partner_of(case)
    if partner is None:
        return
    deals = [deal for deal in desk.tx.deals_of_partner(partner.partner_inn) if deal.number == about or not about]
    open_deals = [
        deal for deal in deals if about or deal.state in (DealState.PENDING, DealState.NEEDS_DATA, DealState.REGISTERED)
    ]
    status = status_facts(desk, partner)
    facts = {
        "deals": [shown(desk, deal) for deal in open_deals],
        "state": partner.state,
        "tier": status["tier"],
        "asked_about": about,
        "repeated": repeated,
    }
    distinct = answers[0].key if answers else ""
    desk.write(case, "status-report", to=to, facts=facts, answers=answers, distinct=distinct, thread=thread)


def authorised(partner: Case | None) -> bool:
    """Is the partner authorised now?"""
    return partner is not None and partner.state == PartnerState.AUTHORISED
