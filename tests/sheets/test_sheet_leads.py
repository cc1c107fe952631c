"""`Лиды`: people make the rows; each is known by the number it gets, or by what people wrote in it."""

# ruff: noqa: DTZ001  a cell has no zone: what stands there is Moscow's clock

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from cases.model import WordKind
from cases.staff_lines import LeadLine
from sheets.base import Notice, updated
from sheets.lead_rows import LeadRow, new_leads
from sheets.projection import Shown
from sheets.snapshot import SheetFault
from tests.sheets.grid_desk import GridDesk, idle, quiet

LEADS = "Лиды"
FIRST, SECOND = "L-2026-0001", "L-2026-0002"
NUMBER, LEAD, CONTACT, REGION, PARTNER, HANDED = range(6)


def shown(number: str) -> Shown:
    return {"number": number, "partner": "ООО Партнёр", "handed_at": datetime(2026, 3, 2, 12)}


class LeadDesk(GridDesk):
    """A desk that also takes in new leads, as the job does between reading words and writing."""

    def add(self, lead: str, contact: str, region: str = "", number: str = "") -> list[Any]:
        """A person writes a lead down; gives the row."""
        self.tabs[LEADS].append([number, lead, contact, region, "", ""])
        return self.tabs[LEADS][-1]

    def new(self) -> tuple[list[LeadRow], list[SheetFault]]:
        return new_leads(self.read(), self.base.get(LEADS, {}))

    def take(self) -> Mapping[str, Mapping[str, Shown]]:
        """New leads get their numbers; gives what they are to show."""
        rows, _ = self.new()
        serial = len(self.base.get(LEADS, {}))
        taken = {f"L-2026-{place:04}": row.cells for place, row in enumerate(rows, start=serial + 1)}
        self.base = updated(self.base, {LEADS: taken})
        return {LEADS: {number: shown(number) for number in taken}}

    def lines(self) -> list[tuple[Any, ...]]:
        """№, lead and partner of every row."""
        return [(row[NUMBER], row[LEAD], row[PARTNER]) for row in self.tabs[LEADS][1:]]


@pytest.fixture
def desk() -> LeadDesk:
    """Two leads, taken in and shown."""
    desk = LeadDesk()
    desk.add("ООО «Маяк»", "Ольга", "Москва")
    desk.add("ООО «Риф»", "Пётр")
    desk.one_pass(desk.take())
    desk.one_pass()
    return desk


# -- new rows ----------------------------------------------------------------------------


def test_new_rows_are_leads_in_the_order_of_the_sheet_and_get_their_numbers() -> None:
    desk = LeadDesk()
    desk.add(" ООО  «Маяк»", "Ольга", "Москва")
    desk.add("ООО «Риф»", "+74950000000")
    assert desk.new() == (
        [LeadRow(LeadLine("ООО «Маяк»", "Ольга", "Москва"), 2), LeadRow(LeadLine("ООО «Риф»", "+74950000000", ""), 3)],
        [],
    )
    _, plan = desk.one_pass(desk.take())
    assert not plan.appends
    assert desk.lines() == [(FIRST, " ООО  «Маяк»", "ООО Партнёр"), (SECOND, "ООО «Риф»", "ООО Партнёр")]
    assert desk.tabs[LEADS][1][HANDED] == datetime(2026, 3, 2, 12)
    assert desk.new() == ([], [])
    assert quiet(desk)
    assert not desk.journal


