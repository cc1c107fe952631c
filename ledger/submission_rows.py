"""Submissions: once under (source, key), in order of intake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select, tuple_

from cases.model import Submission
from ledger.codec import decode_facts
from ledger.schema import submissions
from ledger.unit import Unit, chunks

_s = submissions.c
_by_keys = select(submissions).where(_s.source == bindparam("source"), _s.key.in_(bindparam("of", expanding=True)))
_by_pairs = select(submissions).where(tuple_(_s.source, _s.key).in_(bindparam("of", expanding=True)))
_by_numbers = select(submissions).where(_s.number.in_(bindparam("of", expanding=True)))
_by_seqs = select(submissions).where(_s.seq.in_(bindparam("of", expanding=True)))

SEQ = "seq"
"""The counter of the order of intake."""


class Submissions(Unit):
    """Submissions of one transaction. A key or a case number that was asked about once is complete in memory from then on."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._by_key: dict[tuple[str, str], Submission | None] = {}
        self._own_submissions: dict[str, set[int]] = {}

    def known_submissions(self, source: str, keys: Iterable[str]) -> dict[str, Submission]:
        """Those of `keys` that were recorded before, by key."""
        keys = list(keys)
        for some in chunks(key for key in keys if (source, key) not in self._by_key):
            self._by_key.update(((source, key), None) for key in some)
            self._adopt_submissions(self._rows_of(_by_keys, {"source": source, "of": some}))
        found = ((key, self._by_key[source, key]) for key in keys)
        return {key: submission for key, submission in found if submission is not None}

    def add_submission(self, submission: Submission) -> Submission:
        """Record a submission; gives it `seq` and `recorded_at`, queues its form row. Raises ValueError if it is known."""
        if self.known_submissions(submission.source, [submission.key]):
            raise ValueError(f"{submission.source} {submission.key} is recorded already")
        submission.seq = self._count_up(SEQ, 0)
        submission.recorded_at = self.now
        self._submissions[submission.seq] = submission
        self._added_submissions[submission.seq] = submission
        self._by_key[submission.source, submission.key] = submission
        self._noted(submission)
        return submission

    def save_submission(self, submission: Submission) -> None:
        """The submission's answer or number changed; a form row is queued to be shown anew (a mail has none).

        Raises ValueError for an object that this transaction did not give or was not given.
        """
        if self._submissions.get(submission.seq) is not submission:
            raise ValueError(f"submission {submission.seq} was not read in this transaction")
        if submission.seq not in self._added_submissions:
            self._changed_submissions[submission.seq] = submission
        self._noted(submission)

    def submissions_of(self, number: str) -> list[Submission]:
        """All submissions that belong to a case, by seq."""
        self._load_submissions_of([number])
        own = (self._submissions[seq] for seq in sorted(self._own_submissions[number]))
        return [submission for submission in own if submission.number == number]

    def _noted(self, submission: Submission) -> None:
        self._belongs(submission)
        if submission.source.startswith("form:"):
            self._show_submission(submission)

    def _belongs(self, submission: Submission) -> None:
        if submission.number in self._own_submissions:
            self._own_submissions[submission.number].add(submission.seq)

    def _load_submissions_of(self, numbers: Iterable[str]) -> None:
        for some in chunks(number for number in numbers if number not in self._own_submissions):
            self._flush_submissions()
            for number in some:
                self._own_submissions[number] = set()
            self._adopt_submissions(self._rows_of(_by_numbers, {"of": some}))

    def _submissions_by_pairs(self, pairs: Iterable[tuple[str, str]]) -> list[Submission]:
        """The submissions named by (source, key); unknown ones left out."""
        pairs = list(pairs)
        missing = [pair for pair in pairs if pair not in self._by_key]
        if missing:
            self._by_key.update((pair, None) for pair in missing)
            self._adopt_submissions(self._rows_of(_by_pairs, {"of": missing}))
        return [submission for submission in (self._by_key[pair] for pair in pairs) if submission is not None]

    def _submissions_by_seqs(self, seqs: Iterable[int]) -> dict[int, Submission]:
        """The submissions of these seqs, by seq."""
        seqs = list(seqs)
        missing = [seq for seq in seqs if seq not in self._submissions]
        for start in range(0, len(missing), 10_000):
            self._adopt_submissions(self._rows_of(_by_seqs, {"of": missing[start : start + 10_000]}))
        return {seq: self._submissions[seq] for seq in seqs if seq in self._submissions}

    def _adopt_submissions(self, rows: Iterable[Any]) -> list[Submission]:
        """Submissions for rows of the table, each the one object that this transaction has of it."""
        found = []
        for row in rows:
            submission = self._submissions.get(row.seq)
            if submission is None:
                submission = self._submissions[row.seq] = Submission(
                    source=row.source,
                    key=row.key,
                    received_at=row.received_at,
                    raw=decode_facts(row.raw),
                    address=row.address,
                    seq=row.seq,
                    number=row.number,
                    answer=row.answer,
                    answer_text=row.answer_text,
                    due_at=row.due_at,
                    answered_at=row.answered_at,
                    recorded_at=row.recorded_at,
                )
                self._by_key[row.source, row.key] = submission
            self._belongs(submission)
            found.append(submission)
        return found
