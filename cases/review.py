"""What a waking case is looked at for, by its kind and state."""

from __future__ import annotations

from collections.abc import Sequence

from cases import clockwork, deals, leads, nfr, orders, partners, pilots, questions, tiers, training
from cases.desk import Desk
from cases.model import Case, CaseKind, DealState, PartnerState


def order(cases: Sequence[Case]) -> list[Case]:
    """Partners before the rest (a deal waits for its partner's authorisation), then what fell due on deals in force (an
    expiry frees
    a customer), then undecided deals by their place in the queue.
    """
    return sorted(
        cases,
        key=lambda case: (
            case.kind is not CaseKind.PARTNER,
            case.state != DealState.REGISTERED,
            case.place_at is None,
            case.place_at or case.submitted_at,
            case.place_seq,
            case.number,
        ),
    )


def review(desk: Desk, case: Case) -> None:
    """Look at one case that is due; afterwards it sleeps until its next moment."""
    if case.wakes_at is None or case.wakes_at > desk.now:
        return  # looked at already, through another case of this pass
    if case.kind is CaseKind.PARTNER:
        if case.state == PartnerState.AUTHORISED and case.partner().tier_grace_until is not None:
            tiers.after_grace(desk, case)
        else:
            partners.review(desk, case)
    elif case.kind is CaseKind.ORDER:
        orders.review(desk, case)
    elif case.kind is CaseKind.NFR:
        nfr.review(desk, case)
    elif case.kind is CaseKind.LEAD:
        leads.review(desk, case)
    elif case.kind is CaseKind.TRAINING:
        training.review(desk, case)
    elif case.kind is CaseKind.PILOT:
        pilots.review(desk, case)
    elif case.kind is CaseKind.DEAL:
        if case.state in (DealState.PENDING, DealState.NEEDS_DATA):
            deals.review(desk, case)
        elif case.state == DealState.REGISTERED:
            clockwork.advance(desk, case)
        else:
            case.wakes_at = None
            desk.tx.save(case)
    else:
        questions.review(desk, case)
