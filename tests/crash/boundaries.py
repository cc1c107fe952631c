"""Where the process is killed: every boundary of a pass, by its place in the protocol. A point without a row fails a test."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.failpoints import FailPoint
from tests.crash.days import BUSY, BY_HAND, LISTED, LOST_TAB, MONTH, REMINDERS, RESTORED, Day

FAMILIES = {
    1: "source read, not recorded",
    2: "recorded, not decided",
    3: "claimed, not begun",
    4: "in the midst of SMTP",
    5: "done, not recorded",
    6: "in the midst of writing the sheet",
    7: "in the midst of taking letters from the mailbox",
    8: "a run recorded, its job not done",
    9: "a deadline came, its reminder not sent",
    10: "a lease ran out with two workers",
    11: "in the midst of a migration",
    12: "in the midst of a change of edition",
    13: "killed at any moment",
    14: "stopped, cut off, refused, no room",
    15: "before each commit and each change of a file, by its place in the code",
    16: "a ledger made from a backup catches up",
}

COLUMNS = ("files", "files, twice", "wire", "Postfix", "wire, PostgreSQL", "two workers", "PostgreSQL")
"""Ways of running the house, each with a column in the matrix. `files, twice`: what repairs is killed too."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A fail point, the day on which it is reached, and the time that it is to be reached (`nth`)."""

    family: int
    point: FailPoint
    day: Day = BUSY
    nth: int = 1
    files: bool = True  # reached over files
    google: bool = True  # reached over Google Sheets, IMAP and SMTP too

    @property
    def name(self) -> str:
        """As the matrix shows it."""
        return f"{self.point}{f' no. {self.nth}' if self.nth > 1 else ''}{f', {self.day.name}' if self.day is not BUSY else ''}"

    @property
    def fail_at(self) -> str:
        """For `PARTNERDESK_FAIL_AT`."""
        return f"{self.point}:{self.nth}"


BOUNDARIES = (
    Boundary(1, FailPoint.SHEET_READ),
    Boundary(1, FailPoint.BOOK_MADE, LOST_TAB),
    Boundary(2, FailPoint.DESK_WORKED),
    Boundary(2, FailPoint.DESK_WORKED, nth=3),
    Boundary(2, FailPoint.DESK_WORKED, nth=5),
    Boundary(2, FailPoint.ROWS_TAKEN),
    Boundary(2, FailPoint.ROWS_TAKEN, MONTH),
    Boundary(2, FailPoint.LEADS_TAKEN),
    Boundary(2, FailPoint.CASES_DUE),
    Boundary(2, FailPoint.CASES_REVIEWED),
    Boundary(2, FailPoint.CASES_REVIEWED, nth=2),
    Boundary(3, FailPoint.MAIL_CLAIMED),
    Boundary(3, FailPoint.MAIL_BUILT),
    Boundary(3, FailPoint.MAIL_FIXED),
    Boundary(5, FailPoint.MAIL_SENT),
    Boundary(5, FailPoint.MAIL_SENT, nth=4),
    Boundary(6, FailPoint.BOOK_ANNOUNCED),
    Boundary(6, FailPoint.BOOK_DRAWN, google=False),
    Boundary(6, FailPoint.BOOK_REPLACED),
    Boundary(5, FailPoint.LISTING_WRITTEN, LISTED),
    Boundary(7, FailPoint.LETTER_READ),
    Boundary(7, FailPoint.LETTER_READ, nth=2),
    Boundary(7, FailPoint.LETTER_TAKEN),
    Boundary(7, FailPoint.LETTER_TAKEN, nth=2),
    Boundary(7, FailPoint.LETTER_READ, MONTH),
    Boundary(7, FailPoint.LETTER_READ, BY_HAND, files=False),
    Boundary(7, FailPoint.LETTER_TAKEN, BY_HAND, files=False),
    Boundary(8, FailPoint.JOB_STARTED),
    Boundary(8, FailPoint.JOB_STARTED, nth=6),
    Boundary(8, FailPoint.JOB_DONE),
    Boundary(8, FailPoint.JOB_DONE, nth=7),
    Boundary(8, FailPoint.RECORDS_THINNED, REMINDERS),
    Boundary(9, FailPoint.CASES_DUE, REMINDERS),
    Boundary(9, FailPoint.DESK_WORKED, REMINDERS),
    Boundary(9, FailPoint.CASES_REVIEWED, REMINDERS),
    Boundary(9, FailPoint.MAIL_FIXED, REMINDERS),
    Boundary(9, FailPoint.MAIL_SENT, REMINDERS, nth=2),
    Boundary(9, FailPoint.BOOK_REPLACED, REMINDERS),
    Boundary(9, FailPoint.MAIL_FIXED, MONTH),
    Boundary(16, FailPoint.ROWS_TAKEN, RESTORED, google=False),
    Boundary(16, FailPoint.LETTER_TAKEN, RESTORED, google=False),
    Boundary(16, FailPoint.CASES_REVIEWED, RESTORED, google=False),
    Boundary(16, FailPoint.MAIL_CLAIMED, RESTORED, google=False),
    Boundary(16, FailPoint.BOOK_ANNOUNCED, RESTORED, google=False),
    Boundary(16, FailPoint.BOOK_REPLACED, RESTORED, google=False),
)
