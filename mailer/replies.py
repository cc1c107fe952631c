"""What a partner's reply says: a strict grammar for the numbered list, a short table of words, and silence where either leaves
doubt.

A wrong guess changes a registration; an honest "not understood" costs a person a minute. So a question, a condition, a negation
beside a status, two different answers or two deals are never guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cases.incoming_mail import Reading
from cases.model import Asked, Mail, SaleStatus
from mailer.quotes import new_text
from mailer.reading.headers import case_numbers
from mailer.rendering import render
from mailer.reply_words import WORDS

_LIST: Mapping[int, str] = {
    1: "in-work",
    2: "negotiating",
    3: "offer-sent",
    4: "tender",
    5: "won",
    6: "lost",
    7: "postponed",
    8: "extend",
    9: "withdraw",
}
_FINAL = frozenset(("won", "lost", "withdraw"))
_MEANINGS = tuple(_LIST.values())
_NUMERIC_FIELDS = re.compile(r"inn|kpp|phone|licen[cs]es|quantity|count|days|expected|date|_on$")
_MAX_CHARS = 20_000
_MAX_WORDY = 600


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{WORDS[name]})")


def _within(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{WORDS[name]})(?!\w)")


_FOUND = {name: _within(name) for name in _MEANINGS}
_NEGATION, _NEGATED_FINAL, _UNCERTAIN = _within("negation"), _within("negated-final"), _within("uncertain")
_TWO_DEALS, _PROMISE = _within("two-deals"), _within("promise")
_APPEAL, _WAIT, _STOP_WAITING = _within("appeal"), _within("wait"), _within("stop-waiting")
_TAKE, _DECLINE = _within("take"), _within("decline")
_YES, _NO, _STATUS = _whole("yes"), _whole("no"), _whole("status")
_GREETING = re.compile(rf"^(?:{WORDS['greeting']})(?!\w)")
_THANKS = re.compile(rf"(?:^|(?<=[\s.,!;]))(?:{WORDS['thanks']})[\s.,!;]*$")
_REST = {
    number: re.compile(rf"(?:{WORDS[name]}{'|' + WORDS[extra] if (extra := f'rest-{number}') in WORDS else ''})(?!\w)")
    for number, name in _LIST.items()
}
_OWN_REST = {name: re.compile(rf"(?:{WORDS[name]}|{WORDS[f'rest-{name}']})(?!\w)") for name in ("wait", "appeal", "stop-waiting")}
_LEAD = rf"(?:(?:{WORDS['lead']})\s*[:.–—-]?\s*)?"
_NUMBERED = re.compile(rf"{_LEAD}([1-9])(?:\s*[.):;,]+(?!\d)\s*|\s*[–—-]+\s*|\s+|$)(.*)")
_SEVERAL = re.compile(rf"{_LEAD}([1-9](?:\s*(?:[,;+/&]|\s|и)\s*[1-9])+)[\s.!;]*")
_FURTHER_LINE = re.compile(r"\d\s*[–—:=.)-]+\s*[а-я]")  # a mail program put two lines into one
_SENTENCE = re.compile(r"[.!?;\n]+")


# -- the reader ------------------------------------------------------------------------


class RussianReplyReader:
    """`cases.ports.ReplyReader` for letters in Russian. Holds nothing; never raises."""

    def sent_text(self, mail: Mail) -> str:
        """The text of a letter of ours, as it was sent (so that a reply's quotes can be told from what is new)."""
        return render(mail).text

    def read(self, text: str, subject: str, answered: str, asked: Sequence[Asked], own_list: Mapping[str, str]) -> Reading:
        """See the port. An echo's yes or no comes first, then data that were asked for (a bare `3` answers the question put),
        then the letter's own list or the list of statuses, then words.
        """
        fresh = new_text(text, answered)
        lines = plain_lines(fresh[:_MAX_CHARS])
        body = "\n".join(lines)
        echo = "yes" in own_list.values()
        if echo and (answer := _yes_or_no(body)):
            return Reading(answer, fresh, numbered=body.strip(" .!)") in ("1", "2"))
        if asked and (answers := _data(fresh[:_MAX_CHARS], lines, asked)):
            return Reading("data", fresh, answers=answers)
        if _STATUS.fullmatch(body.replace(",", "").strip(" .!?\n")) or (not body and _STATUS.fullmatch(_subject(subject))):
            return Reading("status", fresh)
        if own_list and not echo and (said := _from_own_list(lines, fresh, own_list)) is not None:
            return said
        if not body or "?" in body or _TWO_DEALS.search(body) or _another_deal(fresh, subject, answered):
            return Reading("", fresh)
        if _APPEAL.search(body) and not _doubtful(body, wishing=True):
            return Reading("appeal", fresh)
        if (action := _about_waiting(body)) is not None:
            return Reading(action, fresh)
        numbers = _numbered(lines)
        if numbers is not None:
            return _from_numbers(numbers, fresh)
        return _from_words(body, fresh)

    def read_lead(self, text: str, subject: str, answered: str) -> Reading:
        """1 or 2 of the letter's list alone on a line, with or without the words that belong to it; or those words."""
        fresh = new_text(text, answered)
        lines = plain_lines(fresh[:_MAX_CHARS])
        body = "\n".join(lines)
        if _STATUS.fullmatch(body.replace(",", "").strip(" .!?\n")) or (not body and _STATUS.fullmatch(_subject(subject))):
            return Reading("status", fresh)
        if not body or "?" in body or len(body) > _MAX_WORDY or len(_leads_named(fresh, subject, answered)) > 1:
            return Reading("", fresh)
        numbered = [found for line in lines if (found := _LEAD_NUMBERED.fullmatch(line)) is not None]
        said = {"take" if found[1] else "decline" for found in numbered} | _lead_words(body)
        begun = sum(_LEAD_BEGUN.match(line) is not None for line in lines)
        if len(said) != 1 or begun > len(numbered) or _doubtful(body, wishing=True):
            return Reading("", fresh)
        return Reading(said.pop(), fresh, numbered=bool(numbered))


_LEAD_NUMBER = rf"(?:(?:по )?(?:лид\w* )?(?:№ ?)?[lл]-\d{{4}}-\d{{4,10}}\W*)?{_LEAD}"
_LEAD_BEGUN = re.compile(rf"{_LEAD_NUMBER}[12](?!\d)")
_LEAD_NUMBERED = re.compile(
    rf"{_LEAD_NUMBER}"
    rf"(?:(1)(?:[\s.):;,–—-]+(?:да|{WORDS['take']})\b.*|[\s.):;,!]*)|(2)(?:[\s.):;,–—-]+(?:{WORDS['decline']})\b.*|[\s.):;,!]*))"
)


def _lead_words(text: str) -> set[str]:
    """`take`, `decline`, both where the text contradicts itself; `unclear` beside a negation that declines nothing."""
    left = _DECLINE.sub(" ", text)
    said = {"decline"} if left != text else set()
    if _TAKE.search(left):
        said |= {"take", "unclear"} if _NEGATION.search(left) else {"take"}
    return said


def _leads_named(fresh: str, subject: str, answered: str) -> set[str]:
    return {number for number in case_numbers(f"{fresh}\n{subject}\n{answered}") if number.startswith("L-")}


# -- the text made plain ------------------------------------------------------------------


def _plain(text: str) -> str:
    """Lower case, ё as е, compatibility forms resolved (①, full-width digits), no quotation marks and emphasis, single blanks;
    lines stay.
    """
    text = unicodedata.normalize("NFKC", text.replace("\ufe0f", "").replace("\u20e3", "")).lower().replace("ё", "е")
    text = re.sub(r"[«»\"'„“”‚‘’*_`\u200b-\u200d\u2060\u00ad]", "", text)
    return re.sub(r"[^\S\n]+", " ", text).strip()


def plain_lines(text: str) -> list[str]:
    """Plain lines without bullets, greetings (with the name greeted) and thanks; empty ones are left out."""
    kept = []
    for raw in text.split("\n"):
        line = re.sub(r"^[•·▪●◦>–—-]\s+", "", _plain(raw))
        while (greeting := _GREETING.match(line)) is not None:
            # the name after a greeting is known by its capitals; what follows the next sign is the letter
            named = re.match(r"(?:,? [А-ЯЁ][а-яё]+){1,3}(?=[!,.]|$)", " ".join(raw.split())[greeting.end() :])
            line = line[greeting.end() + (named.end() if named else 0) :].lstrip(" ,.!:–—-")
            raw = line
        previous = None
        while previous != line:
            previous, line = line, _THANKS.sub("", line).strip()
        if line.strip(" .,!-–—"):
            kept.append(line.strip())
    return kept


def _subject(subject: str) -> str:
    """A subject without Re: and the number in brackets, plain."""
    bare = re.sub(r"\[[^\]]{0,40}\]", " ", _plain(subject))
    return re.sub(r"^(?:\s*(?:re|fw|fwd|на|отв|ответ)\s*:)+", "", bare).strip(" .!?")


def _another_deal(fresh: str, subject: str, answered: str) -> bool:
    """Whether the reply names two deals, or one that the letter it answers is not about."""
    named = {number for number in case_numbers(fresh) if number.startswith("D-")}
    known = {number for number in case_numbers(f"{subject}\n{answered}") if number.startswith("D-")}
    return len(named) > 1 or bool(named and known and not named & known)


def _yes_or_no(body: str) -> str:
    """`yes`, `no`, or "" if the whole body is neither; `1 – да` is yes, `1 – нет` is neither."""
    bare = re.sub(r"[\s.,!:;()–—-]+", " ", body).strip()
    number, _, rest = bare.partition(" ")
    if number in ("1", "2"):
        if not rest:
            return "yes" if number == "1" else "no"
        bare = rest if (_YES if number == "1" else _NO).fullmatch(rest) else ""
    return "yes" if _YES.fullmatch(bare) else "no" if _NO.fullmatch(bare) else ""


# -- numbers of the list ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """Numbers that were answered with, and everything else that was written. `clear` is False where a line contradicts its own
    number.
    """

    numbers: frozenset[int]
    rest: list[str] = field(default_factory=list)
    clear: bool = True


def _numbered(lines: Sequence[str]) -> _Said | None:
    """The numbered answers among the lines; None if there is none. A line such as `3 месяца`, `1с`, `2 лицензии` is none."""
    numbers: set[int] = set()
    rest: list[str] = []
    clear = True
    for line in lines:
        line = _without_case_number(line)
        several = _SEVERAL.fullmatch(line)
        if several is not None:
            numbers.update(int(digit) for digit in re.findall(r"[1-9]", several.group(1)))
            continue
        answer = _NUMBERED.fullmatch(line)
        if answer is None:
            rest.append(line)
            continue
        number, tail = int(answer.group(1)), answer.group(2).strip(" .,!;")
        own = _REST[number].match(tail)
        if not tail:
            numbers.add(number)
        elif own is not None:
            numbers.add(number)
            rest.append(tail[own.end() :])
            clear = clear and not (_NEGATION.search(tail) and number in (5, 6, 9))
        elif any(_REST[other].match(tail) for other in _LIST) or _NEGATION.match(tail):
            numbers.add(number)
            clear = False
        else:
            rest.append(line)
    return _Said(frozenset(numbers), rest, clear) if numbers else None


def _without_case_number(line: str) -> str:
    """`d-2026-0001 – 5` as `5`: the number of the deal before the answer."""
    return re.sub(r"^(?:по )?(?:сделк[аеи] )?№?\s?[dд]\s?[-‐-―−]\s?\d{4}\s?[-‐-―−]\s?\d{4,10}\s*[:,.–—-]*\s*(?=\S)", "", line)


def _from_numbers(said: _Said, fresh: str) -> Reading:
    """One number acts; a report may come with 8 (extend). Anything beside it that says otherwise leaves the letter to people."""
    beside = "\n".join(said.rest)
    main = said.numbers - {8} or said.numbers
    if not said.clear or len(main) != 1:
        return Reading("", fresh)
    meaning = _LIST[next(iter(main))]
    others = _meanings(beside) - {meaning, "in-work"}
    extends = (8 in said.numbers or "extend" in others) and meaning != "extend"
    if others - {"extend"} or (extends and meaning in _FINAL):
        return Reading("", fresh)
    if _UNCERTAIN.search(beside) or _denied(beside, strict=meaning in _FINAL):
        return Reading("", fresh)
    return _reading(meaning, fresh, numbered=True, extends=extends)


def _denied(text: str, strict: bool) -> bool:
    """Whether a negation makes the answer doubtful: any at all for a final one, one beside a status or a deed for the others."""
    if strict:
        return _NEGATION.search(text) is not None
    return any(_NEGATION.search(part) and (_NEGATED_FINAL.search(part) or _meanings(part)) for part in _SENTENCE.split(text))


# -- a letter's own list -----------------------------------------------------------------------------


def _from_own_list(lines: Sequence[str], fresh: str, own_list: Mapping[str, str]) -> Reading | None:
    """A figure of the letter's own list, alone or with its words; None without any figure of a list. A figure that the letter did
    not offer means nothing there, whatever it means elsewhere.

    What is written beside an appeal is for people to read; beside the others, doubt or a question leaves all of it to people.
    """
    chosen: list[str] = []
    beside: list[str] = []
    for line in map(_without_case_number, lines):
        if (several := _SEVERAL.fullmatch(line)) is not None:
            chosen += re.findall(r"[1-9]", several.group(1))
            continue
        one = _NUMBERED.fullmatch(line)
        figure, tail = (one.group(1), one.group(2).strip(" .,!;")) if one is not None else ("", line)
        words = {name for name, rest in _OWN_REST.items() if rest.match(tail)} if figure else set()
        if figure and (not tail or own_list.get(figure) in words):
            chosen.append(figure)
        elif words:
            return Reading("", fresh)  # the figure of one answer, the words of another
        else:
            beside.append(line)
    if not chosen:
        return None
    meanings = {own_list.get(figure, "") for figure in chosen}
    if "" in meanings:
        return Reading("", fresh)
    if "appeal" in meanings:
        return Reading("appeal", fresh, numbered=True, also=tuple(sorted(meanings - {"appeal"})))
    rest = "\n".join(beside)
    if len(meanings) > 1 or "?" in rest or _NEGATION.search(rest) or _UNCERTAIN.search(rest) or _meanings(rest):
        return Reading("", fresh)
    return Reading(meanings.pop(), fresh, numbered=True)


def _about_waiting(body: str) -> str | None:
    """In words: to be told when the customer is free, or not any more. None: nothing of the kind; "": more beside it."""
    for action, pattern in (("stop-waiting", _STOP_WAITING), ("wait", _WAIT)):
        if pattern.search(body):
            rest = pattern.sub(" ", body)
            doubtful = _NEGATION.search(rest) or _UNCERTAIN.search(rest) or _meanings(rest)
            return "" if doubtful else action
    return None


def listed_meaning(phrase: str) -> str:
    """Which words of the numbered list a plain phrase is: `in-work` … `withdraw`. What follows them may only be talk; "" when it
    is a question, denies, supposes, or says something else besides.
    """
    bare = phrase.strip(" .,!;")
    for number, meaning in _LIST.items():
        own = _REST[number].match(bare)
        if own is None:
            continue
        beside = bare[own.end() :]
        says_else = _meanings(beside) - {meaning, "in-work"} or _FURTHER_LINE.search(beside) or "?" in phrase
        if not (says_else or _NEGATION.search(beside) or _UNCERTAIN.search(beside) or case_numbers(beside)):
            return meaning
    return ""


# -- words ---------------------------------------------------------------------------------------


def _meanings(text: str) -> set[str]:
    return {name for name, pattern in _FOUND.items() if pattern.search(text)}


def _from_words(body: str, fresh: str) -> Reading:
    """A short letter that says one thing in the words of the table."""
    found = _meanings(body)
    if len(body) > _MAX_WORDY or not found or _NEGATION.search(body) or _doubtful(body, found <= {"extend", "withdraw"}):
        return Reading("", fresh)
    extends = "extend" in found
    found.discard("extend")
    if len(found) > 1:
        found.discard("in-work")  # the vaguest: «в работе, ведем переговоры»
    if found & {"won", "lost"}:
        found.discard("tender")  # «тендер выиграли»
    if len(found) > 1 or (extends and found & _FINAL):
        return Reading("", fresh)
    if not found:
        return _reading("extend", fresh, numbered=False, extends=False)
    return _reading(found.pop(), fresh, numbered=False, extends=extends)


def _doubtful(body: str, wishing: bool) -> bool:
    """A condition or a guess. With `wishing`, a wish is none: so one asks for an extension or a withdrawal («хотели бы
    отозвать»).
    """
    words = {match.group() for match in _UNCERTAIN.finditer(body)}
    if wishing:
        words -= {"хотим", "хочу"}
        if "хотели бы" in body:
            words.discard("бы")
    return bool(words)


def _reading(meaning: str, fresh: str, numbered: bool, extends: bool) -> Reading:
    if meaning in _FINAL or meaning == "extend":
        return Reading(meaning, fresh, numbered=numbered)
    return Reading("report", fresh, status=SaleStatus(meaning), numbered=numbered, also=("extend",) if extends else ())


# -- data that were asked for ----------------------------------------------------------------------

_KEY = re.compile(r"[^0-9a-zа-я]+")
_ITEM = re.compile(r"^\s*(?:[•·▪●◦*–—-]\s+|\(?\d{1,2}[.)]\s*)")
_PARTING = re.compile(r"^\s*(?:[:=\t]|[–—-](?=\s|\d)|\s[–—-])\s*")


def _data(fresh: str, lines: Sequence[str], asked: Sequence[Asked]) -> dict[str, str]:
    """Answers by field: labelled lines; else a numbered answer to each question in order; else the one bare value for the one
    question.
    """
    raw = [line.strip() for line in fresh.replace("\u00a0", " ").split("\n")]
    labelled = _labelled(raw, asked)
    if labelled:
        return labelled
    items = [found for line in raw if line if (found := re.fullmatch(r"\(?(\d{1,2})[.)]\s*(\S.*)", line)) is not None]
    if len(asked) > 1 and [int(item.group(1)) for item in items] == list(range(1, len(asked) + 1)):
        values = [item.group(2).strip() for item in items]
        if not any(_REST[number].match(_plain(value)) for value in values for number in _LIST) and "?" not in fresh:
            return {ask.field: value for ask, value in zip(asked, values, strict=True)}
    if len(asked) == 1 and len(lines) == 1 and _is_value(lines[0], asked[0]):
        shown = next((line for line in raw if _plain(line) == lines[0]), lines[0])
        return {asked[0].field: shown.strip(" .;") or shown}
    return {}


def _labelled(raw: Sequence[str], asked: Sequence[Asked]) -> dict[str, str]:
    """`label: value`, `label – value`, the value on the next line, or simply after the label; a longer label wins over a shorter
    one.
    """
    labels = sorted(
        ((key, ask.field) for ask in asked if (key := _KEY.sub("", _plain(ask.label)))), key=lambda pair: -len(pair[0])
    )
    answers: dict[str, str] = {}
    waiting = ""
    for line in raw:
        bare = _ITEM.sub("", line)
        matched = next(((name, rest) for key, name in labels if (rest := _after_label(bare, key)) is not None), None)
        if matched is None:
            if waiting and line:
                answers[waiting] = line
            waiting = "" if line else waiting
            continue
        name, rest = matched
        waiting = "" if rest else name
        if rest:
            answers[name] = rest
    return {name: value for name, value in answers.items() if _says_something(value)}


def _after_label(line: str, key: str) -> str | None:
    """What stands after the label (compared by its letters and digits) and a parting sign; None if the line does not begin with
    the label.
    """
    at = matched = 0
    while at < len(line) and matched < len(key):
        folded = _KEY.sub("", _plain(line[at]))
        if folded and not key.startswith(folded, matched):
            return None
        matched, at = matched + len(folded), at + 1
    if matched < len(key) or (at < len(line) and line[at].isalnum()):
        return None
    rest = line[at:].lstrip("»\"'”* ")
    parted = _PARTING.match(line[at:].lstrip("»\"'”*"))
    if parted is not None:
        return line[at:].lstrip("»\"'”*")[parted.end() :].strip(" *")
    # without a sign between, only what looks like a figure is a value: «ИНН заказчика 7707083893», not «ИНН заказчика уточняем»
    return rest.strip() if not rest or rest[0].isdigit() else None


def _says_something(value: str) -> bool:
    plain = _plain(value)
    return plain.strip(" .,-–—?") != "" and not plain.endswith("?")


def _is_value(line: str, ask: Asked) -> bool:
    """Whether one bare line can be the answer to `ask`."""
    if "?" in line or len(line) > 300 or _PROMISE.search(line):
        return False
    if _NUMERIC_FIELDS.search(ask.field):
        return any(sign.isdigit() for sign in line) and not (_meanings(line) or _REST_OF_LIST.fullmatch(line))
    return not (_meanings(line) or _NUMBERED.fullmatch(line) or _STATUS.fullmatch(line) or _UNCERTAIN.search(line))


_REST_OF_LIST = re.compile(r"[1-9]\s*[.)–—-]\s*\D.*")
