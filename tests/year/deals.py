"""The model's deals: «Регистрация сделки» as its text has it, told pass by pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.year import refused, terms
from tests.year.books import Books, text_of, valid_inn
from tests.year.days import months_after
from tests.year.events import Typed
from tests.year.figures import (
    ANSWER_DAYS,
    NEEDS_DATA_DAYS,
    OPEN_LIMIT,
    REGISTRATION_COOL_OFF,
    SECOND_PARTNER_DISCOUNT,
    SWITCH_DISCOUNT,
    TERMS,
    TRUSTED,
    WHITE,
)
from tests.year.records import (
    ANNULLED,
    AUTHORISED,
    DEAUTHORISED,
    EXPIRED,
    LOST,
    NEEDS_DATA,
    PENDING,
    REFUSED,
    REGISTERED,
    WITHDRAWN,
    WON,
    Answered,
    Deal,
)

SWITCH = "Конкурентный переход"
"""The numbered list in every mail about a deal, from 1."""

Answers = dict[str, Typed]


# -- coming in ---------------------------------------------------------------------------------------


def take_form(books: Books, key: str, at: datetime, address: str, answers: Answers) -> None:
    """A row of «Форма Сделка»."""
    books.intake += 1
    new = _read(books, at, address, answers)
    own = [deal for deal in books.by_partner.get(new.partner, []) if deal.open and _same_matter(deal, new)]
    for deal in sorted(own, key=lambda one: (REGISTERED, PENDING, NEEDS_DATA).index(one.state))[:1]:
        if deal.state == NEEDS_DATA:
            _complete(books, deal, new, at)
        elif deal.state == REGISTERED:
            books.post("status-report", deal.number)
        elif deal.place is not None and new.place is not None:
            deal.place = min(deal.place, new.place)
        books.rows[key] = Answered(deal.number)
        return
    new.number = books.number("D", at)
    books.rows[key] = Answered(new.number)
    books.keep(new)
    if new.gaps:
        _ask(books, new)
        if _from_stranger(books, new):
            books.post("sender-unknown", new.number)
            new.told = True


def _from_stranger(books: Books, deal: Deal) -> bool:
    """A known partner's INN from an unknown address: staff look at it, whatever else is wrong with it."""
    return deal.partner in books.partners and not deal.known_sender


def amend(books: Books, number: str, at: datetime, answers: Answers) -> None:
    """The row of a deal was edited where it stands."""
    deal = books.deals[number]
    place = deal.place if deal.state == PENDING else None
    if deal.state in (NEEDS_DATA, PENDING):
        _complete(books, deal, _read(books, at, deal.sender, answers), at)
    if place is not None and deal.place is not None:
        deal.place = place  # whatever its time stamp says now


def take_data(books: Books, deal: Deal, at: datetime, inn: str) -> None:
    """A reply brought the customer's INN that was asked for."""
    if deal.state == NEEDS_DATA and valid_inn(inn):
        gaps = deal.gaps - {"ИНН заказчика"}
        new = replace(deal, customer_inn=inn, gaps=gaps, place=None if gaps else (at, books.intake))
        _complete(books, deal, new, at)


def _read(books: Books, at: datetime, address: str, answers: Answers) -> Deal:
    inn, customer_inn = text_of(answers, "ИНН партнёра"), text_of(answers, "ИНН заказчика")
    products = books.named(text_of(answers, "Продукты"))
    count = text_of(answers, "Количество лицензий")
    files = bool(text_of(answers, "Скриншот лицензии")) and bool(text_of(answers, "Финансовый документ"))
    kind = text_of(answers, "Тип сделки")
    gaps = {
        "ИНН партнёра": not valid_inn(inn),
        "Заказчик": not text_of(answers, "Заказчик"),
        "ИНН заказчика": not valid_inn(customer_inn),
        "Продукты": products is None,
        "Количество лицензий": not count.isdigit() or int(count) < 1,
        "Скриншот лицензии": kind == SWITCH and not files,
    }
    missing = frozenset(name for name, lacks in gaps.items() if lacks)
    return Deal(
        number="",
        partner=inn,
        sender=address,
        known_sender=books.knows(inn, address),
        customer=text_of(answers, "Заказчик"),
        customer_inn=customer_inn if valid_inn(customer_inn) else "",
        kind=kind,
        products=products or frozenset(),
        licences=int(count) if count.isdigit() else 0,
        files=files,
        submitted=at,
        due=books.days.deadline(at, ANSWER_DAYS),
        place=None if missing else (at, books.intake),
        state=NEEDS_DATA if missing else PENDING,
        gaps=missing,
    )


