"""Replies to a list of deals, line by line: what acts, and that nothing else ever does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.bulk import RussianListReader

LISTED = tuple(f"D-2026-{place:04}" for place in range(1, 6))
WORDS = {
    "в работе": "in-work",
    "Переговоры": "negotiating",
    "КП отправлено": "offer-sent",
    "тендер": "tender",
    "отложена": "postponed",
    "выиграна": "won",
    "Проиграна": "lost",
    "продлить регистрацию": "extend",
    "отозвать": "withdraw",
}
READER = RussianListReader()


def said(text: str) -> list[tuple[int, str]]:
    """(place in the list, word) of everything that acts."""
    return [(LISTED.index(number) + 1, word) for number, word in READER.read_list(text, "", LISTED).said]


def why(text: str) -> list[str]:
    return [one.why for one in READER.read_list(text, "", LISTED).unclear]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 – в работе\n2 – тендер\n3 – выиграна", [(1, "in-work"), (2, "tender"), (3, "won")]),
        ("1. В работе\n2) Переговоры\n№3: КП отправлено", [(1, "in-work"), (2, "negotiating"), (3, "offer-sent")]),
        ("1 в работе; 2 тендер", [(1, "in-work"), (2, "tender")]),
        ("1, 2 и 5 — отложена", [(1, "postponed"), (2, "postponed"), (5, "postponed")]),
        ("• 4 - продлить", [(4, "extend")]),
        ("D-2026-0002 – в работе", [(2, "in-work")]),
        ("Сделка D-2026-0002: выиграна", [(2, "won")]),
        ("2. D-2026-0002 – тендер", [(2, "tender")]),
        ("все – в работе\n3 – тендер", [(1, "in-work"), (2, "in-work"), (3, "tender"), (4, "in-work"), (5, "in-work")]),
        ("1 – тендер\nОстальные – в работе", [(1, "tender"), (2, "in-work"), (3, "in-work"), (4, "in-work"), (5, "in-work")]),
        ("По всем сделкам – отложены", [(place, "postponed") for place in range(1, 6)]),
        ("2 – в работе\n2 – продлить", [(2, "in-work"), (2, "extend")]),
        ("1 – в работе, ждём бюджет", [(1, "in-work")]),
        ("3 – отправили КП заказчику", [(3, "offer-sent")]),
        ("Добрый день, коллеги!\nВысылаю статусы по сделкам:\n1 – тендер\nСпасибо!", [(1, "tender")]),
        ("①　– в работе", [(1, "in-work")]),
    ],
)  # fmt: skip
def test_lines_that_act(text: str, expected: list[tuple[int, str]]) -> None:
    assert said(text) == expected
    assert why(text) == []
    assert READER.read_list(text, "", LISTED).beside == ""


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("1", ["no-word"]),
        ("1 – 4", ["figure"]),
        ("1.12.2026", ["figure"]),
        ("0 – в работе", ["no-line"]),
        ("6 – в работе", ["no-line"]),
        ("1, 6 – в работе", ["no-line"]),
        ("1. D-2026-0002 – в работе", ["no-line"]),
        ("1 – в работе\n1 – тендер", ["twice", "twice"]),
        ("1 – выиграна\n1 – продлить", ["twice", "twice"]),
        ("все – в работе\nвсе – тендер", ["twice", "twice"]),
        ("1-3 – в работе", ["not-understood"]),
        ("1 – выиграна?", ["not-understood"]),
        ("1 – не выиграна", ["not-understood"]),
        ("1 – тендер, если выйдем", ["not-understood"]),
        ("1 – тендер выиграли", ["not-understood"]),
        ("1 – в работе 2 – в работе", ["not-understood"]),
        ("3 – заказчик просит скидку", ["not-understood"]),
        ("3 месяца", []),
        ("12 марта", []),
        ("2 лицензии", []),
        ("1 в работе, 2 тендер", []),
        ("все хорошо", []),
        ("в работе", []),
        ("Мы выиграли тендер", []),
    ],
)
def test_lines_that_do_not(text: str, reasons: list[str]) -> None:
    assert said(text) == []
    assert why(text) == reasons


def test_what_is_written_besides_is_kept_for_people() -> None:
    read = READER.read_list("1 – в работе\nА когда новая версия?\n2 – заказчик просит скидку\n3 – 4", "", LISTED)
    assert [number for number, _ in read.said] == [LISTED[0]]
    assert read.beside.split("\n") == ["А когда новая версия?", "2 – заказчик просит скидку"]


def test_a_deal_outside_the_list_acts_by_its_number_alone() -> None:
    assert READER.read_list("D-2026-0077 – в работе", "", LISTED).said == (("D-2026-0077", "in-work"),)


SIGN = st.sampled_from([" – ", " - ", "- ", ") ", ". ", ": ", " "])


@given(st.lists(st.tuples(st.integers(0, 999), SIGN, st.sampled_from(list(WORDS))), min_size=1, max_size=12))
def test_no_place_outside_the_list_ever_acts(lines: list[tuple[int, str, str]]) -> None:
    found = said("\n".join(f"{place}{sign}{word}" for place, sign, word in lines))
    meant: dict[int, set[str]] = {}
    for place, _, word in lines:
        meant.setdefault(place, set()).add(WORDS[word])
    assert all(1 <= place <= len(LISTED) and word in meant[place] for place, word in found)
    for place, words in meant.items():
        if 1 <= place <= len(LISTED) and len(words) == 1:
            assert [word for at, word in found if at == place] == sorted(words), "one clear line acts"


TALK = st.text(alphabet="абвгдежзиклмнопрстуяАБВ0123456789 .,:;–-?!\n№", max_size=200)


@given(st.lists(st.tuples(st.integers(1, 5), SIGN, TALK), max_size=5))
def test_a_text_without_a_word_of_the_list_changes_nothing(lines: list[tuple[int, str, str]]) -> None:
    text = "\n".join(f"{place}{sign}{talk}" for place, sign, talk in lines)
    words = (
        "работ|рабат|процесс|переговор|соглас|обсужд|кп|предложени|тендер|аукцион|торги|закупк|выигр|побед|подпис|оплат|купил"
        "|проигр|отказ|отлож|перен|пауз|мороз|приостан|продл|отоз|отзыв|снят|снимите|отмен"
    )
    if not re.search(words, text.lower().replace("ё", "е")):
        assert said(text) == []


@given(st.lists(st.one_of(TALK, st.sampled_from([f"{place} – {word}" for place in range(8) for word in WORDS])), max_size=8))
def test_everything_written_acts_is_told_or_kept(parts: list[str]) -> None:
    """No line with a letter or a figure in it is lost: it acts, is named as unclear, or goes to people, but for courtesies."""
    text = "\n".join(part.replace("\n", " ").replace(";", " ") for part in parts)
    read = READER.read_list(text, "", LISTED)
    if not (read.said or read.unclear or read.beside):
        assert not any(re.search(r"\d", part) for part in parts)
