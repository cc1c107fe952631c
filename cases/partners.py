"""Partners: application, authorisation, and staff's word on them («Авторизация Партнера»)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from cases import leads, listing, sla, tiers, training, waiting
from cases.desk import Desk
from cases.identity import domain_of, site_domain
from cases.letters import about_facts, moment, tier_facts
from cases.model import (
    Answer,
    Case,
    CaseKind,
    DealState,
    ErrandState,
    Facts,
    FormRow,
    LicenceData,
    PartnerData,
    PartnerState,
    ReasonText,
    Submission,
)
from cases.requests import PartnerRequest, parse_partner
from rules.authorisation import ApplicationFacts, Standing, authorise
from rules.decision import Decision, Outcome, Problem
from rules.edition import Edition

UNDECIDED = (PartnerState.NEEDS_DATA, PartnerState.PENDING)


def take(desk: Desk, row: FormRow, submission: Submission) -> None:
    """An application: a new partner, a repeat, or the completion of one that needs data."""
    edition = desk.edition_at(submission.received_at)
    request, problems = parse_partner(desk.understood(row.answers), row.address, edition)
    existing = desk.tx.partner(request.inn) if request.inn else None
    if existing is None and submission.address:
        existing = _unfinished(desk, submission.address, request.inn)
    if existing is None:
        case = _opened(desk, row, submission, request, edition)
        submission.number = case.number
        desk.tx.add_submission(submission)
        desk.tx.add_case(case)
        _fill(desk, case, submission.received_at, request, problems)
        desk.tx.save(case)
        desk.keep_contacts(case)
        desk.journal(case, "received")
        return
    submission.number = existing.number
    if desk.speaks_for(submission.address, existing) or existing.state in (PartnerState.REFUSED, PartnerState.DEAUTHORISED):
        _repeated(desk, existing, row, submission, request, problems, edition)
    else:
        _foreign(desk, existing, submission, edition)


def _unfinished(desk: Desk, address: str, inn: str) -> Case | None:
    """The same applicant's application that still lacks data, unless it names another INN."""
    for case in desk.tx.partner_by_contact(address):
        if case.state == PartnerState.NEEDS_DATA and case.sender == address and not (inn and case.partner_inn):
            return case
    return None


def _opened(desk: Desk, row: FormRow, submission: Submission, request: PartnerRequest, edition: Edition) -> Case:
    calendar = desk.outside.calendar
    number = desk.tx.next_number(CaseKind.PARTNER, calendar.local_date(submission.received_at).year, row.number)
    return Case(
        number=number,
        kind=CaseKind.PARTNER,
        state=PartnerState.PENDING,
        edition=edition.name,
        submitted_at=submission.received_at,
        data=PartnerData(tier=edition.authorisation.start_tier),
        partner_inn=request.inn,
        due_at=calendar.deadline(submission.received_at, edition.deadlines.authorisation_business_days),
        wakes_at=desk.now,
        sender=submission.address,
        sender_known=True,
        labels=dict(row.labels),
    )


def _fill(desk: Desk, case: Case, sent_at: datetime, request: PartnerRequest, problems: tuple[Problem, ...]) -> None:
    """Put the application's answers into the case."""
    data = case.partner()
    data.name, data.inn, data.kpp, data.site = request.name, request.inn, request.kpp, request.site
    data.contact, data.phone, data.region = request.contact, request.phone, request.region
    data.distributor, data.comment = request.distributor, request.comment
    if request.consent and data.consent_at is None:
        data.consent_at = sent_at
        data.consent_form = _consent_form(case.labels.get("consent", ""))
    if case.sender and case.sender not in data.contacts:
        data.contacts.append(case.sender)
    case.partner_inn = request.inn
    case.problems = list(problems)
    for note in request.remarks:
        desk.remark(case, note.code, field=note.field, **note.facts)


