"""What would have come of it under another edition: the record replayed under it, beside the record replayed as it was.

Both replays go the same way, so what differs between them is the edition's doing alone. That the first one gives the record again
is checked as well: where it does not (personal data that were erased, a bug that was mended since), the case is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from cases.clockwork import next_report
from cases.desk import Desk
from cases.letters import percent
from cases.model import Case, CaseKind, PartnerData, ReasonText, Submission
from cases.ports import Outside
from jobs.dry_run import copied_ledger
from jobs.home import Home
from jobs.lock import first_worker
from jobs.office import outside
from jobs.programme import load_edition, load_editions
from jobs.progress import Progress
from jobs.replay import FORM, MAIL, Tape, replayed, tape_of
from jobs.settings import SettingsError
from ledger.database import SqlTransaction
from ledger.persons import MARK
from ledger.unit import partner_inn
from rules.edition import Edition
from rules.in_force import Editions
from sheets.values import MOSCOW

DISCOUNTS = ("discount", "offered_discount")
DEADLINES = (
    *("due_at", "asked_due_at"),  # of every case
    *("valid_until", "ends_on", "report_due_on", "held_until", "tier_grace_until", "take_up_by"),  # of one kind or another
)
REPORT_DUE = "report_due"
"""The status report that a deal in force owes next; no field, it follows from others."""


class What(StrEnum):
    """What differs."""

    CASE = "case"
    DECISION = "decision"
    DISCOUNT = "discount"
    TIER = "tier"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Answered:
    """All that was decided on one question of a case: outcomes, by whom, codes of the reasons; and the last reasons."""

    outcomes: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    reasons: tuple[ReasonText, ...] = ()

    def told(self) -> str:
        """The outcomes in their order, "" when there was none."""
        return ", ".join(outcome for outcome, _, _ in self.outcomes)


@dataclass(frozen=True, slots=True)
class Found:
    """A case at the end of a replay, as far as an edition has a say in it. `values` as text: percent, tier, ISO days, moments."""

    number: str
    kind: CaseKind
    partner_inn: str
    answers: Mapping[str, Answered]
    values: Mapping[tuple[What, str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """`name`: the question, or what the value is called. `now`, `then`: in force, and under the edition; "" for nothing."""

    number: str
    what: What
    name: str
    now: str
    then: str
    reasons_now: tuple[ReasonText, ...] = ()
    reasons_then: tuple[ReasonText, ...] = ()


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner's differences, by number. `number` "" when no partner is behind the cases."""

    number: str
    name: str
    inn: str
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Simulated:
    """The whole comparison. `limits`: what the record does not hold; `unlike`: cases that its own replay gives otherwise."""

    edition: Edition
    tape: Tape
    cases: int
    partners: Sequence[Partner]
    outcomes: Mapping[tuple[str, str], tuple[int, int]]
    limits: Sequence[str] = field(default_factory=tuple)
    unlike: Sequence[str] = field(default_factory=tuple)

    def sums(self) -> Counter[str]:
        """How many differences there are of each kind."""
        return Counter(one.what.value for partner in self.partners for one in partner.differences)


def gather(home: Home, file: Path, now: datetime, until: datetime | None, progress: Progress) -> Simulated:
    """Simulate the edition in that directory (or of that file in it) over the record of the home, up to `until` or to its end.

    Raises SettingsError (nothing is recorded), ProgrammeError, and what opening the ledger raises.
    """
    edition = load_edition(file)
    editions = load_editions(*home.programme_folders())
    if not home.has_ledger():
        raise SettingsError(f"{home.root}: nothing has been taken in yet; run `python -m jobs once` first")
    with (
        TemporaryDirectory(prefix="partner-desk-") as folder,
        closing(copied_ledger(home, Path(folder), first_worker(home))) as ledger,
    ):
        tape = tape_of(ledger, now, until)
        if not tape.passes:
            raise SettingsError(f"{home.root}: nothing is recorded{' up to then' if until else ''}; nothing can be simulated")
        with ledger.reading(now) as tx:
            recorded = _found(tx, outside(home, editions, tx.staff_tabs(), max(tape.passes)))
        with replayed(home, ledger, tape, editions, progress) as office, office.ledger.reading(office.now) as tx:
            before = _found(tx, office.outside)
            names = {case.partner_inn: case for case in tx.all_partners() if case.partner_inn}
        with replayed(home, ledger, tape, Editions((edition,)), progress) as office, office.ledger.reading(office.now) as tx:
            after = _found(tx, office.outside)
            names = {case.partner_inn: case for case in tx.all_partners() if case.partner_inn} | names
    unlike = [] if until else sorted({one.number for one in _differences(recorded, before)})
    return Simulated(
        edition=edition,
        tape=tape,
        cases=len(before.keys() | after.keys()),
        partners=_by_partner(_differences(before, after), before | after, names),
        outcomes=_outcomes(before.values(), after.values()),
        limits=_limits(tape),
        unlike=unlike,
    )


# -- what a replay came to --------------------------------------------------------------------


def _found(tx: SqlTransaction, world: Outside) -> dict[str, Found]:
    """Every case by number."""
    desk = Desk(tx, world)
    decisions = tx.all_decisions()
    found = {}
    for case in tx.all_cases():
        answers: dict[str, Answered] = {}
        for one in decisions.get(case.number, ()):
            outcome = (one.outcome, one.by, tuple(reason.code for reason in one.reasons))
            before = answers.get(one.question, Answered())
            answers[one.question] = Answered((*before.outcomes, outcome), one.reasons)
        found[case.number] = Found(case.number, case.kind, partner_inn(case), answers, _values(desk, case))
    return found


