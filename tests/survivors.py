"""What `make mutate` found: mutants and those that no test noticed, by file; fails when these are too many (docs/mutation.md)."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

NOTICED = frozenset({"killed", "timeout", "segfault", "caught by type check"})
UNTRIED = "not checked"
MOST = 5
"""Percent of the mutants that may survive."""


def tried() -> list[tuple[str, str]]:
    """Every mutant that was tried, and what came of it."""
    mutmut = Path(sys.executable).with_name("mutmut")
    told = subprocess.run([mutmut, "results", "--all", "true"], check=True, capture_output=True, text=True).stdout
    pairs = (line.strip().rpartition(": ")[::2] for line in told.splitlines())
    return [(mutant, outcome) for mutant, outcome in pairs if outcome != UNTRIED]


def main() -> int:
    """The account, a line a file, after the survivors by name (`mutmut show NAME` tells each)."""
    found = tried()
    survivors = [(mutant, outcome) for mutant, outcome in found if outcome not in NOTICED]
    for mutant, outcome in survivors:
        print(f"{outcome:<10} {mutant}")
    mutants, survived = (Counter(".".join(mutant.split(".")[:-1]) for mutant, _ in of) for of in (found, survivors))
    print(f"{'file':<24}{'mutants':>8}{'survivors':>10}{'percent':>9}")
    for file, count in [*sorted(mutants.items()), ("all", len(found))]:
        left = len(survivors) if file == "all" else survived[file]
        print(f"{file:<24}{count:>8}{left:>10}{100 * left / count:>9.1f}")
    return int(100 * len(survivors) > MOST * len(found))


if __name__ == "__main__":
    sys.exit(main())