def _consent_form(words: str) -> str:
    """What the sender agreed to: the form's words, and a hash by which the form's version is known again."""
    words = " ".join(words.split())
    return f"{words[:300]} · sha256:{sha256(words.encode()).hexdigest()[:16]}" if words else ""


def _repeated(
    desk: Desk,
    case: Case,
    row: FormRow,
    submission: Submission,
    request: PartnerRequest,
    problems: tuple[Problem, ...],
    edition: Edition,
) -> None:
    """A known contact applies again, or one that was refused or de-authorised does."""
    if case.state == PartnerState.AUTHORISED:
        submission.raw["apart"] = True
        submission.answer = Answer.ACCEPTED
        desk.tx.add_submission(submission)
        facts = ApplicationFacts((), request.sole_trader, Standing.AUTHORISED, False, True, False, False)
        decision = authorise(facts, desk.edition(case))
        desk.record(case, "repeated-application", "approve", "rules", desk.reason_texts(decision.reasons, edition), decision)
        desk.write(
            case,
            "partner-status",
            to=submission.address,
            section=edition.authorisation.section,
            facts=status_facts(desk, case),
            answers=[submission],
            distinct=submission.key,
        )
        return
    if case.state in (PartnerState.REFUSED, PartnerState.DEAUTHORISED):
        case.partner().refused_before = True
        case.sender, case.sender_known = submission.address, desk.speaks_for(submission.address, case)
        case.edition = edition.name
        for earlier in desk.tx.submissions_of(case.number):
            earlier.raw["apart"] = True
            desk.tx.save_submission(earlier)
    desk.tx.add_submission(submission)
    if case.sender_known:
        _fill(desk, case, submission.received_at, request, problems)
        case.labels = dict(row.labels)
    else:  # what a stranger typed (a site gives a domain the word) counts from staff's authorisation on, not before
        case.problems = []
        write_unknown(desk, case, submission)
    reopen(desk, case, submission)
    desk.keep_contacts(case)
    desk.journal(case, "received-again")


def reopen(desk: Desk, case: Case, submission: Submission) -> None:
    """A completed or renewed application is undecided again, with a fresh count («Deadlines»)."""
    edition = desk.edition(case)
    case.state = PartnerState.PENDING
    case.submitted_at = submission.received_at
    case.due_at = desk.outside.calendar.deadline(submission.received_at, edition.deadlines.authorisation_business_days)
    case.asked, case.asked_due_at, case.question = [], None, None
    case.warned_shares, case.missed, case.interim_at = [], False, None
    case.reason_text = ""
    desk.answer(case, Answer.PENDING)
    desk.wake(case)


def _foreign(desk: Desk, case: Case, submission: Submission, edition: Edition) -> None:
    """Somebody unknown applies with a partner's INN: staff see it, the typed address gets a neutral acknowledgement."""
    if case.question is None and case.state in UNDECIDED:
        review(desk, case)  # the first applicant came first: a stranger's form holds nothing up
    submission.raw["apart"] = submission.raw["foreign"] = True
    submission.answer = Answer.PENDING
    submission.due_at = desk.outside.calendar.deadline(submission.received_at, edition.deadlines.authorisation_business_days)
    desk.tx.add_submission(submission)
    desk.remark(case, "foreign-application", address=submission.address)
    if len(foreign_rows(desk, case)) <= desk.outside.unvouched_per_partner_a_day:
        desk.attention(
            "foreign-application", "", case, desk.outside.wording.question("repeat-foreign", address=submission.address)
        )
    if case.question is None:
        desk.ask_staff(case, "repeat-foreign", {"key": submission.key}, address=submission.address)
    write_unknown(desk, case, submission)
    desk.tx.save(case)


def foreign_rows(desk: Desk, case: Case) -> list[Submission]:
    """Applications from unknown addresses that staff have not answered, oldest first."""
    return [
        row
        for row in desk.tx.submissions_of(case.number)
        if row.source == "form:partner" and row.raw.get("foreign") and row.answer == Answer.PENDING
    ]


