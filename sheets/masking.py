"""A spreadsheet without personal data: addresses and phone numbers in the system's cells are shown in part only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sheets.values import Cell

_ADDRESS = re.compile(r"(?<![\w.+-])([\w])[\w.+'-]*@([\w-]+(?:\.[\w-]+)+)")
_APART = r"[\s().\-‐-―]"
_COUNTRY = rf"\+\d{{1,3}}(?:{_APART}*\d){{7,12}}"
_WITHIN_RUSSIA = rf"[87](?:{_APART}*\d){{10}}"
_TOWN = rf"\([3489]\d{{2,4}}\)(?:{_APART}*\d){{5,7}}"
_PHONE = re.compile(rf"(?<![\w.-])(?:{_COUNTRY}|{_WITHIN_RUSSIA}|{_TOWN})(?!\d)")


def masked(text: str) -> str:
    """`anna@firma.ru` as `a***@firma.ru`, a phone number by its last two digits."""
    return _PHONE.sub(lambda found: f"***{found[0][-2:]}", _ADDRESS.sub(r"\1***@\2", text))


def masked_row(row: Mapping[str, Cell]) -> dict[str, Cell]:
    """The cells of a row, texts masked."""
    return {name: masked(value) if isinstance(value, str) else value for name, value in row.items()}
