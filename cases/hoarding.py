"""Partners who hold registrations without working on them: staff see it in `Замечания` («Регистрация сделки»)."""

from __future__ import annotations

from cases.desk import Desk
from cases.model import Case, Facts
from rules.hoarding import Holding, marks

_CODES = ("idle", "seldom-won")


def show(desk: Desk, case: Case, held: Holding) -> None:
    """Mark the partner for staff, or lift a mark that no longer holds. The partner is told nothing."""
    marked = marks(held, desk.edition_at(desk.now))
    for code in _CODES:
        if code not in marked:
            desk.lift_remark(case, f"hoarding-{code}")
    if "idle" in marked:
        desk.remark(case, "hoarding-idle", idle=str(held.idle), in_force=str(held.in_force), share=str(held.idle_share))
    if "seldom-won" in marked:
        desk.remark(case, "hoarding-seldom-won", won=str(held.won), ended=str(held.ended), share=str(held.won_share))


def told(case: Case, held: Holding) -> Facts:
    """A partner's measures for a letter to staff; shares "" without any deals to take them of."""
    return {
        "number": case.number,
        "name": case.partner().name,
        "in_force": held.in_force,
        "idle": held.idle,
        "ended": held.ended,
        "won_share": "" if held.won_share is None else str(held.won_share),
    }
