"""The programme's files: the figures of the first edition, and what is said about files that are wrong."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.programme import load_calendar, load_editions
from rules.decision import ProgrammeError
from rules.edition import Edition, Tier
from rules.edition_parsing import parse_edition
from rules.in_force import line_up

ROOT = Path(__file__).resolve().parents[2]
SECOND = ROOT / "tests" / "data" / "programme-second"
EDITION = load_editions(ROOT / "programme").items[0]

Edit = Callable[[str, str, str], None]


@pytest.fixture
def programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the programme in the working directory, to be spoilt."""
    shutil.copytree(ROOT / "programme", tmp_path / "programme")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "programme"


@pytest.fixture
def spoil(programme: Path) -> Edit:
    """Replace a text of a file, once."""

    def edit(file: str, old: str, new: str) -> None:
        path = programme / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def fault(programme: Path) -> str:
    """What the loader says; one line."""
    with pytest.raises(ProgrammeError) as caught:
        load_editions(programme)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- the figures -----------------------------------------------------------------------


def test_the_tier_table_is_the_programmes() -> None:
    rows = [
        (row.tier, row.sales_rub, row.discount, row.term_months, row.extensions, row.nfr_months, row.leads_per_month)
        for row in EDITION.tiers
    ]
    assert rows == [
        (Tier.WHITE, 0, Decimal(10), 3, 0, 0, 0),
        (Tier.BRONZE, 150_000, Decimal(20), 3, 1, 0, 1),
        (Tier.SILVER, 500_000, Decimal(30), 6, 1, 6, 2),
        (Tier.GOLD, 5_000_000, Decimal(40), 9, 0, 9, 3),
        (Tier.TRUSTED, 30_000_000, None, 12, 0, None, 10),
    ]
    conditions = [
        (row.site_required, row.publicity_window, row.sales_training, row.monthly_reports, row.staff_confirms)
        for row in EDITION.tiers
    ]
    assert conditions == [
        (False, "", False, 0, False),
        (False, "", False, 0, False),
        (True, "quarter", True, 0, False),
        (True, "quarter", True, 3, False),
        (True, "month", True, 3, True),
    ]
    benefits = [
        (
            row.listed,
            row.joint_events,
            row.extended_marketing,
            row.white_label,
            row.technical_training_discount,
            row.presale_from_rub,
        )
        for row in EDITION.tiers
    ]
    assert benefits == [
        (False, False, False, False, False, 100_000),
        (True, False, False, False, False, 100_000),
        (True, True, False, False, False, 100_000),
        (True, True, True, False, True, 100_000),
        (True, True, True, True, True, 100_000),
    ]


def test_the_figures_of_deals_and_deadlines_are_the_programmes() -> None:
    deals, deadlines = EDITION.deals, EDITION.deadlines
    assert (deals.report_every_days, deals.report_reminder_days_before, deals.annulment_days_after_warning) == (14, 2, 7)
    assert (deals.confirm_every_months, deals.expiry_reminder_days, deals.reregistration_days) == (3, (14, 3), 30)
    assert (deals.switch_discount, deals.second_partner_discount_max) == (Decimal(30), Decimal(5))
    assert (deals.auto_open_limit, deals.auto_open_limit_tiers, deals.needs_data_business_days) == (20, (Tier.WHITE,), 5)
    assert (deadlines.zone, deadlines.opens, deadlines.closes) == ("Europe/Moscow", time(9), time(18))
    assert (deadlines.authorisation_business_days, deadlines.other_business_days) == (1, 2)
    assert deadlines.staff_warning_shares == (0.5, 0.75)
    assert (EDITION.tier_review.sales_window_months, EDITION.tier_review.grace_days) == (12, 30)
    assert (EDITION.authorisation.approve, EDITION.authorisation.start_tier) == ("auto", Tier.WHITE)
    assert {"mail.ru", "yandex.ru", "gmail.com", "bk.ru"} <= EDITION.authorisation.free_mail_domains


def test_the_figures_of_pilots_training_and_licences_are_the_programmes() -> None:
    pilots, training = EDITION.pilots, EDITION.training
    assert (pilots.standard_days, pilots.report_within_days, pilots.end_reminder_days) == (14, 14, 2)
    assert pilots.report_reminder_days == (7, 1)
    assert (training.hold_within_days, training.technical_days) == (30, 2)
    assert EDITION.leads.order == ("tier", "region", "waiting")
    assert EDITION.nfr.reminder_days
    assert EDITION.orders.over_quantity == "staff"