def ask_about_strangers(desk: Desk, case: Case) -> None:
    """Put the next application from an unknown address to staff, as soon as no other question about the partner is open."""
    if case.question is not None or case.state != PartnerState.AUTHORISED:
        return
    if any(remark.code == "foreign-application" for remark in case.remarks) and (rows := foreign_rows(desk, case)):
        desk.remark(case, "foreign-application", address=rows[0].address)
        desk.ask_staff(case, "repeat-foreign", {"key": rows[0].key}, address=rows[0].address)


def write_unknown(desk: Desk, case: Case, submission: Submission) -> None:
    """The neutral acknowledgement to a typed address that speaks for nobody; at most one a day."""
    if not submission.address or not may_answer(desk, submission.address, "sender-unknown", 1):
        return
    about: Facts = {**about_facts(case), "name": "", "customer": "", "products": []}
    desk.write(case, "sender-unknown", to=submission.address, facts={"about": about}, distinct=submission.key)


def may_answer(desk: Desk, address: str, template: str, most: int) -> bool:
    """Is a stranger's address below its daily measure of letters of that template?"""
    since = desk.outside.calendar.start_of(desk.outside.calendar.local_date(desk.now))
    return desk.tx.mail_sent_since(address, template, since) < most


def status_facts(desk: Desk, case: Case) -> Facts:
    """Where a partner stands, for a letter."""
    data = case.partner()
    row = desk.edition_at(desk.now).figures(data.tier)
    own = (
        data.discount_override
        if data.discount_override is not None
        else data.individual_discount
        if row.discount is None
        else None
    )
    return {"inn": data.inn, "state": case.state, "tier": tier_facts(row, own)}


# -- review ---------------------------------------------------------------------------


def application_facts(desk: Desk, case: Case, *, known: bool = True) -> ApplicationFacts:
    """What the rule looks at; the application itself is the first one, or staff's earlier refusal stands before it."""
    data = case.partner()
    edition = desk.edition(case)
    site = site_domain(data.site)
    domain = domain_of(case.sender)
    free = desk.is_free_mail(case.sender, edition)
    return ApplicationFacts(
        problems=tuple(case.problems),
        sole_trader=len(data.inn) == 12,
        standing=Standing.REFUSED if data.refused_before else Standing.NEVER_APPLIED,
        refused_before=data.refused_before,
        known_sender=known,
        free_mail=free,
        foreign_domain=bool(site and domain and not free and not (domain == site or domain.endswith("." + site))),
        needs_data_overdue=case.asked_due_at is not None and desk.now >= case.asked_due_at,
    )


def review(desk: Desk, case: Case) -> None:
    """An application that is due to be looked at."""
    if case.state not in UNDECIDED:
        case.wakes_at = None
        desk.tx.save(case)
        return
    if case.question is not None:
        sla.advance(desk, case)
        return
    edition = desk.edition(case)
    facts = application_facts(desk, case)
    decision = authorise(facts, edition)
    reasons = desk.reason_texts(decision.reasons, edition)
    recorded: Facts = {
        "inn": case.partner_inn,
        "standing": facts.standing.value,
        "free_mail": facts.free_mail,
        "foreign_domain": facts.foreign_domain,
    }
    if facts.free_mail:
        desk.remark(case, "free-mail", address=case.sender)
    if facts.foreign_domain:
        desk.remark(case, "foreign-domain", address=case.sender, site=site_domain(case.partner().site))
    if decision.outcome is Outcome.ASK:
        _ask(desk, case, decision, reasons, recorded)
    elif decision.outcome is Outcome.REFER:
        _refer(desk, case, decision, reasons, recorded)
    elif decision.outcome is Outcome.REJECT:
        refuse(desk, case, "rules", reasons, decision, recorded)
    else:
        approve(desk, case, "rules", decision, recorded)


