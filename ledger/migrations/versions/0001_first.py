"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "base_rows",
        sa.Column("tab", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tab", "key", name=op.f("pk_base_rows")),
    )
    op.create_table(
        "cases",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("partner_inn", sa.String(length=32), nullable=False),
        sa.Column("customer_inn", sa.String(length=32), nullable=False),
        sa.Column("name_key", sa.String(length=512), nullable=False),
        sa.Column("wakes_at", sa.String(length=32), nullable=True),
        sa.Column("place_at", sa.String(length=32), nullable=True),
        sa.Column("place_seq", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=True),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("missed", sa.Boolean(), nullable=False),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_customer_inn_kind", "cases", ["customer_inn", "kind"], unique=False)
    op.create_index("ix_cases_kind_state", "cases", ["kind", "state"], unique=False)
    op.create_index("ix_cases_name_key", "cases", ["name_key"], unique=False)
    op.create_index("ix_cases_partner_inn_kind", "cases", ["partner_inn", "kind"], unique=False)
    op.create_index("ix_cases_wakes_at", "cases", ["wakes_at"], unique=False)
    op.create_table(
        "counters",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name=op.f("pk_counters")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("written_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_number"), "events", ["number"], unique=False)
    op.create_index(
        "ix_events_unwritten",
        "events",
        ["id"],
        unique=False,
        sqlite_where=sa.text("written_at IS NULL"),
        postgresql_where=sa.text("written_at IS NULL"),
    )
    op.create_table(
        "failures",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_failures")),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "mails",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.String(length=32), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("warns", sa.String(length=16), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=26), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=False),
        sa.Column("lease_owner", sa.String(length=128), nullable=False),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mails")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mails_message_id")),
        sa.UniqueConstraint("token", name=op.f("uq_mails_token")),
    )
    op.create_index(op.f("ix_mails_number"), "mails", ["number"], unique=False)
    op.create_index("ix_mails_recipient_template_queued_at", "mails", ["recipient", "template", "queued_at"], unique=False)
    op.create_index("ix_mails_state_due_at", "mails", ["state", "due_at"], unique=False)
    op.create_table(
        "notes",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notes")),
    )
    op.create_table(
        "quarantine",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("released_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "row_effects",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("queued_at", sa.String(length=32), nullable=False),
        sa.Column("written_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("kind", "ref", name=op.f("pk_row_effects")),
    )
    op.create_index("ix_row_effects_kind_state", "row_effects", ["kind", "state"], unique=False)
    op.create_index(op.f("ix_row_effects_number"), "row_effects", ["number"], unique=False)
    op.create_table(
        "staff_tabs",
        sa.Column("tab", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tab", name=op.f("pk_staff_tabs")),
    )
    op.create_table(
        "submissions",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("answer_text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_submissions")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_submissions_source_key")),
    )
    op.create_index(op.f("ix_submissions_number"), "submissions", ["number"], unique=False)
    op.create_table(
        "words",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_words")),
    )
    op.create_index(op.f("ix_words_number"), "words", ["number"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("is_domain", sa.Boolean(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_contacts_number")),
        sa.PrimaryKeyConstraint("value", "is_domain", "number", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_number"), "contacts", ["number"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("edition", sa.String(length=32), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("recommended", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_decisions_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_number"), "decisions", ["number"], unique=False)
    op.create_table(
        "holds",
        sa.Column("customer_inn", sa.String(length=32), nullable=False),
        sa.Column("product_key", sa.String(length=512), nullable=False),
        sa.Column("override", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_holds_number")),
        sa.PrimaryKeyConstraint("customer_inn", "product_key", "override", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_number"), "holds", ["number"], unique=False)