def _same_matter(deal: Deal, new: Deal) -> bool:
    """Same customer and products, as far as both say them."""
    known = deal.customer_inn and new.customer_inn
    same = deal.customer_inn == new.customer_inn if known else deal.customer == new.customer
    return same and (deal.products == new.products or not (deal.products and new.products))


def _ask(books: Books, deal: Deal) -> None:
    deal.state = NEEDS_DATA
    deal.asked_until = books.days.deadline(books.now, NEEDS_DATA_DAYS)
    books.post("needs-data", deal.number)


def _complete(books: Books, deal: Deal, new: Deal, at: datetime) -> None:
    """The answer to what was asked: whole, it takes its place now and starts a fresh count; else it is asked again."""
    before = deal.customer_inn
    if deal in books.by_customer.get(before, []):
        books.by_customer[before].remove(deal)
    deal.customer, deal.customer_inn, deal.products, deal.licences = new.customer, new.customer_inn, new.products, new.licences
    deal.files, deal.gaps, deal.kind, deal.submitted = new.files, new.gaps, new.kind, at
    deal.place, deal.question, deal.interim = None, "", False
    books.keep(deal)
    if before != deal.customer_inn:
        refused.tell(books, before)
    if new.gaps:
        _ask(books, deal)
        return
    deal.state, deal.place, deal.asked_until = PENDING, (at, books.intake), None
    deal.due = books.days.deadline(at, ANSWER_DAYS)


# -- deciding ------------------------------------------------------------------------------------------


def queue(books: Books) -> list[Deal]:
    """Undecided deals in the order of arrival."""
    found = [deal for deal in books.deals.values() if deal.state == PENDING and deal.place is not None]
    return sorted(found, key=lambda deal: deal.place or (deal.submitted, 0))


def decide(books: Books, deal: Deal) -> bool:
    """Weigh an undecided deal; True if it was decided. Staff's question stands as long as its ground does."""
    partner = books.partners.get(deal.partner)
    codes, touched, wait = set[int](), False, False
    if partner is None or partner.state in (REFUSED, DEAUTHORISED) or (partner.state != AUTHORISED and books.now >= deal.due):
        codes.add(2)
    elif partner.state != AUTHORISED:
        wait = True
    for rival in _touching(books, deal):
        earlier = rival.place is not None and deal.place is not None and rival.place < deal.place
        if rival.state == REGISTERED and rival.products == deal.products and earlier:
            codes.add(3)
        elif rival.state == REGISTERED:
            touched = True
        elif rival.state == PENDING and earlier:
            wait = True
    if books.customer_refuses(deal.customer_inn, deal.partner):
        codes.add(4)
    stranger = _from_stranger(books, deal)
    if codes and not stranger:
        refuse(books, deal, codes)
        return True
    if stranger or touched or _odd(books, deal):
        deal.question = "decide"
    elif wait:
        deal.question = ""
    else:
        register(books, deal, None)
        return True
    if not deal.told:
        deal.told = True
        if books.now < deal.due:
            books.post("case-received", deal.number)
        if stranger:
            books.post("sender-unknown", deal.number)
    return False


def _touching(books: Books, deal: Deal) -> list[Deal]:
    """Other partners' deals with the same customer that have a product in common."""
    rivals = books.by_customer.get(deal.customer_inn, [])
    return [rival for rival in rivals if rival.partner != deal.partner and rival.products & deal.products]


def _odd(books: Books, deal: Deal) -> bool:
    """Grounds of its own for staff: hoarding, oneself as customer, an extension by another name, a switch, no discount, an
    overlap with a deal of one's own.
    """
    partner = books.partners[deal.partner]
    crowded = partner.tier == WHITE and _open_deals(books, deal) >= OPEN_LIMIT
    nameless = _nameless(books, deal)
    again = any(
        old.state == EXPIRED
        and old.customer_inn == deal.customer_inn
        and old.products == deal.products
        and old.ended is not None
        and deal.submitted.date() <= old.ended + timedelta(days=REGISTRATION_COOL_OFF)
        for old in books.by_partner[deal.partner]
    )
    overlap = any(
        old.state == REGISTERED and old.customer_inn == deal.customer_inn and old.products & deal.products
        for old in books.by_partner[deal.partner]
    )
    return crowded or nameless or again or overlap or deal.customer_inn == deal.partner or deal.kind == SWITCH


def _nameless(books: Books, deal: Deal) -> bool:
    """Is the discount individual, and not agreed upon?"""
    partner = books.partners[deal.partner]
    return partner.tier == TRUSTED and partner.individual is None


def _open_deals(books: Books, deal: Deal) -> int:
    """The partner's other open deals; those behind it in the queue came later."""
    return sum(
        other.open and (other.state == REGISTERED or _place(other) < _place(deal))
        for other in books.by_partner[deal.partner]
        if other is not deal
    )