def _ask(desk: Desk, case: Case, decision: Decision, reasons: tuple[ReasonText, ...], recorded: Facts) -> None:
    if case.state == PartnerState.NEEDS_DATA and case.asked_due_at is not None:
        case.wakes_at = case.asked_due_at
        desk.tx.save(case)
        return
    edition = desk.edition(case)
    case.state = PartnerState.NEEDS_DATA
    case.asked = desk.asked(case, decision.problems)
    case.asked_due_at = desk.outside.calendar.deadline(desk.now, edition.deals.needs_data_business_days)
    case.reason_text = desk.shown_reasons(reasons, case.asked)
    desk.wake(case, case.asked_due_at)
    desk.record(case, "authorisation", "ask", "rules", reasons, decision, recorded)
    write_needs_data(desk, case, reasons, edition.authorisation.section)


def write_needs_data(desk: Desk, case: Case, reasons: tuple[ReasonText, ...], section: str) -> None:
    """One letter that lists every field to mend, in the form's own words."""
    rows = desk.answer(case, Answer.NEEDS_DATA, case.reason_text)
    asked = [{"label": line.label, "text": line.text} for line in case.asked]
    facts = {"about": about_facts(case), "asked": asked, "asked_due_at": moment(case.asked_due_at)}
    other = [reason for reason in reasons if reason.code != "1"]
    desk.write(case, "needs-data", section=section, reasons=other, facts=facts, answers=rows)


def _refer(desk: Desk, case: Case, decision: Decision, reasons: tuple[ReasonText, ...], recorded: Facts) -> None:
    case.state = PartnerState.PENDING
    first = decision.reasons[0]
    why = "; ".join(reason.text for reason in reasons)
    desk.ask_staff(case, first.code, None, why=why, **first.facts)
    desk.record(case, "authorisation", "refer", "rules", reasons, decision, recorded)
    desk.answer(case, Answer.PENDING)
    if not case.received_told:
        case.received_told = True
        if case.due_at is None or desk.now < case.due_at:  # else the interim answer says it all
            section = desk.edition(case).authorisation.section
            desk.write(case, "case-received", section=section, facts={"about": about_facts(case), "awaits": "staff"})
    sla.advance(desk, case)


def refuse(
    desk: Desk, case: Case, by: str, reasons: tuple[ReasonText, ...], decision: Decision | None = None, facts: Facts | None = None
) -> None:
    """Refuse an application; staff may do so without a reason, and then the letter gives none."""
    case.state = PartnerState.REFUSED
    case.partner().refused_before = True
    case.reason_text = desk.shown_reasons(reasons, case.asked)
    _settled(desk, case)
    desk.record(case, "authorisation", "reject", by, reasons, decision, facts)
    rows = desk.answer(case, Answer.REFUSED, case.reason_text)
    section = desk.edition(case).authorisation.section
    told = to_told(reasons, case)
    desk.write(case, "partner-refused", section=section, reasons=told, facts={"inn": case.partner().inn}, answers=rows)
    desk.wake_undecided(case.partner_inn)


def to_told(reasons: tuple[ReasonText, ...], case: Case) -> tuple[ReasonText, ...]:
    """Reasons as letters tell them: reason 1 with the very fields."""
    if not case.asked:
        return reasons
    detail = ", ".join(line.text for line in case.asked)
    return tuple(ReasonText(r.code, r.section, f"{r.text}: {detail}") if r.code == "1" else r for r in reasons)