def test_sections_are_headings_of_the_programme() -> None:
    headings = {
        "Авторизация Партнера",
        "Понижение партнёрского статуса или отказ в авторизации",
        "Повышение партнёрского статуса",
        "Партнерские статусы",
        "Регистрация сделки",
        "Условия предоставления специальных цен",
        "Тестовые лицензии для пилотов",
        "Обучение",
    }
    cited = {
        EDITION.authorisation.section,
        EDITION.tier_review.section,
        EDITION.tier_review.promotion_section,
        EDITION.deals.section,
        EDITION.deals.switch_section,
        EDITION.deadlines.section,
        EDITION.deadlines.authorisation_section,
        EDITION.orders.section,
        EDITION.pilots.section,
        EDITION.training.section,
        EDITION.leads.section,
        EDITION.nfr.section,
        *(row.section for row in EDITION.tiers),
    }
    assert cited == headings


# -- editions in a row --------------------------------------------------------------------


def test_two_directories_line_up_by_date() -> None:
    editions = load_editions(SECOND, ROOT / "programme")
    assert [edition.name for edition in editions.items] == ["2024-01-01", "2026-07-01"]
    assert editions.at(date(2020, 1, 1)).name == "2024-01-01"  # Wednesday, before the oldest
    assert editions.at(date(2026, 6, 30)).name == "2024-01-01"  # Tuesday
    assert editions.at(date(2026, 7, 1)).name == "2026-07-01"  # Wednesday
    assert editions.named("2024-01-01").deals.report_every_days == 14
    assert editions.named("2026-07-01").deals.report_every_days == 21


def test_an_edition_that_is_gone_is_named() -> None:
    with pytest.raises(ProgrammeError) as caught:
        load_editions(SECOND, ROOT / "programme").named("2025-05-05")
    assert str(caught.value) == (
        "programme/2025-05-05: a case cites this edition, but its files are gone (there are 2024-01-01, 2026-07-01)"
    )


def lined_up_wrongly(*editions: Edition) -> str:
    """What is said about editions that do not follow one another."""
    with pytest.raises(ProgrammeError) as caught:
        line_up(editions)
    return str(caught.value)


def test_the_same_date_twice_is_an_overlap() -> None:
    one, other = replace(EDITION, source="programme/2024-01-01"), replace(EDITION, source="more/2024-01-01")
    assert lined_up_wrongly(one, other) == (
        "more/2024-01-01/edition.toml: effective_from: overlap, programme/2024-01-01 starts on 2024-01-01 too"
    )


@pytest.mark.parametrize(("last_day", "told"), [("2026-06-29", "gap"), ("2026-07-01", "overlap")])
def test_an_edition_that_ends_is_followed_the_day_after(programme: Path, spoil: Edit, last_day: str, told: str) -> None:
    spoil("2024-01-01/edition.toml", "effective_from = 2024-01-01", f"effective_from = 2024-01-01\neffective_to = {last_day}")
    with pytest.raises(ProgrammeError) as caught:
        load_editions(programme, SECOND)
    fault = f"{told}, it ends on {last_day} and {SECOND}/2026-07-01 starts on 2026-07-01"
    assert str(caught.value) == f"programme/2024-01-01/edition.toml: effective_to: {fault}"


def test_a_gap_is_found_whatever_editions_go_before() -> None:
    first = replace(EDITION, effective_from=date(2024, 1, 1))  # Monday
    second = replace(EDITION, effective_from=date(2025, 1, 1), effective_to=date(2025, 12, 30), source="second")  # Tuesday
    third = replace(EDITION, effective_from=date(2026, 1, 1), source="third")  # Thursday
    assert lined_up_wrongly(first, second, third).startswith("second/edition.toml: effective_to: gap, it ends on 2025-12-30")


def test_an_edition_that_ends_the_day_before_the_next_is_fine(programme: Path, spoil: Edit) -> None:
    spoil("2024-01-01/edition.toml", "effective_from = 2024-01-01", "effective_from = 2024-01-01\neffective_to = 2026-06-30")
    assert load_editions(programme, SECOND).items[0].effective_to == date(2026, 6, 30)  # Tuesday