def _place(deal: Deal) -> tuple[datetime, int]:
    return deal.place or (deal.submitted, 0)


def refuse(books: Books, deal: Deal, codes: set[int]) -> None:
    """With all reasons that apply, in their order."""
    deal.state, deal.codes, deal.question = REFUSED, tuple(sorted(codes)), ""
    deal.ended = books.today
    deal.may_wait = refused.may_wait(books, deal) and refused.taken(books, deal)
    books.post("deal-refused", deal.number)
    refused.tell(books, deal.customer_inn)


def register(books: Books, deal: Deal, staff: int | None) -> None:
    """From today, for the term and at the discount of the partner's tier, or at staff's figure."""
    partner = books.partners[deal.partner]
    tier = TERMS[partner.tier]
    usual = tier.discount if tier.discount is not None else partner.individual or 0
    if deal.kind == SWITCH:
        usual = max(usual, SWITCH_DISCOUNT)
    deal.state, deal.question = REGISTERED, ""
    deal.discount = usual if staff is None else staff
    deal.registered = books.today
    deal.until = months_after(books.today, tier.term)
    deal.valid_until = books.days.shifted(deal.until)
    terms.report_from(deal, books.now)
    deal.confirm_due = terms.confirm_day(deal)
    books.post("deal-registered", deal.number)
    refused.lapse(books, deal.partner, deal)


# -- staff ---------------------------------------------------------------------------------------------


def staff_word(books: Books, deal: Deal, cells: Answers) -> None:
    """What staff typed into the deal's row."""
    word, figure = text_of(cells, "Решение сотрудника"), cells.get("Скидка сотрудника %")
    percent = int(figure) if isinstance(figure, (int, float)) else None
    deal.figure = deal.figure if percent is None else percent
    if word == "Одобрить" and deal.question == "decide":
        authorised = books.partners[deal.partner].state == AUTHORISED
        held = any(rival.state == REGISTERED and rival.products == deal.products for rival in _touching(books, deal))
        if authorised and not held and not (deal.figure is None and _nameless(books, deal)):
            register(books, deal, deal.figure)
    elif word == "Отказать" and deal.state == PENDING and cells.get("Код отказа"):
        refuse(books, deal, {int(code) for code in str(cells["Код отказа"]).split(",")})
    elif word == "Аннулировать" and deal.state == REGISTERED:
        terms.close(books, deal, ANNULLED)
    elif word == "Оставить" and deal.state == REGISTERED and deal.question:
        deal.question = ""
        terms.report_from(deal, books.now)
        terms.confirmed(deal, books.now)
        deal.confirm_warned = None
    elif deal.state == REFUSED and deal.codes == (3,) and percent is not None and percent <= SECOND_PARTNER_DISCOUNT:
        deal.offered = percent
        books.post("deal-discount-offered", deal.number)
    _typed_over(books, deal, cells)


def _typed_over(books: Books, deal: Deal, cells: Answers) -> None:
    """A system's cell that a person changed is their wish."""
    if deal.state != REGISTERED:
        return
    if isinstance(percent := cells.get("Скидка %"), (int, float)):
        deal.discount = int(percent)
    if isinstance(day := cells.get("Действует до"), datetime):
        deal.until = deal.valid_until = day.date()
        deal.expiry_stage = 0
    if (state := text_of(cells, "Состояние")) in (ANNULLED, WON, LOST, WITHDRAWN):
        terms.close(books, deal, state)


# -- time ----------------------------------------------------------------------------------------------


def end_of_patience(books: Books, deal: Deal) -> None:
    """Data that were asked for did not come. It has no place in the queue: whatever has one goes before it."""
    if deal.state == NEEDS_DATA and deal.asked_until is not None and books.now >= deal.asked_until:
        _unanswered(books, deal)


def answer_meanwhile(books: Books, deal: Deal) -> None:
    """Nobody is left without an answer: an interim one at the deadline."""
    if deal.state == PENDING and books.now >= deal.due and not deal.interim:
        deal.interim = True
        books.post("deal-waiting", deal.number)


def _unanswered(books: Books, deal: Deal) -> None:
    if _from_stranger(books, deal):
        deal.state, deal.question, deal.asked_until = PENDING, "decide", None
        return
    codes = {1}
    partner = books.partners.get(deal.partner)
    if valid_inn(deal.partner) and (partner is None or partner.state in (REFUSED, DEAUTHORISED)):
        codes.add(2)
    if deal.customer_inn and books.customer_refuses(deal.customer_inn, deal.partner):
        codes.add(4)
    if deal.customer_inn and any(
        rival.state == REGISTERED and rival.products == deal.products for rival in _touching(books, deal)
    ):
        codes.add(3)
    refuse(books, deal, codes)
