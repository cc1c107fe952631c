"""The model's registered deals: what their partners say of them, and what falls due («Регистрация сделки»)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.year import refused
from tests.year.books import Books
from tests.year.days import months_after
from tests.year.figures import ANNUL_AFTER_DAYS, CONFIRM_MONTHS, EXPIRY_REMINDERS, REPORT_DAYS, REPORT_REMINDER, TERMS
from tests.year.records import ANNULLED, AUTHORISED, EXPIRED, LOST, NEEDS_DATA, PENDING, REGISTERED, WITHDRAWN, WON, Deal

STATUSES = ("в работе", "переговоры", "КП отправлено", "тендер", "выиграна", "проиграна", "отложена")
FINAL = {"выиграна": WON, "проиграна": LOST, "отозвать": WITHDRAWN}
EXTEND = "продлить регистрацию"
LISTED = (*STATUSES, EXTEND, "отозвать")


def close(books: Books, deal: Deal, state: str, *, alone: bool = True) -> None:
    """A final state, told to the partner; not `alone`: in one letter with others."""
    deal.state, deal.question, deal.echo, deal.ended = state, "", "", books.today
    if state in (WON, LOST):
        deal.sale_status = "выиграна" if state == WON else "проиграна"
    if alone:
        books.post({ANNULLED: "deal-annulled", EXPIRED: "deal-expired"}.get(state, "deal-closed"), deal.number)
    refused.tell(books, deal.customer_inn)


def hear(books: Books, deal: Deal, word: str, at: datetime, *, sure: bool, alone: bool = True) -> None:
    """A word of the numbered list about a registered deal. `sure`: a numbered reply; else a final status is echoed first. Not
    `alone`: what comes of it is told in one letter with others.
    """
    if deal.state != REGISTERED:
        if deal.state in (PENDING, NEEDS_DATA) and word in FINAL and sure:
            close(books, deal, FINAL[word])
        elif deal.registered is not None:  # a form about a deal that is over is told how it ended
            books.post("deal-extension-refused" if word == EXTEND else "status-report", deal.number)
        return
    if word == EXTEND:
        timely = deal.valid_until is None or at.date() <= deal.valid_until  # a pass that comes late makes no request timely
        if timely:
            report_from(deal, at)
        extended = timely and extend(books, deal)
        if alone:
            books.post("deal-extended" if extended else "deal-extension-refused", deal.number)
    elif word in FINAL and not sure:
        deal.echo, deal.echo_listed = word, False
        books.post("reply-confirm", deal.number)
    elif word in FINAL:
        close(books, deal, FINAL[word])
    else:
        deal.sale_status = word
        report_from(deal, at)
        confirmed(deal, at)
        if alone:
            books.post("status-report", deal.number)


def confirmed(deal: Deal, at: datetime) -> None:
    """A report from the reminder's day on counts as the re-confirmation."""
    while deal.confirm_due is not None and at.date() >= deal.confirm_due - timedelta(days=REPORT_REMINDER):
        deal.confirms += 1
        deal.confirm_due = confirm_day(deal)
        deal.confirm_stage, deal.confirm_warned = 0, None


def confirm_day(deal: Deal) -> date:
    """When the next re-confirmation is due."""
    assert deal.registered is not None
    return months_after(deal.registered, CONFIRM_MONTHS * (deal.confirms + 1))


def extend(books: Books, deal: Deal) -> bool:
    """As many times as the partner's present tier allows, from the old end; False if it does not."""
    partner = books.partners[deal.partner]
    tier = TERMS[partner.tier]
    ended = partner.state != AUTHORISED
    if ended or deal.extensions >= tier.extensions or books.customer_refuses(deal.customer_inn, deal.partner):
        return False
    assert deal.until is not None
    deal.extensions += 1
    deal.until = months_after(deal.until, tier.term)
    deal.valid_until = books.days.shifted(deal.until)
    deal.expiry_stage = 0
    return True


def report_from(deal: Deal, at: datetime) -> None:
    """The fourteen days count from that day; a question about silence is answered."""
    since = max(at.date(), deal.reported or at.date())
    deal.reported, deal.report_due = since, since + timedelta(days=REPORT_DAYS)
    deal.report_stage, deal.warned = 0, None
    if deal.question == "annul":
        deal.question = ""


# -- time ------------------------------------------------------------------------------------------


def pass_time(books: Books, deal: Deal) -> None:
    """What falls due on a registered deal by now."""
    if deal.state == REGISTERED:
        _registered_time(books, deal)


def _registered_time(books: Books, deal: Deal) -> None:
    assert deal.valid_until is not None
    assert deal.report_due is not None
    left = (deal.valid_until - books.today).days
    if left < 0:
        close(books, deal, EXPIRED)
        return
    stage = sum(left <= days for days in EXPIRY_REMINDERS)
    if stage > deal.expiry_stage:
        deal.expiry_stage = stage
        books.post("deal-expiring", deal.number)
    late = (books.today - deal.report_due).days if deal.report_due <= deal.valid_until else -REPORT_DAYS
    if late >= 1 and deal.report_stage < 3:
        deal.report_stage, deal.warned = 3, books.today
        books.post("deal-update-overdue", deal.number)
    elif late == 0 and deal.report_stage < 2:
        deal.report_stage = 2
        books.post("deal-update-due", deal.number)
    elif -REPORT_REMINDER <= late < 0 and deal.report_stage < 1:
        deal.report_stage = 1
        books.post("deal-update-due", deal.number)
    _confirm_time(books, deal)
    overdue = books.today - timedelta(days=ANNUL_AFTER_DAYS)
    if deal.warned is not None and deal.warned <= overdue:
        deal.question, deal.warned = "annul", None
    if deal.confirm_warned is not None and deal.confirm_warned <= overdue:
        deal.question, deal.confirm_warned = "annul", None


def _confirm_time(books: Books, deal: Deal) -> None:
    assert deal.confirm_due is not None
    assert deal.until is not None
    late = (books.today - deal.confirm_due).days
    if deal.confirm_due >= deal.until or late < -REPORT_REMINDER:
        return
    stage = 1 if late < 0 else 2 if late == 0 else 3
    if stage > deal.confirm_stage:
        deal.confirm_stage = stage
        books.post("deal-confirm-due", deal.number)
        if stage == 3:
            deal.confirm_warned = books.today
