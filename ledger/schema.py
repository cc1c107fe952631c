"""The tables of the ledger, as the newest migration leaves them (a test compares the two).

JSON is text written by msgspec; a moment is text of fixed width in UTC, so that it sorts in every database. What people wrote
is fitted to its column by us (`Line`, `Free`), the same in every database: PostgreSQL would refuse it, SQLite would not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

VERSION = "0006"
"""The newest migration that this code knows. Versions sort as text."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text with microseconds. Raises ValueError for a naive one."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without time zone cannot be recorded")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Line(TypeDecorator[str]):
    """Text of a bounded length. A longer one is cut, and its hash stands at the end, so that different texts stay different."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if len(value) > self.length:
            value = value[: self.length - 17] + "…" + sha256(value.encode("utf-8", "replace")).hexdigest()[:16]
        return value.replace("\x00", "\ufffd") if "\x00" in value else value


class Free(TypeDecorator[str]):
    """Free text of any length; the null character, which PostgreSQL does not keep, becomes the sign for one unknown."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\x00", "\ufffd") if value and "\x00" in value else value


class MailState(StrEnum):
    """Where a letter stands. `sending`: a try began and nobody recorded its end yet."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in-doubt"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """Is a row of the spreadsheet still to be shown anew?"""

    PENDING = "pending"
    WRITTEN = "written"


metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

counters = Table(
    "counters",
    metadata,
    Column("prefix", String(16), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("value", Integer, nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("source", String(64), nullable=False),
    Column("key", Line(255), nullable=False),
    Column("number", String(32), nullable=False, index=True),
    Column("received_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("address", Line(320), nullable=False),
    Column("raw", Text, nullable=False),
    Column("answer", Line(32), nullable=False),
    Column("answer_text", Free, nullable=False),
    Column("due_at", Instant),
    Column("answered_at", Instant),
    UniqueConstraint("source", "key"),
)

cases = Table(
    "cases",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(32), nullable=False),
    Column("partner_inn", Line(32), nullable=False),
    Column("customer_inn", Line(32), nullable=False),
    Column("name_key", Line(512), nullable=False),
    Column("wakes_at", Instant),
    Column("place_at", Instant),
    Column("place_seq", Integer, nullable=False),
    Column("due_at", Instant),
    Column("ended_at", Instant),
    Column("missed", Boolean, nullable=False),
    Column("quarantined", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Index("ix_cases_partner_inn_kind", "partner_inn", "kind"),
    Index("ix_cases_customer_inn_kind", "customer_inn", "kind"),
    Index("ix_cases_name_key", "name_key"),
    Index("ix_cases_wakes_at", "wakes_at"),
    Index("ix_cases_kind_state", "kind", "state"),
)

registrations = Table(  # deals that were registered once: what is counted of them, small enough to be counted at every write
    "registrations",
    metadata,
    Column("number", ForeignKey("cases.number"), primary_key=True),
    Column("partner_inn", Line(32), nullable=False),
    Column("state", String(32), nullable=False),
    Column("heard_on", String(10), nullable=False),  # ISO day of the last news
    Column("unmoved_since", String(10)),  # ISO day of the registration while the sale stands at the first status
)

holds = Table(
    "holds",
    metadata,
    Column("customer_inn", Line(32), primary_key=True),
    Column("product_key", Line(512), primary_key=True),
    Column("override", Line(32), primary_key=True),  # "": first come; else the number of an overlap that staff approved
    Column("number", ForeignKey("cases.number"), nullable=False, index=True),
)

waits = Table(
    "waits",
    metadata,
    Column("customer_inn", Line(32), primary_key=True),
    Column("number", ForeignKey("cases.number"), primary_key=True, index=True),  # a refused deal whose partner is told
)

lead_slots = Table(  # the leads that a partner was given: no more in a month than its quota, none of them twice
    "lead_slots",
    metadata,
    Column("partner_inn", Line(32), primary_key=True),
    Column("month", String(7), primary_key=True),  # 2026-03, on Moscow's clock
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("quota", Integer, nullable=False),  # when it was given
    Column("number", ForeignKey("cases.number"), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("number", "partner_inn"),
    CheckConstraint("slot BETWEEN 1 AND quota", name="quota"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("value", Line(320), primary_key=True),
    Column("is_domain", Boolean, primary_key=True),
    Column("number", ForeignKey("cases.number"), primary_key=True, index=True),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", ForeignKey("cases.number"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("question", String(64), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("by", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("edition", String(32), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("recommended", Text, nullable=False),
    Column("facts", Text, nullable=False),
)

mails = Table(
    "mails",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("number", String(32), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("template", String(64), nullable=False),
    Column("recipient", Line(320), nullable=False),
    Column("context", Text, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("answers", Text, nullable=False),
    Column("warns", String(16), nullable=False),
    Column("thread", Text, nullable=False),
    Column("offer", Text, nullable=False),
    Column("message_id", String(32), nullable=False),
    Column("token", String(26), nullable=False),
    Column("raw", LargeBinary),
    Column("state", String(16), nullable=False),
    Column("uncertain", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_owner", String(128), nullable=False),
    Column("lease_until", Instant),
    Column("at", Instant),  # when the state was reached
    Column("error", Free, nullable=False),
    UniqueConstraint("message_id"),
    UniqueConstraint("token"),
    Index("ix_mails_state_due_at", "state", "due_at"),
    Index("ix_mails_recipient_template_queued_at", "recipient", "template", "queued_at"),
)

dead_addresses = Table(
    "dead_addresses",
    metadata,
    Column("address", Line(320), primary_key=True),  # lower case
    Column("since", Instant, nullable=False),  # when a server last said that there is no such address
)

row_effects = Table(
    "row_effects",
    metadata,
    Column("kind", String(16), primary_key=True),  # EffectKind.ROW or FORM_ROW
    Column("ref", String(32), primary_key=True),  # number of the case, seq of the submission
    Column("number", String(32), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("written_at", Instant),
    Index("ix_row_effects_kind_state", "kind", "state"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("number", String(32), nullable=False, index=True),
    Column("event", Free, nullable=False),
    Column("details", Free, nullable=False),
    Column("written_at", Instant),
    Index("ix_events_unwritten", "id", sqlite_where=text("written_at IS NULL"), postgresql_where=text("written_at IS NULL")),
)

words = Table(
    "words",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("number", String(32), nullable=False, index=True),
    Column("raw", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seq", Integer),  # the order in which they were heard; None for those of the first version
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("key", Line(255), primary_key=True),
    Column("reason", Free, nullable=False),
    Column("raw", Free, nullable=False),
    Column("at", Instant, nullable=False),
    Column("released_at", Instant),
)

failures = Table(
    "failures",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("key", Line(255), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("value", Free, nullable=False),
)

base_rows = Table(
    "base_rows",
    metadata,
    Column("tab", String(64), primary_key=True),
    Column("key", Line(255), primary_key=True),
    Column("cells", Text, nullable=False),
)

staff_tabs = Table(
    "staff_tabs",
    metadata,
    Column("tab", String(64), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("lines", Text, nullable=False),
)

staff_tab_changes = Table(
    "staff_tab_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tab", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("place", Integer, nullable=False),  # from this line on
    Column("dropped", Integer, nullable=False),  # so many lines went
    Column("lines", Text, nullable=False),  # and these came
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("ok", Boolean),
    Column("error", Free, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("until", Instant, nullable=False),
)