def test_what_lacks_a_word_or_says_what_another_says_is_named(desk: LeadDesk) -> None:
    desk.add("ООО «Без связи»", "", "Москва")
    desk.add("", "Ольга")
    desk.add("ООО «Маяк»", "Ольга", "Москва")
    desk.add("ООО «Маяк»", "Ольга", "Казань")
    desk.add("ООО «Маяк»", "Ольга", "Казань")
    desk.add("ООО «Риф-2»", "Пётр", number="17")
    rows, faults = desk.new()
    assert rows == [LeadRow(LeadLine("ООО «Маяк»", "Ольга", "Казань"), 7)]
    assert faults == [
        SheetFault("value-missing", LEADS, "Контакт", position=4),
        SheetFault("value-missing", LEADS, "Лид", position=5),
        SheetFault("lead-repeated", LEADS, "Лид", position=6, value=FIRST),
        SheetFault("lead-repeated", LEADS, "Лид", position=8, value="строка 7"),
        SheetFault("lead-numbered", LEADS, "№", position=9, value="17"),
    ]
    reading, plan = desk.one_pass()
    assert idle(reading, plan)
    assert not reading.notices


def test_a_taken_lead_that_lost_half_of_what_it_says_is_named_and_one_taken_off_is_not(desk: LeadDesk) -> None:
    desk.row(LEADS, FIRST)[CONTACT] = ""
    desk.row(LEADS, SECOND)[LEAD] = desk.row(LEADS, SECOND)[CONTACT] = ""
    assert desk.new() == ([], [SheetFault("value-missing", LEADS, "Контакт", position=2)])


def test_an_error_value_is_nothing(desk: LeadDesk) -> None:
    desk.add("#REF!", "Ольга")
    desk.errors[LEADS] = {(4, LEAD)}
    assert desk.new() == ([], [SheetFault("value-missing", LEADS, "Лид", position=4)])
    row = desk.add("ООО «Порт»", "Анна", "#REF!")
    desk.errors[LEADS] |= {(5, REGION)}
    assert desk.new()[0] == [LeadRow(LeadLine("ООО «Порт»", "Анна", ""), 5)]
    assert row[REGION] == "#REF!"


def test_a_missing_or_stopped_tab_has_no_leads(desk: LeadDesk) -> None:
    desk.add("ООО «Порт»", "Анна")
    kept = desk.tabs.pop(LEADS)
    assert desk.new() == ([], [])
    desk.tabs[LEADS] = [["№", "№", *kept[0][2:]], *kept[1:]]
    assert desk.new() == ([], [])


# -- words -------------------------------------------------------------------------------


def test_what_staff_write_in_a_lead_is_a_word_and_what_is_ours_is_put_back(desk: LeadDesk) -> None:
    desk.row(LEADS, FIRST)[REGION] = "Казань"
    desk.row(LEADS, FIRST)[PARTNER] = "ООО Другой"
    desk.one_pass()
    assert [(word.kind, word.number, word.column, word.old, word.new) for word in desk.journal] == [
        (WordKind.FIELD, FIRST, "region", "Москва", "Казань"),
        (WordKind.OVERWRITTEN, FIRST, "partner", "ООО Партнёр", "ООО Другой"),
    ]
    assert desk.lines()[0] == (FIRST, "ООО «Маяк»", "ООО Партнёр")
    assert quiet(desk)


def test_a_deleted_lead_comes_back_with_what_staff_wrote(desk: LeadDesk) -> None:
    desk.tabs[LEADS].remove(desk.row(LEADS, FIRST))
    desk.one_pass()
    assert [(word.kind, word.number) for word in desk.journal] == [(WordKind.ROW_DELETED, FIRST)]
    assert desk.tabs[LEADS][-1][:5] == [FIRST, "ООО «Маяк»", "Ольга", "Москва", "ООО Партнёр"]
    assert quiet(desk)


@pytest.mark.parametrize("typed", ["", "17", "L-2026-0099"])
def test_a_spoilt_number_is_put_back_where_the_lead_stands(desk: LeadDesk, typed: str) -> None:
    for times in (1, 2):
        desk.row(LEADS, FIRST)[NUMBER] = typed
        assert desk.new() == ([], [])
        desk.one_pass()
        assert [row[0] for row in desk.lines()] == [FIRST, SECOND]
        assert [(word.kind, word.number, word.new) for word in desk.journal] == [(WordKind.OVERWRITTEN, FIRST, typed)] * times
        assert quiet(desk)


