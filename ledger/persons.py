"""What the ledger holds about one person, known by a mail address: told whole, or erased with the statistics kept (152-FZ)."""

from __future__ import annotations

import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table, and_, bindparam, delete, func, or_, select, update

from cases.model import Case, CaseKind, PartnerData, RequestState, Submission
from ledger.codec import decode_case, encode
from ledger.reports import Reports
from ledger.schema import (
    MailState,
    base_rows,
    cases,
    contacts,
    dead_addresses,
    decisions,
    events,
    mails,
    notes,
    quarantine,
    staff_tab_changes,
    staff_tabs,
    submissions,
    words,
)

MARK = "[удалено]"
"""What stands where personal data stood."""

_PERSONAL = frozenset({"contact", "phone", "comment", "text", "subject", "customer_contact", "feedback"})
"""Answers of a person's own forms and letters that are erased whole; the others say what was ordered, not by whom."""

_JSON: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (decisions, ("reasons", "recommended", "facts")),
    (words, ("raw",)),
    (staff_tab_changes, ("lines",)),
)
_APART = r"[\s().\-‐-―]*"
"""What may stand between the digits of a phone number."""

_PLACE = "@address"
_THINNED = f'%"text":"{MARK}"%'
_BEING_SENT = select(mails.c.key).where(
    mails.c.recipient == bindparam("of"), mails.c.state == MailState.SENDING, mails.c.lease_until > bindparam("now")
)


class OnItsWay(Exception):
    """A letter to this person is being sent at this moment: try again in a few minutes."""


