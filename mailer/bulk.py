"""What a partner's reply says of several deals at once: one line a deal, `1 – в работе`, by the numbers of the letter's own list.

Each line stands for itself: what is understood acts, the rest is told. A figure never stands for a word here (`1 – 4` may be a
day), a range never for its lines (`1-3` may be a quantity), and a place alone says nothing: nothing but a place of the list, or a
deal's number, with the list's own words changes a deal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cases.incoming_mail import ListReading, Unclear
from mailer.quotes import new_text
from mailer.replies import listed_meaning, plain_lines

_MAX_CHARS = 20_000
_DASH = "-‐-―−"
_PLACE = r"(?:строк[аеи] |пункт |п\. ?|no ?)?\d{1,3}"  # plain text has «№» as `no`
_NUMBER = rf"[dд] ?[{_DASH}] ?\d{{4}} ?[{_DASH}] ?\d{{4,10}}"
_ALL = r"(?:по )?(?:все(?:м|х)?|остальн(?:ые|ым|ых))(?: сделк(?:и|ам|ах))?"
_TARGET = re.compile(
    rf"(?:(?P<places>{_PLACE}(?: ?(?:,|и|\+|&) ?{_PLACE})*)(?:[.)]? ?[,{_DASH}:(]* ?(?P<named>{_NUMBER})\)?)?"
    rf"|(?:по )?(?:сделк[аеи] )?(?:no ?)?(?P<number>{_NUMBER})"
    rf"|(?P<all>{_ALL}))"
    rf"(?P<between> ?[.)]* ?[{_DASH}:=]* ?)(?P<phrase>.*)"
)
_ANNOUNCEMENT = re.compile(
    r"(?:(?:вот|высыла\w+|направля\w+|отправля\w+|обновля\w+|сообща\w+|актуализиру\w+|наши|текущие) )*"
    r"(?:статус\w*|обновлени\w+|информаци\w+|новости)(?: (?:по|о|об) (?:\w+ ?){1,3})?[ .:]*"
    r"|[^\d?]{1,60}:"
)
"""What comes before the lines and says nothing itself."""


@dataclass(slots=True)
class _Said:
    """What the lines say so far: by deal, the words with the lines that said them; the same for `все`."""

    of_deal: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    of_all: dict[str, list[str]] = field(default_factory=dict)
    unclear: list[Unclear] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


class RussianListReader:
    """`cases.ports.ListReader` for letters in Russian. Holds nothing; never raises."""

    def read_list(self, text: str, answered: str, listed: Sequence[str]) -> ListReading:
        """See the port. A deal that two lines say different things of is left alone; `все` yields to a line of the deal's own."""
        fresh = new_text(text, answered)[:_MAX_CHARS]
        said = _Said()
        for raw in re.split(r"[\n;]", fresh):
            for line in plain_lines(raw):
                _take(said, line, " ".join(raw.split()), listed)
        contradicted: dict[str, None] = {}
        for number, words in list(said.of_deal.items()):
            if _contradict(words):
                contradicted |= dict.fromkeys(line for lines in words.values() for line in lines)
                said.of_deal[number] = {}
        if _contradict(said.of_all):
            contradicted |= dict.fromkeys(line for lines in said.of_all.values() for line in lines)
            said.of_all = {}
        said.unclear += [Unclear(line, "twice") for line in contradicted]
        order = [*listed, *(number for number in said.of_deal if number not in listed)]
        acting = [
            (number, word) for number in order for word in said.of_deal.get(number, said.of_all if number in listed else {})
        ]
        return ListReading(tuple(acting), tuple(said.unclear), "\n".join(said.beside))


def _take(said: _Said, line: str, raw: str, listed: Sequence[str]) -> None:
    """Put one plain line where it belongs; `raw`: as it was written."""
    target = _TARGET.fullmatch(line)
    if target is None:
        if not _ANNOUNCEMENT.fullmatch(line):
            said.beside.append(raw)
        return
    phrase = target["phrase"].strip(" .,!")
    meaning = "" if "?" in line else listed_meaning(phrase)
    if not meaning:
        _not_understood(said, target, phrase, raw)
    elif target["all"]:
        said.of_all.setdefault(meaning, []).append(raw)
    elif (numbers := _meant(target, listed)) is None:
        said.unclear.append(Unclear(raw, "no-line"))
    else:
        for number in numbers:
            said.of_deal.setdefault(number, {}).setdefault(meaning, []).append(raw)


def _not_understood(said: _Said, target: re.Match[str], phrase: str, raw: str) -> None:
    """A line with a place and no word of the list. In words it is for people, too; «2 лицензии», «12 марта» are theirs alone."""
    if target["all"] or (phrase and not _separated(target)):
        said.beside.append(raw)
    elif not phrase:
        said.unclear.append(Unclear(raw, "no-word"))
    elif re.fullmatch(r"[\d .,:–—-]+", phrase):
        said.unclear.append(Unclear(raw, "figure"))
    else:
        said.unclear.append(Unclear(raw, "not-understood"))
        said.beside.append(raw)


def _separated(target: re.Match[str]) -> bool:
    """Does a sign stand between the place and what is said of it?"""
    return bool(target["between"].strip()) or not target["places"] or bool(target["named"])


def _meant(target: re.Match[str], listed: Sequence[str]) -> list[str] | None:
    """The deals that a line names; None when one of its places is not in the list, or place and number disagree."""
    if target["number"]:
        return [_case_number(target["number"])]
    places = [int(figure) for figure in re.findall(r"\d+", target["places"])]
    if not all(1 <= place <= len(listed) for place in places):
        return None
    numbers = [listed[place - 1] for place in places]
    if target["named"] and numbers != [_case_number(target["named"])]:
        return None
    return numbers


def _case_number(text: str) -> str:
    year, count = re.findall(r"\d+", text)
    return f"D-{year}-{count}"


def _contradict(words: Iterable[str]) -> bool:
    """Two different words; a request to extend may stand beside a report."""
    distinct = set(words)
    return len(distinct) > 1 and not (len(distinct) == 2 and "extend" in distinct and not distinct & {"won", "lost", "withdraw"})
