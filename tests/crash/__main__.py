"""`python -m tests.crash`: the whole matrix, with its table at the end; more arguments go to pytest."""

from __future__ import annotations

import sys

import pytest

sys.exit(pytest.main(["tests/crash", *sys.argv[1:]]))
