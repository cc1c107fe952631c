"""Why a case stands where it stands: facts, tests in their order, decisions, staff's words, effects, and what comes next."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cases import leads
from cases.clockwork import clock
from cases.desk import Desk
from cases.model import Case, CaseKind, DealState, Event, Facts, PartnerState, Recorded, RequestState
from jobs.home import Home
from jobs.office import open_office
from jobs.progress import Progress
from jobs.settings import SettingsError
from ledger.reports import MailEffect, RowEffect
from rules.clock import Timed, agenda
from sheets.columns import DEAL_STATES, LEAD_STATES, LICENCE_STATES, ORDER_STATES, PARTNER_STATES, REQUEST_STATES
from sheets.projection import FORM_OF_SOURCE, TAB_OF_KIND
from sheets.values import MOSCOW

STATES: Mapping[CaseKind, Mapping[str, str]] = {
    CaseKind.PARTNER: PARTNER_STATES,
    CaseKind.DEAL: DEAL_STATES,
    CaseKind.ORDER: ORDER_STATES,
    CaseKind.PILOT: LICENCE_STATES,
    CaseKind.NFR: LICENCE_STATES,
    CaseKind.LEAD: LEAD_STATES,
}
"""Other kinds: `REQUEST_STATES`."""
_SETTLING = frozenset({"authorisation", "registration", "closing", "request", "order", "pilot", "nfr", "lead"})
"""Questions whose answer is where the case stands; others (a report, an extension, a tier) happen along the way."""

_CYRILLIC = str.maketrans("ДРОКТЛ", "DPOKTL")


@dataclass(frozen=True, slots=True)
class Effect:
    """A letter or a row of the spreadsheet. `what`: template or tab; `to`: recipient or ""; `at`: when it came into its state."""

    kind: str
    what: str
    to: str
    at: datetime
    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """All there is to say about a case. `settled`: the decision in force; `weighed`: the latest one whose tests are kept."""

    case: Case
    decisions: list[Recorded]
    settled: Recorded | None
    weighed: Recorded | None
    words: list[tuple[datetime, Mapping[str, object]]]
    effects: list[Effect]
    events: list[Event]
    next_steps: list[tuple[datetime, str]]
    edition_from: str
    quarantined: str


def gather(home: Home, wanted: str, now: datetime) -> Explained:
    """Everything about the case of that number. Raises SettingsError when there is none."""
    number = _number(wanted)
    if not home.has_ledger():
        raise SettingsError(f"no case {number}: nothing has been taken in yet; run `python -m jobs once` first")
    with open_office(home, now, Progress()) as office, office.ledger.reading(now) as tx:
        case = tx.case(number)
        if case is None:
            raise SettingsError(f"no case {number}; the numbers stand in the spreadsheet and in `python -m jobs status`")
        decisions = tx.decisions_of(number)
        rows = tx.row_effects_of(number)
        sources = {str(one.seq): one.source for one in tx.submissions_of(number)}
        effects = [_mail(mail) for mail in tx.mails_of(number)] + [_row(row, case, sources) for row in rows]
        isolated = {item.key: item.reason for item in tx.quarantined() if item.source == "case"}
        desk = Desk(tx, office.outside)
        return Explained(
            case=case,
            decisions=decisions,
            settled=next((one for one in reversed(decisions) if one.question in _SETTLING), None),
            weighed=_weighed(decisions),
            words=tx.words_of(number),
            effects=sorted(effects, key=lambda effect: effect.at),
            events=tx.events_of(number),
            next_steps=_next_steps(desk, case),
            edition_from=desk.edition(case).effective_from.isoformat(),
            quarantined=isolated.get(number, ""),
        )


def as_json(found: Explained) -> dict[str, object]:
    """The contract's keys."""
    case, settled, weighed = found.case, found.settled, found.weighed
    tests = weighed.recommended.tests if weighed and weighed.recommended else ()
    reasons = settled.reasons if settled else ()
    return {
        "id": case.number,
        "kind": case.kind.value,
        "state": state_of(case),
        "deadline": _iso(case.due_at),
        "edition": case.edition,
        "facts": facts_of(found),
        "tests": [{"name": test.name, "section": test.section, "result": test.result.value} for test in tests],
        "decision": {
            "outcome": settled.outcome if settled else None,
            "reasons": [{"code": reason.code, "section": reason.section, "text": reason.text} for reason in reasons],
        },
        "staff": [{"at": _iso(at), **word} for at, word in found.words],
        "effects": [
            {"kind": effect.kind, "template": effect.what, "at": _iso(effect.at), "state": effect.state}
            for effect in found.effects
        ],
    }


