"""Appeals against a refusal: a case of its own in `Обращения`, with both cases side by side for staff and nobody else («Вопросы и
предложения»). Staff's word on it is told to the partner; the refused case itself is decided in its own row.
"""

from __future__ import annotations

from cases import questions
from cases.desk import Desk
from cases.letters import day, moment
from cases.model import (
    Answer,
    Case,
    CaseKind,
    DealData,
    DealState,
    ErrandState,
    Facts,
    LicenceData,
    Mail,
    OrderData,
    RequestState,
    Submission,
)

TOPIC = "appeal"
_REFUSALS = {
    "deal-refused": "registration",
    "deal-annulled": "registration",
    "deal-extension-refused": "extension",
    "order-refused": "order",
    "pilot-refused": "pilot",
    "nfr-refused": "nfr",
}
"""Letters that may be appealed against, and what each refuses."""
_KINDS = (CaseKind.DEAL, CaseKind.ORDER, CaseKind.PILOT, CaseKind.NFR)
_SIDE_STATES = (DealState.PENDING, DealState.REGISTERED)


def may_appeal(case: Case, answered: Mail | None) -> bool:
    """Is there a refusal to appeal against: the letter that is answered, or where the case stands?"""
    if case.kind not in _KINDS:
        return False
    refused = case.state in (DealState.REFUSED, DealState.ANNULLED, ErrandState.REFUSED)
    return refused or (answered is not None and answered.template in _REFUSALS)


def take(desk: Desk, case: Case, submission: Submission, subject: str, words: str, answered: Mail | None) -> None:
    """A known contact appeals: one open appeal a case, acknowledged with number and due time; what comes after is added to it."""
    thread = (str(submission.raw.get("message_id", "")),)
    opened = _open_appeal(desk, case)
    if opened is not None:
        _add(desk, opened, submission, words, thread)
        return
    what, reason = _refusal(case, answered)
    own = side(case) | {"reason": reason}
    rivals = [side(rival) for rival in _rivals(desk, case)]
    opened = questions.open_question(
        desk,
        submission,
        topic=TOPIC,
        subject=subject,
        text=words,
        partner_inn=case.partner_inn,
        about=case.number,
        code=TOPIC,
        facts={"appealed": what, "own": own, "rivals": rivals},
        thread=thread,
    )
    remark = desk.outside.wording.remark
    lines = [remark("appeal-own", **_spelled(desk, own)), *(remark("appeal-rival", **_spelled(desk, one)) for one in rivals)]
    opened.request().compared = "\n".join(lines)
    desk.record(opened, "appeal", "refer", "partner", (), None, opened.request().facts)
    desk.remark(case, "appeal", number=opened.number)
    for address in desk.outside.staff:
        facts: Facts = {"appealed": what, "words": words, "own": own, "rivals": rivals}
        desk.write(opened, "staff-appeal", to=address, facts=facts)


def _open_appeal(desk: Desk, case: Case) -> Case | None:
    for found in desk.tx.cases_of_kind(CaseKind.REQUEST, case.partner_inn):
        data = found.request()
        if data.topic == TOPIC and data.about == case.number and found.state == RequestState.OPEN and data.facts:
            return found
    return None


def _add(desk: Desk, opened: Case, submission: Submission, words: str, thread: tuple[str, ...]) -> None:
    """More words on an appeal that is open: no second number, the acknowledgement comes again."""
    data = opened.request()
    data.text = f"{data.text}\n\n{words}"
    submission.number, submission.answer, submission.due_at = opened.number, Answer.PENDING, opened.due_at
    desk.tx.add_submission(submission)
    desk.tx.save(opened)
    desk.journal(opened, "reply")
    facts = {"subject": data.subject}
    desk.write(opened, "question-received", to=submission.address, facts=facts, thread=thread, distinct=submission.key)


def _refusal(case: Case, answered: Mail | None) -> tuple[str, str]:
    """What was refused, and the reason as the partner was told it."""
    if answered is None or answered.template not in _REFUSALS:
        return "registration" if case.kind is CaseKind.DEAL else case.kind.value, case.reason_text
    reasons = [(str(reason["code"]), str(reason["text"])) for reason in answered.context["reasons"]]
    return _REFUSALS[answered.template], "; ".join(f"{code} – {text}" if code.isdigit() else text for code, text in reasons)


def side(case: Case) -> Facts:
    """One side of the comparison; moments and days as ISO text, "" where there is none."""
    data = case.data
    if not isinstance(data, DealData | OrderData | LicenceData):
        raise TypeError(f"{case.number} is nothing that can be appealed about")
    deal = data if isinstance(data, DealData) else DealData()
    return {
        "number": case.number,
        "partner": data.partner_name,
        "partner_inn": case.partner_inn,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "products": list(data.products),
        "licences": data.licences if data.licences is not None else "",
        "submitted_at": moment(case.submitted_at),
        "place_at": moment(case.place_at),
        "registered_at": moment(deal.registered_at),
        "valid_until": day(deal.valid_until),
        "state": case.state,
        "reason": case.reason_text,
    }


def _rivals(desk: Desk, case: Case) -> list[Case]:
    """Other partners' deals that hold some of the products, or held them when the case came, or wait in the queue."""
    found = []
    products = set(case.deal().product_keys) if case.kind is CaseKind.DEAL else set()
    for other in desk.tx.deals_of_customer(case.customer_inn) if products else ():
        data = other.deal()
        if other.partner_inn == case.partner_inn or not products & set(data.product_keys):
            continue
        waits = other.state == DealState.PENDING and other.place_at is not None
        held = data.registered_at is not None and (data.closed_at is None or data.closed_at > case.submitted_at)
        if waits or held:
            found.append(other)
    return found


def _spelled(desk: Desk, one: Facts) -> dict[str, str]:
    """A side as a sentence's facts."""
    said = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in one.items()}
    return said | {"state": desk.outside.wording.term(said["state"])}


def settle(desk: Desk, opened: Case, state: RequestState) -> None:
    """Staff answered: the partner is told whether the refusal stands. What was refused is staff's to decide in its own row."""
    data = opened.request()
    questions.settle(desk, opened, state, tell=False)
    desk.write(opened, "appeal-answered", facts={"refusal": data.about, "outcome": state.value})
    case = desk.tx.case(data.about)
    if case is None:
        return
    desk.lift_remark(case, "appeal")
    if state is RequestState.APPROVED:
        code = "appeal-extension" if data.facts["appealed"] == "extension" else "appeal-accepted"
        desk.remark(case, code, number=opened.number)
        holders = ", ".join(str(rival["number"]) for rival in data.facts["rivals"] if rival["state"] == DealState.REGISTERED)
        desk.remark(opened, "appeal-next", about=case.number, holders=holders)
