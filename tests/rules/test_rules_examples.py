"""The programme by examples: `examples/*.toml`, in Russian, each with its section and the point of the section that it shows.

Dates spell their weekday («пт 2026-03-13»), and the reader checks it. `expect` names only what the example is about, but outcome,
codes, problems and terms of a decision are always compared in full. `traces/*.txt` holds every decision word for word, as
`explain` would tell it: after a change that is meant, write them anew with `python -m tests.rules.test_rules_examples` and
read the difference.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from jobs.programme import load_calendar, load_editions
from rules.authorisation import ApplicationFacts, Standing, authorise
from rules.calendar import BusinessCalendar
from rules.clock import DealClock, Term, Timed, agenda, due_now, extended, term, wakes_at
from rules.deals import (
    DealKind,
    ExtensionFacts,
    OwnDeal,
    PartnerFacts,
    RegistrationFacts,
    Rival,
    discount,
    extend,
    register,
    repeat,
    second_partner_discount,
)
from rules.decision import Decision, Problem, Result
from rules.edition import Edition, Tier
from rules.hoarding import Holding, idle_before, marks
from rules.leads import Candidate, LeadFacts, hand_out, month_of, quotas_open_again, regions, reminder_at, take_up_by
from rules.nfr import NfrFacts, nfr, nfr_end
from rules.orders import DealStanding, OrderedDeal, OrderFacts, order
from rules.pilots import PilotFacts, pilot, pilot_agenda, pilot_due, pilot_term
from rules.renewals import Purchase, incumbent
from rules.requests import TopicFacts, stays_listed, topic
from rules.standing import is_ahead, is_told, letters_go
from rules.tiers import (
    Publicity,
    ReportMonth,
    Sale,
    TierFacts,
    benefits,
    distance,
    fallback,
    held_back,
    review,
    sales_total,
    shortfall,
)
from rules.training import course_terms, proposed_day, reminder_days
from rules.violations import Violation, weigh
from rules.waiting import WaitingFacts, wait

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(__file__).parent / "examples"
TRACES = Path(__file__).parent / "traces"
EDITIONS = load_editions(ROOT / "programme", ROOT / "tests" / "data" / "programme-second")
WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")

Facts = Mapping[str, Any]
TOLD: list[str] = []
"""What the rules said about the example at hand, in full."""

# What each section decides by software, point by point (programme.md §1-3, "Who may speak", "Deadlines"). Each needs an example.
POINTS: Mapping[str, frozenset[str]] = {
    "Авторизация Партнера": frozenset(
        {
            "полная заявка принимается",
            "только юридическое лицо",
            "нужны данные",
            "повторная заявка",
            "заявка с чужого адреса",
            "пометки об адресе",
            "подтверждение сотрудниками",
            "один рабочий день",
        }
    ),
    "Понижение партнёрского статуса или отказ в авторизации": frozenset(
        {"после отказа или деавторизации", "понижение", "нарушения"}
    ),
    "Повышение партнёрского статуса": frozenset(
        {"повышение через ступень", "доверенный – со словом сотрудников", "пониженный сотрудниками"}
    ),
    "Партнерские статусы": frozenset(
        {
            "скидка и срок статуса",
            "индивидуальная скидка",
            "окно продаж",
            "повышение",
            "публикации за квартал",
            "публикации за месяц",
            "сайт партнёра",
            "обучение продажам",
            "ежемесячные отчёты",
            "расстояние до следующего статуса",
            "права статуса",
            "NFR-лицензия по статусу",
            "конец NFR-лицензии",
            "конец размещения",
            "размещение на сайте",
            "пресейл",
            "материалы и вопросы",
            "очередь на лиды",
            "квота лидов",
            "лид предлагают один раз",
            "срок ответа по лиду",
            "письмо месяца",
            "сроки в письме месяца",
        }
    ),
    "Регистрация сделки": frozenset(
        {
            "первый зарегистрировавший",
            "редакция программы",
            "нужны данные",
            "пять рабочих дней на данные",
            "все причины по порядку",
            "партнёр не авторизован",
            "авторизация не решена",
            "тот же набор продуктов",
            "наборы пересекаются",
            "разные продукты",
            "очередь",
            "поздно всплывшая строка",
            "отказ заказчика",
            "собственный повтор",
            "много открытых сделок",
            "заказчик – сам партнёр",
            "повтор после истечения",
            "скидка второму партнёру",
            "скидка сотрудника",
            "отчёты о статусе",
            "аннулирование",
            "подтверждение раз в три месяца",
            "после простоя",
            "конец срока",
            "срок по календарю",
            "последний день месяца",
            "перенос на рабочий день",
            "продление",
            "продление до конца срока",
            "продление от неперенесённого конца",
            "продления исчерпаны",
            "причины отказа в продлении",
            "заказ в пределах сделки",
            "сумма заказов сделки",
            "заказ после окончания срока",
            "заказ по сделке, которая не действует",
            "то же юридическое лицо",
            "заказ по чужой сделке",
            "продукты сделки",
            "все причины заказа по порядку",
            "заказ второго партнёра",
            "цена заказа",
            "сделки без движения",
            "доля выигранных",
            "лист ожидания",
        }
    ),
    "Продление действующих лицензий": frozenset({"действующий партнёр", "продление по обычной схеме"}),
    "Условия предоставления специальных цен": frozenset({"виды сделок", "конкурентный переход", "лучшая из двух скидок"}),
    "Тестовые лицензии для пилотов": frozenset(
        {
            "обычный срок сразу",
            "другой срок",
            "только авторизованные",
            "нужны данные",
            "просроченный отчёт",
            "дни пилота",
            "напоминания и отчёт",
            "после простоя",
        }
    ),
    "Обучение": frozenset({"вебинар в течение 30 дней", "напоминания об обучении", "технический курс"}),
    "Кто говорит за партнёра": frozenset({"чужой адрес"}),
    "Сроки": frozenset(
        {
            "два рабочих дня",
            "счёт со следующего дня",
            "праздники и переносы",
            "календарь сотрудников",
            "московское время",
            "предупреждения сотрудникам",
        }
    ),
}


def load_examples() -> list[dict[str, Any]]:
    """All examples; the file's `rule` and `section` hold for each that does not name its own."""
    found = []
    for path in sorted(EXAMPLES.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for number, example in enumerate(content.pop("example"), 1):
            found.append(
                {"edition": "2024-01-01", "facts": {}, "changes": {}, "file": path.stem, "number": number, **content, **example}
            )
    return found


ALL = load_examples()


@pytest.mark.parametrize("example", ALL, ids=[f"{example['file']}-{example['number']}" for example in ALL])
def test_example(example: dict[str, Any]) -> None:
    assert set(example) == {"edition", "facts", "changes", "file", "number", "rule", "section", "point", "name", "expect"}
    edition = edition_of(example)
    expected = dict(example["expect"])
    actual = RULES[example["rule"]](dict(example["facts"]), edition, expected)
    assert expected, example["name"]
    assert actual == expected, example["name"]


def edition_of(example: dict[str, Any]) -> Edition:
    """The example's edition, with its `changes` ({subject: figures}; of the tiers {tier: figures})."""
    edition = EDITIONS.named(example["edition"])
    changes = dict(example["changes"])
    rows = dict(changes.pop("tiers", {}))
    tiers = tuple(replace(row, **rows.pop(row.tier, {})) for row in edition.tiers)
    assert not rows, f"unknown tiers: {', '.join(rows)}"
    subjects = {subject: replace(getattr(edition, subject), **figures) for subject, figures in changes.items()}
    return replace(edition, tiers=tiers, **subjects)


def decided(example: dict[str, Any]) -> str:
    """Every decision of an example in full; "" for a rule that decides nothing."""
    edition = edition_of(example)
    TOLD.clear()
    RULES[example["rule"]](dict(example["facts"]), edition, dict(example["expect"]))
    return "".join(TOLD)


def in_full(decision: Decision) -> str:
    """Outcome and terms, then every test, reason and problem, a line each."""
    terms = "".join(f", {name} {value}" for name, value in decision.terms.items())
    waits = f", waits for {' '.join(decision.waits_for)}" if decision.waits_for else ""
    lines = [f"{decision.outcome}{terms}{waits}"]
    lines += [f"  {test.result:<5} {test.name} [{test.section}] {test.detail}".rstrip() for test in decision.tests]
    lines += [f"  reason {reason.code} [{reason.section}] {facts(reason.facts)}".rstrip() for reason in decision.reasons]
    lines += [f"  {of_problem(problem)}" for problem in decision.problems]
    return "\n".join(lines) + "\n"


def of_problem(problem: Problem) -> str:
    return f"problem {problem.field}: {problem.code} [{problem.section}] {facts(problem.facts)}".rstrip()


def facts(told: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in told.items())


def traces(file: str) -> str:
    """The decisions of one file of examples."""
    found = [(example["name"], decided(example)) for example in ALL if example["file"] == file]
    return "\n".join(f"{name}\n{told}" for name, told in found if told)


@pytest.mark.parametrize("file", sorted({example["file"] for example in ALL}))
def test_decisions_are_told_as_they_were(file: str) -> None:
    path = TRACES / f"{file}.txt"
    assert traces(file) == (path.read_text(encoding="utf-8") if path.exists() else "")


def test_every_point_of_every_section_has_an_example() -> None:
    shown: dict[str, set[str]] = {}
    for example in ALL:
        shown.setdefault(example["section"], set()).add(example["point"])
    assert shown == {section: set(points) for section, points in POINTS.items()}


def test_sections_of_the_first_edition_that_software_decides_have_examples() -> None:
    edition = EDITIONS.named("2024-01-01")
    cited = {
        edition.authorisation.section,
        edition.tier_review.section,
        edition.tier_review.promotion_section,
        edition.deals.section,
        edition.deals.switch_section,
        edition.deals.renewal_section,
        edition.deadlines.section,
        edition.deadlines.authorisation_section,
        *(row.section for row in edition.tiers),
    }
    assert cited <= set(POINTS)


def test_names_of_examples_differ() -> None:
    names = [(example["file"], example["name"]) for example in ALL]
    assert len(set(names)) == len(names)


# -- reading facts -------------------------------------------------------------


def day(text: str) -> date:
    """«пт 2026-03-13»; the weekday has to be right."""
    weekday, _, rest = text.partition(" ")
    read = date.fromisoformat(rest)
    assert WEEKDAYS[read.weekday()] == weekday, f"{text}: {WEEKDAYS[read.weekday()]}"
    return read


def moment(text: str, calendar: BusinessCalendar) -> datetime:
    """«пт 2026-03-13 17:59», Moscow time unless UTC is said."""
    match = re.fullmatch(r"(\w\w \S+) ([\d:]+)( UTC)?", text)
    assert match, text
    return datetime.fromisoformat(f"{day(match[1])}T{match[2]}").replace(tzinfo=UTC if match[3] else calendar.zone)


def told(at: datetime, calendar: BusinessCalendar) -> str:
    local = at.astimezone(calendar.zone)
    clock = f"{local:%H:%M:%S}".removesuffix(":00")
    return f"{told_day(local.date())} {clock if clock.count(':') else clock + ':00'}"


def told_day(on: date) -> str:
    return f"{WEEKDAYS[on.weekday()]} {on}"


@cache
def calendar_of(name: str) -> BusinessCalendar:
    return load_calendar(ROOT / "programme", EDITIONS.named(name).deadlines, {})


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def problems(facts: dict[str, Any]) -> tuple[Problem, ...]:
    return tuple(Problem(field, "missing", "Регистрация сделки") for field in facts.pop("problems", []))


def used_up(facts: dict[str, Any]) -> None:
    """A fact that no rule reads is a slip in the example."""
    assert not facts, f"unknown facts: {', '.join(facts)}"


def of_decision(decision: Decision, edition: Edition, expected: dict[str, Any], terms: tuple[str, ...]) -> dict[str, Any]:
    """The decision as an example's `expect` words it; what the example leaves out and the decision leaves out too is left out."""
    TOLD.append(in_full(decision))
    assert decision.edition == edition.name
    names = [test.name for test in decision.tests]
    assert names
    assert len(set(names)) == len(names)
    assert all(test.section for test in decision.tests)
    assert all(reason.section for reason in decision.reasons)
    actual: dict[str, Any] = {
        "outcome": decision.outcome.value,
        "codes": [reason.code for reason in decision.reasons],
        "problems": [problem.field for problem in decision.problems],
        "waits_for": list(decision.waits_for),
        **{name: decision.terms.get(name, "") for name in terms},
        "edition": decision.edition,
        "staff_tests": [test.name for test in decision.tests if test.result is Result.STAFF],
        "wait_tests": [test.name for test in decision.tests if test.result is Result.WAIT],
        "told": dict(decision.reasons[0].facts) if decision.reasons else {},
    }
    assert set(decision.terms) <= set(terms)
    weighed = {"edition", "staff_tests", "wait_tests", "told"}  # compared only where the example asks
    return {key: value for key, value in actual.items() if key in expected or (value and key not in weighed)}


# -- the rules -------------------------------------------------------------------


def run_authorise(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    weighed = ApplicationFacts(
        problems=problems(facts),
        sole_trader=facts.pop("sole_trader", False),
        standing=Standing(facts.pop("standing", "never-applied")),
        refused_before=facts.pop("refused_before", False),
        known_sender=facts.pop("known_sender", False),
        free_mail=facts.pop("free_mail", False),
        foreign_domain=facts.pop("foreign_domain", False),
        needs_data_overdue=facts.pop("needs_data_overdue", False),
    )
    used_up(facts)
    return of_decision(authorise(weighed, edition), edition, expected, ("tier",))


def run_register(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    expired_on = facts.pop("expired_on", None)
    weighed = RegistrationFacts(
        problems=problems(facts),
        partner=PartnerFacts(
            standing=Standing(facts.pop("standing", "authorised")),
            tier=Tier(facts.pop("tier", "white")),
            individual_discount=decimal(facts.pop("individual_discount", None)),
            open_deals=facts.pop("open_deals", 0),
            sender_known=facts.pop("sender_known", True),
            set_discount=decimal(facts.pop("set_discount", None)),
        ),
        kind=DealKind(facts.pop("kind", "new")),
        products=frozenset(facts.pop("products", "ab")),
        customer_is_partner=facts.pop("customer_is_partner", False),
        rivals=tuple(Rival(**{**rival, "products": frozenset(rival["products"])}) for rival in facts.pop("rivals", [])),
        customer_refused_partner=facts.pop("customer_refused_partner", False),
        expired_on=day(expired_on) if expired_on else None,
        received_on=day(facts.pop("received_on", "пн 2026-03-02")),
        screenshot=facts.pop("screenshot", False),
        financial_document=facts.pop("financial_document", False),
        needs_data_overdue=facts.pop("needs_data_overdue", False),
        deadline_passed=facts.pop("deadline_passed", False),
        incumbent=facts.pop("incumbent", ""),
        incumbent_own=facts.pop("incumbent_own", False),
    )
    used_up(facts)
    return of_decision(register(weighed, edition), edition, expected, ("discount", "months"))


def run_wait(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    weighed = WaitingFacts(
        refused_for=tuple(facts.pop("codes")),
        standing=Standing(facts.pop("standing", "authorised")),
        customer_refused_partner=facts.pop("customer_refused_partner", False),
        products=frozenset(facts.pop("products", "ab")),
        others=tuple(Rival(number, frozenset(products), held, True) for number, products, held in facts.pop("others")),
    )
    used_up(facts)
    return of_decision(wait(weighed, edition), edition, expected, ())


def run_incumbent(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    found = incumbent(Purchase(number, partner, day(on)) for number, partner, on in facts["purchases"])
    return {"deal": found.deal, "partner": found.partner_inn} if found else {"deal": ""}


def run_discount(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    individual, staff = decimal(facts.get("individual")), decimal(facts.get("staff"))
    percent = discount(DealKind(facts["kind"]), Tier(facts["tier"]), individual, staff, edition)
    return {"percent": "unknown" if percent is None else str(percent)}


def run_second_partner(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    problem = second_partner_discount(Decimal(facts["percent"]), tuple(facts["codes"]), edition)
    TOLD.append(f"{of_problem(problem) if problem else 'possible'}\n")
    return {"problem": problem.code if problem else ""}


def run_repeat(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    meaning, number = repeat(tuple(OwnDeal(*deal) for deal in facts["own"]))
    return {"repeat": meaning.value, "number": number}


def run_extend(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    weighed = ExtensionFacts(
        in_force=facts.pop("in_force", True),
        standing=Standing(facts.pop("standing", "authorised")),
        tier=Tier(facts.pop("tier", "bronze")),
        used=facts.pop("used", 0),
        customer_refused_partner=facts.pop("customer_refused_partner", False),
    )
    used_up(facts)
    return of_decision(extend(weighed, edition), edition, expected, ("months",))


def run_tier(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    on = day(facts.pop("on", "ср 2026-04-15"))
    mailings = [Publicity(day(text), "mailing") for text in facts.pop("publicity", [])]
    site = [Publicity(on, "site")] if facts.pop("site", False) else []
    weighed = TierFacts(
        tier=Tier(facts.pop("tier", "white")),
        sales=tuple(Sale(day(text), Decimal(amount)) for text, amount in facts.pop("sales", [])),
        publicity=(*mailings, *site),
        sales_training=facts.pop("training", False),
        months=tuple(ReportMonth(*month) for month in facts.pop("months", [])),
        held_back=Tier(facts.pop("held_back")) if "held_back" in facts else None,
    )
    used_up(facts)
    actual = of_decision(review(weighed, on, edition), edition, expected, ("tier", "proposed")) if "outcome" in expected else {}
    way = distance(weighed, on, edition)
    more = {
        "next": way.tier.value if way else "",
        "roubles": str(way.roubles) if way else "",
        "missing": [condition.name for condition in way.conditions] if way else [],
        "short": [condition.name for condition in shortfall(weighed, on, edition)],
        "fallback": fallback(weighed, on, edition).value,
        "total": str(sales_total(weighed, on, edition)),
        "held_back": above.value if (above := held_back(weighed, on, edition)) else "",
    }
    return actual | {key: value for key, value in more.items() if key in expected}


def run_deadline(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    staff_days = {day(text): False for text in facts.get("days_off", [])} | {day(text): True for text in facts.get("working", [])}
    calendar = load_calendar(ROOT / "programme", edition.deadlines, staff_days)
    counts = {
        "authorisation": edition.deadlines.authorisation_business_days,
        "other": edition.deadlines.other_business_days,
        "needs-data": edition.deals.needs_data_business_days,
    }
    received = moment(facts["received"], calendar)
    due = calendar.deadline(received, counts[facts["answer"]])
    actual: dict[str, Any] = {"due": told(due, calendar)}
    if "warnings" in expected:
        shares = edition.deadlines.staff_warning_shares
        actual["warnings"] = [told(calendar.moment_at_share(received, due, share), calendar) for share in shares]
    return actual


def running_term(facts: dict[str, Any], edition: Edition, calendar: BusinessCalendar) -> Term:
    running = term(day(facts["registered"]), edition.figures(Tier(facts["tier"])).term_months, calendar)
    for tier in facts.get("extended", []):
        running = extended(running, edition.figures(Tier(tier)).term_months, calendar)
    return running


def run_term(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    running = running_term(facts, edition, calendar_of(edition.name))
    return {"ends": told_day(running.ends), "valid_until": told_day(running.valid_until)}


def run_agenda(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    calendar = calendar_of(edition.name)
    registered = facts["registered"]
    clock = DealClock(
        registered_on=day(registered),
        term=running_term(facts, edition, calendar),
        reported_on=day(facts.get("reported", registered)),
        confirmed_on=day(facts.get("confirmed", registered)),
        report_warned_on=day(facts["report_warned"]) if "report_warned" in facts else None,
        confirm_warned_on=day(facts["confirm_warned"]) if "confirm_warned" in facts else None,
        done=frozenset(facts.get("done", [])),
    )
    only = tuple(facts.get("only", [""]))
    steps: tuple[Timed, ...] = tuple(step for step in agenda(clock, edition, calendar) if step.step.startswith(only))
    actual: dict[str, Any] = {}
    if "steps" in expected:
        actual["steps"] = [f"{told(step.at, calendar)} {step.step}" for step in steps]
    if "now" in facts:
        now = moment(facts["now"], calendar)
        taken, skipped = due_now(steps, now)
        gone = (*skipped, *(step.mark for step in taken))
        wakes = wakes_at(tuple(step for step in steps if step.mark not in gone))
        actual |= {"taken": [step.step.value for step in taken], "skipped": len(skipped)}
        if "wakes" in expected:
            actual["wakes"] = told(wakes, calendar) if wakes else ""
    return actual


def run_order(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    standing = facts.pop("deal", "in-force")
    deal = OrderedDeal(
        number="D-2026-0001",
        own=facts.pop("own", True),
        standing=DealStanding(standing or "over"),
        customer_inn="7707083893",
        products=frozenset("ab"),
        licences=10,
        ordered=facts.pop("ordered", {}),
        discount=decimal(facts.pop("discount", "20") or None),
        holder_protected=facts.pop("holder_protected", False),
    )
    weighed = OrderFacts(
        problems=problems(facts),
        standing=Standing(facts.pop("standing", "authorised")),
        sender_known=facts.pop("sender_known", True),
        deal=deal if standing else None,
        customer_inn="7707083893" if facts.pop("same_customer", True) else "7700000009",
        products={key: key for key in facts.pop("products", "a")},
        licences=facts.pop("licences", 4),
        customer_refused_partner=facts.pop("customer_refused_partner", False),
        priced=facts.pop("priced", True),
        needs_data_overdue=facts.pop("needs_data_overdue", False),
        deadline_passed=facts.pop("deadline_passed", False),
    )
    used_up(facts)
    return of_decision(order(weighed, edition), edition, expected, ("discount",))


def run_pilot(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    weighed = PilotFacts(
        problems=problems(facts),
        standing=Standing(facts.pop("standing", "authorised")),
        sender_known=facts.pop("sender_known", True),
        asked_days=facts.pop("asked_days", None),
        overdue=tuple(facts.pop("overdue", [])),
        needs_data_overdue=facts.pop("needs_data_overdue", False),
        deadline_passed=facts.pop("deadline_passed", False),
    )
    used_up(facts)
    return of_decision(pilot(weighed, edition), edition, expected, ("days",))


def run_pilot_agenda(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    calendar = calendar_of(edition.name)
    running = pilot_term(day(facts["key_sent"]), facts.get("days", edition.pilots.standard_days), edition)
    steps = pilot_agenda(running, frozenset(facts.get("done", [])), edition, calendar)
    actual: dict[str, Any] = {
        "ends": told_day(running.ends_on),
        "report_due": told_day(running.report_due_on),
        "steps": [f"{told(step.at, calendar)} {step.step}" for step in steps],
    }
    if "now" in facts:
        taken, skipped = pilot_due(steps, moment(facts["now"], calendar))
        actual |= {"taken": [step.step.value for step in taken], "skipped": len(skipped)}
    return {key: value for key, value in actual.items() if key in expected}


def run_nfr(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    weighed = NfrFacts(
        standing=Standing(facts.pop("standing", "authorised")),
        tier=Tier(facts.pop("tier", "silver")),
        sender_known=facts.pop("sender_known", True),
        running=tuple(facts.pop("running", [])),
        deadline_passed=facts.pop("deadline_passed", False),
    )
    used_up(facts)
    return of_decision(nfr(weighed, edition), edition, expected, ("months",))


def run_nfr_end(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    present = facts.get("ends")
    end = nfr_end(
        day(facts["issued"]),
        day(present) if present else None,
        Tier(facts["tier"]),
        facts.get("authorised", True),
        day(facts["today"]),
        edition,
    )
    return {"ends": told_day(end) if end else ""}


def run_training(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    held = proposed_day(day(facts["authorised"]), edition, calendar_of(edition.name))
    actual = {"held": told_day(held), "reminders": [told_day(on) for on in reminder_days(held, edition)]}
    return {key: value for key, value in actual.items() if key in expected}


def run_course(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    return {"terms": course_terms(Tier(facts["tier"]), edition)}


def run_benefits(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    return {"benefits": list(benefits(edition.figures(Tier(facts["tier"]))))}


def run_topic(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    weighed = TopicFacts(
        topic=facts.pop("topic"),
        standing=Standing(facts.pop("standing", "authorised")),
        tier=Tier(facts.pop("tier", "white")),
        sender_known=facts.pop("sender_known", True),
        amount=decimal(facts.pop("amount", None)),
        links=facts.pop("links", False),
    )
    used_up(facts)
    return of_decision(topic(weighed, edition), edition, expected, ())


def run_listing(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    standing = Standing(facts.get("standing", "authorised"))
    return {"listed": stays_listed(standing, Tier(facts["tier"]), edition)}


def run_violations(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    lines = tuple(Violation(day(on), kind, bool(lifted)) for on, kind, *lifted in facts.pop("lines", []))
    used_up(facts)
    return of_decision(weigh(lines, edition), edition, expected, ())


def run_lead(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    calendar = calendar_of(edition.name)
    candidates = tuple(
        Candidate(
            inn=name,
            tier=Tier(tier),
            region=region,
            given=given,
            last_given_at=calendar.at_opening(day(last)) if last else None,
            authorised_at=datetime(2025, 1, 1, place, tzinfo=UTC),
            had="had" in marks,
            reachable="silent" not in marks,
        )
        for place, (name, tier, region, given, last, *marks) in enumerate(facts.pop("partners"))
    )
    decision = hand_out(LeadFacts(facts.pop("region", ""), candidates), edition)
    used_up(facts)
    return of_decision(decision, edition, expected, ("inn",))


def run_regions(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    return {"regions": sorted(regions(facts["text"]))}


def run_lead_days(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    calendar = calendar_of(edition.name)
    given = moment(facts["given"], calendar)
    by = take_up_by(given, edition, calendar)
    remind = reminder_at(by, edition, calendar)
    actual = {
        "by": told(by, calendar),
        "reminder": told(remind, calendar) if remind else "",
        "month": month_of(calendar.local_date(given)),
        "open_again": told_day(quotas_open_again(calendar.local_date(given))),
    }
    return {key: value for key, value in actual.items() if key in expected}


def run_standing(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    calendar = calendar_of(edition.name)
    on = day(facts.pop("on"))
    goes = letters_go(on, edition, calendar)
    shown: dict[str, Any] = {
        "goes": told(goes, calendar) if goes else "",
        "told": is_told(day(facts.pop("authorised_on")), on),
    }
    if "due" in facts:
        shown["ahead"] = [told_day(due) for due in map(day, facts.pop("due")) if is_ahead(due, on, edition)]
    used_up(facts)
    return shown


def run_hoarding(facts: dict[str, Any], edition: Edition, expected: dict[str, Any]) -> dict[str, Any]:
    before = idle_before(day(facts.pop("on")), edition)
    held = Holding(*(facts.pop(name, 0) for name in ("in_force", "idle", "ended", "won")))
    used_up(facts)
    shares = {"idle_share": held.idle_share, "won_share": held.won_share}
    return {
        "silent": told_day(before.silent),
        "unmoved": told_day(before.unmoved),
        **{name: str(share) for name, share in shares.items() if share is not None},
        "marks": list(marks(held, edition)),
    }


RULES: Mapping[str, Callable[[dict[str, Any], Edition, dict[str, Any]], dict[str, Any]]] = {
    "authorise": run_authorise,
    "register": run_register,
    "wait": run_wait,
    "incumbent": run_incumbent,
    "discount": run_discount,
    "second_partner_discount": run_second_partner,
    "repeat": run_repeat,
    "extend": run_extend,
    "tier": run_tier,
    "violations": run_violations,
    "standing": run_standing,
    "hoarding": run_hoarding,
    "deadline": run_deadline,
    "term": run_term,
    "agenda": run_agenda,
    "order": run_order,
    "pilot": run_pilot,
    "nfr": run_nfr,
    "nfr-end": run_nfr_end,
    "lead": run_lead,
    "lead-days": run_lead_days,
    "regions": run_regions,
    "training": run_training,
    "course": run_course,
    "topic": run_topic,
    "benefits": run_benefits,
    "listing": run_listing,
    "pilot-agenda": run_pilot_agenda,
}


if __name__ == "__main__":
    TRACES.mkdir(exist_ok=True)
    for name in {example["file"] for example in ALL}:
        if text := traces(name):
            (TRACES / f"{name}.txt").write_text(text, encoding="utf-8")
