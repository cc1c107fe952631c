"""The vocabulary of every decision: outcome, reasons, the tests that were weighed, and problems of the sender's making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from enum import StrEnum


class ProgrammeError(Exception):
    """The programme's data files are unusable; the message names file and key. Stops a pass before any work (exit 2)."""


class Outcome(StrEnum):
    """What a rule says: settle it now, hand it to staff, ask the sender to mend it, or refuse."""

    APPROVE = "approve"
    REFER = "refer"
    ASK = "ask"
    REJECT = "reject"


class Result(StrEnum):
    """How one test of a section came out."""

    PASS = "pass"  # noqa: S105 - a test's result, no password
    FAIL = "fail"
    STAFF = "staff"
    WAIT = "wait"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in what the sender wrote: a value, not an exception; it becomes a line of a letter.

    `field` is our name of the form's field, `code` names the fault (`missing`, `inn-checksum`, …), `facts` fill the sentence.
    """

    field: str
    code: str
    section: str
    facts: Mapping[str, str] = default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: `code` is "1".."7" for the programme's reasons for refusal (§3), else a name such as `overlap`."""

    code: str
    section: str
    facts: Mapping[str, str] = default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a section, as it was weighed; `detail` is a short English remark for `explain`."""

    __test__ = False  # not a pytest class

    name: str
    section: str
    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules recommend, under which edition, and every test that was weighed on the way.

    `terms` holds what follows from approval, as plain text figures (for a deal: `discount`, `months`).
    `waits_for` names earlier cases that must be decided first; with `refer` and no other reason no word of staff's is asked.
    """

    outcome: Outcome
    edition: str
    reasons: tuple[Reason, ...] = ()
    tests: tuple[Test, ...] = ()
    problems: tuple[Problem, ...] = ()
    terms: Mapping[str, str] = default(default_factory=dict)
    waits_for: tuple[str, ...] = ()