@pytest.mark.parametrize("last_day", ["2030-12-31", "2024-01-01"], ids=["after years", "after one day"])
def test_the_last_edition_does_not_end(programme: Path, spoil: Edit, last_day: str) -> None:
    spoil("2024-01-01/edition.toml", "effective_from = 2024-01-01", f"effective_from = 2024-01-01\neffective_to = {last_day}")
    assert fault(programme) == f"programme/2024-01-01/edition.toml: effective_to: gap, no edition follows {last_day}"


def test_no_edition_at_all(tmp_path: Path) -> None:
    told = "programme: there is no edition (a directory named by its date, such as 2024-01-01)"
    assert fault(tmp_path) == told
    with pytest.raises(ProgrammeError) as caught:
        line_up(())
    assert str(caught.value) == told


def test_no_directory(tmp_path: Path) -> None:
    assert "cannot read the programme's directory" in fault(tmp_path / "nowhere")


def test_a_directory_with_a_slip_in_its_date_is_not_passed_over(programme: Path) -> None:
    (programme / "2026-7-1").mkdir()
    assert fault(programme) == "programme/2026-7-1: expected a directory named by its date, such as 2024-01-01"


def test_other_directories_are_left_alone(programme: Path) -> None:
    (programme / "drafts").mkdir()
    assert len(load_editions(programme).items) == 1


# -- wrong files -----------------------------------------------------------------------------

