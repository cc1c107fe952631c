"""One transaction's work on cases: the ledger's unit, what the pass was given, and the few acts that every kind of case
shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from cases.identity import domain_of, is_free_mail, may_speak, own_domains
from cases.letters import compose, letter_key, moment
from cases.model import (
    STANDING,
    Answer,
    Asked,
    Case,
    CaseKind,
    DealState,
    ErrandState,
    Event,
    Facts,
    FormRow,
    Mail,
    Offer,
    PartnerData,
    Question,
    ReasonText,
    Recorded,
    Remark,
    RequestData,
    RequestState,
    Submission,
)
from cases.ports import Outside, Transaction
from rules.authorisation import Standing
from rules.decision import Decision, Problem, Reason
from rules.edition import Edition


class Impossible(Exception):
    """A word of staff's that cannot be carried out as things stand; `code` and `facts` make the remark that says why."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


_BUSINESS = (CaseKind.DEAL, CaseKind.ORDER, CaseKind.PILOT)
_OWN_FORM = (CaseKind.PARTNER, *_BUSINESS)
"""Kinds with a form of their own, of the same name; the others come by `Форма Запрос` and forms that nobody could read."""


_WAITING = (DealState.PENDING, ErrandState.PENDING)
_NOT_TAKEN_UP = frozenset(
    {DealState.PENDING, DealState.NEEDS_DATA, DealState.REFUSED, RequestState.OPEN, RequestState.REFUSED, RequestState.CLOSED}
)
"""States, of whatever kind, in which nobody has said yes to a case."""

_FLOODED = ("partner-flooded", "strangers-flooded")
"""Remarks on a case about which a letter was held back: too many forms name its partner from unknown addresses."""


@dataclass(frozen=True, slots=True)
class _Unvouched:
    """A letter that only an unknown address brings about, in the name of `partner`. `flood`: what is remarked of one too many."""

    partner: Case
    flood: str

    @property
    def note(self) -> str:
        """Where the day's letters of that partner and side are counted."""
        return f"{self.flood}:{self.partner.partner_inn}"


