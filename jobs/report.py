"""What a pass did and what it could not do; the exit code follows from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class PassReport:
    """`faults` left work undone (exit 1), `notices` are to be known; `counts`: what was done; `lines`: a dry run's account."""

    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Something is left undone; said once."""
        if text not in self.faults:
            self.faults.append(text)

    def notice(self, text: str) -> None:
        """Something worth knowing; said once."""
        if text not in self.notices:
            self.notices.append(text)

    @property
    def exit_code(self) -> int:
        """0 done, 1 something left undone."""
        return 1 if self.faults else 0