WRONG = {
    "whole number": (
        "deals.toml",
        "auto_open_limit = 20",
        'auto_open_limit = "x"',
        "deals.toml: auto_open_limit: expected a whole number, got 'x'",
    ),
    "true is no number": (
        "deals.toml",
        "auto_open_limit = 20",
        "auto_open_limit = true",
        "deals.toml: auto_open_limit: expected a whole number, got True",
    ),
    "too small": (
        "deals.toml",
        "report_every_days = 14",
        "report_every_days = 0",
        "deals.toml: report_every_days: expected 1 or more, got 0",
    ),
    "slip in a key": (
        "deals.toml",
        "reregistration_days = 30",
        "reregistrtion_days = 30",
        "deals.toml: reregistration_days: missing (is 'reregistrtion_days' meant to be it?)",
    ),
    "unknown key": (
        "deals.toml",
        "auto_open_limit = 20",
        "auto_open_limit = 20\nauto_open_limits = 20",
        "deals.toml: auto_open_limits: unknown key (did you mean 'auto_open_limit'?)",
    ),
    "unknown key in a table": (
        "deals.toml",
        "discount = 30",
        "discount = 30\ndiscnt = 3",
        "deals.toml: switch.discnt: unknown key (did you mean 'discount'?)",
    ),
    "refusal reason missing": ("deals.toml", "7 = ", "8 = ", "deals.toml: reasons.7: missing"),
    "percent": (
        "deals.toml",
        "discount = 30",
        "discount = 130",
        "deals.toml: switch.discount: expected percent from 0 to 100, got 130",
    ),
    "percent not finite": (
        "deals.toml",
        "discount = 30",
        "discount = nan",
        "deals.toml: switch.discount: expected percent as a plain number",
    ),
    "reminder after the period": (
        "deals.toml",
        "report_reminder_days_before = 2",
        "report_reminder_days_before = 14",
        "deals.toml: report_reminder_days_before: must be less than report_every_days, got 14",
    ),
    "lead's reminder on the day itself": (
        "leads.toml",
        "reminder_business_days_before = 2",
        "reminder_business_days_before = 5",
        "leads.toml: reminder_business_days_before: must be less than take_up_business_days, got 5",
    ),
    "training proposed too late": (
        "training.toml",
        "hold_within_days = 30",
        "hold_within_days = 5",
        "training.toml: propose_after_days: must not exceed hold_within_days, got",
    ),
    "reminders fall": (
        "deals.toml",
        "[14, 3]",
        "[3, 14]",
        "deals.toml: expiry_reminder_days: days before the date must fall, got [3, 14]",
    ),
    "required field with a slip": (
        "deals.toml",
        '"licences"]',
        '"licenses"]',
        "got 'licenses' (did you mean 'licences'?)",
    ),
    "not a list": (
        "deals.toml",
        'auto_open_limit_tiers = ["white"]',
        'auto_open_limit_tiers = "white"',
        "deals.toml: auto_open_limit_tiers: expected a list",
    ),
    "choice": (
        "authorisation.toml",
        'approve = "auto"',
        'approve = "Auto"',
        "authorisation.toml: approve: expected one of 'auto', 'staff', got 'Auto' (did you mean 'auto'?)",
    ),
    "domain": (
        "authorisation.toml",
        '"bk.ru"',
        '"@bk.ru"',
        "authorisation.toml: free_mail_domains: expected a mail domain in lower case, without @, got '@bk.ru'",
    ),
    "domain without a zone": (
        "authorisation.toml",
        '"bk.ru"',
        '"bk."',
        "authorisation.toml: free_mail_domains: expected a mail domain in lower case, without @, got 'bk.'",
    ),
    "two words for a domain": (
        "authorisation.toml",
        '"bk.ru"',
        '"bk bk.ru"',
        "authorisation.toml: free_mail_domains: expected a mail domain in lower case, without @, got 'bk bk.ru'",
    ),
    "twice in a list": (
        "authorisation.toml",
        '"bk.ru"',
        '"mail.ru"',
        "authorisation.toml: free_mail_domains: 'mail.ru' stands twice",
    ),
    "threshold": (
        "tiers.toml",
        "sales_rub = 500_000",
        "sales_rub = 150_000",
        "tiers.toml: tier[3].sales_rub: thresholds must rise, got 150000 for 'silver' after 150000",
    ),
    "discount falls": (
        "tiers.toml",
        "discount = 20",
        "discount = 5",
        "tiers.toml: tier[2].discount: discounts must not fall, got 5 for 'bronze' after 10",
    ),
    "a figure where a table belongs": (
        "tiers.toml",
        "[review]",
        "review = 5\n[other]",
        "tiers.toml: review: expected a table, got 5",
    ),
    "tier twice": ("tiers.toml", 'tier = "bronze"', 'tier = "white"', "tiers.toml: tier: tier 'white' stands twice"),
    "tier unknown": ("tiers.toml", 'tier = "bronze"', 'tier = "bronce"', "tiers.toml: tier[2].tier: expected one of"),
    "individual": (
        "tiers.toml",
        'discount = "individual"',
        'discount = "indiv"',
        "tiers.toml: tier[5].discount: expected percent as a plain number or 'individual', got 'indiv'",
    ),
    "while the tier lasts": (
        "tiers.toml",
        'nfr_months = "while-tier-lasts"',
        "nfr_months = -1",
        "tiers.toml: tier[5].nfr_months: expected 0 or more, got -1",
    ),
    "flag": ("tiers.toml", "listed = false", "listed = 0", "tiers.toml: tier[1].listed: expected true or false, got 0"),
    "table": ("tiers.toml", "[review]", "[reviews]", "tiers.toml: review: missing (is 'reviews' meant to be it?)"),
    "empty text": (
        "pilots.toml",
        'section = "Тестовые',
        'section = " "\nother = "Тестовые',
        "pilots.toml: section: expected a text, got ' '",
    ),
    "date in quotes": (
        "edition.toml",
        "effective_from = 2024-01-01",
        'effective_from = "2024-01-01"',
        "edition.toml: effective_from: expected a date such as 2024-01-01 (without quotes), got '2024-01-01'",
    ),
    "another date than the directory's": (
        "edition.toml",
        "effective_from = 2024-01-01",
        "effective_from = 2024-02-01",
        "edition.toml: effective_from: expected 2024-01-01, the name of the edition, got 2024-02-01",
    ),
    "ends before it begins": (
        "edition.toml",
        "effective_from = 2024-01-01",
        "effective_from = 2024-01-01\neffective_to = 2023-12-31",
        "edition.toml: effective_to: must not lie before effective_from, got 2023-12-31",
    ),
    "time": ("deadlines.toml", "opens = 09:00:00", "opens = 9", "deadlines.toml: opens: expected a time such as 09:00:00"),
    "hours backwards": (
        "deadlines.toml",
        "closes = 18:00:00",
        "closes = 08:00:00",
        "deadlines.toml: closes: must be later than opens, got 08:00",
    ),
    "shares": (
        "deadlines.toml",
        "[0.5, 0.75]",
        "[0.75, 0.5]",
        "deadlines.toml: staff_warning_shares: shares must rise, got [0.75, 0.5]",
    ),
    "shares alike": (
        "deadlines.toml",
        "[0.5, 0.75]",
        "[0.5, 0.5]",
        "deadlines.toml: staff_warning_shares: shares must rise, got [0.5, 0.5]",
    ),
    "share of one": (
        "deadlines.toml",
        "[0.5, 0.75]",
        "[0.5, 1]",
        "deadlines.toml: staff_warning_shares: expected shares between 0 and 1",
    ),
    "zone": ("deadlines.toml", "Europe/Moscow", "Europe/Moskau", "deadlines.toml: zone: unknown time zone 'Europe/Moskau'"),
    "syntax": ("nfr.toml", "reminder_days = [14, 3]", "reminder_days = [14, 3", "nfr.toml: not TOML: "),
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_wrong_file_is_named_with_its_key(programme: Path, spoil: Edit, slip: str) -> None:
    file, old, new, told = WRONG[slip]
    spoil(f"2024-01-01/{file}", old, new)
    message = fault(programme)
    assert message.startswith(f"programme/2024-01-01/{file}: ")
    assert told in message


@pytest.mark.parametrize(
    ("length", "shown"), [(58, f"'{'x' * 58}'"), (59, f"'{'x' * 56}…"), (500, f"'{'x' * 56}…")], ids=["whole", "cut", "cut too"]
)
def test_a_long_value_is_cut_so_that_the_message_stays_one_line(programme: Path, spoil: Edit, length: int, shown: str) -> None:
    spoil("2024-01-01/authorisation.toml", 'approve = "auto"', f'approve = "{"x" * length}"')
    assert fault(programme).endswith(f"authorisation.toml: approve: expected one of 'auto', 'staff', got {shown}")


def test_a_training_on_the_last_day_allowed_is_fine(programme: Path, spoil: Edit) -> None:
    days = EDITION.training.propose_after_days
    spoil("2024-01-01/training.toml", "hold_within_days = 30", f"hold_within_days = {days}")
    assert load_editions(programme).items[0].training.hold_within_days == days


def test_a_missing_file_is_named(programme: Path) -> None:
    (programme / "2024-01-01" / "tiers.toml").unlink()
    assert fault(programme) == "programme/2024-01-01/tiers.toml: the file is missing"


def test_a_file_too_many_is_named(programme: Path) -> None:
    (programme / "2024-01-01" / "tier.toml").write_text("", encoding="utf-8")
    assert fault(programme) == "programme/2024-01-01/tier.toml: no such subject of an edition (did you mean 'tiers'?)"


def test_a_missing_tier_is_named(programme: Path) -> None:
    path = programme / "2024-01-01" / "tiers.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rindex("[[tier]]")], encoding="utf-8")
    assert fault(programme) == "programme/2024-01-01/tiers.toml: tier: tier 'trusted' is missing"


@pytest.mark.parametrize(
    ("tiers", "told"), [([], "tier: the list is empty"), ([5], "tier[1]: expected a table, got 5")], ids=["none", "no tables"]
)
def test_tiers_are_a_list_of_tables(tiers: list[object], told: str) -> None:
    paths = (ROOT / "programme" / EDITION.name).glob("*.toml")
    whole = {path.stem: tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal) for path in paths}
    with pytest.raises(ProgrammeError) as caught:
        parse_edition(EDITION.name, {**whole, "tiers": {**whole["tiers"], "tier": tiers}})
    assert str(caught.value) == f"2024-01-01/tiers.toml: {told}"


