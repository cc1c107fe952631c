"""A table of a TOML file read key by key: what is not as expected is a ProgrammeError that says where, what and what instead."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, NoReturn, TypeVar

from rules.decision import ProgrammeError

_Member = TypeVar("_Member", bound=StrEnum)


class Table:
    """One table of a file, read key by key; `close` says which keys nobody asked for. Every fault is a ProgrammeError with file
    and key.
    """

    def __init__(self, file: str, path: str, values: object) -> None:
        self.file, self.path = file, path
        if not isinstance(values, Mapping):
            raise ProgrammeError(f"{file}: {path}: expected a table, got {_shown(values)}")
        self.values: Mapping[str, Any] = values
        self.asked: dict[str, None] = {}

    def fail(self, key: str, fault: str) -> NoReturn:
        """Raise ProgrammeError: that is wrong with that key."""
        raise ProgrammeError(f"{self.file}: {self._path(key)}: {fault}")

    def close(self) -> None:
        """Everything is asked for: whatever else stands in the table is a slip."""
        unknown = [key for key in self.values if key not in self.asked]
        if unknown:
            self.fail(unknown[0], f"unknown key{did_you_mean(unknown[0], self.asked)}")

    def has(self, key: str) -> bool:
        """Is the key there? It counts as asked for."""
        self.asked[key] = None
        return key in self.values

    def says(self, key: str, word: str) -> bool:
        """Does the key hold this very word (instead of a figure)?"""
        return self.has(key) and bool(self.values[key] == word)

    def text(self, key: str) -> str:
        """A text with something in it."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"expected a text, got {_shown(value)}")
        return value

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        """One of these words."""
        value = self._get(key)
        if not isinstance(value, str) or value not in words:
            told = ", ".join(repr(str(word)) for word in words)
            self.fail(key, f"expected one of {told}, got {_shown(value)}{did_you_mean(value, words)}")
        return value

    def member(self, key: str, kind: type[_Member]) -> _Member:
        """The member of that enumeration that the key's word names."""
        return kind(self.choice(key, tuple(member.value for member in kind)))

    def flag(self, key: str) -> bool:
        """`true` or `false`."""
        value = self._get(key)
        if not isinstance(value, bool):
            self.fail(key, f"expected true or false, got {_shown(value)}")
        return value

    def whole(self, key: str, low: int, instead: str = "") -> int:
        """A whole number, `low` or more. `instead`: a word that could stand here too, for the message."""
        value = self._get(key)
        if not _is_whole(value):
            self.fail(key, f"expected a whole number{f' or {instead!r}' if instead else ''}, got {_shown(value)}")
        if value < low:
            self.fail(key, f"expected {low} or more, got {value}")
        return int(value)

    def percent(self, key: str, instead: str = "") -> Decimal:
        """Percent, from 0 to 100. `instead` as for `whole`."""
        value = self._get(key)
        figure = _number(value)
        if figure is None:
            self.fail(key, f"expected percent as a plain number{f' or {instead!r}' if instead else ''}, got {_shown(value)}")
        if not 0 <= figure <= 100:
            self.fail(key, f"expected percent from 0 to 100, got {_shown(value)}")
        return figure

    def day(self, key: str) -> date:
        """A calendar day."""
        value = self._get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fail(key, f"expected a date such as 2024-01-01 (without quotes), got {_shown(value)}")
        return value

    def clock(self, key: str) -> time:
        """A time of day, in whichever zone the file names."""
        value = self._get(key)
        if not isinstance(value, time):
            self.fail(key, f"expected a time such as 09:00:00 (without quotes), got {_shown(value)}")
        return value

    def texts(
        self,
        key: str,
        among: tuple[str, ...] = (),
        empty: bool = False,
        check: Callable[[str], str] = lambda word: "",
    ) -> tuple[str, ...]:
        """A list of different words, not empty unless `empty`; each `among` those given, if any are; `check` names a word's
        fault.
        """
        values = self._list(key, empty)
        for index, value in enumerate(values):
            if not isinstance(value, str) or not value.strip():
                self.fail(key, f"expected a list of texts, got {_shown(value)} in it")
            if among and value not in among:
                told = ", ".join(repr(str(word)) for word in among)
                self.fail(key, f"expected words out of {told}, got {_shown(value)}{did_you_mean(value, among)}")
            if check(value):
                self.fail(key, f"{check(value)}, got {_shown(value)}")
            if value in values[:index]:
                self.fail(key, f"{_shown(value)} stands twice")
        return tuple(values)

    def days(self, key: str) -> tuple[int, ...]:
        """Numbers of days before a date, falling (the first reminder first)."""
        values = self._list(key, empty=True)
        for value in values:
            if not _is_whole(value) or value < 0:
                self.fail(key, f"expected a list of whole numbers of days, got {_shown(value)} in it")
        if any(later >= earlier for earlier, later in pairwise(values)):
            self.fail(key, f"days before the date must fall, got {_shown(values)}")
        return tuple(values)

    def shares(self, key: str) -> tuple[float, ...]:
        """Shares of a whole, between 0 and 1, rising."""
        values = self._list(key, empty=True)
        figures = [_number(value) for value in values]
        if any(figure is None or not 0 < figure < 1 for figure in figures):
            self.fail(key, f"expected shares between 0 and 1, got {_shown(values)}")
        shares = tuple(float(figure) for figure in figures if figure is not None)
        if any(later <= earlier for earlier, later in pairwise(shares)):
            self.fail(key, f"shares must rise, got {_shown(values)}")
        return shares

    def table(self, key: str) -> Table:
        """The table under that key."""
        return Table(self.file, self._path(key), self._get(key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Tables of a list, named `key[1]`, `key[2]`, … in messages."""
        return tuple(
            Table(self.file, f"{self._path(key)}[{index}]", value) for index, value in enumerate(self._list(key, empty=False), 1)
        )

    def _list(self, key: str, empty: bool) -> list[Any]:
        values = self._get(key)
        if not isinstance(values, list):
            self.fail(key, f"expected a list, got {_shown(values)}")
        if not values and not empty:
            self.fail(key, "the list is empty")
        return values

    def _get(self, key: str) -> Any:
        if not self.has(key):
            near = difflib.get_close_matches(key, [name for name in self.values if name not in self.asked])
            self.fail(key, f"missing{f' (is {near[0]!r} meant to be it?)' if near else ''}")
        return self.values[key]

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> Decimal | None:
    """A finite number as Decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    figure = Decimal(str(value))
    return figure if figure.is_finite() else None


def _shown(value: object) -> str:
    """A value as a message shows it: on one line, short."""
    plain = _plain(value)
    return plain if len(plain) <= 60 else plain[:57] + "…"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_plain(item) for item in value)}]"
    return str(value) if isinstance(value, bool | Decimal | date | time) else repr(value)


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """The end of a message: which of the words looks like that one; "" if none does."""
    near = difflib.get_close_matches(str(word), [str(known) for known in words])
    return f" (did you mean {near[0]!r}?)" if near else ""
