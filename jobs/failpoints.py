"""The boundaries between an effect and its record, where a crash would hurt most. Tests kill the process there; otherwise no-ops.

`PARTNERDESK_FAIL_AT=mail-sent` kills at the first time that point is reached, `mail-sent:3` at the third;
`mail-sent:3:STOP` stops it there until SIGCONT. Every point has its rows in the crash matrix (`tests/crash/boundaries.py`);
what only servers see, they kill from their side.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from enum import StrEnum

VARIABLE = "PARTNERDESK_FAIL_AT"

_reached: Counter[str] = Counter()


class FailPoint(StrEnum):
    """In the order of a pass."""

    JOB_STARTED = "job-started"  # the run of a job is recorded, nothing of it is done
    DESK_WORKED = "desk-worked"  # work on cases is done and not committed
    BOOK_MADE = "book-made"  # the book, or a tab that it lacked, is made and still to be read
    SHEET_READ = "sheet-read"  # new rows are in memory, none is recorded
    ROWS_TAKEN = "rows-taken"  # submissions and cases are recorded, none is reviewed
    LEADS_TAKEN = "leads-taken"  # leads are recorded with their rows, none is handed out
    LETTER_READ = "letter-read"  # a letter is read, its attachments are kept, nothing is recorded
    LETTER_TAKEN = "letter-taken"  # a letter is acted on, and still lies in the inbox
    CASES_DUE = "cases-due"  # deadlines and reminders have come, no case is looked at
    CASES_REVIEWED = "cases-reviewed"  # decisions are recorded with what follows from them, nothing has gone
    MAIL_CLAIMED = "mail-claimed"  # letters are ours to send, none is built
    MAIL_BUILT = "mail-built"  # letters are in memory, offers are kept as files, no bytes are recorded
    MAIL_FIXED = "mail-fixed"  # their bytes are recorded as being sent, none has gone
    MAIL_SENT = "mail-sent"  # a letter has gone, its record says that it is being sent
    BOOK_ANNOUNCED = "book-announced"  # what will be written is recorded, nothing is written
    BOOK_DRAWN = "book-drawn"  # the new workbook lies beside the old one
    BOOK_REPLACED = "book-replaced"  # the new workbook is in its place, its record says otherwise
    LISTING_WRITTEN = "listing-written"  # the files for the vendor's site are new, their record says that they are to be written
    RECORDS_THINNED = "records-thinned"  # old records are gone from the ledger, the files of their time are not
    JOB_DONE = "job-done"  # a job is done, the record of its run says otherwise


def reach(point: FailPoint) -> None:
    """Die or stop here if a test asks for it."""
    wanted, _, rest = os.environ.get(VARIABLE, "").partition(":")
    if wanted == point:
        nth, _, how = rest.partition(":")
        _reached[point] += 1
        if _reached[point] == int(nth or 1):
            os.kill(os.getpid(), signal.Signals[f"SIG{how or 'KILL'}"])
