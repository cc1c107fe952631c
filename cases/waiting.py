"""The waiting list: a partner refused because the customer is another's asks to be told, and is told once, when the customer is
free; never who held it, why it ended or when («Регистрация сделки»).
"""

from __future__ import annotations

from collections.abc import Sequence

from cases.desk import Desk
from cases.letters import day, deal_facts
from cases.model import Case, DealState, Facts, Submission
from rules.deals import Rival
from rules.decision import Decision, Outcome
from rules.waiting import WaitingFacts, wait

_IN_THE_WAY = (DealState.REGISTERED, DealState.PENDING)


def may_wait(desk: Desk, case: Case) -> bool:
    """Is there something that the refused partner can wait for?"""
    return weigh(desk, case).outcome is Outcome.REFER


def may_ask(desk: Desk, case: Case) -> bool:
    """May the partner ask to be told, be the customer free by now or not?"""
    return case.state == DealState.REFUSED and weigh(desk, case).outcome is not Outcome.REJECT


def weigh(desk: Desk, case: Case) -> Decision:
    """The rule's word on a refused deal, as things stand now."""
    partner = desk.partner_of(case)
    facts = WaitingFacts(
        refused_for=tuple(case.deal().refusal_codes),
        standing=desk.standing(partner),
        customer_refused_partner=desk.outside.tabs.refused(case.customer_inn, case.partner_inn),
        products=frozenset(case.deal().product_keys),
        others=_others(desk, case),
    )
    return wait(facts, desk.edition(case))


def _others(desk: Desk, case: Case) -> tuple[Rival, ...]:
    """Every other deal that holds the customer, or has a place in its queue."""
    found = []
    for other in desk.tx.deals_of_customer(case.customer_inn):
        if other.number == case.number or other.state not in _IN_THE_WAY:
            continue
        registered = other.state == DealState.REGISTERED
        if registered or other.place_at is not None:
            found.append(Rival(other.number, frozenset(other.deal().product_keys), registered, earlier=True))
    return tuple(found)


def ask(desk: Desk, case: Case, answers: Sequence[Submission], thread: tuple[str, ...] = ()) -> None:
    """The partner asks to be told; `may_ask` said that it may. Asked again, it is confirmed again; a customer that is free by now
    is told at once.
    """
    decision = weigh(desk, case)
    if decision.outcome is Outcome.APPROVE:
        _tell(desk, case, decision, thread)
        return
    data = case.deal()
    if data.waits_since is None:
        data.waits_since = desk.now
        desk.tx.wait(case)
        desk.remark(case, "waiting", date=day(desk.outside.calendar.local_date(desk.now)))
        desk.record(case, "waiting", "wait", "partner", (), decision, _recorded(decision))
        desk.journal(case, "waiting")
    _confirm(desk, case, answers, thread)


def stop(desk: Desk, case: Case, answers: Sequence[Submission], thread: tuple[str, ...] = ()) -> None:
    """The partner does not want to be told any more."""
    lapse(desk, case, "partner")
    _confirm(desk, case, answers, thread)


def lapse(desk: Desk, case: Case, by: str) -> None:
    """Nothing is to be told any more; nobody is told that either."""
    if case.deal().waits_since is None:
        return
    _end(desk, case)
    desk.record(case, "waiting", "lapse", by)
    desk.journal(case, "waiting-ended")


def lapse_own(desk: Desk, registered: Case) -> None:
    """The partner has registered the customer itself: it waits for these products no more."""
    products = set(registered.deal().product_keys)
    for case in desk.tx.waiting_for(registered.customer_inn):
        if case.partner_inn == registered.partner_inn and products & set(case.deal().product_keys):
            lapse(desk, case, "rules")


def tell(desk: Desk, customer_inn: str) -> None:
    """Something of the customer's has ended: whoever waits is told, if it is free for them now.

    A partner that waits with several refused deals for the same products is told once.
    """
    told: set[tuple[str, frozenset[str]]] = set()
    for case in desk.tx.waiting_for(customer_inn):
        decision = weigh(desk, case)
        whom = (case.partner_inn, frozenset(case.deal().product_keys))
        if decision.outcome is Outcome.REJECT or whom in told:
            lapse(desk, case, "rules")
        elif decision.outcome is Outcome.APPROVE:
            told.add(whom)
            _tell(desk, case, decision, ())


def _tell(desk: Desk, case: Case, decision: Decision, thread: tuple[str, ...]) -> None:
    _end(desk, case)
    desk.record(case, "waiting", "tell", "rules", (), decision, _recorded(decision))
    desk.write(case, "customer-free", facts={"deal": deal_facts(case)}, thread=thread)


def _end(desk: Desk, case: Case) -> None:
    case.deal().waits_since = None
    desk.tx.stop_waiting(case)
    desk.lift_remark(case, "waiting")
    desk.tx.save(case)


def _confirm(desk: Desk, case: Case, answers: Sequence[Submission], thread: tuple[str, ...]) -> None:
    facts: Facts = {"deal": deal_facts(case), "waits": case.deal().waits_since is not None}
    desk.write(case, "waiting-list", facts=facts, distinct=answers[0].key if answers else "", thread=thread)


def _recorded(decision: Decision) -> Facts:
    return {"held_by": list(decision.waits_for)}
