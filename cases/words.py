"""Staff's word from the sheet: it counts as a decision, is journaled with old and new value, and stands; an impossible
one is put back with a remark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from cases import appeals, clockwork, deals, leads, listing, nfr, orders, partners, pilots, questions, tiers, training, updates
from cases.desk import Desk, Impossible
from cases.identity import split_addresses
from cases.letters import day, moment, offer_facts, percent
from cases.model import (
    Answer,
    Case,
    CaseKind,
    DealState,
    PartnerState,
    RequestState,
    StaffWord,
    Submission,
    WordKind,
)
from cases.ports import Taken
from rules.deals import discount as tier_discount
from rules.deals import second_partner_discount
from rules.decision import Reason
from rules.edition import Tier

HELD_TOPIC = "bulk-edit"


def hear(desk: Desk, words: Sequence[StaffWord]) -> None:
    """Carry out each word once. Words on a case that does not exist are journaled and nothing else."""
    for word in words:
        if desk.tx.word_known(word.key):
            continue
        case = desk.tx.case(word.number)
        desk.tx.add_word(word.key, _raw(word), desk.now)
        if case is None:
            continue
        desk.journal(case, f"word:{word.kind.value}", f"{desk.outside.wording.label(word.column)}: «{word.old}» → «{word.new}»")
        desk.lift_remark(case, f"put-back:{word.column}", f"impossible-word:{word.column}")
        try:
            _carry_out(desk, case, word)
        except Impossible as why:
            desk.remark(
                case,
                "put-back" if word.kind is WordKind.CELL else "impossible-word",
                of=word.column,
                value=word.new,
                column=word.column,
                why=desk.outside.wording.remark(why.code, **why.facts),
            )
        except Taken as taken:
            desk.remark(
                case,
                "impossible-word",
                of=word.column,
                value=word.new,
                column=word.column,
                why=desk.outside.wording.remark("held-by", number=taken.holder),
            )
        desk.tx.show(case)


def _raw(word: StaffWord) -> dict[str, object]:
    return {
        "kind": word.kind.value,
        "tab": word.tab,
        "number": word.number,
        "column": word.column,
        "value": word.value,
        "old": word.old,
        "new": word.new,
        "beside": dict(word.beside),
    }


def recorded_word(key: str, raw: Mapping[str, Any]) -> StaffWord:
    """The word that was recorded as this."""
    beside = {str(name): str(value) for name, value in raw["beside"].items()}
    kind = WordKind(raw["kind"])
    return StaffWord(key, kind, raw["tab"], raw["number"], raw["column"], raw["value"], raw["old"], raw["new"], beside)


def hear_held(desk: Desk, words: Sequence[StaffWord]) -> None:
    """Decision cells of too many rows changed at once: hold them and ask staff with a line in `Обращения`; nothing is
    acted on or put back.
    """
    if not words:
        return
    keys = sorted(word.key for word in words)
    key = f"held:{keys[0]}:{len(keys)}"
    if desk.tx.word_known(key):
        return
    desk.tx.add_word(key, {"words": [_raw(word) | {"key": word.key} for word in words]}, desk.now)
    submission = Submission(source="sheet", key=key, received_at=desk.now, raw={"held": len(keys)})
    count = str(len({(word.tab, word.number) for word in words}))
    opened = questions.open_question(
        desk,
        submission,
        topic=HELD_TOPIC,
        subject=desk.outside.wording.question("bulk-edit", count=count),
        text=", ".join(sorted({word.number for word in words})),
        code=HELD_TOPIC,
        facts={"words": [_raw(word) | {"key": word.key} for word in words], "count": count},
        acknowledge=False,
    )
    desk.ask_staff(opened, HELD_TOPIC, None, count=count)
    desk.attention(HELD_TOPIC, "", opened, opened.request().subject)


def _carry_out(desk: Desk, case: Case, word: StaffWord) -> None:
    if case.kind is CaseKind.LEAD:
        leads.hear(desk, case, word)
        return
    if word.kind is WordKind.OVERWRITTEN:
        why = desk.outside.wording.remark("system-cell")
        desk.remark(case, "put-back", of=word.column, value=word.new, column=word.column, why=why)
        return
    if word.kind is WordKind.ROW_DELETED:
        desk.remark(case, "row-restored")
        return
    if case.kind is CaseKind.PARTNER:
        _partner(desk, case, word)
    elif case.kind is CaseKind.DEAL:
        _deal(desk, case, word)
    elif case.kind is CaseKind.ORDER:
        orders.hear(desk, case, word)
    elif case.kind is CaseKind.NFR:
        nfr.hear(desk, case, word)
    elif case.kind is CaseKind.TRAINING:
        training.hear(desk, case, word)
    elif case.kind is CaseKind.PILOT:
        pilots.hear(desk, case, word)
    else:
        _request(desk, case, word)


def _number(text: str) -> Decimal:
    """A percent as typed. Raises Impossible."""
    cleaned = text.replace("\u00a0", "").replace(" ", "").replace("%", "").replace(",", ".")
    try:
        value = Decimal(cleaned)
    except InvalidOperation as error:
        raise Impossible("not-a-number", value=text) from error
    if not value.is_finite() or not 0 <= value <= 100:
        raise Impossible("percent-out-of-range", value=text)
    return value


# -- partners ------------------------------------------------------------------------------


def _partner(desk: Desk, case: Case, word: StaffWord) -> None:
    data = case.partner()
    if word.kind is WordKind.FIELD:
        _partner_field(desk, case, word)
        return
    if word.column == "authorisation":
        wanted = {PartnerState.AUTHORISED: "authorise", PartnerState.REFUSED: "refuse", PartnerState.DEAUTHORISED: "deauthorise"}
        decision = next((name for state, name in wanted.items() if state == word.value), "")
        if not decision:
            raise Impossible("state-impossible", value=word.new)
        _partner_decision(desk, case, decision)
    elif word.column == "tier":
        if word.value not in list(Tier) or case.state != PartnerState.AUTHORISED:
            raise Impossible("tier-impossible", value=word.new)
        if Tier(word.value) is not data.tier:
            tiers.move(desk, case, Tier(word.value), "staff", desk.edition_at(desk.now))
    elif word.column == "discount":
        data.discount_override = _number(word.value or word.new)
        desk.record(case, "discount", "set", "staff", facts={"discount": percent(data.discount_override)})
        desk.wake_undecided(case.partner_inn)
    else:
        _partner_decision(desk, case, word.value)


def _partner_field(desk: Desk, case: Case, word: StaffWord) -> None:
    data = case.partner()
    if word.column == "manager":
        data.manager = word.new
    elif word.column == "staff_contacts":
        data.staff_contacts = list(split_addresses(word.new))
        if word.new.strip() and not data.staff_contacts:
            raise Impossible("address-unreadable", value=word.new[:60])
        for address in data.staff_contacts:
            desk.tx.address_lives(address)  # whoever writes it down means it to be tried again
        desk.keep_contacts(case)
        desk.wake_undecided(case.partner_inn)
    elif word.column == "individual_discount":
        data.individual_discount = _number(word.new) if word.new.strip() else None
        desk.wake_undecided(case.partner_inn)
    desk.tx.save(case)


def _partner_decision(desk: Desk, case: Case, decision: str) -> None:
    data = case.partner()
    edition = desk.edition_at(desk.now)
    if decision == "authorise":
        if case.state == PartnerState.AUTHORISED:
            _answer_repeat(desk, case)
            return
        if not case.partner_inn or len(case.partner_inn) != edition.authorisation.inn_digits:
            raise Impossible("inn-not-legal-entity")
        if case.problems and case.state == PartnerState.NEEDS_DATA and not data.contacts:
            raise Impossible("no-contact")
        partners.approve(desk, case, "staff")
    elif decision == "refuse":
        if case.state not in partners.UNDECIDED:
            raise Impossible("already-decided")
        partners.refuse(desk, case, "staff", ())
    elif decision == "deauthorise":
        if case.state != PartnerState.AUTHORISED:
            raise Impossible("not-authorised")
        partners.deauthorise(desk, case, "staff")
    elif decision in ("raise", "lower"):
        _step(desk, case, decision)
    elif decision == "keep":
        if case.question is not None and case.question.code == "confirm-tier":
            data.tier_declined = str(case.question.facts.get("tier", ""))
        if case.question is None:
            raise Impossible("no-question")
        if case.question.code == "repeat-foreign":
            for row in partners.foreign_rows(desk, case):
                row.answer = Answer.REFUSED
                desk.tx.save_submission(row)
            desk.lift_remark(case, "foreign-application")
        elif case.question.code == "demote":
            data.tier_warned_at, data.tier_grace_until = None, None
        case.question = None
        desk.record(case, "proposal", "keep", "staff")
    else:
        raise Impossible("word-unknown")
    partners.ask_about_strangers(desk, case)


def _answer_repeat(desk: Desk, case: Case) -> None:
    """`Авторизовать` on an authorised partner lets the unknown applicant of a repeated application speak for it."""
    if case.question is None or case.question.code != "repeat-foreign":
        raise Impossible("already-decided")
    key = str(case.question.facts.get("key", ""))
    found = desk.tx.known_submissions("form:partner", [key]).get(key)
    case.question = None
    if found is not None and found.address:
        if found.address not in case.partner().staff_contacts:
            case.partner().contacts.append(found.address)
        desk.keep_contacts(case)
        found.answer = Answer.ACCEPTED
        desk.tx.save_submission(found)
        section = desk.edition(case).authorisation.section
        desk.write(
            case,
            "partner-status",
            to=found.address,
            section=section,
            facts=partners.status_facts(desk, case),
            answers=[found],
            distinct=found.key,
        )
    desk.record(case, "repeated-application", "approve", "staff")
    partners.ask_about_strangers(desk, case)
    if case.question is None:
        desk.lift_remark(case, "foreign-application")


def _step(desk: Desk, case: Case, decision: str) -> None:
    """One tier up or down, or to the tier that was proposed."""
    if case.state != PartnerState.AUTHORISED:
        raise Impossible("not-authorised")
    order = list(Tier)
    here = order.index(case.partner().tier)
    proposed = str(case.question.facts.get("tier", "")) if case.question else ""
    target = here + (1 if decision == "raise" else -1)
    if proposed and (order.index(Tier(proposed)) > here) == (decision == "raise"):
        target = order.index(Tier(proposed))
    if not 0 <= target < len(order):
        raise Impossible("tier-impossible", value=decision)
    tiers.move(desk, case, order[target], "staff", desk.edition_at(desk.now))


# -- deals ---------------------------------------------------------------------------------


def _deal(desk: Desk, case: Case, word: StaffWord) -> None:
    if word.kind is WordKind.FIELD:
        if word.column == "staff_discount":
            _staff_discount(desk, case, word)
        return
    if word.kind is WordKind.CELL and word.column == "discount":
        _change(desk, case, discount=_number(word.value or word.new))
    elif word.kind is WordKind.CELL and word.column == "valid_until":
        _change(desk, case, valid_until=_future_day(desk, word.value or word.new))
    elif word.kind is WordKind.CELL and word.column == "state":
        _state(desk, case, word)
    else:
        acts: dict[str, Callable[[Desk, Case, StaffWord], None]] = {
            "approve": _approve,
            "refuse": _refuse,
            "annul": _annul,
            "keep": _keep,
        }
        if word.value not in acts:
            raise Impossible("word-unknown")
        acts[word.value](desk, case, word)


def _future_day(desk: Desk, text: str) -> date:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError as error:
        raise Impossible("not-a-date", value=text) from error
    if found < desk.outside.calendar.local_date(desk.now):
        raise Impossible("date-past", value=text)
    return found


def _change(desk: Desk, case: Case, *, discount: Decimal | None = None, valid_until: date | None = None) -> None:
    if case.state != DealState.REGISTERED:
        raise Impossible("not-in-force")
    changes = clockwork.change_terms(desk, case, discount=discount, valid_until=valid_until)
    if not changes:
        return
    desk.record(case, "terms", "set", "staff", facts={"changes": changes})
    desk.lift_remark(case, "appeal-extension")
    made = deals.make_offer(desk, case, case.deal().discount or Decimal(0)) if discount is not None else None
    facts = {"deal": clockwork.shown(desk, case), "offer": offer_facts(made), "changes": changes}
    desk.write(case, "deal-terms-changed", facts=facts, offer=made, distinct=f"{changes} {moment(desk.now)}")


def _state(desk: Desk, case: Case, word: StaffWord) -> None:
    match word.value:
        case DealState.REGISTERED:
            _approve(desk, case, word)
        case DealState.REFUSED:
            _refuse(desk, case, word)
        case DealState.ANNULLED:
            _annul(desk, case, word)
        case DealState.WON | DealState.LOST | DealState.WITHDRAWN:
            if not updates.can_close(case):
                raise Impossible("already-decided")
            action = next(name for name, state in clockwork.FINAL_ACTIONS.items() if state == word.value)
            clockwork.close(desk, case, action, "staff", [])
        case DealState.EXPIRED:
            if case.state != DealState.REGISTERED:
                raise Impossible("not-in-force")
            case.deal().expired_on = desk.outside.calendar.local_date(desk.now)
            clockwork.finish(desk, case, DealState.EXPIRED, "expire", "staff")
            desk.write(case, "deal-expired", facts={"deal": clockwork.shown(desk, case)})
        case _:
            raise Impossible("state-impossible", value=word.new)


def _approve(desk: Desk, case: Case, word: StaffWord) -> None:
    """Register by staff's word; their discount stands, a switch without a figure gets the better of tier and switch."""
    data = case.deal()
    if case.state not in (DealState.PENDING, DealState.REFUSED, DealState.NEEDS_DATA):
        raise Impossible("already-decided")
    if not case.customer_inn or not data.product_keys or data.licences is None or data.deal_kind is None:
        raise Impossible("data-missing")
    partner = desk.partner_of(case)
    if not deals.authorised(partner) or partner is None:
        raise Impossible("not-authorised")
    edition = desk.edition(case)
    typed = word.beside.get("staff_discount", "").strip()
    staff = _number(typed) if typed else data.staff_discount
    owner = partner.partner()
    figure = tier_discount(data.deal_kind, owner.tier, owner.individual_discount, staff, edition, owner.discount_override)
    if figure is None:
        raise Impossible("individual-discount-missing")
    keys = frozenset(data.product_keys)
    for other in desk.tx.deals_of_customer(case.customer_inn):
        same = other.partner_inn != case.partner_inn and frozenset(other.deal().product_keys) == keys
        if other.number != case.number and other.state == DealState.REGISTERED and same:
            raise Impossible("held-by", number=other.number)
    facts = deals.recorded_facts(deals.facts_of(desk, case), case)
    deals.approve(desk, case, "staff", figure, None, facts, override=True)


