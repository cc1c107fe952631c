"""The model's month's letter: who gets it, which deals stand in it, and what replies that speak of many deals do."""

from __future__ import annotations

from datetime import time

from tests.year import errands, terms
from tests.year.books import Books
from tests.year.events import Reply
from tests.year.records import AUTHORISED, NEEDS_DATA, PENDING, REGISTERED, Partner

OPENS = time(9)


def tell(books: Books) -> None:
    """From the opening of the month's first business day on, once: whoever was authorised before the month."""
    first = books.today.replace(day=1)
    opens = books.days.shifted(first)
    if books.told_month == first or books.today < opens or (books.today == opens and books.now.time() < OPENS):
        return
    books.told_month = first
    for partner in books.partners.values():
        if partner.state == AUTHORISED and partner.authorised is not None and partner.authorised.date() < first:
            partner.listed = {deal.number for deal in books.by_partner.get(partner.inn, []) if deal.open}
            books.post("partner-standing", partner.number)


def hear(books: Books, partner: Partner, letter: Reply) -> None:
    """Lines `deal – word`, or `все – word` for every deal of the letter without a line of its own. One letter answers all; what
    is no such line is a question that needs no letter of its own.
    """
    if letter.template == "partner-updated":
        _settle(books, partner, letter.text == "1")
        return
    said: dict[str, str] = {}
    beside = False
    for line in letter.text.split("\n"):
        target, dash, word = line.partition(" – ")
        if not dash:
            beside = True
        elif target == "все":
            said = dict.fromkeys(sorted(partner.listed), word) | said
        else:
            said[target] = word
    partner.asked = {}
    for number, word in said.items():
        _carry_out(books, partner, number, word, letter)
    if beside:
        errands.new(books, "Q", "question", "", letter.at, letter.sender, partner.inn).question = "decide"
    books.post("partner-updated", partner.number)


def _carry_out(books: Books, partner: Partner, number: str, word: str, letter: Reply) -> None:
    """A final word waits for its confirmation."""
    deal = books.deals[number]
    if deal.partner != partner.inn or not deal.open:
        return
    if word in terms.FINAL:
        deal.echo, deal.echo_listed = word, True
        partner.asked[number] = word
    elif deal.state == REGISTERED:
        terms.hear(books, deal, word, letter.at, sure=False, alone=False)
    elif deal.state == PENDING and word != terms.EXTEND:
        deal.sale_status = word


def _settle(books: Books, partner: Partner, yes: bool) -> None:
    for number, word in partner.asked.items():
        deal = books.deals[number]
        if deal.state in (REGISTERED, PENDING, NEEDS_DATA) and deal.echo == word:
            deal.echo = ""
            if yes:
                terms.close(books, deal, terms.FINAL[word], alone=False)
    partner.asked = {}
    books.post("partner-updated", partner.number)