def _values(desk: Desk, case: Case) -> dict[tuple[What, str], str]:
    """What an edition's figures end in."""
    data = case.data
    values = {(What.DISCOUNT, name): percent(getattr(data, name, None)) for name in DISCOUNTS}
    values |= {(What.DEADLINE, name): _iso(getattr(case, name, None) or getattr(data, name, None)) for name in DEADLINES}
    if case.kind is CaseKind.DEAL:
        values[What.DEADLINE, REPORT_DUE] = _iso(next_report(desk, case))
    if isinstance(data, PartnerData):
        values[What.TIER, "tier"] = data.tier.value
    return {name: value for name, value in values.items() if value}


def _iso(value: datetime | date | Decimal | None) -> str:
    if isinstance(value, datetime):
        return value.astimezone(MOSCOW).isoformat()
    return value.isoformat() if isinstance(value, date) else ""


# -- the comparison -----------------------------------------------------------------------------


def _differences(now: Mapping[str, Found], then: Mapping[str, Found]) -> list[Difference]:
    """Case by case, by number."""
    found = []
    for number in sorted(now.keys() | then.keys()):
        one, other = now.get(number), then.get(number)
        if one is None or other is None:
            found.append(Difference(number, What.CASE, "case", _stand(one), _stand(other)))
            continue
        for question in {**one.answers, **other.answers}:
            a, b = one.answers.get(question, Answered()), other.answers.get(question, Answered())
            if a.outcomes != b.outcomes:
                found.append(Difference(number, What.DECISION, question, a.told(), b.told(), a.reasons, b.reasons))
        for key in {**one.values, **other.values}:
            if one.values.get(key) != other.values.get(key):
                found.append(Difference(number, *key, one.values.get(key, ""), other.values.get(key, "")))
    return found


def _stand(case: Found | None) -> str:
    """A case that is there in one replay only: what was decided on its last question."""
    if case is None:
        return ""
    return [answer.told() for answer in case.answers.values()][-1] if case.answers else "open"


def _by_partner(differences: Iterable[Difference], cases: Mapping[str, Found], names: Mapping[str, Case]) -> list[Partner]:
    """Differences by partner, in the order of partners' numbers; those without a partner last."""
    of: dict[str, list[Difference]] = {}
    for one in differences:
        of.setdefault(cases[one.number].partner_inn, []).append(one)
    partners = []
    for inn, found in of.items():
        case = names.get(inn)
        partners.append(Partner(case.number if case else "", case.partner().name if case else "", inn, found))
    return sorted(partners, key=lambda partner: (not partner.number, partner.number, partner.inn))


def _outcomes(now: Iterable[Found], then: Iterable[Found]) -> dict[tuple[str, str], tuple[int, int]]:
    """How often each question was answered so, where the two replays differ in it."""

    def counted(cases: Iterable[Found]) -> Counter[tuple[str, str]]:
        return Counter(
            (question, outcome)
            for case in cases
            for question, answer in case.answers.items()
            for outcome, _, _ in answer.outcomes
        )

    a, b = counted(now), counted(then)
    return {key: (a[key], b[key]) for key in sorted(a.keys() | b.keys()) if a[key] != b[key]}


# -- what the record does not hold ----------------------------------------------------------------


def _limits(tape: Tape) -> list[str]:
    erased = [one for one in tape.submissions if MARK in repr(one.raw)]
    guessed = [one for one in tape.submissions if _guessed(one)]
    lines = [
        _told(
            erased,
            "hold no longer what was sent (a person's data were erased, or it was kept long enough): what followed may come out "
            "otherwise",
        ),
        _told(guessed, "were recorded by the first version of the program, which kept less: some of it is guessed"),
    ]
    return [line for line in lines if line]


def _guessed(submission: Submission) -> bool:
    """Was it recorded before rows and letters were kept whole?"""
    if submission.source.startswith(FORM):
        return "row" not in submission.raw
    return submission.source == MAIL and "envelope" not in submission.raw


def _told(submissions: Sequence[Submission], what: str) -> str:
    if not submissions:
        return ""
    years = Counter(one.received_at.astimezone(MOSCOW).year for one in submissions)
    counts = ", ".join(f"{count} of {year}" for year, count in sorted(years.items()))
    return f"submissions that {what} ({counts})"


# -- as JSON ---------------------------------------------------------------------------------------


def as_json(found: Simulated) -> dict[str, object]:
    """The shape that docs/running.md describes."""
    sums = found.sums()
    return {
        "edition": found.edition.name,
        "replayed": {
            "from": min(found.tape.passes).astimezone(MOSCOW).isoformat(),
            "to": max(found.tape.passes).astimezone(MOSCOW).isoformat(),
            "passes": len(found.tape.passes),
            "submissions": len(found.tape.submissions),
            "words": len(found.tape.words),
            "cases": found.cases,
        },
        "limits": list(found.limits),
        "unlike": list(found.unlike),
        "sum": {what.value: sums[what.value] for what in What},
        "outcomes": [
            {"question": question, "outcome": outcome, "now": now, "then": then}
            for (question, outcome), (now, then) in found.outcomes.items()
        ],
        "partners": [
            {
                "number": partner.number,
                "name": partner.name,
                "inn": partner.inn,
                "differences": [_difference(one) for one in partner.differences],
            }
            for partner in found.partners
        ],
    }


def _difference(one: Difference) -> dict[str, object]:
    told: dict[str, object] = {"id": one.number, "what": one.what.value, "name": one.name, "now": one.now, "then": one.then}
    if one.what is What.DECISION:
        told["reasons_now"] = [_reason(reason) for reason in one.reasons_now]
        told["reasons_then"] = [_reason(reason) for reason in one.reasons_then]
    return told


def _reason(reason: ReasonText) -> dict[str, str]:
    return {"code": reason.code, "section": reason.section, "text": reason.text}
