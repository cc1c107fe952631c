"""The model's answers to a refusal: who waits for a customer is told once when it is free; an appeal is people's to decide."""

from __future__ import annotations

from tests.year import errands
from tests.year.books import Books
from tests.year.events import Reply
from tests.year.records import AUTHORISED, PENDING, REFUSED, REGISTERED, Deal, Errand

APPEALS = ("2", "обжаловать")


def may_wait(books: Books, deal: Deal) -> bool:
    """Refused because the customer is another's, at most beside missing data, and nothing else forbids it now."""
    partner = books.partners.get(deal.partner)
    return (
        deal.state == REFUSED
        and 3 in deal.codes
        and set(deal.codes) <= {1, 3}
        and partner is not None
        and partner.state == AUTHORISED
        and not books.customer_refuses(deal.customer_inn, deal.partner)
    )


def taken(books: Books, deal: Deal) -> bool:
    """Would a new form for the deal's products meet somebody?"""
    return any(
        other.products & deal.products and (other.state == REGISTERED or (other.state == PENDING and other.place is not None))
        for other in books.by_customer.get(deal.customer_inn, [])
        if other is not deal
    )


def hear(books: Books, deal: Deal, letter: Reply) -> None:
    """A known contact answers a refusal, or the letter that confirms the waiting."""
    text = letter.text
    if letter.template == "deal-refused" and text in APPEALS:
        appeal(books, deal.number, letter)
    elif letter.template == "deal-refused" and text == "1" and deal.may_wait and may_wait(books, deal):
        if taken(books, deal):
            deal.waits = True
            books.post("waiting-list", deal.number)
        else:
            deal.waits = False
            books.post("customer-free", deal.number)
    elif letter.template == "waiting-list" and text == "9" and deal.waits:
        deal.waits = False
        books.post("waiting-list", deal.number)
    else:
        errands.ask(books, "", letter.at, letter.sender, about=deal.number)


def hear_errand(books: Books, errand: Errand, letter: Reply) -> None:
    """A letter about an order, a pilot or a licence; of what is refused there is nothing to say but an appeal."""
    if letter.text == "обжаловать" and books.knows(errand.partner, letter.sender):
        appeal(books, errand.number, letter)
    else:
        errands.ask(books, "", letter.at, letter.sender, about=errand.number)


def appeal(books: Books, number: str, letter: Reply) -> None:
    """One open appeal a case: what comes after it is put to it."""
    opened = [one for one in books.errands.values() if one.appeal and one.about == number and one.state == PENDING]
    if opened:
        books.post("question-received", opened[0].number)
    else:
        errands.ask(books, "", letter.at, letter.sender, about=number, appeal=True)


def tell(books: Books, customer: str) -> None:
    """Something of the customer's has ended: whoever waits for it is told if it is free, once for the same products."""
    told = set()
    for deal in books.by_customer.get(customer, []):
        if not deal.waits:
            continue
        whom = (deal.partner, deal.products)
        if not may_wait(books, deal) or whom in told:
            deal.waits = False
        elif not taken(books, deal):
            deal.waits = False
            told.add(whom)
            books.post("customer-free", deal.number)


def lapse(books: Books, partner: str, registered: Deal | None = None) -> None:
    """The partner waits no more: its authorisation ended, or it has registered the customer itself."""
    for deal in books.by_partner.get(partner, []):
        if registered is None or (deal.customer_inn == registered.customer_inn and deal.products & registered.products):
            deal.waits = False
