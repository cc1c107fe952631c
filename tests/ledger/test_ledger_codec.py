"""Every dataclass of the model comes back from the ledger as it went in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.model import (
    Asked,
    Case,
    CaseKind,
    DealData,
    Echo,
    LeadData,
    LeadTurn,
    LicenceData,
    Mail,
    Offer,
    OfferLine,
    OrderData,
    PartnerData,
    Question,
    Recorded,
    Remark,
    RequestData,
    Submission,
)
from cases.staff_lines import StaffTabs
from ledger.codec import decode_case, encode
from ledger.database import open_ledger
from ledger.schema import metadata
from tests.ledger.ledger_samples import NOW, SECRET, deal, key_of, ledger_url

texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
figures = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
facts = st.dictionaries(
    texts, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.lists(texts, max_size=2), max_size=3
)
numbers = st.integers(-(2**31), 2**31 - 1)

st.register_type_strategy(datetime, moments)
st.register_type_strategy(Decimal, figures)
st.register_type_strategy(str, texts)
st.register_type_strategy(int, numbers)


def built(kind: type[Any], **given_: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **given_)


questions = st.none() | built(Question, facts=facts)
payloads = {
    CaseKind.PARTNER: built(PartnerData),
    CaseKind.DEAL: built(DealData, echo=st.none() | built(Echo)),
    CaseKind.REQUEST: built(RequestData, facts=facts),
    CaseKind.TRAINING: built(RequestData, facts=facts),
    CaseKind.ORDER: built(OrderData, lines=st.lists(built(OfferLine), max_size=2)),
    CaseKind.PILOT: built(LicenceData),
    CaseKind.NFR: built(LicenceData),
    CaseKind.LEAD: built(LeadData, turns=st.lists(built(LeadTurn), max_size=2)),
}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kind = draw(st.sampled_from(CaseKind))
    return Case(
        number="X-1",
        kind=kind,
        state=draw(texts),
        edition=draw(texts),
        submitted_at=draw(moments),
        data=draw(payloads[kind]),
        due_at=draw(st.none() | moments),
        place_at=draw(st.none() | moments),
        labels=draw(st.dictionaries(texts, texts, max_size=2)),
        asked=draw(st.lists(built(Asked), max_size=2)),
        waits_for=draw(st.lists(texts, max_size=2)),
        question=draw(questions),
        remarks=draw(st.lists(built(Remark), max_size=2)),
        warned_shares=draw(st.lists(st.floats(0, 1), max_size=2)),
        missed=draw(st.booleans()),
    )


@settings(max_examples=150, deadline=None)
@given(cases())
def test_cases(case: Case) -> None:
    assert decode_case(case.kind, encode(case)) == case


@pytest.fixture(params=["sqlite", "postgresql"])
def new_ledger(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[str]]:
    """Gives an empty ledger each time."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        kept = server.database(request.getfixturevalue("postgres_ledger"))

    @contextmanager
    def made() -> Iterator[str]:
        if request.param == "sqlite":
            with TemporaryDirectory() as folder:
                yield ledger_url(Path(shutil.copy(request.getfixturevalue("empty_ledger"), folder)))
        else:
            yield kept
            tables = ", ".join(table.name for table in metadata.sorted_tables)
            server.sql(f"TRUNCATE {tables} RESTART IDENTITY", kept.rpartition("/")[2])

    return made


lines = built(OfferLine, list_price=figures, discount=figures, price=figures, total=figures)
offers = st.none() | built(Offer, lines=st.lists(lines, max_size=2))
mails = built(Mail, context=facts, offer=offers, answers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    st.lists(mails, max_size=4),
    st.lists(built(Submission, raw=facts), max_size=4),
    st.lists(built(Recorded, facts=facts), max_size=3),
    built(StaffTabs),
)
def test_what_a_transaction_is_given(
    new_ledger: Callable[[], AbstractContextManager[str]],
    letters: list[Mail],
    rows: list[Submission],
    decided: list[Recorded],
    tabs: StaffTabs,
) -> None:
    with new_ledger() as url:
        ledger = open_ledger(url, secret=SECRET, owner="tests")
        letters = [replace(letter, key=key_of(index), number="D-1", template="t") for index, letter in enumerate(letters)]
        decided = [replace(one, number="D-1") for one in decided]
        with ledger.transaction(NOW) as tx:
            tx.add_case(deal("D-1"))
            for index, row in enumerate(rows):
                row.key = str(index)
                tx.add_submission(row)
            for letter in letters:
                tx.queue_mail(letter)
            for one in decided:
                tx.record(one)
            tx.set_staff_tabs(tabs)
        ledger.close()
        ledger = open_ledger(url, secret=SECRET, owner="tests")
        with ledger.reading(NOW) as view:
            by_key = partial(sorted, key=lambda letter: letter.key)
            assert by_key(view.letters_of("D-1", "t")) == by_key(letters)
            assert [view.known_submissions(row.source, [row.key])[row.key] for row in rows] == rows
            assert view.decisions_of("D-1") == decided
            assert view.staff_tabs() == tabs
        ledger.close()