def approve(desk: Desk, case: Case, by: str, decision: Decision | None = None, facts: Facts | None = None) -> None:
    """Authorise: tier from the edition, contacts known, the training line made at once."""
    data = case.partner()
    edition = desk.edition(case)
    again = data.authorised_at is not None
    if not case.sender_known:
        _adopt(desk, case, edition)
    case.state = PartnerState.AUTHORISED
    data.authorised_at = desk.now
    if not again:
        data.tier = edition.authorisation.start_tier
    if case.sender and case.sender not in data.contacts:
        data.contacts.append(case.sender)
    case.reason_text = ""
    _settled(desk, case)
    desk.keep_contacts(case)
    desk.record(case, "authorisation", "approve", by, (), decision, facts)
    rows = desk.answer(case, Answer.ACCEPTED)
    shown = status_facts(desk, case)
    desk.write(
        case,
        "partner-authorised",
        section=edition.authorisation.section,
        facts={"inn": shown["inn"], "tier": shown["tier"]},
        answers=rows,
    )
    training.open_webinar(desk, case, edition)
    tiers.review_partner(desk, case, quarterly=False)
    leads.wake_waiting(desk)
    desk.wake_undecided(case.partner_inn)
    for errand in desk.tx.errands_of(case.partner_inn):
        if errand.state == ErrandState.APPROVED and isinstance(errand.data, LicenceData) and errand.data.key:
            desk.wake(errand)  # staff typed the key while the partner might not get it


def _adopt(desk: Desk, case: Case, edition: Edition) -> None:
    """Staff authorised an applicant that was no known contact: what was typed counts now, if the form was complete."""
    data = case.partner()
    row = next((row for row in reversed(desk.tx.submissions_of(case.number)) if row.source == "form:partner"), None)
    case.sender_known = True
    if data.authorised_at is None:
        data.contacts = []  # whoever was refused before speaks for nobody
    answers = row.raw.get("answers") if row is not None else None
    if row is None or not isinstance(answers, dict):
        return
    request, problems = parse_partner(desk.understood(answers), case.sender, edition)
    if request.inn == data.inn and not problems:
        _fill(desk, case, row.received_at, request, problems)


def _settled(desk: Desk, case: Case) -> None:
    case.question, case.asked_due_at, case.wakes_at = None, None, None
    case.problems = []
    case.decided_at = desk.now
    desk.lift_remark(case, "impossible-word", "put-back")


def deauthorise(desk: Desk, case: Case, by: str) -> None:
    """De-authorise; no reason is given. Open deals go to staff, rivals that wait are told nothing."""
    case.state = PartnerState.DEAUTHORISED
    data = case.partner()
    data.refused_before = True
    data.tier_warned_at, data.tier_grace_until = None, None  # authorised anew, it is warned anew
    _settled(desk, case)
    desk.record(case, "authorisation", "deauthorise", by)
    edition = desk.edition(case)
    desk.write(case, "partner-deauthorised", section=edition.tier_review.section, facts={"inn": case.partner().inn})
    training.withdraw(desk, case)
    leads.take_from(desk, case)
    listing.review(desk, case)
    for deal in desk.tx.deals_of_partner(case.partner_inn):
        if deal.state == DealState.REGISTERED:
            desk.ask_staff(deal, "annul-deauthorised")
            desk.attention("annul", "", deal, deal.question.text if deal.question else "")
        elif deal.state == DealState.REFUSED:
            waiting.lapse(desk, deal, "rules")
        elif deal.state == DealState.PENDING:
            desk.wake(deal)
    for errand in desk.tx.errands_of(case.partner_inn):
        if errand.state not in (ErrandState.NEEDS_DATA, ErrandState.REFUSED, ErrandState.CLOSED):
            desk.wake(errand)


def complete(desk: Desk, case: Case, answers: dict[str, str], submission: Submission) -> None:
    """Asked-for data came by reply, or the row was edited: the application is read again with them, and takes its place then."""
    edition = desk.edition(case)
    request, problems = parse_partner(desk.understood(answers), case.sender, edition)
    other = desk.tx.partner(request.inn) if request.inn else None
    if other is not None and other.number != case.number:
        desk.remark(case, "inn-taken", number=other.number)
        desk.ask_staff(case, "foreign-applicant", address=case.sender)
        return
    _fill(desk, case, submission.received_at, request, problems)
    reopen(desk, case, submission)
    desk.keep_contacts(case)
    desk.journal(case, "completed")
