"""Finding our columns under people's headers: case, ё/е, quotes, spaces and order do not matter; a renamed header is named
with a suggestion.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from sheets.shape import Tab
from sheets.snapshot import SheetFault

Aliases = Mapping[str, Mapping[str, str]]
"""From the configuration: tab -> {contract's header -> header as it stands in the sheet}."""

_QUOTES = re.compile("[\"'`«»„“”‘’‹›]")


def fold(text: object) -> str:
    """A header or tab name for comparing."""
    plain = unicodedata.normalize("NFKC", str(text)).casefold().replace("ё", "е")
    return " ".join(_QUOTES.sub("", plain).split())


def find_tab(tab: Tab, titles: Sequence[str]) -> str | None:
    """The title under which that tab stands, or None."""
    wanted = fold(tab.name)
    return next((title for title in titles if fold(title) == wanted), None)


def locate(tab: Tab, headers: Sequence[object], aliases: Aliases) -> tuple[dict[str, int], list[SheetFault], bool]:
    """Where each of our fields stands (0-based), what is wrong, and whether the tab is unusable.

    A doubled header, or a missing one that the tab cannot do without, makes it unusable. An alias goes before the
    contract's header.
    """
    places: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        if header != "" and header is not None:
            places.setdefault(fold(header), []).append(place)
    named = next((renames for name, renames in aliases.items() if fold(name) == fold(tab.name)), {})
    renamed = {fold(ours): actual for ours, actual in named.items()}
    index: dict[str, int] = {}
    faults: list[SheetFault] = []
    stopped = False
    absent = []
    for column in tab.columns:
        actual = renamed.get(fold(column.header))
        name = fold(actual) if actual is not None and fold(actual) in places else fold(column.header)
        found = places.pop(name, [])
        if len(found) == 1:
            index[column.field] = found[0]
        elif found:
            faults.append(SheetFault("header-doubled", tab.name, column.header))
            stopped = True
        else:
            absent.append(column)
    for column in absent:
        near = get_close_matches(fold(column.header), places, n=1, cutoff=0.5)
        suggestion = str(headers[places[near[0]][0]]) if near else ""
        faults.append(SheetFault("header-renamed" if near else "header-missing", tab.name, column.header, suggestion))
        stopped = stopped or column.field in tab.required
    return index, faults, stopped