def _refuse(desk: Desk, case: Case, word: StaffWord) -> None:
    if case.state not in (DealState.PENDING, DealState.NEEDS_DATA):
        raise Impossible("already-decided")
    edition = desk.edition(case)
    typed = word.beside.get("refusal_code", "").replace(";", ",").replace(" ", ",")
    codes = sorted({code.strip().removesuffix(".0") for code in typed.split(",") if code.strip()})
    if not codes:
        raise Impossible("code-missing")
    if unknown := [code for code in codes if code not in edition.deals.reasons]:
        raise Impossible("code-unknown", value=", ".join(unknown))
    reasons = desk.reason_texts([Reason(code, edition.deals.section) for code in codes], edition)
    deals.refuse(desk, case, "staff", reasons)


def _annul(desk: Desk, case: Case, word: StaffWord) -> None:
    if case.state != DealState.REGISTERED:
        raise Impossible("not-in-force")
    edition = desk.edition(case)
    silent = case.question is not None and case.question.code == "annul"
    reason = Reason("silence" if silent else "staff", edition.deals.section)
    reasons = desk.reason_texts([reason], edition)
    case.reason_text = desk.shown_reasons(reasons)
    clockwork.finish(desk, case, DealState.ANNULLED, "annul", "staff", reasons)
    desk.write(case, "deal-annulled", reasons=reasons, facts={"deal": clockwork.shown(desk, case)})


