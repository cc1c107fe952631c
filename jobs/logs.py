"""Logs: JSON lines on stderr, with numbers and codes and no personal data; silent where a person watches, unless asked for."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class _Lines(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _PLAIN}
        if record.exc_info and record.exc_info[2]:
            frames = traceback.extract_tb(record.exc_info[2])  # places only: an error's message may quote what a person wrote
            line["where"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-6:]]
        print(json.dumps(line, ensure_ascii=False, default=str), file=sys.stderr)


def set_up(*, verbose: bool, quiet: bool = False) -> None:
    """Log to stderr if nobody watches it, or if asked to; `quiet`: only what goes wrong."""
    logger = logging.getLogger("jobs")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.WARNING if quiet and not verbose else logging.INFO)
    logger.addHandler(_Lines() if verbose or not sys.stderr.isatty() else logging.NullHandler())
