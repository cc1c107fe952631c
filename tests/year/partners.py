"""The model's partners: «Авторизация Партнера» and «Партнерские статусы» as their text has them."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.year import leads, refused, requests, training
from tests.year.books import FREE_MAIL, Books, text_of, valid_inn
from tests.year.days import months_after, quarter
from tests.year.events import Typed
from tests.year.figures import (
    AUTHORISATION_DAYS,
    NEEDS_DATA_DAYS,
    REVIEW_GRACE_DAYS,
    TERMS,
    TIERS,
    TRUSTED,
    WHITE,
)
from tests.year.lines import day_of
from tests.year.records import AUTHORISED, DEAUTHORISED, NEEDS_DATA, PENDING, REFUSED, REGISTERED, Answered, Partner

Answers = dict[str, Typed]
REQUIRED = ("Наименование организации", "ИНН", "Контактное лицо", "Телефон", "Согласие на обработку персональных данных")


def take_form(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Партнёр»."""
    inn = text_of(answers, "ИНН")
    known = books.partners.get(inn) or _nameless(books, address)
    if known is None:
        _first(books, key, at, address, answers)
    elif known.state == NEEDS_DATA:
        _complete(books, known, key, at, answers)
    elif known.state == AUTHORISED:
        books.rows[key] = Answered(known.number)
        if books.knows(inn, address):
            books.post("partner-status", known.number)
        else:
            books.post("sender-unknown", known.number)
            known.proposal = known.proposal or "stranger"
    else:
        books.rows[key] = Answered(known.number)


def amend(books: Books, number: str, at: datetime, answers: Answers) -> None:
    """The row of an application was edited where it stands."""
    for partner in books.partners.values():
        if partner.number == number and partner.state == NEEDS_DATA:
            _complete(books, partner, "", at, answers)
            return


def _nameless(books: Books, address: str) -> Partner | None:
    """An application without a readable INN from that address, still to be mended."""
    for partner in books.partners.values():
        if partner.state == NEEDS_DATA and "ИНН" in partner.gaps and address in partner.contacts:
            return partner
    return None


