"""What goes into each letter: plain facts, frozen when the letter is queued. Words and layout are the templates' affair.

Money and percent are decimal text ("1234.50", "10"), days ISO dates, moments ISO date-times with zone. `LETTERS` lists
every template with the
facts it is given besides the common ones; a test holds templates and list together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cases.model import Case, DealData, Facts, LeadData, LicenceData, Mail, Offer, OrderData, PartnerData, ReasonText
from rules.edition import Edition, TierFigures
from rules.tiers import benefits

COMMON = ("number", "greeting", "partner", "edition", "section", "reasons", "due_at")
"""`number` of the case · `greeting`: contact person or "" · `partner`: its name or "" · `edition` · `section`: heading
of the programme cited
· `reasons`: [{code, section, text}] · `due_at`: moment or ""."""

LETTERS: Mapping[str, tuple[str, ...]] = {
    # partner
    "partner-authorised": ("inn", "tier"),
    "partner-refused": ("inn",),
    "partner-status": ("inn", "state", "tier"),
    "partner-deauthorised": ("inn",),
    "tier-raised": ("tier", "distance"),
    "tier-lowered": ("tier", "distance"),
    "tier-warning": ("tier", "missing", "until"),
    "partner-standing": ("month", "tier", "sales", "distance", "deals", "more", "deadlines", "leads"),
    "partner-updated": ("done", "unclear", "asks", "passed_on", "deals"),
    # any case
    "needs-data": ("about", "asked", "asked_due_at"),
    "case-received": ("about", "awaits"),
    "case-waiting": ("about", "awaits"),
    "sender-unknown": ("about",),
    "question-received": ("subject",),
    "question-answered": ("subject", "outcome"),
    "appeal-answered": ("refusal", "outcome"),
    # deal
    "deal-registered": ("deal", "offer"),
    "deal-terms-changed": ("deal", "offer", "changes"),
    "deal-refused": ("deal", "second_discount_max", "can_wait"),
    "waiting-list": ("deal", "waits"),
    "customer-free": ("deal",),
    "deal-waiting": ("deal", "awaits"),
    "deal-update-due": ("deal", "due_on"),
    "deal-update-overdue": ("deal", "due_on", "annul_from"),
    "deal-confirm-due": ("deal", "due_on", "overdue"),
    "deal-expiring": ("deal", "days", "can_extend"),
    "deal-expired": ("deal",),
    "deal-extended": ("deal",),
    "deal-extension-refused": ("deal",),
    "deal-annulled": ("deal",),
    "deal-closed": ("deal", "outcome"),
    "deal-discount-offered": ("deal", "offer"),
    "reply-confirm": ("deal", "action"),
    "status-report": ("deals", "state", "tier", "asked_about", "repeated"),
    # order
    "order-accepted": ("order",),
    "order-refused": ("order",),
    # pilot
    "pilot-accepted": ("pilot",),
    "pilot-started": ("pilot",),
    "pilot-refused": ("pilot",),
    "pilot-ending": ("pilot", "days"),
    "pilot-report-due": ("pilot", "overdue"),
    "pilot-report-received": ("pilot",),
    # NFR licence
    "nfr-accepted": ("licence",),
    "nfr-issued": ("licence",),
    "nfr-refused": ("licence",),
    "nfr-ending": ("licence",),
    "nfr-ended": ("licence", "why"),
    # lead
    "lead-assigned": ("lead", "changed"),
    "lead-reminder": ("lead",),
    "lead-answered": ("lead", "outcome"),
    "lead-taken-back": ("lead", "why"),
    # marketing materials
    "materials-links": ("links", "extended"),
    # listing on the vendor's site
    "listing-approved": ("listing",),
    "listing-ended": ("listing", "why"),
    # training
    "training-invitation": ("training", "invitation", "moved"),
    "training-reminder": ("training",),
    "training-cancelled": ("training", "invitation"),
    "training-requested": ("training",),
    "training-passed": ("training", "certificate"),
    # staff
    "staff-attention": ("kind", "lines", "share"),
    "staff-outage": ("source", "code", "error", "since", "at", "minutes", "over", "waiting", "counts"),
    "staff-appeal": ("appealed", "words", "own", "rivals"),
    "staff-digest": ("counts", "waiting", "missed", "hoarders"),
}
"""Template -> facts besides COMMON.

