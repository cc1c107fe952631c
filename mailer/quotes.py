"""What is new in a reply: quotes, signatures and the very letter that is answered are taken out, for reading only; the whole text
is kept elsewhere.

Marked quotes (`>`) go line by line, so answers between and below them stay. Below an unmarked head (Outlook, mail.ru) the rest is
the quote; with the answered letter at hand, lines there that are not its own are answers and stay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_MAX_LINES = 5000

_DATE = (
    r"(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}\s+(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)\w*\.?,?\s+\d{4}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\.?\s+\d{1,2},?\s+\d{4}"
    r"|\d{1,2}\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\.?,?\s+\d{4})"
)
_ADDRESS = r"[^\s<>@\"]{1,64}@[^\s<>@\"]{1,255}"
_ATTRIBUTION = re.compile(
    rf"(?=.*(?:{_DATE}|{_ADDRESS}))"  # a date or an address is named …
    rf"(?:.*\b(?:пишет|писала?|написала?|написал\(а\)|wrote|writes)\s*:"  # … and somebody writes
    rf"|(?=.*{_DATE}).*<?{_ADDRESS}>?\s*:)"  # … or both are, and no verb (Yandex, new Gmail, mail.ru)
    r"\s*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^[\s*_]*-{2,}\s*(?:исходное сообщение|original message|пересылаемое сообщение|пересланное сообщение"
    r"|перенаправленное сообщение|forwarded message|ответ на сообщение)\s*-{2,}[\s*_]*$"
    r"|^\s*(?:начало переадресованного сообщения|begin forwarded message)\s*:?\s*$",
    re.IGNORECASE,
)
_HEAD_LINE = re.compile(
    r"^[\s*]*(от|from|отправлено|дата|sent|date|кому|to|копия|cc|тема|subject|важность|importance)\s*\*?\s*:", re.IGNORECASE
)
_HEAD_START = frozenset(("от", "from"))
_RULE = re.compile(r"^\s*_{8,}\s*$|^\s*-{8,}\s*$")
_SIGNATURE = re.compile(
    r"^\s*(?:--\s*$|(?:с\s+(?:большим\s+)?уважением|с\s+ув\.|с\s+наилучшими\s+пожеланиями|всего\s+(?:доброго|хорошего|наилучшего)"
    r"|(?:best|kind|warm)\s+regards|regards|sincerely)\b|с\s+ув\.?\s*,"
    r"|(?:отправлено\s+(?:с|из)|sent\s+(?:from|via)|получить\s+outlook|get\s+outlook|скачать\s+outlook)\s+\S)",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"^\s*(?:p\.?\s?s\.?|з\.?\s?ы\.?)[\s:.,-]", re.IGNORECASE)
_QUOTE_MARK = re.compile(r"^\s{0,3}(?:>|&gt;|\|\s)")
_LETTERS = re.compile(r"[^0-9a-zа-я]+")


def new_text(text: str, answered: str = "") -> str:
    """The sender's own words in `text`. `answered`: the text of the letter that is answered, "" if unknown. Never raises."""
    lines = [line.rstrip() for line in text.replace("\u00a0", " ").replace("\r\n", "\n").split("\n")[:_MAX_LINES]]
    ours = _Answered(answered)
    kept: list[str] = []
    at, signed = 0, False
    while at < len(lines):
        line = lines[at]
        head = _attribution_length(lines, at)
        if head and _marked_below(lines, at + head):
            at, signed = at + head, False
        elif head or _is_head(lines, at):
            kept.extend(_answers_below(lines[at + max(head, 1) :], ours))
            break
        elif _QUOTE_MARK.match(line):
            at, signed = _past_marked(lines, at, ours), False
        elif (run := ours.run_length(lines, at)) > 0:
            kept.extend(lines[at + extra] for extra in ours.foreign(lines[at : at + run]))
            at, signed = at + run, False
        else:
            signed = (signed or _SIGNATURE.match(line) is not None) and not _POSTSCRIPT.match(line)
            if not signed:
                kept.append(line)
            at += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n").strip()


