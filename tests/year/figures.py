"""The programme's figures, typed anew from its text (not from `programme/`): a slip in one of the two shows as a difference."""

from __future__ import annotations

from dataclasses import dataclass

WHITE, BRONZE, SILVER, GOLD, TRUSTED = TIERS = ("Белый", "Бронзовый", "Серебряный", "Золотой", "Доверенный")


@dataclass(frozen=True, slots=True)
class Tier:
    """One column of the table in «Партнерские статусы». `discount` None: individual; `nfr` in months, None: while it
    lasts; `leads` a month.
    """

    sales: int
    publicity: str
    training: bool
    monthly_reports: bool
    discount: int | None
    term: int
    extensions: int
    nfr: int | None
    leads: int


TERMS = {
    WHITE: Tier(0, "", False, False, 10, 3, 0, 0, 0),
    BRONZE: Tier(150_000, "", False, False, 20, 3, 1, 0, 1),
    SILVER: Tier(500_000, "quarter", True, False, 30, 6, 1, 6, 2),
    GOLD: Tier(5_000_000, "quarter", True, True, 40, 9, 0, 9, 3),
    TRUSTED: Tier(30_000_000, "month", True, True, None, 12, 0, None, 10),
}
SALES_MONTHS = 12
REVIEW_GRACE_DAYS = 30

AUTHORISATION_DAYS = 1  # business days to answer
ANSWER_DAYS = 2
NEEDS_DATA_DAYS = 5

REPORT_DAYS = 14
REPORT_REMINDER = 2
ANNUL_AFTER_DAYS = 7
CONFIRM_MONTHS = 3
EXPIRY_REMINDERS = (14, 3)
REGISTRATION_COOL_OFF = 30
OPEN_LIMIT = 20
SWITCH_DISCOUNT = 30
SECOND_PARTNER_DISCOUNT = 5

PILOT_DAYS = 14
PILOT_REMINDER = 2
PILOT_REPORT_DAYS = 14
PILOT_REPORT_REMINDERS = (7, 1)
WEBINAR_DAYS = 30
PRESALE_FROM = 100_000

LEAD_DAYS = 5  # business days to take one up
LEAD_REMINDER = 2