`tier`: {name, discount, term_months, extensions, leads, nfr_months} (discount "" = individual) · `distance`: {tier,
roubles, conditions: [{name, required,
actual}]} or {} · `missing`: [{name, required, actual}], name one of sales, site, publicity, sales-training, reports ·
`about`: {kind: partner|deal|update|
request, customer, products, name} (what the case is about, only what the sender wrote) · `asked`: [{label, text}] ·
`awaits`: staff | rival |
authorisation · `deal`: see `deal_facts` · `offer`: {number, valid_until, total, discount} or {} · `changes`: [{name:
discount|valid_until, old, new}] ·
`outcome`: won | lost | withdrawn, approved | refused | closed, of a lead worked | refused ·
`action`: won | lost | withdraw · `deals`: [deal facts]
· `state`: partner state · `asked_about`: number or "" · `repeated`: the same deal was sent again ·
`order`: see `order_facts` · `pilot`: see `pilot_facts` · `licence`: see `licence_facts` ·
`month`: its first day · `sales`: of the last 12 months · `more`: open deals that are not listed ·
`deadlines`: [{on, kind: data | confirm | term | pilot | pilot-report | nfr | training, number, about}] ·
`leads`: {given: this month, quota: of a month, waiting: those that the partner has not answered, see `lead_facts`}, {} where the
tier gives none ·
`done`: [{line, number, customer, said: a sale status | extend | withdraw, outcome: reported | extended | not-extended | confirm |
closed | kept | over | needs-data, state, report_due, valid_until, reasons}] · `unclear`: [{line, why}], see `Unclear` · `asks`:
whether something of `done` is to be confirmed · `passed_on`: number of the question made of the rest, or "" ·
`training`: {number, topic: sales|technical, starts_at, held_until, minutes, days, terms: free|discounted|paid} ·
`certificate`: as staff wrote it, "" without one ·
`invitation`: {uid, sequence, method, starts, ends, summary}: goes as a calendar entry · `why`: term | tier, of a lead a
TurnEnd, of a listing tier | staff · `lead`: see `lead_facts` · `changed`: staff rewrote the lead since ·
`listing`: {name, tier, region, site} · `links`, `extended`: [{name, url}] ·
`can_wait`: may ask to be told when the customer is free · `waits`: is it on the waiting list now ·
`refusal`: number of the case whose refusal was appealed against · `appealed`: registration | extension | order | pilot |
nfr · `words`: the appeal's own · `own`, `rivals`: see `appeals.side` ·
`lines`: [{number, text}] · `share`: "0.5", "0.75" or "" · `hoarders`: [{number, name, in_force, idle, ended, won_share}] ·
`source`: sheet-read | sheet-write | mailbox · `code`, `error`: why, see `jobs.outages` · `since`, `at`: moments, `minutes`
between them · `over`: it is reached again ·
`counts`: {name: n} · `waiting`, `missed`: [{number, text, due_at}].
"""

ADDED: Mapping[str, Mapping[str, bool | str | list[Facts] | Facts]] = {
    "deal-refused": {"can_wait": False},
    "partner-standing": {"leads": {}},
    "staff-digest": {"hoarders": []},
}
"""Facts that came with a later release, and what they are in a letter that an earlier one left in the outbox."""

DEAL_LETTERS = tuple(name for name, facts in LETTERS.items() if "deal" in facts)
"""Letters that carry the numbered list of status answers."""


_OWN_LISTS: Mapping[str, Mapping[str, str]] = {
    "reply-confirm": {"1": "yes", "2": "no"},
    "partner-updated": {"1": "yes", "2": "no"},
    "deal-refused": {"1": "wait", "2": "appeal"},
    "waiting-list": {"9": "stop-waiting"},
}


_NEWS: Mapping[str, Callable[[Any], object]] = {
    "due_on": str,
    "overdue": bool,
    "outcome": str,
    "action": str,
    "why": str,
    "tier": lambda tier: tier["name"],
    "offer": lambda offer: offer.get("discount", ""),
    "training": lambda training: training["starts_at"],
    "lead": lambda lead: [lead[name] for name in ("lead", "contact", "region")],
}
"""Facts that are news, and what in them is. The others tell how the case stands, or reckon days from the decision's own."""