def _first(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    inn = text_of(answers, "ИНН")
    partner = Partner(
        number=books.number("P", at),
        inn=inn,
        state=PENDING,
        submitted=at,
        due=books.days.deadline(at, AUTHORISATION_DAYS),
        address=address.lower(),
        contacts={address.lower()},
        domains={address.lower().rpartition("@")[2], text_of(answers, "Сайт").lower()} - {""} - FREE_MAIL,
    )
    books.rows[key] = Answered(partner.number)
    books.partners[inn or partner.number] = partner
    _weigh(books, partner, answers)


def _complete(books: Books, partner: Partner, key: str, at: datetime, answers: Answers) -> None:
    if key:
        books.rows[key] = Answered(partner.number)
    inn = text_of(answers, "ИНН")
    books.partners.pop(partner.inn or partner.number, None)
    partner.inn = inn
    books.partners[inn or partner.number] = partner
    partner.due = books.days.deadline(at, AUTHORISATION_DAYS)
    _weigh(books, partner, answers)


def _weigh(books: Books, partner: Partner, answers: Answers) -> None:
    if len(partner.inn) == 12 and partner.inn.isdigit():
        partner.state = REFUSED
        books.post("partner-refused", partner.number)
        return
    gaps = {name for name in REQUIRED if not text_of(answers, name)}
    if not valid_inn(partner.inn):
        gaps.add("ИНН")
    if text_of(answers, REQUIRED[4]) != "Да":
        gaps.add(REQUIRED[4])
    partner.gaps = frozenset(gaps)
    partner.name, partner.region = text_of(answers, REQUIRED[0]), text_of(answers, "Регион")
    if gaps:
        partner.state = NEEDS_DATA
        partner.asked_until = books.days.deadline(books.now, NEEDS_DATA_DAYS)
        books.post("needs-data", partner.number)
    else:
        authorise(books, partner)


def authorise(books: Books, partner: Partner) -> None:
    """As White the first time; with an invitation to the sales webinar, unless it was passed."""
    partner.state, partner.proposal, partner.authorised = AUTHORISED, "", books.now
    books.post("partner-authorised", partner.number)
    if not partner.ever_authorised:
        partner.ever_authorised = True
        partner.history.append((books.today, WHITE))
    books.invited.append(partner)


def staff_word(books: Books, partner: Partner, cells: Answers) -> None:
    """What staff typed into the partner's row."""
    if isinstance(percent := cells.get("Индивидуальная скидка %"), (int, float)):
        partner.individual = int(percent)
    for address in text_of(cells, "Дополнительные контакты").split(","):
        if address.strip():
            partner.contacts.add(address.strip().lower())
            partner.domains |= {address.strip().lower().rpartition("@")[2]} - FREE_MAIL
    if (tier := text_of(cells, "Статус")) in TIERS and partner.state == AUTHORISED and tier != partner.tier:
        _move(books, partner, tier)
    match text_of(cells, "Решение сотрудника"):
        case "Авторизовать" if partner.state != AUTHORISED:
            authorise(books, partner)
            training.invite(books)
            promote(books, partner)
        case "Отказать" if partner.state in (PENDING, NEEDS_DATA):
            partner.state = REFUSED
            books.post("partner-refused", partner.number)
        case "Деавторизовать" if partner.state == AUTHORISED:
            partner.state, partner.proposal, partner.warned = DEAUTHORISED, "", None
            books.post("partner-deauthorised", partner.number)
            leads.take_from(books, partner)
            refused.lapse(books, partner.inn)
            training.withdraw(books, partner)
            requests.review(books, partner)
            for deal in books.by_partner.get(partner.inn, []):
                if deal.state == REGISTERED:
                    deal.question = "ended"
        case "Понизить" if partner.state == AUTHORISED and partner.tier != WHITE:
            _move(books, partner, lower_tier(books, partner))
        case "Повысить" if partner.state == AUTHORISED and partner.tier != TRUSTED:
            _move(books, partner, TIERS[TIERS.index(partner.tier) + 1])
        case "Оставить":  # answers the open question alone
            partner.warned = None if partner.proposal == "lower" else partner.warned
            partner.proposal = ""


def _move(books: Books, partner: Partner, tier: str) -> None:
    raised = TIERS.index(tier) > TIERS.index(partner.tier)
    partner.tier, partner.warned = tier, None
    if partner.proposal == "lower" or (partner.proposal == "violation" and not raised):
        partner.proposal = ""
    partner.history.append((books.today, tier))
    books.post("tier-raised" if raised else "tier-lowered", partner.number)
    requests.review(books, partner)


def lower_tier(books: Books, partner: Partner) -> str:
    """What «Понизить» means: the highest lower tier that holds if that was proposed, else one tier down."""
    lower = TIERS[: TIERS.index(partner.tier)]
    if partner.proposal != "lower":
        return lower[-1]
    return next(tier for tier in reversed(lower) if tier == WHITE or holds(books, partner, tier))


def holds(books: Books, partner: Partner, tier: str) -> bool:
    """Does every condition of the tier hold today?"""
    terms = TERMS[tier]
    if books.sales(partner.inn) < terms.sales:
        return False
    if terms.publicity and not _published(books, partner, terms.publicity):
        return False
    if terms.training and not training.passed(books, partner):
        return False
    return tier != TRUSTED and (not terms.monthly_reports or _reported(books, partner))


def _published(books: Books, partner: Partner, window: str) -> bool:
    lines = [line for line in books.lines.whole("Публикации", partner.inn) if day_of(line) <= books.today]
    running = books.today.replace(day=1) if window == "month" else quarter(books.today)
    since = months_after(running, -1 if window == "month" else -3)
    site = any(line["Вид"] == "Сайт" for line in lines)
    return site and any(line["Вид"] != "Сайт" and day_of(line) >= since for line in lines)


def _reported(books: Books, partner: Partner) -> bool:
    """A report in each of the last three months in which a deal was open (kept simple: Gold is reached by staff's hand)."""
    return False


def pass_time(books: Books, partner: Partner) -> None:
    """What falls due on an application by now."""
    if partner.state == NEEDS_DATA and partner.asked_until is not None and books.now >= partner.asked_until:
        partner.state = REFUSED
        books.post("partner-refused", partner.number)


def promote(books: Books, partner: Partner) -> bool:
    """As soon as the conditions hold, what staff mark by hand among them; False if they do not."""
    due = earned(books, partner)
    if partner.state != AUTHORISED or due <= TIERS.index(partner.tier):
        return False
    _move(books, partner, TIERS[due])
    return True


def earned(books: Books, partner: Partner) -> int:
    """The highest tier whose conditions hold, by its place."""
    return max(TIERS.index(tier) for tier in TIERS if tier == WHITE or holds(books, partner, tier))


def review_tiers(books: Books, first_of_quarter: bool) -> bool:
    """Promotions whenever they are earned; at the quarterly review warnings, and proposals after the time of grace.

    Was a tier raised?
    """
    raised = False
    for partner in books.partners.values():
        if partner.state != AUTHORISED:
            continue
        if promote(books, partner):
            raised = True
        else:
            _hold(books, partner, first_of_quarter)
        _hold_against(books, partner)
    return raised


def _hold(books: Books, partner: Partner, first_of_quarter: bool) -> None:
    """Does the present tier still hold? A warning first, a proposal to staff after the time of grace."""
    kept = earned(books, partner) >= TIERS.index(partner.tier)
    if kept:
        partner.warned = None
        if partner.proposal == "lower":
            partner.proposal = ""
    elif first_of_quarter and partner.warned is None and partner.tier != WHITE:
        partner.warned = books.today
        books.post("tier-warning", partner.number)
    if partner.warned is not None and not partner.proposal and books.today >= partner.warned + timedelta(days=REVIEW_GRACE_DAYS):
        partner.proposal = "lower"


def _hold_against(books: Books, partner: Partner) -> None:
    """Violations are put to staff once each, unless they are asked something else; lifted ones are nobody's matter."""
    still = books.lines.open_violations(partner.inn)
    if partner.proposal == "violation" and not still:
        partner.proposal = ""
    if still - partner.told and not partner.proposal:
        partner.proposal = "violation"
    if not still or partner.proposal == "violation":
        partner.told = still
