"""A short year in the slow suite. `PARTNERDESK_YEAR_SEED=7` plays another one; `python -m tests.year` plays a whole one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.year.play import Year, play

SEED = os.environ.get("PARTNERDESK_YEAR_SEED", "")


@pytest.mark.slow
def test_a_year_ends_as_the_model_says(tmp_path: Path) -> None:
    """Eight partners, eighty deals, a pass every third or fourth business day, with kills and a book that is open elsewhere."""
    outcome = play(Year(int(SEED or 31), partners=8, deals=80, pace=0.28), tmp_path)
    assert not outcome.differences, "\n".join(map(str, outcome.differences))
    assert outcome.kills
    assert outcome.deals >= 60
    assert outcome.leads >= 10


@pytest.mark.slow
def test_a_month_over_google_ends_as_the_model_says(tmp_path: Path) -> None:
    """The same over the wire, where answers are lost, lines are cut and the service is down."""
    outcome = play(Year(int(SEED or 33), partners=6, deals=40, days=40, sheets="google"), tmp_path)
    assert not outcome.differences, "\n".join(map(str, outcome.differences))
    assert outcome.deals >= 25
    assert outcome.leads >= 2
