"""Letters that did not arrive: what staff see of it, which addresses are left in peace, and who gets the letter instead."""

from __future__ import annotations

from dataclasses import replace

from cases.desk import Desk
from cases.letters import letter_key
from cases.model import Case, Mail


def came_back(desk: Desk, case: Case, mail: Mail | None, address: str, *, dead: bool) -> str:
    """A letter about the case did not reach the address; gives the words for staff.

    `dead`: a server says that there is no such address. That counts only of the very address that `mail` went to: anybody can
    write a bounce, but not one that knows a letter of ours.
    """
    words = desk.outside.wording.remark("undeliverable", address=address)
    desk.remark(case, "undeliverable", address=address)
    desk.journal(case, "bounce")
    if not dead or mail is None or mail.recipient.lower() != address.lower():
        return words
    desk.tx.address_died(address)
    to_another(desk, case, mail)
    return desk.tell_dead(case, address) or words


def to_another(desk: Desk, case: Case, mail: Mail) -> bool:
    """The letter goes to another contact of the partner; False if there is none."""
    other = desk.living(mail.recipient, desk.partner_of(case))
    if not other or other.lower() == mail.recipient.lower():
        return False
    key = letter_key(mail.number, mail.revision, mail.template, other, mail.key)
    if desk.tx.queue_mail(replace(mail, key=key, recipient=other, queued_at=desk.now)):
        desk.journal(case, "readdressed")
    return True