def test_tiers_in_another_order_are_told(programme: Path, spoil: Edit) -> None:
    for old, new in (("bronze", "?"), ("white", "bronze"), ("?", "white")):
        spoil("2024-01-01/tiers.toml", f'tier = "{old}"', f'tier = "{new}"')
    assert fault(programme) == (
        "programme/2024-01-01/tiers.toml: tier: tiers must stand lowest first: white, bronze, silver, gold, trusted"
    )


@pytest.mark.parametrize(
    ("tier", "old", "new"),
    [
        pytest.param(Tier.BRONZE, 20, 10, id="two tiers with one discount"),
        pytest.param(Tier.GOLD, 40, 100, id="all of the price"),
        pytest.param(Tier.WHITE, 10, 0, id="nothing of it"),
    ],
)
def test_discounts_at_the_edge_are_fine(programme: Path, spoil: Edit, tier: Tier, old: int, new: int) -> None:
    spoil("2024-01-01/tiers.toml", f"discount = {old}", f"discount = {new}")
    assert load_editions(programme).items[0].figures(tier).discount == Decimal(new)


def test_a_row_of_the_tier_table_may_cite_another_section(programme: Path, spoil: Edit) -> None:
    spoil("2024-01-01/tiers.toml", 'tier = "gold"', 'tier = "gold"\nsection = "Золотой статус"')
    rows = load_editions(programme).items[0].tiers
    assert {row.tier: row.section for row in rows if row.section != "Партнерские статусы"} == {Tier.GOLD: "Золотой статус"}