def _keep(desk: Desk, case: Case, word: StaffWord) -> None:
    """A proposal is declined: the registration stays, the fourteen days start anew."""
    if case.question is None or case.state != DealState.REGISTERED:
        raise Impossible("no-question")
    data = case.deal()
    today = desk.outside.calendar.local_date(desk.now)
    case.question = None
    data.reported_on = data.confirmed_on = today
    data.report_warned_on = data.confirm_warned_on = None
    clockwork.plan_clock(desk, case)
    desk.record(case, "proposal", "keep", "staff")


def _staff_discount(desk: Desk, case: Case, word: StaffWord) -> None:
    """`Скидка сотрудника %`: kept for the approval to come; on a deal refused for reason 3 alone it sends the offer."""
    data = case.deal()
    if not word.new.strip():
        data.staff_discount = None
        desk.tx.save(case)
        return
    figure = _number(word.new)
    if case.state != DealState.REFUSED:
        data.staff_discount = figure
        desk.tx.save(case)
        return
    edition = desk.edition(case)
    problem = second_partner_discount(figure, tuple(data.refusal_codes), edition)
    if problem is not None:
        raise Impossible(problem.code, value=word.new, max=percent(edition.deals.second_partner_discount_max))
    data.staff_discount = data.offered_discount = figure
    made = deals.make_offer(desk, case, figure)
    desk.record(case, "second-discount", "offer", "staff", facts={"discount": percent(figure)})
    facts = {"deal": clockwork.shown(desk, case) | {"discount": percent(figure)}, "offer": offer_facts(made)}
    desk.write(
        case,
        "deal-discount-offered",
        facts=facts,
        offer=made,
        distinct=percent(figure) + day(desk.outside.calendar.local_date(desk.now)),
    )