@dataclass(slots=True)
class Desk:
    """The desk at which one transaction's cases are worked on."""

    tx: Transaction
    outside: Outside
    _attention: dict[tuple[str, str], list[Facts]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The pass's moment."""
        return self.outside.now

    def edition(self, case: Case) -> Edition:
        """The edition that the case was submitted under."""
        return self.outside.editions.named(case.edition)

    def edition_at(self, received: datetime) -> Edition:
        """The edition in force when something was submitted."""
        return self.outside.editions.at(self.outside.calendar.local_date(received))

    # -- who may speak ------------------------------------------------------------

    def partner_of(self, case: Case) -> Case | None:
        """The partner whose case it is."""
        if case.kind is CaseKind.PARTNER:
            return case
        return self.tx.partner(case.partner_inn) if case.partner_inn else None

    def standing(self, partner: Case | None) -> Standing:
        """Where the partner stands with the programme."""
        return STANDING[partner.state] if partner else Standing.NEVER_APPLIED

    def speaks_for(self, address: str, partner: Case | None) -> bool:
        """Is this a known contact of the partner («Who may speak»)? Nobody speaks for an INN that never applied."""
        if partner is None or not address:
            return False
        data = partner.partner()
        free = self.edition(partner).authorisation.free_mail_domains
        domains = own_domains(data.site, [*data.contacts, *data.staff_contacts], free)
        return may_speak(address, data.contacts, data.staff_contacts, domains)

    def keep_contacts(self, partner: Case) -> None:
        """Tell the ledger who may speak for the partner now."""
        data = partner.partner()
        free = self.edition(partner).authorisation.free_mail_domains
        contacts = [*data.contacts, *data.staff_contacts]
        self.tx.set_contacts(partner, contacts, own_domains(data.site, contacts, free))

    def is_free_mail(self, address: str, edition: Edition) -> bool:
        """Is the address on a public mail service?"""
        return is_free_mail(domain_of(address), edition.authorisation.free_mail_domains)

    def recipient(self, case: Case) -> str:
        """Who gets the letters of a case: the sender if known, else the partner's first contact; the typed address only
        for an INN that never applied.
        """
        partner = self.partner_of(case)
        if partner is None:
            return case.sender
        if case.sender and self.speaks_for(case.sender, partner):
            return case.sender
        data = partner.partner()
        return next(iter([*data.contacts, *data.staff_contacts]), "")

    # -- letters -----------------------------------------------------------------

    def write(
        self,
        case: Case,
        template: str,
        *,
        to: str | None = None,
        section: str = "",
        reasons: Iterable[ReasonText] = (),
        facts: Mapping[str, object] | None = None,
        answers: Sequence[Submission] = (),
        warns: str = "",
        thread: Sequence[str] = (),
        offer: Offer | None = None,
        distinct: str = "",
        once: str = "",
    ) -> None:
        """Queue a letter about a case; see `compose` for `once`. With nobody to write to, staff see a remark instead."""
        recipient = self.recipient(case) if to is None else to
        if not recipient:
            self.remark(case, "no-recipient", template=template)
            return
        partner = self.partner_of(case)
        living = self.living(recipient, partner)
        if not living:
            self.hold_back(case, recipient, template)
            return
        recipient = living
        self.lift_remark(case, f"dead-address:{recipient}")
        if thread and not self._may_answer(case, recipient):
            self.journal(case, "mail-held", template)
            return
        day = self._day_for(recipient, case, partner)
        if day > self._today() and (partner is None or not self._holds(partner, recipient)):
            self.journal(case, "mail-held", template)
            self.remark(case, "stranger-flooded", address=recipient)
            return
        unvouched = self._unvouched(case, partner, recipient, template)
        if unvouched and not self._within_measure(case, unvouched, recipient):
            self.journal(case, "mail-held", template)
            return
        edition = self.edition(case)
        told = partner.partner() if partner and self.speaks_for(recipient, partner) else None
        mail = compose(
            case,
            template,
            recipient,
            edition,
            self.now,
            partner=told,
            section=section or _section(case, edition),
            reasons=reasons,
            facts=facts,
            answers=[(submission.source, submission.key) for submission in answers],
            warns=warns,
            thread=thread,
            offer=offer,
            distinct=distinct or moment(self.now),
            once=once,
        )
        if day > self._today():  # a partner is told all the same, in its turn
            mail = replace(mail, not_before=self.outside.calendar.at_opening(day))
            self.remark(case, "letter-delayed", of=recipient, address=recipient, day=day.isoformat())
        else:
            self.lift_remark(case, f"letter-delayed:{recipient}")
        if self.tx.queue_mail(mail):
            self.journal(case, f"mail:{template}")
            if unvouched:
                self._count(unvouched, self._counted(unvouched) + 1)
            self.lift_remark(case, "partner-flooded" if told else "strangers-flooded")

    def _may_answer(self, case: Case, address: str) -> bool:
        """Are address and case below their daily measures of answers? What a loop of robots would never stop at."""
        since = self.outside.calendar.start_of(self.outside.calendar.local_date(self.now))
        if self.tx.answers_sent_since(address, since) >= self.outside.answers_per_sender_a_day:
            return False
        return self.tx.answers_sent_about(case.number, since) < self.outside.answers_per_case_a_day

    def _day_for(self, address: str, case: Case, partner: Case | None) -> date:
        """The day on which the address may get a letter about that case: today, or when its daily measure allows.

        Whoever fills in a form can type anybody's address and any firm's INN. So out of measure is an address that speaks for an
        authorised partner; on the day of the authorisation, which may be one of many, in its deals, orders and pilots alone.
        """
        today = self._today()
        start = self.outside.calendar.start_of(today)
        if partner is not None and self.speaks_for(address, partner):
            since = partner.partner().authorised_at
            known = since is not None and (since < start or case.kind in _BUSINESS)
        else:
            known = any(one.partner().authorised_at for one in self.tx.partner_by_contact(address))
        if known:
            return today
        return today + timedelta(days=self.tx.letters_due_since(address, start) // self.outside.answers_per_sender_a_day)

    def _unvouched(self, case: Case, partner: Case | None, address: str, template: str) -> _Unvouched | None:
        """Does nobody stand behind the letter but whoever typed a partner's INN, which is public, into a form or a letter?

        Without a measure of such letters anybody could have us write to the partner's contacts, and to any address, without end.
        What staff said yes to is vouched for.
        """
        named = case.data.named if isinstance(case.data, RequestData) else ""
        behind = self.tx.partner(named) if named else partner
        if behind is None or case.kind in (CaseKind.LEAD, CaseKind.TRAINING):
            return None
        if template != "sender-unknown" and (
            case.state not in _NOT_TAKEN_UP or case.sender_known or self.speaks_for(case.sender, behind)
        ):
            return None
        return _Unvouched(behind, "partner-flooded" if self.speaks_for(address, behind) else "strangers-flooded")

    def _within_measure(self, case: Case, letter: _Unvouched, address: str) -> bool:
        """Is there room for one more such letter today? If not, the case says so; staff are told when it begins."""
        most = self.outside.unvouched_per_partner_a_day
        if self._counted(letter) < most:
            return True
        if case.kind is not CaseKind.PARTNER or letter.flood == "partner-flooded":  # who else applied has a line of its own
            self.remark(case, letter.flood, address=address, count=str(most))
        inn, name = letter.partner.partner_inn, letter.partner.partner().name
        today = self._today().isoformat()
        if self.tx.note(f"flood-told:{inn}") != today:
            self.tx.set_note(f"flood-told:{inn}", today)
            self.attention("flood", "", case, self.outside.wording.remark("flood-began", partner=name, inn=inn, count=str(most)))
        return False

    def _counted(self, letter: _Unvouched) -> int:
        day, _, count = self.tx.note(letter.note).partition(" ")
        return int(count) if day == self._today().isoformat() else 0

    def _count(self, letter: _Unvouched, count: int) -> None:
        self.tx.set_note(letter.note, f"{self._today().isoformat()} {count}")

    def is_flooded(self, case: Case) -> bool:
        """Is the case one of so many in a partner's name that its partner or sender was not written to?"""
        return case.kind is not CaseKind.PARTNER and any(remark.code in _FLOODED for remark in case.remarks)

    def _holds(self, partner: Case, address: str) -> bool:
        """Does the address speak for that partner, and is the partner authorised?"""
        return partner.partner().authorised_at is not None and self.speaks_for(address, partner)

    def _today(self) -> date:
        return self.outside.calendar.local_date(self.now)

    def dead_until(self, addresses: Iterable[str]) -> dict[str, datetime]:
        """Those of the addresses that are not written to, since a server said that they do not exist, and until when."""
        rest = timedelta(days=self.outside.dead_address_days)
        found = self.tx.dead_addresses(addresses)
        return {address: since + rest for address, since in found.items() if self.now < since + rest}

    def living(self, address: str, partner: Case | None) -> str:
        """The address, or if it is dead another contact of the partner for whom it speaks; "" if there is none."""
        if not self.dead_until([address]):
            return address
        if partner is None or not self.speaks_for(address, partner):
            return ""
        contacts = [*partner.partner().contacts, *partner.partner().staff_contacts]
        dead = self.dead_until(contacts)
        return next((contact for contact in contacts if contact.lower() not in dead), "")

    def hold_back(self, case: Case, address: str, template: str) -> None:
        """A letter is not written, since its address is dead and there is no other; staff are told, once a case and address."""
        self.journal(case, "mail-held", template)
        told = self.tell_dead(case, address)
        if told:
            self.attention("undeliverable", "", case, told)

    def tell_dead(self, case: Case, address: str) -> str:
        """Remark that the address is left in peace, and until when; the words, "" if they stood there already."""
        until = self.dead_until([address]).get(address.lower(), self.now)
        facts = {"address": address, "until": self.outside.calendar.local_date(until).isoformat()}
        before = list(case.remarks)
        self.remark(case, "dead-address", of=address, **facts)
        return self.outside.wording.remark("dead-address", **facts) if case.remarks != before else ""

    def attention(self, kind: str, share: str, case: Case, text: str, **more: str) -> None:
        """Put a case on the staff's list of this transaction; `flush_attention` makes one letter a kind of it."""
        due = moment(case.due_at) if kind in _DUE else ""
        line: Facts = {"number": case.number, "text": text, "due_at": due, **more}
        self._attention.setdefault((kind, share), []).append(line)

    def flush_attention(self) -> None:
        """One `staff-attention` letter for each kind of matter that came up."""
        for (kind, share), lines in self._attention.items():
            numbers = ",".join(str(line["number"]) for line in lines)
            for address in self.outside.staff:
                self.tx.queue_mail(
                    Mail(
                        key=letter_key(numbers, 0, "staff-attention", address, f"{kind}{share}{moment(self.now)}"),
                        number=str(lines[0]["number"]),
                        revision=0,
                        template="staff-attention",
                        recipient=address.lower(),
                        context={
                            "number": lines[0]["number"],
                            "greeting": "",
                            "partner": "",
                            "edition": "",
                            "section": "",
                            "reasons": [],
                            "due_at": "",
                            "kind": kind,
                            "lines": lines,
                            "share": share,
                        },
                        queued_at=self.now,
                    )
                )
        self._attention.clear()

    # -- what staff and senders see --------------------------------------------------

    def remark(self, case: Case, code: str, *, of: str = "", **facts: str) -> None:
        """Put a line into `Замечания`; a line of the same code (about the same column `of`) is replaced."""
        name = f"{code}:{of}" if of else code
        text = self.outside.wording.remark(code, **facts)
        if any(remark.code == name and remark.text == text for remark in case.remarks):
            return
        case.remarks = [remark for remark in case.remarks if remark.code != name]
        case.remarks.append(Remark(name, text))
        self.tx.save(case)

    def lift_remark(self, case: Case, *codes: str) -> None:
        """Take lines out of `Замечания` that no longer hold; of a code, those about any column."""
        kept = [remark for remark in case.remarks if not {remark.code, remark.code.partition(":")[0]} & set(codes)]
        if len(kept) != len(case.remarks):
            case.remarks = kept
            self.tx.save(case)

    def ask_staff(self, case: Case, code: str, facts: Facts | None = None, **words: str) -> None:
        """Open a question with staff (the one open before is replaced)."""
        text = self.outside.wording.question(code, **words)
        if case.question and (case.question.code, case.question.text) == (code, text):
            return
        case.question = Question(code, text, self.now, facts or {})
        self.tx.save(case)
        lasting = {name: word for name, word in words.items() if name != "address"}  # what is journaled stays
        self.journal(case, f"question:{code}", self.outside.wording.question(code, **lasting))

    def journal(self, case: Case, event: str, details: str = "") -> None:
        """A line of `Журнал`. No personal data in details."""
        self.tx.journal(Event(self.now, case.number, self.outside.wording.event(event), details))

    def understood(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Answers with our words for those of a list («Новая» -> `new`), however they came: by form or by reply."""
        return {name: self.outside.wording.meaning(name, text) for name, text in answers.items()}

    def told(self, row: FormRow) -> str:
        """A form row as people read it: each answer under the form's own header."""
        term = self.outside.wording.term
        return "\n".join(f"{row.labels.get(name, name)}: {term(value)}" for name, value in row.answers.items() if value)

    def reason_texts(self, reasons: Iterable[Reason], edition: Edition) -> tuple[ReasonText, ...]:
        """Reasons with the words that partners are told."""
        wording = self.outside.wording
        return tuple(ReasonText(reason.code, reason.section, wording.reason(reason, edition)) for reason in reasons)

    def asked(self, case: Case, problems: Iterable[Problem]) -> list[Asked]:
        """Problems as lines of a letter, in the form's own words."""
        wording = self.outside.wording
        lines = []
        for problem in problems:
            label = case.labels.get(problem.field) or wording.label(problem.field)
            lines.append(Asked(problem.field, label, wording.problem(problem, label), problem.code))
        return lines

    def shown_reasons(self, reasons: Iterable[ReasonText], asked: Sequence[Asked] = ()) -> str:
        """`3 – текст; 5 – текст`: what `Причина` shows. Reason 1 says what is wrong with which field."""
        parts = []
        for reason in reasons:
            text = ", ".join(line.text for line in asked) if reason.code == "1" and asked else reason.text
            parts.append(f"{reason.code} – {text}" if reason.code.isdigit() else text)
        return "; ".join(parts)

    def answer(self, case: Case, answer: Answer, text: str = "") -> list[Submission]:
        """What the form rows that opened the case show; gives those rows. Rows marked `apart` (a repeat, an update) keep
        an answer of their own.
        """
        own = f"form:{case.kind.value}" if case.kind in _OWN_FORM else "form:"
        rows = []
        for submission in self.tx.submissions_of(case.number):
            if not submission.source.startswith(own) or submission.raw.get("apart"):
                continue
            rows.append(submission)
            if (submission.answer, submission.answer_text, submission.due_at) != (answer, text, case.due_at):
                submission.answer, submission.answer_text, submission.due_at = answer, text, case.due_at
                self.tx.save_submission(submission)
        return rows

    def record(
        self,
        case: Case,
        question: str,
        outcome: str,
        by: str,
        reasons: Iterable[ReasonText] = (),
        recommended: Decision | None = None,
        facts: Facts | None = None,
    ) -> None:
        """Record a decision; `case` is saved with it, so that its revision names this decision."""
        self.tx.save(case)
        self.tx.record(
            Recorded(
                number=case.number,
                revision=case.revision,
                question=question,
                outcome=outcome,
                by=by,
                at=self.now,
                edition=case.edition,
                reasons=tuple(reasons),
                recommended=recommended,
                facts=facts or {},
            )
        )

    def wake(self, case: Case, at: datetime | None = None) -> None:
        """Have the case looked at (again) at that moment, this one by default."""
        case.wakes_at = self.now if at is None else at
        self.tx.save(case)

    def wake_rivals(self, case: Case) -> None:
        """The customer's undecided deals are looked at again: what they wait for, or what staff were asked of them, may be
        settled by this.
        """
        for other in self.tx.deals_of_customer(case.customer_inn) if case.customer_inn else ():
            if other.number != case.number and other.state == DealState.PENDING:
                self.wake(other)

    def wake_undecided(self, partner_inn: str, *kinds: CaseKind) -> None:
        """What of these kinds the partner has waiting is looked at again (all kinds by default): its ground may be gone."""
        for case in self.tx.undecided_of(partner_inn):
            if case.state in _WAITING and (not kinds or case.kind in kinds):
                self.wake(case)

    def wake_concerned(self, deal: Case) -> None:
        """A deal was decided or ended. Looked at again is what waits because of it: the customer's undecided deals, the orders
        on it and, once it is over, the first of those of which its partner had too many: one place came free.
        """
        self.wake_rivals(deal)
        self.wake_undecided(deal.partner_inn, CaseKind.ORDER)
        if deal.state != DealState.REGISTERED:
            waiting = self.tx.undecided_of(deal.partner_inn)
            crowded = [case for case in waiting if case.question is not None and case.question.code == "squatting"]
            if crowded:
                self.wake(min(crowded, key=lambda case: (case.place_at or case.submitted_at, case.place_seq)))

    def partner_name(self, inn: str) -> str:
        """The partner's name, "" if unknown."""
        partner = self.tx.partner(inn) if inn else None
        return partner.partner().name if partner and isinstance(partner.data, PartnerData) else ""


_DUE = ("deadline", "missed")
"""Matters for staff in which the answer's deadline counts."""


def _section(case: Case, edition: Edition) -> str:
    """The part of the programme that a case of this kind is about; a question is about none."""
    match case.kind:
        case CaseKind.PARTNER:
            return edition.authorisation.section
        case CaseKind.TRAINING:
            return edition.training.section
        case CaseKind.REQUEST:
            return ""
        case _:
            return edition.deals.section
