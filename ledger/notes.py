"""Notes that a ledger made from a backup bears until it has caught up with what happened after the backup."""

RESTORED = "ledger.restored"
"""What is decided since then (ISO moment) may have been decided before, and its letter have gone out: it is looked for before
it goes. A second moment behind a slash is the last such decision's; what comes later is new.
"""

READ_AGAIN = "mail.read-again-since"
"""Letters that came since then (ISO moment) may be marked as done in the mailbox without being known here."""

CATCHING_UP = "ledger.catching-up"
"""The spreadsheet may show what is not known here. JSON: numbers of unknown cases, with what their rows say."""

ANOTHERS_BOOK = "ledger.anothers-book"
"""The ledger is new, and the spreadsheet shows cases of another one: numbers of some. Nothing is done until that is mended."""