_ANSWERS = "answers"


def marks(mail: Mail) -> tuple[str, ...]:
    """What the letter is there to say, as `topic.digest`: whatever it answers; of a letter that answers nothing, its news.

    Decided anew from what people wrote, it has the same marks: days and what else was told beside may have changed.
    """
    answered = [*mail.thread, *(f"{source} {key}" for source, key in mail.answers)]
    if answered:
        return tuple(_mark(_ANSWERS, one) for one in answered)
    told = {name: pick(mail.context[name]) for name, pick in _NEWS.items() if name in mail.context}
    changes = mail.context.get("changes", ())
    return tuple(_mark(topic, news) for topic, news in (*told.items(), *((one["name"], one["new"]) for one in changes)))


def overtakes(later: Iterable[str], earlier: Iterable[str]) -> bool:
    """Does a later letter of that kind tell something else of what an earlier one told, by their marks?"""
    told = {mark.partition(".")[0]: mark for mark in earlier}
    return any(told.get(mark.partition(".")[0], mark) != mark for mark in later if not mark.startswith(f"{_ANSWERS}."))


def _mark(topic: str, news: object) -> str:
    return f"{topic}.{hashlib.sha256(repr(news).encode()).hexdigest()[:16]}"


def own_list(letter: Mail | None) -> Mapping[str, str]:
    """The letter's own short list of answers: figure -> what it means; {} for a letter with the list of statuses, or unknown."""
    offered = _OWN_LISTS.get(letter.template, {}) if letter is not None else {}
    if letter is not None and letter.template == "partner-updated" and not letter.context["asks"]:
        return {}
    if letter is None or letter.template != "deal-refused" or letter.context.get("can_wait"):
        return offered
    return {figure: meaning for figure, meaning in offered.items() if meaning != "wait"}


def letter_key(number: str, revision: int, template: str, recipient: str, distinct: str = "") -> str:
    """sha256 of what makes a letter once: case, revision, kind, recipient (and what else tells it apart)."""
    return hashlib.sha256("\x1f".join((number, str(revision), template, recipient.lower(), distinct)).encode()).hexdigest()


def money(amount: Decimal) -> str:
    """Roubles as decimal text with kopecks."""
    return f"{amount:.2f}"


def percent(value: Decimal | None) -> str:
    """Percent as the shortest decimal text; "" when unknown."""
    if value is None:
        return ""
    text = f"{value.normalize():f}"
    return text if text != "-0" else "0"


def day(value: date | None) -> str:
    """ISO date or ""."""
    return value.isoformat() if value else ""


def moment(value: datetime | None) -> str:
    """ISO moment or "": the same for every clock that shows it."""
    return value.astimezone(UTC).isoformat() if value else ""


def reason_facts(reasons: Iterable[ReasonText]) -> list[Facts]:
    """Reasons as letters carry them."""
    return [{"code": reason.code, "section": reason.section, "text": reason.text} for reason in reasons]


def tier_facts(row: TierFigures, discount: Decimal | None = None) -> Facts:
    """A tier's figures for a letter; `discount`: the partner's own if it differs."""
    shown = row.discount if discount is None else discount
    return {
        "name": row.tier.value,
        "discount": percent(shown),
        "term_months": row.term_months,
        "extensions": row.extensions,
        "leads": row.leads_per_month,
        "nfr_months": "" if row.nfr_months is None else row.nfr_months,
        "presale_from": money(Decimal(row.presale_from_rub)),
        "benefits": list(benefits(row)),
    }


def offer_facts(offer: Offer | None) -> Facts:
    """The head of an offer for a letter's text; {} without one."""
    if offer is None:
        return {}
    return {
        "number": offer.number,
        "valid_until": day(offer.valid_until),
        "total": money(offer.total),
        "discount": percent(offer.discount),
    }


def deal_facts(case: Case, report_due: date | None = None, extensions_left: int = 0) -> Facts:
    """A deal for a letter."""
    data = case.deal()
    return {
        "number": case.number,
        "state": case.state,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "kind": data.deal_kind.value if data.deal_kind else "",
        "products": list(data.products),
        "licences": data.licences if data.licences is not None else "",
        "discount": percent(data.discount),
        "registered_at": moment(data.registered_at),
        "valid_until": day(data.valid_until),
        "report_due": day(report_due),
        "sale_status": data.sale_status.value if data.sale_status else "",
        "extensions_left": extensions_left,
    }


