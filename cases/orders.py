"""Orders of keys: intake, review, staff's word («Регистрация сделки»)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from cases import errands
from cases.desk import Desk, Impossible
from cases.identity import product_key
from cases.letters import money, order_facts, percent
from cases.model import (
    Answer,
    Case,
    CaseKind,
    DealState,
    ErrandState,
    Facts,
    FormRow,
    OfferLine,
    OrderData,
    StaffWord,
    Submission,
    WordKind,
)
from cases.pricing import NotPricedError, PricedProduct, kopecks, offer_lines, total
from cases.requests import OrderRequest, parse_order
from rules.authorisation import Standing
from rules.decision import Decision, Outcome, Problem
from rules.orders import DealStanding, OrderedDeal, OrderFacts, order

_OFFERS = ("deal-registered", "deal-terms-changed", "deal-discount-offered")
_UNDECIDED_DEAL = (DealState.PENDING, DealState.NEEDS_DATA)


def take(desk: Desk, row: FormRow, submission: Submission) -> None:
    """An order: a new case, or the data that another one lacks."""
    edition = desk.edition_at(submission.received_at)
    request, problems = parse_order(desk.understood(row.answers), desk.outside.tabs.prices, edition)
    for case in errands.unfinished(desk, CaseKind.ORDER, request.partner_inn, submission.address):
        if case.order().deal == request.deal or any(problem.field == "deal" for problem in case.problems):
            errands.joined(desk, case, row, submission)
            _refill(desk, case, request, problems, submission)
            return
    case = errands.opened(desk, CaseKind.ORDER, OrderData(), submission, row.labels, request.partner_inn)
    _fill(desk, case, request, problems, submission)
    desk.tx.save(case)


def complete(desk: Desk, case: Case, answers: Mapping[str, str], submission: Submission) -> None:
    """Asked-for data came by reply or by an edit of the form row."""
    request, problems = parse_order(desk.understood(answers), desk.outside.tabs.prices, desk.edition(case))
    _refill(desk, case, request, problems, submission)


def _refill(desk: Desk, case: Case, request: OrderRequest, problems: tuple[Problem, ...], submission: Submission) -> None:
    _fill(desk, case, request, problems, submission)
    errands.completed(desk, case, submission)


def _fill(desk: Desk, case: Case, request: OrderRequest, problems: tuple[Problem, ...], submission: Submission) -> None:
    data = case.order()
    case.partner_inn, case.customer_inn = request.partner_inn, request.customer_inn
    data.partner_name = desk.partner_name(request.partner_inn)
    data.deal, data.customer, data.distributor = request.deal, request.customer, request.distributor
    data.products = [product.name for product in request.products]
    data.product_keys = [product.key for product in request.products]
    data.articles = [product.article for product in request.products]
    data.licences = request.licences
    errands.placed(case, problems, submission)
    for note in request.remarks:
        desk.remark(case, note.code, field=note.field, **note.facts)


# -- review ---------------------------------------------------------------------------


def facts_of(desk: Desk, case: Case) -> OrderFacts:
    """Everything the rule looks at, as it stands now."""
    data = case.order()
    partner = desk.partner_of(case)
    deal = ordered_deal(desk, case)
    return OrderFacts(
        problems=tuple(problem for problem in case.problems if problem.code not in ("deal-unknown", "product-outside-deal")),
        standing=desk.standing(partner),
        sender_known=desk.speaks_for(case.sender, partner),
        deal=deal,
        customer_inn=case.customer_inn,
        products=dict(zip(data.product_keys, data.products, strict=True)),
        licences=data.licences,
        customer_refused_partner=desk.outside.tabs.refused(case.customer_inn, case.partner_inn),
        priced=_priced(desk, case, (deal.discount if deal else None) or Decimal(0)) is not None,
        needs_data_overdue=errands.needs_data_overdue(desk, case),
        deadline_passed=errands.deadline_passed(desk, case),
    )


def ordered_deal(desk: Desk, case: Case) -> OrderedDeal | None:
    """The deal that the order names, as it stood when the order came."""
    data = case.order()
    deal = desk.tx.case(data.deal) if data.deal else None
    if deal is None or deal.kind is not CaseKind.DEAL:
        return None
    registered = deal.deal()
    asked_on = desk.outside.calendar.local_date(case.submitted_at)
    last = registered.expired_on or registered.valid_until
    standing = DealStanding.OVER
    if deal.state in (DealState.REGISTERED, DealState.EXPIRED) and last is not None and asked_on <= last:
        standing = DealStanding.IN_FORCE
    elif deal.state in _UNDECIDED_DEAL:
        standing = DealStanding.UNDECIDED
    elif deal.state == DealState.WON:
        standing = DealStanding.WON
    elif deal.state == DealState.REFUSED and registered.offered_discount is not None:
        standing = DealStanding.OFFERED
    offered = standing is DealStanding.OFFERED
    return OrderedDeal(
        number=deal.number,
        own=bool(case.partner_inn) and deal.partner_inn == case.partner_inn,
        standing=standing,
        customer_inn=deal.customer_inn,
        products=frozenset(registered.product_keys),
        licences=registered.licences or 0,
        ordered=_ordered(desk, case, deal.number),
        discount=registered.offered_discount if offered else registered.discount,
        holder_protected=offered and _holder_protected(desk, deal),
    )


def _ordered(desk: Desk, case: Case, deal: str) -> dict[str, int]:
    """Licences of the deal's other orders by product: those accepted, and those that came earlier and wait."""
    found: dict[str, int] = {}
    place = (case.place_at or case.submitted_at, case.place_seq)
    for other in desk.tx.cases_of_kind(CaseKind.ORDER, case.partner_inn):
        data = other.order()
        if other.number == case.number or data.deal != deal:
            continue
        waits = other.state == ErrandState.PENDING and (other.place_at or other.submitted_at, other.place_seq) < place
        if waits or (data.accepted_at is not None and other.state != ErrandState.REFUSED):
            for key in data.product_keys:
                found[key] = found.get(key, 0) + (data.licences or 0)
    return found


