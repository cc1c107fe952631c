"""The answers of one form, read field by field: what is wrong is a `Problem`, what staff should know a `Note`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default

from cases.identity import Inn, one_line, read_inn, strip_invisible
from rules.decision import Problem

LINE_LIMIT, TEXT_LIMIT = 300, 5000
"""Characters of an answer of one line, and of several."""

_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Note:
    """Something staff should know about an answer, that holds nothing up: a code for `Wording.remark`, with its facts."""

    code: str
    field: str
    facts: Mapping[str, str] = default(default_factory=dict)


class Answers:
    """The answers of one form, read field by field; gathers problems and notes in the order of reading."""

    def __init__(self, answers: Mapping[str, str], required: tuple[str, ...], section: str) -> None:
        self._answers = answers
        self._required = required
        self._section = section
        self.problems: list[Problem] = []
        self.notes: list[Note] = []

    def required(self, name: str) -> bool:
        """Does the edition require this field?"""
        return name in self._required

    def raw(self, name: str) -> str:
        """The answer as typed; "" if there is none."""
        return str(self._answers.get(name) or "")

    def problem(self, name: str, code: str, **facts: str) -> None:
        """That is wrong with the field."""
        self.problems.append(Problem(name, code, self._section, facts))

    def note(self, name: str, code: str, **facts: str) -> None:
        """That is remarked about the field."""
        self.notes.append(Note(code, name, facts))

    def line(self, name: str, limit: int = LINE_LIMIT) -> str:
        """One line of text; over-long or (required and) missing is a problem. Formula-like text stays text."""
        return self._measured(name, one_line(self.raw(name)), limit)

    def text(self, name: str) -> str:
        """Text of several lines."""
        lines = strip_invisible(self.raw(name).replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        return self._measured(name, "\n".join(line.rstrip() for line in lines).strip(), TEXT_LIMIT)

    def _measured(self, name: str, text: str, limit: int) -> str:
        if len(text) > limit:
            self.problem(name, "too-long", limit=str(limit), length=str(len(text)))
            return text[:limit]
        if self.required(name) and not any(ch.isalnum() for ch in text):
            self.problem(name, "missing")
        return text

    def inn(self, name: str) -> Inn:
        """An INN; one that is none is a problem, one that was mended a note."""
        read = read_inn(self.raw(name))
        if read.code == "missing":
            if self.required(name):
                self.problem(name, "missing")
        elif read.code:
            self.problem(name, read.code, value=shown(read.typed), digits=str(sum(ch.isdigit() for ch in read.typed)))
        if read.remark:
            self.note(name, read.remark, value=read.value)
        return read


def shown(text: str) -> str:
    """What was typed, as a sentence quotes it: on one line, short."""
    text = one_line(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
