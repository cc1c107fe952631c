"""Faults on demand: what the next calls meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class When(StrEnum):
    """When a fault strikes: before the call is applied, or after it, in place of the answer."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fault:
    """`status` answers it, `cut` closes the connection, `seconds` waits, `act` lets a person edit first.

    `method` is the id's end (`batchUpdate`, `batchGetByDataFilter`); "" is any; `token` is the token endpoint. `skip` calls pass
    first, `count` are struck. `when` AFTER: the call is applied, its answer lost.
    """

    method: str = ""
    status: int = 0
    cut: bool = False
    seconds: float = 0
    retry_after: str = ""
    body: str = ""
    act: Callable[[], None] | None = None
    when: When = When.BEFORE
    skip: int = 0
    count: int = 1


class Faults:
    """The plan; safe for several threads."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def plan(self, fault: Fault) -> Fault:
        """From now on."""
        with self._lock:
            self._planned.append(fault)
        return fault

    def clear(self) -> None:
        """No faults any more."""
        with self._lock:
            self._planned.clear()

    def strikes(self, method: str) -> list[Fault]:
        """The faults of this call, used up."""
        found = []
        with self._lock:
            for fault in list(self._planned):
                if fault.method and not method.endswith(fault.method):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                found.append(fault)
                fault.count -= 1
                if fault.count <= 0:
                    self._planned.remove(fault)
        return found


STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
STATUS_TEXTS = {
    429: "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' of service "
    "'sheets.googleapis.com' for consumer 'project_number:1'.",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
}