@dataclass(slots=True)
class Erased:
    """What was erased: how many rows of each kind; form rows (source, № or ""), others' that name the person among them; files
    that came by mail. `cells` (tab, №, field) of the sheet named the person when they were last seen.
    """

    counts: Counter[str] = field(default_factory=Counter)
    forms: list[tuple[str, str]] = field(default_factory=list)
    cells: list[tuple[str, str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def _spellings(address: str) -> tuple[str, ...]:
    """The address as it is kept, and with its domain in national letters if it has any (nobody types `xn--80ak…`)."""
    local, _, domain = address.rpartition("@")
    try:
        return tuple(dict.fromkeys((address, f"{local}@{domain.encode('ascii').decode('idna')}")))
    except UnicodeError:
        return (address,)


def _named(address: str) -> re.Pattern[str]:
    """The address as a word of its own, in any spelling and letter case; in JSON a line break is before it as `n`."""
    spelled = "|".join(map(re.escape, _spellings(address)))
    return re.compile(rf"(?:(?<![\w.+-])|(?<=\\[bfnrt]))(?:{spelled})(?![\w-]|\.\w)", re.IGNORECASE)


def _in_json(other: str) -> str:
    """The text as it stands within JSON."""
    return json.dumps(other, ensure_ascii=False)[1:-1]


def _telling(other: str) -> bool:
    """Is it a full name or a phone number, which nothing else can be taken for?"""
    return len(other.split()) > 1 or sum(ch.isdigit() for ch in other) >= 10


def _digits(other: str) -> str:
    """The last ten digits of a phone number, by which it is known however it is spelled; "" for anything else."""
    digits = re.sub(r"\D", "", other)
    return digits[-10:] if 10 <= len(digits) <= 15 and not re.search(r"[^\W\d_]", other) else ""


def _spelled(other: str) -> re.Pattern[str]:
    """A name as it stands, in any letter case; a phone number in any spelling (`+7 495 123-45-67`, `8(495)1234567`)."""
    if digits := _digits(other):
        return re.compile(rf"(?<!\d)(?:\+?\d{{1,3}}{_APART})?\(?{_APART.join(digits)}(?!\d)")
    return re.compile(re.escape(other), re.IGNORECASE)


class _Eraser:
    """Replaces an address, and the names and numbers that belong to it."""

    def __init__(self, address: str, others: Iterable[str]) -> None:
        self.others = sorted({other for other in others if _telling(other)}, key=len, reverse=True)
        self.patterns = [_named(address), *map(_spelled, self.others)]

    def text(self, value: str) -> str:
        for pattern in self.patterns:
            value = pattern.sub(MARK, value)
        return value

    def value(self, value: Any) -> Any:
        """A JSON value without them; an entry of a list that was nothing else is gone."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.value(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [new for old in value if (new := self.value(old)) != MARK or old == MARK]
        return value

    def json(self, text: str) -> str:
        return json.dumps(self.value(json.loads(text)), ensure_ascii=False, separators=(",", ":"))


class Persons(Reports):
    """The part of the transaction that answers a person's own requests."""

    def person(self, address: str) -> dict[str, Any]:
        """All that is kept about the person, as JSON-able values; lists are empty where nothing is."""
        address = address.strip().lower()
        own = self._own_submissions_of(address)
        letters = self._mentioning(mails, address, "recipient", "context")
        return {
            "person": address,
            "contact_of": [row.number for row in self._contact_rows(address)],
            "cases": [
                _case_facts(case, address) | {"lines": _lines(json.loads(encode(case)), address)}
                for case in self._own_cases(address)
            ],
            "submissions": [
                {
                    "source": one.source,
                    "received_at": one.received_at.isoformat(),
                    "number": one.number,
                    "raw": one.raw,
                    "answer": one.answer,
                    "answer_text": one.answer_text,
                }
                for one in own
            ],
            "letters": [
                {
                    "number": row.number,
                    "template": row.template,
                    "to": row.recipient,
                    "state": row.state,
                    "at": row.at.isoformat(),
                    "context": _context(row, address),
                }
                for row in letters
            ],
            "address_dead_since": [since.isoformat() for since in self.dead_addresses([address]).values()],
            "journal": [
                {"at": row.at.isoformat(), "number": row.number, "event": row.event, "details": row.details}
                for row in self._mentioning(events, address, "details", "event")
            ],
            "staff": [
                {"at": row.at.isoformat(), "number": row.number, "word": json.loads(row.raw)}
                for row in self._mentioning(words, address, "raw")
            ],
            "quarantine": [
                {"at": row.at.isoformat(), "source": row.source, "reason": row.reason}
                for row in self._mentioning(quarantine, address, "raw", "reason")
            ],
            "named_by_others": [
                {
                    "source": row.source,
                    "received_at": row.received_at.isoformat(),
                    "number": row.number,
                    "lines": _lines([json.loads(row.raw), row.answer_text], address),
                }
                for row in self._mentioning(submissions, address, "raw", "answer_text")
                if row.address != address
            ],
            "decisions": [
                {"at": row.at.isoformat(), "number": row.number, "lines": _lines(json.loads(row.facts), address)}
                for row in self._mentioning(decisions, address, "facts")
            ],
            "staff_tabs": [
                {"tab": row.tab, "lines": _lines(json.loads(row.lines), address)}
                for row in self._mentioning(staff_tabs, address, "lines")
            ],
            "sheet": [
                {"tab": row.tab, "number": cells.get("number", ""), "lines": _lines(cells, address)}
                for row in self._mentioning(base_rows, address, "cells")
                for cells in [json.loads(row.cells)]
            ],
        }

    def destroyed_at(self, name: str) -> list[datetime]:
        """When the data of the person of that pseudonym were destroyed, as the journal has it."""
        self.flush()
        lines = select(events.c.at).where(events.c.details.startswith(f"{name};", autoescape=True)).order_by(events.c.id)
        return [row.at for row in self._rows_of(lines)]

    def left_without_contact(self, address: str) -> list[str]:
        """Open cases to which nobody could answer any more if the person were forgotten, by number."""
        address = address.strip().lower()
        alone = set()
        for case in self.all_partners():
            data = case.partner()
            if {*data.contacts, *data.staff_contacts} == {address}:
                alone.add(case.partner_inn)
        return [case.number for case in self.open_cases() if case.partner_inn in alone or _asked_by(case, address)]

    def forget(self, address: str) -> Erased:
        """Erase the person everywhere but in the record of what cells of the sheet showed last; its next write mends that.

        Raises OnItsWay.
        """
        address = address.strip().lower()
        self.flush()
        if self._rows_of(_BEING_SENT, {"of": address, "now": self.now}):
            raise OnItsWay(address)
        erased = Erased()
        own = self._own_submissions_of(address)
        eraser = _Eraser(address, self._names(address, own))
        for submission in own:
            self._erase_own(submission, eraser, erased)
        for row in self._mentioning(submissions, address, "raw", "answer_text", others=eraser.others):
            for submission in self._adopt_submissions([row]):
                if submission not in own:
                    submission.raw = eraser.value(submission.raw)
                    submission.answer_text = eraser.text(submission.answer_text)
                    self.save_submission(submission)
                    erased.counts["submissions"] += 1
                    if submission.source.startswith("form:"):
                        erased.forms.append((submission.source, submission.number))
        self._erase_cases(address, eraser, erased)
        self._erase_mails(address, eraser, erased)
        for table, columns in _JSON:
            self._rewrite(table, columns, self._mentioning(table, address, *columns, others=eraser.others), eraser.json, erased)
        found = self._mentioning(events, address, "event", "details", others=eraser.others)
        self._rewrite(events, ("event", "details"), found, eraser.text, erased)
        found = self._mentioning(quarantine, address, "raw", "reason", others=eraser.others)
        self._rewrite(quarantine, ("raw", "reason"), found, lambda _: MARK, erased)
        self._rewrite(notes, ("value",), self._mentioning(notes, address, "value", others=eraser.others), eraser.text, erased)
        self._erase_places(address, eraser, erased)
        gone = self._connection.execute(delete(contacts).where(contacts.c.value == address, contacts.c.is_domain.is_(False)))
        erased.counts["contacts"] += gone.rowcount
        self.address_lives(address)
        self._speakers.clear()
        erased.counts = Counter({name: count for name, count in erased.counts.items() if count})
        return erased

    def thin_out(self, before: datetime) -> Erased:
        """Drop what is older than that (retention): the bytes of settled letters, the words of those that came in and of closed
        questions, the material of what left quarantine, addresses that died.
        """
        self.flush()
        erased = Erased()
        old = and_(mails.c.at < before, mails.c.raw.is_not(None), mails.c.state.in_([MailState.SENT, MailState.CANCELLED]))
        erased.counts["letters"] = self._connection.execute(update(mails).where(old).values(raw=None)).rowcount
        released = and_(quarantine.c.released_at < before, quarantine.c.raw != "")
        erased.counts["quarantine"] = self._connection.execute(update(quarantine).where(released).values(raw="")).rowcount
        died = delete(dead_addresses).where(dead_addresses.c.since < before)
        erased.counts["addresses"] = self._connection.execute(died).rowcount
        self._thin_letters(before, erased)
        self._thin_questions(before, erased)
        return erased

    def _thin_letters(self, before: datetime, erased: Erased) -> None:
        """What came by mail: that it came, from whom and about what stays; what was decided of it stands elsewhere."""
        raw = _text(submissions.c.raw)
        old = and_(submissions.c.source == "mail", submissions.c.received_at < before, raw.not_like(_THINNED))
        for submission in self._adopt_submissions(self._rows_of(select(submissions).where(old).order_by(submissions.c.seq))):
            submission.raw |= {"text": MARK, "subject": MARK, "attachments": []}
            self.save_submission(submission)
            erased.counts["submissions"] += 1

    def _thin_questions(self, before: datetime, erased: Erased) -> None:
        """A closed question keeps its topic, its partner and its end; who asked it, if nobody's contact, is forgotten."""
        old = and_(
            cases.c.kind == CaseKind.REQUEST,
            cases.c.state != RequestState.OPEN,
            cases.c.number < f"Q-{before.year + 1}",  # numbers begin with the year of the submission
            _text(cases.c.payload).not_like(_THINNED),
        )
        for case in self._adopt([(row.number, row.kind, row.payload) for row in self._rows_of(select(cases).where(old))]):
            if case.decided_at is None or case.decided_at >= before:
                continue
            data = case.request()
            self._thin_around(case, data.subject, erased)
            data.text, data.subject = MARK, MARK
            if not case.partner_inn:
                data.address = case.sender = ""
            self.save(case)
            erased.counts["cases"] += 1

    def _thin_around(self, case: Case, subject: str, erased: Erased) -> None:
        """The question's words, and who asked if nobody's contact, also in what came in, what was answered and in the journal."""
        stranger = not case.partner_inn
        for submission in self._adopt_submissions(self._rows_of(select(submissions).where(submissions.c.number == case.number))):
            _mark_words(submission.raw)
            submission.address = "" if stranger else submission.address
            self.save_submission(submission)
        settled = and_(mails.c.number == case.number, mails.c.state.in_([MailState.SENT, MailState.CANCELLED, MailState.REFUSED]))
        for row in self._rows_of(select(mails).where(settled)):
            _mark_words(context := json.loads(row.context))
            changed: dict[str, Any] = {"context": encode(context), "raw": None}
            if stranger and row.recipient == case.sender:
                changed |= {"recipient": MARK, "error": ""}
            self._connection.execute(update(mails).where(mails.c.key == row.key).values(**changed))
        quoting = and_(events.c.number == case.number, events.c.details.contains(subject, autoescape=True))
        told = self._rows_of(select(events).where(quoting)) if subject else []
        self._rewrite(events, ("details",), told, lambda details: details.replace(subject, MARK), erased)

    # -- finding

    def _contact_rows(self, address: str) -> list[Any]:
        return list(self._rows_of(select(contacts).where(contacts.c.value == address, contacts.c.is_domain.is_(False))))

    def _own_submissions_of(self, address: str) -> list[Submission]:
        self.flush()
        found = select(submissions).where(submissions.c.address.in_(_spellings(address))).order_by(submissions.c.seq)
        return self._adopt_submissions(self._rows_of(found))

    def _own_cases(self, address: str, others: Iterable[str] = ()) -> list[Case]:
        found = self._mentioning(cases, address, "payload", others=others)
        return self._adopt([(row.number, row.kind, row.payload) for row in found])

    def _mentioning(self, table: Table, address: str, *columns: str, others: Iterable[str] = ()) -> list[Any]:
        """Rows of the table in which one of the columns names the address or has one of the others in it, by key."""
        self.flush()
        others = {spelled for other in others for spelled in (other, _in_json(other))}
        query = select(table).order_by(*table.primary_key)
        if all(spelled.isascii() for spelled in _spellings(address)):  # databases do not agree on the case of other letters
            texts = [_text(table.c[name]) for name in columns]
            there = [func.lower(text).contains(address, autoescape=True) for text in texts]
            there += [
                text.like("%".join(["", *digits, ""])) if (digits := _digits(other)) else text.contains(other, autoescape=True)
                for text in texts
                for other in others
            ]
            query = query.where(or_(*there))
        patterns = [_named(address), *map(_spelled, others)]
        rows = self._rows_of(query)
        return [row for row in rows if any(one.search(getattr(row, name)) for one in patterns for name in columns)]

    def _names(self, address: str, own: Iterable[Submission]) -> Iterator[str]:
        """What else is the person's: name and phone as given in their own forms, and of a partner for whom only they speak."""
        for submission in own:
            answers = submission.raw.get("answers", {})
            if isinstance(answers, dict):
                other = {str(value).strip() for name, value in answers.items() if name not in ("contact", "phone")}
                yield from {str(answers.get(name, "")).strip() for name in ("contact", "phone")} - other
        for case in self._own_cases(address):
            if isinstance(case.data, PartnerData) and {*case.data.contacts, *case.data.staff_contacts} <= {address}:
                yield from (case.data.contact, case.data.phone)

    # -- erasing

    def _erase_own(self, submission: Submission, eraser: _Eraser, erased: Erased) -> None:
        raw = eraser.value(submission.raw)
        _mark_words(raw)
        erased.files += [str(file["stored"]) for file in raw.get("attachments", ()) if isinstance(file, dict)]
        if "attachments" in raw:
            raw["attachments"] = []
        if submission.source.startswith("form:"):
            erased.forms.append((submission.source, submission.number))
        submission.raw, submission.address = raw, ""
        submission.answer_text = eraser.text(submission.answer_text)
        self.save_submission(submission)
        erased.counts["submissions"] += 1

    def _erase_cases(self, address: str, eraser: _Eraser, erased: Erased) -> None:
        for case in self._own_cases(address, eraser.others):
            own = case.sender == address
            made = decode_case(case.kind, eraser.json(encode(case)))
            for part in fields(Case):
                if part.name not in ("number", "revision"):
                    setattr(case, part.name, getattr(made, part.name))
            case.sender = "" if case.sender == MARK else case.sender
            for part in fields(case.data) if own else ():
                if part.name in _PERSONAL and getattr(case.data, part.name):
                    setattr(case.data, part.name, MARK)
            if isinstance(case.data, PartnerData) and not (case.data.contacts or case.data.staff_contacts):
                case.data.contact = case.data.contact and MARK
                case.data.phone = case.data.phone and MARK
            self.save(case)
            erased.counts["cases"] += 1

    def _erase_mails(self, address: str, eraser: _Eraser, erased: Erased) -> None:
        for row in self._mentioning(mails, address, "recipient", "context", "offer", "error", others=eraser.others):
            context = eraser.value(json.loads(row.context))
            changed: dict[str, Any] = {"offer": eraser.json(row.offer), "raw": None}
            changed["error"] = eraser.text(row.error)  # a server's answer quotes whom it would not take
            if row.recipient.lower() == address:
                changed["recipient"] = MARK
                _mark_words(context)
                if row.state in (MailState.QUEUED, MailState.DEFERRED, MailState.SENDING):
                    changed |= {"state": MailState.CANCELLED, "at": self.now}
            changed["context"] = json.dumps(context, ensure_ascii=False, separators=(",", ":"))
            self._connection.execute(update(mails).where(mails.c.key == row.key).values(**changed))
            erased.counts["letters"] += 1

    def _erase_places(self, address: str, eraser: _Eraser, erased: Erased) -> None:
        """Where the sheet's rows are known again by: older records have the address itself there, newer ones a digest."""
        for row in self._mentioning(base_rows, address, "cells", others=eraser.others):
            cells = json.loads(row.cells)
            named = (name for name, text in cells.items() if any(pattern.search(text) for pattern in eraser.patterns))
            erased.cells += [(row.tab, cells.get("number", ""), name) for name in named]
            if cells.pop(_PLACE, "").lower() == address:
                this = and_(base_rows.c.tab == row.tab, base_rows.c.key == row.key)
                self._connection.execute(update(base_rows).where(this).values(cells=encode(cells)))
                erased.counts["places"] += 1

    def _rewrite(
        self, table: Table, columns: tuple[str, ...], rows: Iterable[Any], change: Callable[[str], str], erased: Erased
    ) -> None:
        for row in rows:
            key = and_(*(column == getattr(row, column.name) for column in table.primary_key))
            values = {name: change(getattr(row, name)) for name in columns}
            self._connection.execute(update(table).where(key).values(**values))
            erased.counts[table.name] += 1


def _mark_words(raw: dict[str, Any]) -> None:
    """Erase a person's answers whole, in what came in or is told in a letter."""
    for part in (raw, raw.get("answers")):
        if isinstance(part, dict):
            part.update((name, MARK) for name in _PERSONAL & part.keys() if part[name])


def pseudonym(address: str, key: bytes) -> str:
    """What the journal of destruction calls the person: says whether it was this one, but only to whoever has the key. A plain
    hash would tell everybody who may read the journal and guesses the address.
    """
    return hmac.new(key, b"forgotten " + address.strip().lower().encode(), "sha256").hexdigest()[:16]


def _text(column: Column[Any]) -> Any:
    return column.cast(String)


def _context(row: Any, address: str) -> dict[str, Any]:
    """A letter's facts: all of a letter to the person, of others those that name them. The rest is about somebody else."""
    context: dict[str, Any] = json.loads(row.context)
    if row.recipient.lower() == address:
        return context
    named = _named(address)
    return {name: value for name, value in context.items() if named.search(json.dumps(value, ensure_ascii=False))}


def _lines(value: Any, address: str) -> list[str]:
    """Lines within a JSON value that name the person, each once; the rest of a text may be about somebody else."""
    if isinstance(value, str):
        named = _named(address)
        return list(dict.fromkeys(line.strip() for line in value.splitlines() if named.search(line)))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(line for one in inner for line in _lines(one, address)))


def _asked_by(case: Case, address: str) -> bool:
    """A case of somebody's own, who is no partner's contact: nobody else could be answered."""
    return case.sender == address and not case.partner_inn


def _case_facts(case: Case, address: str) -> dict[str, Any]:
    """A case as far as it is about the person; other people in it are theirs to ask about."""
    found: dict[str, Any] = {"number": case.number, "kind": case.kind.value, "state": case.state, "sent": case.sender == address}
    if isinstance(case.data, PartnerData):
        data = case.data
        found |= {"partner": data.name, "listed": address in data.contacts, "listed_by_staff": address in data.staff_contacts}
        if {*data.contacts, *data.staff_contacts} <= {address} or case.sender == address:
            found |= {"contact": data.contact, "phone": data.phone, "comment": data.comment}
            found["consent_at"] = data.consent_at.isoformat() if data.consent_at else ""
            found["consent_form"] = data.consent_form
    return found