def _holder_protected(desk: Desk, refused: Case) -> bool:
    """Does another partner still hold the customer with these products?"""
    today = desk.outside.calendar.local_date(desk.now)
    keys = set(refused.deal().product_keys)
    for other in desk.tx.deals_of_customer(refused.customer_inn):
        data = other.deal()
        holds = other.state == DealState.REGISTERED and data.valid_until is not None and today <= data.valid_until
        if holds and other.partner_inn != refused.partner_inn and set(data.product_keys) == keys:
            return True
    return False


def _priced(desk: Desk, case: Case, discount: Decimal) -> list[OfferLine] | None:
    """The order's lines: at the list prices of the offer while it is valid, else at today's; None when a product has no price."""
    data = case.order()
    today = desk.outside.calendar.local_date(desk.now)
    promised: dict[str, OfferLine] = {}
    offers = [mail.offer for name in _OFFERS for mail in desk.tx.letters_of(data.deal, name)] if data.deal else []
    for offer in sorted((made for made in offers if made is not None), key=lambda made: made.on):
        if offer.on <= today <= offer.valid_until:
            promised.update((product_key(line.name), line) for line in offer.lines)
    lines: list[OfferLine] = []
    for article, name, key in zip(data.articles, data.products, data.product_keys, strict=True):
        try:
            line = promised.get(key) or offer_lines([PricedProduct(article, name, key)], 1, discount, desk.outside.tabs.prices)[0]
        except NotPricedError:
            return None
        price = kopecks(line.list_price * (100 - discount) / 100)
        count = data.licences or 0
        lines.append(OfferLine(line.article, line.name, line.term_months, count, line.list_price, discount, price, price * count))
    return lines


def recorded_facts(facts: OrderFacts, case: Case) -> Facts:
    """The facts of a review as they are kept with the decision."""
    deal = facts.deal if facts.deal is not None and facts.deal.own else None
    return {
        "partner_inn": case.partner_inn,
        "customer_inn": case.customer_inn,
        "deal": case.order().deal,
        "own_deal": deal is not None,
        "deal_state": deal.standing.value if deal else "",
        "standing": facts.standing.value,
        "sender_known": facts.sender_known,
        "products": sorted(facts.products.values()),
        "licences": facts.licences,
        "registered": deal.licences if deal else "",
        "ordered": dict(deal.ordered) if deal else {},
        "discount": percent(deal.discount) if deal else "",
        "problems": [{"field": problem.field, "code": problem.code} for problem in facts.problems],
    }


