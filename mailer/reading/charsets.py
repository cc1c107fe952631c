"""Bytes to text, whatever a letter says about its charset: an unknown name is never an error, a wrong one is seen through."""

from __future__ import annotations

import codecs
import re

import chardet

_ALIASES = {
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "windows1251": "cp1251",
    "windows-cp1251": "cp1251",
    "cp-1251": "cp1251",
    "x-cp1251": "cp1251",
    "1251": "cp1251",
    "x-cp866": "cp866",
    "cp-866": "cp866",
    "dos-866": "cp866",
    "koi8": "koi8-r",
    "koi8r": "koi8-r",
    "koi-8": "koi8-r",
    "x-koi8-r": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-mac-cyrillic": "mac-cyrillic",
    "maccyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "utf8mb4": "utf-8",
    "utf-8-mac": "utf-8",
    "x-utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_CLAIMS_NOTHING = frozenset({"", "ascii", "iso8859-1", "cp1252", "iso8859-15", "latin_1"})
"""Labels that Russian senders leave on Cyrillic text by default; bytes above 127 under them are looked at."""

_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
_DETECTED_ON = 4096
_COMMON = frozenset("оеаинтсрвлкмдпуя")
_WORD = re.compile(r"[А-Яа-яЁё]+")


def decode(data: bytes, label: str = "") -> str:
    """Text of `data` under the charset that `label` names. Never raises: an unknown or impossible label leads to detection.

    A label is also set aside when the bytes are valid multi-byte UTF-8, and when a Cyrillic label gives implausible Russian
    (lower and upper case swapped, as koi8-r read as cp1251) while another Cyrillic charset gives plausible one.
    """
    if data.isascii() and b"\x1b" not in data and "utf-7" not in label.lower() and "utf-16" not in label.lower():
        return data.decode("ascii")
    codec = known_charset(label)
    if codec in _CLAIMS_NOTHING:
        return detect(data)
    if codec in _CYRILLIC:
        return _utf8_or_none(data) or _best_cyrillic(data, codec)
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return detect(data)


def detect(data: bytes) -> str:
    """Text of `data` of unknown charset: UTF-8 if it is that, else what chardet says, else cp1251. Never raises."""
    text = _utf8_or_none(data)
    if text is not None:
        return text
    found = chardet.detect(data[:_DETECTED_ON])
    codec = known_charset(str(found.get("encoding") or ""))
    confident = float(found.get("confidence") or 0) >= 0.8
    if codec in _CYRILLIC or not confident or codec in _CLAIMS_NOTHING:
        return _best_cyrillic(data, codec if codec in _CYRILLIC else "cp1251")
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return _best_cyrillic(data, "cp1251")


def known_charset(label: str) -> str:
    """Python's name of the charset that `label` means; "" if nobody knows it or it is no text encoding."""
    name = label.strip().strip("\"'<>").strip().lower().replace(" ", "")
    name = _ALIASES.get(name, _ALIASES.get(name.replace("_", "-"), name))
    if not name or len(name) > 40 or not name.isascii() or "\0" in name:
        return ""
    try:
        info = codecs.lookup(name)
        b"AA".decode(info.name)  # rot13, hex and the like are codecs but no charsets
    except (LookupError, ValueError, TypeError):
        return ""
    return "" if info.name in ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined") else info.name


def _utf8_or_none(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        whole = fault.reason == "unexpected end of data" and fault.start > 0 and not data[: fault.start].isascii()
        return data.decode("utf-8", "replace") if whole else None


def _best_cyrillic(data: bytes, preferred: str) -> str:
    """`data` under `preferred`, unless another Cyrillic charset gives clearly better Russian."""
    sample = data[:_DETECTED_ON]
    marks = {codec: _plausibility(sample.decode(codec, "replace")) for codec in _CYRILLIC}
    best = max(_CYRILLIC, key=lambda codec: marks[codec])
    chosen = best if marks[best] > marks[preferred] + 0.2 else preferred
    return data.decode(chosen, "replace")


def _plausibility(text: str) -> float:
    """How much `text` looks like Russian, about 0 to 1: words of one case with common letters, few odd signs."""
    odd = sum(1 for sign in text if sign > "\x7f" and not ("А" <= sign <= "я" or sign in "ёЁ№«»—–\u00a0…“”„"))
    high = sum(1 for sign in text if sign > "\x7f") or 1
    good, letters = 0.0, 0
    for word in _WORD.findall(text):
        letters += len(word)
        if word.islower() or word.istitle():
            good += sum(1 for letter in word.lower() if letter in _COMMON)
        elif word.isupper():
            good += sum(1 for letter in word.lower() if letter in _COMMON) * 0.6
    return good / (letters or 1) - odd / high
