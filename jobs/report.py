"""What a pass did and what it could not do; the exit code follows from it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from sheets.masking import masked

_ERROR = re.compile(r"^([A-Z]\w*): .*", re.ASCII | re.DOTALL)


@dataclass(slots=True)
class PassReport:
    """`faults` left work undone (exit 1), `notices` are to be known; `counts`: what was done; `lines`: a dry run's account.

    Faults and notices go to stderr, which ends in a log where nobody watches: addresses and phones in them are shown in part.
    """

    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Something is left undone; said once."""
        if (text := masked(text)) not in self.faults:
            self.faults.append(text)

    def notice(self, text: str) -> None:
        """Something worth knowing; said once."""
        if (text := masked(text)) not in self.notices:
            self.notices.append(text)

    @property
    def exit_code(self) -> int:
        """0 done, 1 something left undone."""
        return 1 if self.faults else 0


def without_words(why: str) -> str:
    """Why something was set aside, for a log: of an error its name alone, since its message may quote what people wrote."""
    return _ERROR.sub(r"\1", why)