def review(desk: Desk, case: Case) -> None:
    """An order that is due to be looked at."""
    if case.state not in errands.UNDECIDED:
        case.wakes_at = None
        desk.tx.save(case)
        return
    edition = desk.edition(case)
    section = edition.orders.section
    if errands.without_prices(desk, case, section):
        return
    if (form := errands.form_of(desk, case)) is not None:
        _fill(desk, case, *parse_order(desk.understood(form.raw["answers"]), desk.outside.tabs.prices, edition), form)
    facts = facts_of(desk, case)
    decision = order(facts, edition)
    recorded = recorded_facts(facts, case)
    if decision.outcome is Outcome.ASK:
        errands.ask(desk, case, decision, section, recorded)
    elif decision.outcome is Outcome.REFER:
        errands.refer(desk, case, decision, section, recorded)
    elif decision.outcome is Outcome.REJECT:
        reasons = desk.reason_texts(decision.reasons, edition)
        letter = {"order": order_facts(case)}
        errands.refuse(desk, case, "rules", reasons, section, "order-refused", letter, decision, recorded)
        desk.wake_undecided(case.partner_inn, CaseKind.ORDER)
    else:
        _accept(desk, case, "rules", Decimal(decision.terms["discount"]), decision, recorded)


def _accept(
    desk: Desk, case: Case, by: str, discount: Decimal, decision: Decision | None = None, facts: Facts | None = None
) -> None:
    """Accept at that discount; the sale is expected, and staff book it in `Продажи`."""
    data = case.order()
    lines = _priced(desk, case, discount)
    if lines is None:
        raise Impossible("order-not-priced")
    data.lines, data.amount, data.discount, data.accepted_at = lines, total(lines), discount, desk.now
    case.state = ErrandState.APPROVED
    case.reason_text = ""
    errands.settled(desk, case)
    kept = {**(facts or {}), "discount": percent(discount), "amount": money(data.amount)}
    desk.record(case, "order", "approve", by, (), decision, kept)
    desk.journal(case, "sale-expected", desk.outside.wording.remark("sale-of", number=data.deal, roubles=money(data.amount)))
    rows = desk.answer(case, Answer.ACCEPTED)
    section = desk.edition(case).orders.section
    desk.write(case, "order-accepted", section=section, facts={"order": order_facts(case)}, answers=rows)
    desk.wake_undecided(case.partner_inn, CaseKind.ORDER)  # others of the deal count its licences anew


# -- staff's word -----------------------------------------------------------------------


def hear(desk: Desk, case: Case, word: StaffWord) -> None:
    """`Одобрить`, `Отказать`, `Закрыть`, or the same by the cell `Состояние`. Raises Impossible."""
    if word.kind is WordKind.FIELD:
        return
    section = desk.edition(case).orders.section
    match word.value:
        case "approve" | ErrandState.APPROVED:
            _approve(desk, case)
        case "refuse" | ErrandState.REFUSED:
            if case.state not in errands.UNDECIDED:
                raise Impossible("already-decided")
            reasons = errands.staff_reasons(desk, case, section)
            errands.refuse(desk, case, "staff", reasons, section, "order-refused", {"order": order_facts(case)})
            desk.wake_undecided(case.partner_inn, CaseKind.ORDER)
        case "close" | ErrandState.CLOSED:
            errands.close(desk, case, section)
            desk.wake_undecided(case.partner_inn, CaseKind.ORDER)
        case _:
            raise Impossible("word-unknown")


def _approve(desk: Desk, case: Case) -> None:
    """Accept by staff's word: beyond the quantity, of a deal that is over; never what is no deal of the partner's."""
    if case.state not in (*errands.UNDECIDED, ErrandState.REFUSED):
        raise Impossible("already-decided")
    data = case.order()
    deal = ordered_deal(desk, case)
    if deal is None or not deal.own:
        raise Impossible("deal-unknown")
    if not data.products or data.licences is None:
        raise Impossible("data-missing")
    if desk.standing(desk.partner_of(case)) is not Standing.AUTHORISED:
        raise Impossible("not-authorised")
    if deal.discount is None:
        raise Impossible("not-in-force")
    facts = recorded_facts(facts_of(desk, case), case)
    _accept(desk, case, "staff", deal.discount, None, facts)
