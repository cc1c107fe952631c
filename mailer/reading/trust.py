"""Whether a letter's From may be believed: our own server's Authentication-Results (RFC 8601), aligned with the From domain (RFC
7489, 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cases.identity import is_shared_zone

_MAX_CHARS = 20_000
_PROPERTY = re.compile(r"([a-z]+)\s*\.\s*([a-z0-9_-]+)\s*=\s*((?:\"[^\"]*\"|[^\s;\"]+)+)", re.IGNORECASE)
_RESULT = re.compile(r"^\s*([a-z0-9-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trust:
    """`authentic`: DKIM, SPF or DMARC passed for the From domain. `failed`: DMARC says the From is forged."""

    authentic: bool
    failed: bool


def judge(results: Sequence[str], from_domain: str, authserv_id: str) -> Trust:
    """The verdict of the topmost of `results` (values of Authentication-Results, top first) that bears `authserv_id`.

    Others are ignored: any sender can write them. `from_domain` is that of the only From address; "" (no From, several) is never
    authentic. An `authserv_id` of `*.yandex.net` stands for any host of that domain (such services sign with the name of the host
    at work); "" trusts nothing.
    """
    for value in results:
        clauses = [clause.strip() for clause in _without_comments(value[:_MAX_CHARS]).split(";")]
        if same_server(clauses[0].split(" ", 1)[0] if clauses[0] else "", authserv_id):
            return _verdict(clauses[1:], from_domain.lower())
    return Trust(False, False)


def aligned(domain: str, from_domain: str) -> bool:
    """Relaxed alignment without a list of public suffixes: equal, or one is a parent of the other (no bare top-level domain, and
    no zone such as `com.ru`, below which strangers hold names).
    """
    first, second = domain.lower().strip("."), from_domain.lower().strip(".")
    if not first or not second or "." not in first or "." not in second:
        return False
    parent, child = sorted((first, second), key=len)
    return parent == child or (child.endswith("." + parent) and not is_shared_zone(parent))


def _verdict(clauses: Sequence[str], from_domain: str) -> Trust:
    authentic = failed = False
    for clause in clauses:
        result = _RESULT.match(clause)
        if result is None:
            continue
        method, outcome = result.group(1).lower(), result.group(2).lower()
        found = [(f"{kind}.{name}".lower(), value.strip('"')) for kind, name, value in _PROPERTY.findall(clause)]
        properties = dict(found)
        if len(properties) != len(found):
            continue  # the same property twice: one of them is what the sender put into an address
        if method == "dmarc" and outcome == "fail":
            failed = True
        elif outcome == "pass":
            authentic = authentic or any(aligned(domain, from_domain) for domain in _vouched(method, properties))
    return Trust(authentic and not failed, failed)


def _vouched(method: str, properties: dict[str, str]) -> list[str]:
    """Domains that a passed method speaks for. SPF of the HELO name says nothing about the sender."""
    match method:
        case "dkim":
            names = [properties.get("header.d", "") or properties.get("header.i", "")]
        case "spf":
            names = [properties.get("smtp.mailfrom", "") or properties.get("smtp.mail", "")]
        case "dmarc":
            names = [properties.get("header.from", "")]
        case _:
            names = []
    return [name.rsplit("@", 1)[-1].strip("<>") for name in names if name]


def same_server(name: str, authserv_id: str) -> bool:
    """Is that the server of the configured authserv-id (`mx.firm.ru`, or `*.yandex.net` for a service with many hosts)?"""
    ours, theirs = authserv_id.strip().lower(), name.strip('"').lower()
    if ours.startswith("*."):
        return len(ours) > 2 and theirs.endswith(ours[1:])
    return bool(ours) and theirs == ours


def _without_comments(value: str) -> str:
    """`value` with comments in parentheses (they nest) taken out, line ends as blanks, semicolons within quotes as blanks."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for sign in value:
        if escaped:
            escaped = False
            sign = " "
        elif sign == "\\" and (quoted or depth):
            escaped = True
            continue
        elif sign == '"' and not depth:
            quoted = not quoted
        elif sign == "(" and not quoted:
            depth += 1
            continue
        elif sign == ")" and depth and not quoted:
            depth -= 1
            sign = " "
        if not depth:
            kept.append(" " if sign in "\r\n\t" or (quoted and sign == ";") else sign)
    return "".join(kept).strip()
