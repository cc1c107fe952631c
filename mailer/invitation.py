"""A calendar entry as mail carries it (RFC 5545, RFC 6047): REQUEST, change by a higher SEQUENCE, CANCEL. Times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from mailer.format import MOSCOW

_WIDTH = 75  # octets a line


def calendar_entry(invitation: Mapping[str, object], *, organiser: str, organiser_name: str, attendee: str, at: datetime) -> str:
    """The VCALENDAR of a letter's `invitation` facts, with CRLF. `at`: when the letter was queued (DTSTAMP)."""
    method = str(invitation["method"])
    cancelled = method == "CANCEL"
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Stakhanovets//Partner Desk//RU",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{_text(invitation['uid'])}",
        f"SEQUENCE:{invitation['sequence']}",
        f"DTSTAMP:{_utc(at)}",
        f"DTSTART:{_utc(datetime.fromisoformat(str(invitation['starts'])))}",
        f"DTEND:{_utc(datetime.fromisoformat(str(invitation['ends'])))}",
        f"SUMMARY:{_text(invitation['summary'])}",
        f"ORGANIZER;CN={_quoted(organiser_name)}:mailto:{organiser}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN={_quoted(attendee)}:mailto:{attendee}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def file_stem(invitation: Mapping[str, object]) -> str:
    """Name of the attached file without its end: the day, for people."""
    return f"invite-{datetime.fromisoformat(str(invitation['starts'])).astimezone(MOSCOW):%Y-%m-%d}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: object) -> str:
    escaped = str(value).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())


def _quoted(value: str) -> str:
    return '"' + " ".join(value.replace('"', "'").split()) + '"'


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never cut within a character."""
    parts: list[str] = []
    part = ""
    for char in line:
        if len((part + char).encode()) > (_WIDTH if not parts else _WIDTH - 1):
            parts.append(part)
            part = ""
        part += char
    return "\r\n ".join([*parts, part])
