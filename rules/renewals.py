"""«Продление действующих лицензий»: from whom the customer bought last. Renewals are first come, first served like any deal; who
the incumbent is, staff are told and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Purchase:
    """Licences that a customer bought through a partner: the deal, and the day it was won, an order accepted or a sale booked."""

    deal: str
    partner_inn: str
    on: date


def incumbent(purchases: Iterable[Purchase]) -> Purchase | None:
    """The latest purchase; of one day's, the deal with the later number. None: the customer bought nothing that is known of."""
    return max(purchases, key=lambda bought: (bought.on, len(bought.deal), bought.deal), default=None)
