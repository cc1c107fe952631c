"""The boundaries between an effect and its record, where a crash would hurt most. Tests kill the process there; otherwise no-ops.

`PARTNERDESK_FAIL_AT=mail-sent` kills at the first time that point is reached, `mail-sent:3` at the third.
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

    SHEET_READ = "sheet-read"  # new rows are in memory, none is recorded
    ROWS_TAKEN = "rows-taken"  # submissions and cases are recorded, none is reviewed
    LETTER_TAKEN = "letter-taken"  # a letter is acted on, and still lies in the inbox
    MAIL_CLAIMED = "mail-claimed"  # letters are ours to send, none is built
    MAIL_FIXED = "mail-fixed"  # their bytes are recorded as being sent, none has gone
    MAIL_SENT = "mail-sent"  # a letter has gone, its record says that it is being sent
    BOOK_ANNOUNCED = "book-announced"  # what will be written is recorded, nothing is written
    BOOK_DRAWN = "book-drawn"  # the new workbook lies beside the old one
    BOOK_REPLACED = "book-replaced"  # the new workbook is in its place, its record says otherwise


def reach(point: FailPoint) -> None:
    """Die here if a test asks for it."""
    wanted, _, nth = os.environ.get(VARIABLE, "").partition(":")
    if wanted == point:
        _reached[point] += 1
        if _reached[point] >= int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)