class _Answered:
    """The lines of the answered letter, for subtraction: compared by letters and digits alone, since clients re-wrap and
    re-space.
    """

    def __init__(self, text: str) -> None:
        lines = [_QUOTE_MARK.sub("", line) for line in text.split("\n")[:_MAX_LINES]]
        self._lines = Counter(bare for bare in map(_bare, lines) if bare)
        self._whole = "".join(map(_bare, lines))

    def owns(self, line: str) -> bool:
        """Whether the line is the letter's: a whole line of it, or a piece long enough to be no chance."""
        bare = _bare(line)
        return bare in self._lines or (len(bare) >= 14 and bare in self._whole)

    def foreign(self, lines: Sequence[str]) -> list[int]:
        """Positions of the lines that are not the letter's: a line said more often than the letter says it is an answer in its
        very words.
        """
        left = Counter(self._lines)
        positions = []
        for at, line in enumerate(lines):
            bare = _bare(line)
            if bare in left:
                left[bare] -= 1
            if line.strip() and (not self.owns(line) or left.get(bare, 0) < 0):
                positions.append(at)
        return positions

    def run_length(self, lines: Sequence[str], at: int) -> int:
        """Lines from `at` that repeat the letter, if at least three do in a row (blank ones do not count); else 0.

        A single equal line is no quote: a partner may answer in the very words of our list.
        """
        end, owned = at, 0
        for position in range(at, len(lines) if self._lines and lines[at].strip() else at):
            if lines[position].strip():
                if not self.owns(lines[position]):
                    break
                owned, end = owned + 1, position + 1
        return end - at if owned >= 3 else 0


def _bare(line: str) -> str:
    return _LETTERS.sub("", line.lower().replace("ё", "е"))


def _attribution_length(lines: Sequence[str], at: int) -> int:
    """Lines of an attribution («6 марта 2026 г., 12:00, … пишет:») that begins at `at`, broken over three at most; 0 if none
    does.
    """
    joined = ""
    for count in range(1, 4):
        if at + count > len(lines) or (count > 1 and not lines[at + count - 1].strip()):
            return 0
        part = _QUOTE_MARK.sub("", lines[at + count - 1])
        joined = f"{joined} {part}".strip()
        if len(joined) > 500:
            return 0
        if part.endswith(":") and _ATTRIBUTION.match(joined):
            return count if count == 1 or not _ends_earlier(lines, at, count) else 0
    return 0


def _ends_earlier(lines: Sequence[str], at: int, count: int) -> bool:
    """Whether the attribution needs none of the lines before its last: then they are the sender's words above it."""
    return any(_ATTRIBUTION.match(" ".join(lines[start : at + count]).strip()) for start in range(at + 1, at + count))


def _marked_below(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return _QUOTE_MARK.match(following) is not None


def _is_head(lines: Sequence[str], at: int) -> bool:
    """Whether an unmarked quote begins here: a separator, or a block of От/Отправлено/Кому/Тема."""
    if _SEPARATOR.match(lines[at]):
        return True
    start = at
    if _RULE.match(lines[at]):
        start = next((other for other in range(at + 1, min(at + 4, len(lines))) if lines[other].strip()), at)
    first = _HEAD_LINE.match(lines[start])
    if first is None or first.group(1).lower() not in _HEAD_START:
        return False
    block = [line for line in lines[start + 1 : start + 9] if line.strip()][:5]
    return sum(1 for line in block if _HEAD_LINE.match(line)) >= 2


def _past_marked(lines: Sequence[str], at: int, ours: _Answered) -> int:
    """Where a `>` quote ends; a line's rest that an old client broke off without a mark belongs to it if the answered letter says
    so.
    """
    while at < len(lines) and _QUOTE_MARK.match(lines[at]):
        at += 1
    while at < len(lines) and len(_bare(lines[at])) >= 8 and ours.owns(lines[at]):
        at += 1
    return at


def _answers_below(lines: Sequence[str], ours: _Answered) -> Iterable[str]:
    """Answers that the sender wrote into or under an unmarked quote: lines that are not the answered letter's, if the quote
    clearly is.

    They end at the next head, `>` or signature: what follows is older.
    """
    stop = next((at for at in range(len(lines)) if _ends_quote(lines, at)), len(lines))
    region = [line for line in lines[:stop] if not _HEAD_LINE.match(line)]
    foreign = ours.foreign(region)
    not_ours = set(foreign)
    owned = [at for at, line in enumerate(region) if line.strip() and at not in not_ours]
    if len(owned) < 3 or len(foreign) > len(owned):
        return []
    return [region[at] for at in foreign if at > owned[0]]


def _ends_quote(lines: Sequence[str], at: int) -> bool:
    return at > 6 and (_attribution_length(lines, at) > 0 or _is_head(lines, at) or _QUOTE_MARK.match(lines[at]) is not None)