def test_the_months_letter_goes_on_a_business_day_that_every_month_has(programme: Path, spoil: Edit) -> None:
    day = EDITION.standing.business_day
    spoil("2024-01-01/tiers.toml", f"business_day = {day}", "business_day = 10")
    assert load_editions(programme).items[0].standing.business_day == 10
    spoil("2024-01-01/tiers.toml", "business_day = 10", "business_day = 11")
    assert fault(programme).endswith("business_day: expected at most 10, which every month has, got 11")


def test_another_encoding_is_told(programme: Path) -> None:
    path = programme / "2024-01-01" / "pilots.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1251", errors="replace"))
    assert fault(programme).startswith("programme/2024-01-01/pilots.toml: not in UTF-8")


def test_windows_byte_order_mark_and_line_ends_are_fine(programme: Path) -> None:
    path = programme / "2024-01-01" / "pilots.toml"
    path.write_bytes(path.read_text(encoding="utf-8").replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_editions(programme).items[0].pilots == EDITION.pilots


def test_without_a_directory_messages_name_the_edition() -> None:
    with pytest.raises(ProgrammeError, match=r"^2024-01-01/edition\.toml: the file is missing$"):
        parse_edition("2024-01-01", {})


# -- the calendar ------------------------------------------------------------------------------

WRONG_CALENDAR = {
    "not of that year": ("2026-02-23", "2025-02-24", "calendar.toml: year[3].days_off: 2025-02-24 is not in 2026"),
    "a weekend anyway": ("2026-02-23", "2026-02-22", "calendar.toml: year[3].days_off: 2026-02-22 is a weekend anyway"),
    "no weekend": ("[2025-11-01]", "[2025-11-05]", "calendar.toml: year[2].working_weekends: 2025-11-05 is no weekend anyway"),
    "twice": ("2026-03-09", "2026-02-23", "calendar.toml: year[3].days_off: 2026-02-23 stands twice"),
    "in quotes": (
        "2026-03-09",
        '"2026-03-09"',
        "calendar.toml: year[3].days_off: expected dates such as 2026-01-01 (without quotes)",
    ),
    "unknown key": (
        "provisional = false",
        "provisonal = false",
        "calendar.toml: year[1].provisonal: unknown key (did you mean 'provisional'?)",
    ),
    "no flag": ("provisional = false", "provisional = 0", "calendar.toml: year[1].provisional: expected true or false, got 0"),
    "a year left out": ("year = 2025", "year = 2024", "calendar.toml: year[2].year: expected 2025 after 2024, got 2024"),
    "no year": ("year = 2025", 'year = "2025"', "calendar.toml: year[2].year: expected a year such as 2026, got '2025'"),
    "no list": ("working_weekends = []", "", "calendar.toml: year[3].working_weekends: expected a list of dates, it is missing"),
}


@pytest.mark.parametrize("slip", WRONG_CALENDAR)
def test_a_wrong_calendar_is_named_with_its_key(programme: Path, spoil: Edit, slip: str) -> None:
    old, new, told = WRONG_CALENDAR[slip]
    spoil("calendar.toml", old, new)
    with pytest.raises(ProgrammeError) as caught:
        load_calendar(programme, EDITION.deadlines, {})
    assert str(caught.value).startswith("programme/")
    assert told in str(caught.value)


def test_a_missing_calendar_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match=r"calendar\.toml: the file is missing"):
        load_calendar(tmp_path, EDITION.deadlines, {})


def test_an_empty_calendar_is_told(programme: Path) -> None:
    (programme / "calendar.toml").write_text("", encoding="utf-8")
    with pytest.raises(ProgrammeError, match=r"^programme/calendar\.toml: year: expected one"):
        load_calendar(programme, EDITION.deadlines, {})


def test_the_calendar_has_the_editions_hours() -> None:
    calendar = load_calendar(ROOT / "programme", EDITION.deadlines, {date(2026, 3, 2): False})  # Monday
    assert (calendar.zone, calendar.opens, calendar.closes) == (ZoneInfo("Europe/Moscow"), time(9), time(18))
    assert not calendar.is_business_day(date(2026, 3, 2))
