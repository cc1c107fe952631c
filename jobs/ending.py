"""What a command, or a pass of `run`, says of the error that ended it: one line that quotes nobody."""

from __future__ import annotations

from jobs.lock import Busy
from jobs.settings import SettingsError
from ledger.database import FAULTS, LedgerUnreachable
from ledger.engine import LedgerDamaged
from ledger.migrations import LedgerTooNew
from rules.decision import ProgrammeError
from sheets.port import SheetError

CONFIGURATION = (SettingsError, ProgrammeError, LedgerTooNew)
"""What the settings, the programme or the version installed has to be changed for."""


def told(error: Exception) -> str:
    """The line, with the mend where there is one; "" for a bug, whose words may quote what people wrote."""
    if isinstance(error, (Busy, LedgerUnreachable, LedgerDamaged, *CONFIGURATION)):
        return str(error)
    if isinstance(error, SheetError):
        return f"the spreadsheet: {error}"
    if isinstance(error, FAULTS):
        return f"the ledger failed; what was not recorded is done again by the next run ({_first_line(error)})"
    return ""


def _first_line(error: Exception) -> str:
    """What the database said, without the statement: that may hold personal data."""
    return next(iter(str(getattr(error, "orig", error)).splitlines()), type(error).__name__)
