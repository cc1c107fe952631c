"""Notes that a ledger made from a backup bears until it has caught up with what happened after the backup."""

RESTORED = "ledger.restored"
"""Letters that are not known here may have gone out since then (ISO moment): each is looked for before it goes."""

READ_AGAIN = "mail.read-again-since"
"""Letters that came since then (ISO moment) may be marked as done in the mailbox without being known here."""

CATCHING_UP = "ledger.catching-up"
"""The spreadsheet may show what is not known here. JSON: numbers of unknown cases, with what their rows say."""
