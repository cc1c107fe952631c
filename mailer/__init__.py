"""The mailbox: letters read and understood, letters worded, rendered and sent. Imports `cases` and `rules` only."""