# -- requests -----------------------------------------------------------------------


def _request(desk: Desk, case: Case, word: StaffWord) -> None:
    data = case.request()
    if word.kind is WordKind.FIELD:
        return
    states = {"approve": RequestState.APPROVED, "refuse": RequestState.REFUSED, "close": RequestState.CLOSED}
    state = states.get(word.value) or next((each for each in RequestState if each == word.value), None)
    if state is None or state is RequestState.OPEN:
        raise Impossible("word-unknown")
    if data.topic == listing.TOPIC and (case.state, state) == (RequestState.APPROVED, RequestState.CLOSED):
        listing.take_off(desk, case)
        return
    if case.state != RequestState.OPEN:
        raise Impossible("already-decided")
    if data.topic == listing.TOPIC and state is RequestState.APPROVED:
        listing.grant(desk, case)
        return
    if data.topic == HELD_TOPIC:
        _release_held(desk, case, act=state is RequestState.APPROVED)
        questions.settle(desk, case, state, tell=False)
        return
    if data.topic == "update" and data.facts and state is RequestState.APPROVED and not updates.apply_recorded(desk, case):
        raise Impossible("not-in-force")
    if data.topic == pilots.REPORT_TOPIC and state is RequestState.APPROVED and not pilots.apply_recorded(desk, case):
        raise Impossible("pilot-not-started")
    if data.topic == appeals.TOPIC and data.facts:
        appeals.settle(desk, case, state)
        return
    questions.settle(desk, case, state)


def _release_held(desk: Desk, case: Case, *, act: bool) -> None:
    """Staff answered a held bulk edit: carry the words out, or put the cells back."""
    for raw in case.request().facts.get("words", []):
        word = recorded_word(raw["key"], raw)
        if act:
            hear(desk, [word])
        elif (target := desk.tx.case(word.number)) is not None:
            if not desk.tx.word_known(word.key):
                desk.tx.add_word(word.key, _raw(word), desk.now)
            desk.tx.show(target)