def facts_of(found: Explained) -> Facts:
    """The facts that the tests were made on, else those kept with the decision, else the last that were recorded."""
    asked = (found.weighed, found.settled, *reversed(found.decisions))
    return next((one.facts for one in asked if one is not None and one.facts), {})


def state_of(case: Case) -> str:
    """The state as the spreadsheet shows it."""
    return STATES.get(case.kind, REQUEST_STATES).get(case.state, case.state)


def _number(wanted: str) -> str:
    """The number as we write it: capital Latin letters, plain dashes, four digits at least."""
    text = unicodedata.normalize("NFKC", wanted).strip().upper().translate(_CYRILLIC)
    parts = ["".join(part.split()) for part in text.replace("–", "-").replace("—", "-").split("-")]
    if len(parts) > 1 and parts[-1].isdigit():
        parts[-1] = parts[-1].zfill(4)
    return "-".join(parts)


def _weighed(decisions: list[Recorded]) -> Recorded | None:
    """The latest decision on the case itself whose tests are kept, else the latest with tests at all."""
    kept = [one for one in decisions if one.recommended is not None and one.recommended.tests]
    return next((one for one in reversed(kept) if one.question in _SETTLING), kept[-1] if kept else None)


def _mail(mail: MailEffect) -> Effect:
    return Effect("mail", mail.template, mail.recipient, mail.at, mail.state, mail.error)


def _row(row: RowEffect, case: Case, sources: Mapping[str, str]) -> Effect:
    source = sources.get(row.ref, "")
    tab = FORM_OF_SOURCE[source].name if source in FORM_OF_SOURCE else TAB_OF_KIND[case.kind].name
    return Effect(row.kind.value, tab, "", row.written_at or row.queued_at, row.state)


def _next_steps(desk: Desk, case: Case) -> list[tuple[datetime, str]]:
    """What happens next, and when."""
    steps: list[tuple[datetime, str]] = []
    undecided = case.state in (DealState.PENDING, PartnerState.PENDING, RequestState.OPEN)
    if undecided and case.due_at is not None:
        steps.append((case.due_at, "interim answer sent, the deadline was missed" if case.missed else "answer is due"))
    if case.state in (DealState.NEEDS_DATA, PartnerState.NEEDS_DATA) and case.asked_due_at is not None:
        steps.append((case.asked_due_at, "the data asked for are due; refused afterwards (reason 1)"))
    if case.kind is CaseKind.DEAL and case.state == DealState.REGISTERED:
        ahead: dict[str, Timed] = {}
        for step in agenda(clock(desk, case), desk.edition(case), desk.outside.calendar):
            ahead.setdefault(step.step.value, step)
        steps += [(step.at, step.step.value.replace("-", " ")) for step in ahead.values()]
    if case.kind is CaseKind.PARTNER and case.partner().tier_grace_until is not None and case.wakes_at is not None:
        steps.append((case.wakes_at, "end of the grace period; a lower tier is proposed if the conditions still do not hold"))
    if case.kind is CaseKind.LEAD:
        steps += leads.next_steps(case)
    return sorted(steps)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(MOSCOW).isoformat() if moment else None
