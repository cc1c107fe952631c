"""`python -m tests.year --seed 7 --partners 300 --deals 6000`: play a year, list every difference; exit code 1 if any."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.year.play import Year, play


def main() -> int:
    """Play, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.year", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partners", type=int, default=300)
    parser.add_argument("--deals", type=int, default=6000)
    parser.add_argument("--days", type=int, default=370, help="how long the year is")
    parser.add_argument("--pace", type=float, default=1, help="passes a business day, on average")
    parser.add_argument("--sheets", choices=("xlsx", "google"), default="xlsx")
    parser.add_argument("--calm", action="store_true", help="no crashes, no lost connections")
    parser.add_argument("--zone", default="America/New_York", help="the machine's own time zone")
    parser.add_argument("--check", type=int, default=0, help="compare every so many passes, and stop at the first difference")
    parser.add_argument("--home", type=Path, help="keep the home in this folder")
    given = parser.parse_args()
    year = Year(
        given.seed,
        given.partners,
        given.deals,
        given.days,
        given.pace,
        given.sheets,
        not given.calm,
        given.zone,
        given.check,
    )
    with TemporaryDirectory(prefix="partner-desk-year-") as folder:
        outcome = play(year, given.home or Path(folder), lambda text: print(text, flush=True))
    for difference in outcome.differences:
        print(difference)
    print(
        f"seed {given.seed}: {outcome.passes} passes, {outcome.kills} of them killed, {outcome.deals} deals, "
        f"{outcome.leads} leads handed out, {outcome.letters} letters, "
        f"{outcome.seconds:.0f} s, {len(outcome.differences)} differences"
    )
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