def about_facts(case: Case) -> Facts:
    """What a case is about, in the sender's own words."""
    data = case.data
    if isinstance(data, PartnerData):
        return {"kind": "partner", "name": data.name, "customer": "", "products": []}
    if isinstance(data, DealData):
        return {"kind": "deal", "name": data.partner_name, "customer": data.customer, "products": list(data.products)}
    if isinstance(data, OrderData | LicenceData):
        return {
            "kind": case.kind.value,
            "name": data.partner_name,
            "customer": data.customer,
            "products": list(data.products),
        }
    return {"kind": "request", "name": data.lead if isinstance(data, LeadData) else data.subject, "customer": "", "products": []}


def pilot_facts(case: Case) -> Facts:
    """A pilot for a letter, without its key."""
    data = case.licence()
    days = data.term_days if data.term_days is not None else data.asked_days
    return {
        "number": case.number,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "products": list(data.products),
        "licences": data.licences if data.licences is not None else "",
        "term_days": days if days is not None else "",
        "key": "",
        "started_on": day(data.started_on),
        "ends_on": day(data.ends_on),
        "report_due": day(data.report_due_on),
    }


def licence_facts(case: Case) -> Facts:
    """An NFR licence for a letter, without its key; `ends_on` "" while the tier lasts, or not issued yet."""
    data = case.licence()
    return {"number": case.number, "key": "", "started_on": day(data.started_on), "ends_on": day(data.ends_on)}


def lead_facts(case: Case) -> Facts:
    """A lead for a letter; `take_up_by` "" while nobody has it."""
    data = case.lead()
    return {
        "number": case.number,
        "lead": data.lead,
        "contact": data.contact,
        "region": data.region,
        "take_up_by": moment(data.take_up_by),
    }


def order_facts(case: Case) -> Facts:
    """An order for a letter; prices and sum "" until it is accepted."""
    data = case.order()
    return {
        "number": case.number,
        "deal": data.deal,
        "customer": data.customer,
        "customer_inn": case.customer_inn,
        "products": list(data.products),
        "licences": data.licences if data.licences is not None else "",
        "distributor": data.distributor,
        "discount": percent(data.discount),
        "lines": [
            {"name": line.name, "quantity": line.quantity, "price": money(line.price), "total": money(line.total)}
            for line in data.lines
        ],
        "amount": "" if data.amount is None else money(data.amount),
    }


def compose(
    case: Case,
    template: str,
    recipient: str,
    edition: Edition,
    now: datetime,
    *,
    partner: PartnerData | None,
    section: str,
    reasons: Iterable[ReasonText] = (),
    facts: Mapping[str, object] | None = None,
    answers: Sequence[tuple[str, str]] = (),
    warns: str = "",
    thread: Sequence[str] = (),
    offer: Offer | None = None,
    distinct: str = "",
    once: str = "",
) -> Mail:
    """A letter about a case, ready for the outbox. With `once` its key is made of that alone (a month): there is one such letter
    for the case, whatever its revision and whoever gets it.

    Raises ValueError when the facts are not those that the template asks for.
    """
    extra = dict(facts or {})
    if set(extra) != set(LETTERS[template]):
        raise ValueError(f"{template}: facts {sorted(extra)} given, {sorted(LETTERS[template])} asked for")
    context: Facts = {
        "number": case.number,
        "greeting": partner.contact if partner else "",
        "partner": partner.name if partner else "",
        "edition": edition.name,
        "section": section,
        "reasons": reason_facts(reasons),
        "due_at": moment(case.due_at),
        **extra,
    }
    key = letter_key(case.number, 0, template, "", once) if once else None
    return Mail(
        key=key or letter_key(case.number, case.revision, template, recipient, distinct),
        number=case.number,
        revision=case.revision,
        template=template,
        recipient=recipient.lower(),
        context=context,
        queued_at=now,
        answers=tuple(answers),
        warns=warns,
        thread=tuple(thread),
        offer=offer,
    )
