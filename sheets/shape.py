"""What a tab and a column are: who owns a cell, what it means. The Russian of it is in `columns`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from enum import StrEnum


class Owner(StrEnum):
    """Who writes a cell. DECISION: the system's, but a valid change by hand is staff's decision."""

    SYSTEM = "system"
    STAFF = "staff"
    FORM = "form"
    DECISION = "decision"


class Type(StrEnum):
    """What a cell means, whatever it looks like. Percent are plain numbers."""

    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"


class TabKind(StrEnum):
    FORM = "form"
    REGISTRY = "registry"
    STAFF = "staff"
    JOURNAL = "journal"
    SUMMARY = "summary"


Words = Mapping[str, str]
"""Our word -> Russian word, in the order of the list that people see."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `field` is our name, `header` the contract's; `words` its vocabulary; `choices` the words offered in its
    list.
    """

    field: str
    header: str
    owner: Owner
    type: Type = Type.TEXT
    words: Words = default(default_factory=dict)
    choices: tuple[str, ...] = ()
    note: str = ""
    width: int = 16

    @property
    def ours(self) -> bool:
        """The system writes here."""
        return self.owner in (Owner.SYSTEM, Owner.DECISION)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. `required`: fields without which no row can be understood; for forms all answers (a lost answer is no empty
    answer).
    """

    name: str
    kind: TabKind
    columns: tuple[Column, ...]
    required: frozenset[str] = frozenset()

    def column(self, name: str) -> Column:
        """The column of that field. Raises KeyError."""
        for column in self.columns:
            if column.field == name:
                return column
        raise KeyError(f"{self.name}: {name}")
