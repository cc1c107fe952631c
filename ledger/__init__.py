"""Durable memory of submissions, cases, decisions and effects; `ledger.database.open_ledger` is the way in."""
