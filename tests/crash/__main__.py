"""`python -m tests.crash`: the whole matrix, with its table at the end; more arguments go to pytest."""

from __future__ import annotations

import sys

import pytest

WHERE = ["tests/crash", "tests/workers", "tests/ledger/test_released_ledgers.py"]
"""What has rows in the matrix."""

sys.exit(pytest.main([*WHERE, *sys.argv[1:]]))
