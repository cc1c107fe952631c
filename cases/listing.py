"""The list of partners on the vendor's site: staff's yes, its end, and what the list shows («Партнерские статусы»).

A partner is listed under the request that staff approved: that request stays «Одобрено» for as long as the listing lasts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.desk import Desk, Impossible
from cases.identity import name_key, one_line, site_link
from cases.model import STANDING, Answer, Case, CaseKind, Facts, RequestState
from cases.ports import Transaction
from rules.authorisation import Standing
from rules.edition import Edition, Tier
from rules.requests import stays_listed

TOPIC = "publication"
CHANGED = "changed"
_NOTE = "listing"


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list. `site`: an address to link to, "" when none can be made of what the partner gave."""

    name: str
    tier: Tier
    region: str
    site: str


# -- staff's word ------------------------------------------------------------------------------


def grant(desk: Desk, case: Case) -> None:
    """Staff's yes to a request for a listing. A partner that is listed already stays so under its first request.

    Raises Impossible: nobody known asks, or the partner's standing or tier gives no listing.
    """
    partner = desk.partner_of(case)
    if partner is None:
        raise Impossible("sender-unknown", address=case.sender)
    if desk.standing(partner) is not Standing.AUTHORISED:
        raise Impossible("not-authorised")
    edition = desk.edition_at(desk.now)
    if not stays_listed(desk.standing(partner), partner.partner().tier, edition):
        raise Impossible("tier-not-listed")
    case.state = RequestState.APPROVED
    case.question, case.wakes_at, case.decided_at = None, None, desk.now
    desk.record(case, "request", "approve", "staff")
    rows = desk.answer(case, Answer.ACCEPTED)
    if not partner.partner().listing:
        partner.partner().listing = case.number
        desk.tx.save(partner)
        _changed(desk)
        desk.journal(case, "listed")
    section = edition.figures(partner.partner().tier).section
    desk.write(case, "listing-approved", section=section, facts={"listing": _shown(partner)}, answers=rows)


def take_off(desk: Desk, case: Case) -> None:
    """Staff close the request of a listing that is granted. Raises Impossible: the partner is not listed under this one."""
    partner = desk.partner_of(case)
    if partner is None or partner.partner().listing != case.number:
        raise Impossible("already-decided")
    _end(desk, partner, "staff")


# -- what ends it by itself ------------------------------------------------------------------------


def review(desk: Desk, partner: Case) -> None:
    """The partner's tier or authorisation changed: a listing that is given no more ends, one that goes on shows the change."""
    data = partner.partner()
    if not data.listing:
        return
    if stays_listed(desk.standing(partner), data.tier, desk.edition_at(desk.now)):
        _changed(desk)
    else:
        _end(desk, partner, "rules")


def _end(desk: Desk, partner: Case, by: str) -> None:
    data = partner.partner()
    case = desk.tx.case(data.listing)
    data.listing = ""
    desk.tx.save(partner)
    _changed(desk)
    if case is None:
        return
    case.state = RequestState.CLOSED
    desk.record(case, "listing", "end", by, facts={"tier": data.tier.value, "standing": desk.standing(partner).value})
    desk.journal(case, "unlisted")
    if desk.standing(partner) is Standing.AUTHORISED:  # the letter about the end of an authorisation says enough
        section = desk.edition_at(desk.now).figures(data.tier).section
        why = "tier" if by == "rules" else "staff"
        desk.write(case, "listing-ended", section=section, facts={"listing": _shown(partner), "why": why})


def _shown(partner: Case) -> Facts:
    """The partner's line of the list, for a letter."""
    line = _line(partner)
    return {"name": line.name, "tier": line.tier.value, "region": line.region, "site": line.site}


# -- the list ---------------------------------------------------------------------------------------


def listed(partners: Iterable[Case], edition: Edition) -> list[Listed]:
    """The lines of the list: highest tier first, then by name without its legal form. Nothing personal is in it.

    What the edition does not give any more is left out, though nobody has looked at that partner since it came into force.
    """
    order = list(Tier)
    shown = [
        _line(case)
        for case in partners
        if case.kind is CaseKind.PARTNER
        and case.partner().listing
        and stays_listed(STANDING[case.state], case.partner().tier, edition)
    ]
    return sorted(shown, key=lambda line: (-order.index(line.tier), name_key(line.name).key, line.name, line.site))


def _line(partner: Case) -> Listed:
    data = partner.partner()
    return Listed(one_line(data.name), data.tier, one_line(data.region), site_link(data.site))


def _changed(desk: Desk) -> None:
    desk.tx.set_note(_NOTE, CHANGED)


def shown_under(tx: Transaction) -> str:
    """Under which edition the list was last exported; `CHANGED` if it changed since, "" if nobody was ever listed."""
    return tx.note(_NOTE)


def exported(tx: Transaction, edition: Edition) -> None:
    """The list as it is now has been exported."""
    tx.set_note(_NOTE, edition.name)