def test_two_numbers_spoilt_by_a_sort_of_the_others_are_put_back(desk: LeadDesk) -> None:
    first, second = desk.row(LEADS, FIRST), desk.row(LEADS, SECOND)
    first[NUMBER], second[NUMBER] = "", "17"
    desk.tabs[LEADS][1:] = [second, first]
    desk.one_pass()
    assert [row[:2] for row in desk.lines()] == [(SECOND, "ООО «Риф»"), (FIRST, "ООО «Маяк»")]


def test_a_number_given_to_two_rows_is_named(desk: LeadDesk) -> None:
    desk.row(LEADS, SECOND)[NUMBER] = FIRST
    reading, plan = desk.one_pass({LEADS: {FIRST: {**shown(FIRST), "partner": "ООО Третий"}}})
    assert [(notice.code, notice.number, notice.position) for notice in reading.notices] == [
        ("number-doubled", FIRST, 2),
        ("number-doubled", FIRST, 3),
    ]
    assert plan.waiting == {(LEADS, FIRST)}
    assert [(word.kind, word.number) for word in reading.words] == [(WordKind.ROW_DELETED, SECOND)]


# -- a lead whose number is yet to come --------------------------------------------------


def test_a_number_that_could_not_be_written_finds_its_row_wherever_it_moved() -> None:
    desk = LeadDesk()
    desk.add("ООО «Маяк»", "Ольга")
    ours = desk.take()
    desk.one_pass(ours, write=False)
    desk.tabs[LEADS].insert(1, ["", "ООО «Риф»", "Пётр", "", "", ""])
    assert [row.line.lead for row in desk.new()[0]] == ["ООО «Риф»"]
    desk.one_pass(ours)
    assert desk.lines() == [("", "ООО «Риф»", ""), (FIRST, "ООО «Маяк»", "ООО Партнёр")]
    assert quiet(desk)
    assert not desk.journal


@pytest.mark.parametrize(("place", "text"), [(LEAD, "ООО «Маяк-2»"), (CONTACT, "Анна"), (REGION, "Казань")])
def test_a_lead_edited_before_its_number_came_is_known_by_its_other_half(place: int, text: str) -> None:
    desk = LeadDesk()
    desk.add("ООО «Риф»", "Пётр")
    row = desk.add("ООО «Маяк»", "Ольга")
    ours = desk.take()
    desk.one_pass(ours, write=False)
    row[place] = text
    assert desk.new() == ([], [])
    desk.one_pass(ours)
    assert [line[0] for line in desk.lines()] == [FIRST, SECOND]
    assert [(word.number, word.new) for word in desk.journal] == [(SECOND, text)]
    assert quiet(desk)


def test_a_lead_edited_in_both_halves_is_a_new_one_and_the_old_one_comes_back() -> None:
    desk = LeadDesk()
    row = desk.add("ООО «Маяк»", "Ольга")
    ours = desk.take()
    row[LEAD], row[CONTACT] = "ООО «Порт»", "Анна"
    assert [one.line.lead for one in desk.new()[0]] == ["ООО «Порт»"]
    desk.one_pass(ours)
    assert desk.lines() == [("", "ООО «Порт»", ""), (FIRST, "ООО «Маяк»", "ООО Партнёр")]


@pytest.mark.parametrize(
    ("first", "second"),
    [(("ООО «Маяк»", "Анна"), ("ООО «Порт»", "Ольга")), (("ООО «Маяк»", "Анна"), ("ООО «Маяк»", "Олег"))],
)
def test_of_two_rows_that_are_half_alike_none_is_taken_for_the_lead(first: tuple[str, str], second: tuple[str, str]) -> None:
    desk = LeadDesk()
    desk.add("ООО «Маяк»", "Ольга")
    ours = desk.take()
    desk.tabs[LEADS][1:] = [["", *first, "", "", ""], ["", *second, "", "", ""]]
    desk.one_pass(ours)
    assert [row[0] for row in desk.lines()] == ["", "", FIRST]


