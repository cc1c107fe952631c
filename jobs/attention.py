"""Letters to staff about what concerns no case: the spreadsheet, the mailbox, deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from cases.letters import COMMON, letter_key, moment
from cases.model import Mail
from jobs.office import Office
from ledger.database import SqlTransaction
from mailer.wording import and_more

LISTED = 30


def tell_staff(tx: SqlTransaction, office: Office, kind: str, lines: Sequence[tuple[str, str]]) -> None:
    """One `staff-attention` letter to each of staff, with (case number or "", text) lines; the same matter once a moment."""
    more = [("", and_more(len(lines) - LISTED))] if len(lines) > LISTED else []
    shown = [{"number": number, "text": text, "due_at": ""} for number, text in [*lines[:LISTED], *more]]
    context = {**dict.fromkeys(COMMON, ""), "reasons": [], "kind": kind, "lines": shown, "share": ""}
    for address in office.outside.staff:
        tx.queue_mail(
            Mail(
                key=letter_key(kind, 0, "staff-attention", address, moment(office.now) + repr(lines)),
                number="",
                revision=0,
                template="staff-attention",
                recipient=address.lower(),
                context=context,
                queued_at=office.now,
            )
        )