def test_two_leads_that_said_the_same_are_not_guessed_at_by_halves() -> None:
    desk = LeadDesk()
    desk.add("ООО «Маяк»", "Ольга")
    desk.take()
    desk.base[LEADS][SECOND] = dict(desk.base[LEADS][FIRST])
    desk.row(LEADS, "")[CONTACT] = "Анна"
    desk.one_pass({LEADS: {number: shown(number) for number in (FIRST, SECOND)}})
    assert [row[0] for row in desk.lines()] == ["", FIRST, SECOND]


@pytest.mark.parametrize(("was", "stands"), [(("", "Ольга"), ("", "Пётр")), (("ООО «Маяк»", ""), ("ООО «Порт»", ""))])
def test_an_empty_half_is_like_nothing(was: tuple[str, str], stands: tuple[str, str]) -> None:
    desk = LeadDesk()
    lead, contact = was
    desk.base = {LEADS: {FIRST: {"lead": lead, "contact": contact, "region": ""}}}
    desk.add(*stands)
    desk.one_pass({LEADS: {FIRST: shown(FIRST)}})
    assert [row[0] for row in desk.lines()] == ["", FIRST]


def test_a_lead_that_came_back_empty_is_known_by_what_staff_wrote_anew() -> None:
    """Nothing was ever said about its region."""
    desk = LeadDesk()
    desk.one_pass({LEADS: {FIRST: shown(FIRST)}})
    desk.row(LEADS, FIRST)[LEAD : CONTACT + 1] = ["ООО «Маяк»", "Ольга"]
    desk.one_pass()
    desk.add("ООО «Маяк»", "Ольга")
    assert desk.new() == ([], [SheetFault("lead-repeated", LEADS, "Лид", position=3, value=FIRST)])
    desk.tabs[LEADS].pop()
    desk.row(LEADS, FIRST)[NUMBER] = "17"
    desk.one_pass()
    assert desk.lines() == [(FIRST, "ООО «Маяк»", "ООО Партнёр")]


def test_a_row_with_a_number_of_its_own_is_not_taken_for_a_half_alike_lead() -> None:
    desk = LeadDesk()
    desk.add("ООО «Маяк»", "Ольга")
    ours = desk.take()
    desk.tabs[LEADS][1:] = [["17", "ООО «Маяк»", "Анна", "", "", ""]]
    assert desk.new()[1] == [SheetFault("lead-numbered", LEADS, "№", position=2, value="17")]
    desk.one_pass(ours)
    assert [row[0] for row in desk.lines()] == ["17", FIRST]


def test_a_shown_lead_whose_number_and_half_went_is_a_deleted_one(desk: LeadDesk) -> None:
    desk.row(LEADS, FIRST)[:3] = ["", "ООО «Маяк»", "Анна"]
    desk.one_pass()
    assert [(word.kind, word.number) for word in desk.journal] == [(WordKind.ROW_DELETED, FIRST)]
    assert [row[0] for row in desk.lines()] == ["", SECOND, FIRST]


def test_alike_leads_take_their_rows_in_order() -> None:
    desk = LeadDesk()
    for _ in range(2):
        desk.add("ООО «Маяк»", "Ольга")
    desk.base = {LEADS: {number: {"lead": "ООО «Маяк»", "contact": "Ольга", "region": ""} for number in (FIRST, SECOND)}}
    desk.one_pass({LEADS: {number: shown(number) for number in (FIRST, SECOND)}})
    assert [row[0] for row in desk.lines()] == [FIRST, SECOND]


def test_people_s_new_rows_are_no_faults_of_the_merge(desk: LeadDesk) -> None:
    desk.add("ООО «Порт»", "Анна", number="L-2026-0777")
    reading, _ = desk.one_pass({LEADS: {SECOND: {**shown(SECOND), "partner": "ООО Третий"}}})
    assert reading.notices == list[Notice]()
    assert desk.lines()[1] == (SECOND, "ООО «Риф»", "ООО Третий")
