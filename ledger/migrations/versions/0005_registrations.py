"""What is known of each registration's news, for the measures of hoarding."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FIRST = (None, "in-work")


def upgrade() -> None:
    made = op.create_table(
        "registrations",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("partner_inn", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("heard_on", sa.String(length=10), nullable=False),
        sa.Column("unmoved_since", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_registrations_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_registrations")),
    )
    stored = op.get_bind().execute(sa.text("SELECT number, partner_inn, state, payload FROM cases WHERE kind = 'deal'"))
    rows = []
    for number, partner_inn, state, payload in stored:
        data = json.loads(payload)["data"]
        heard, registered = data.get("reported_on"), data.get("registered_at")
        if heard and registered:
            first = data.get("sale_status") in _FIRST
            since = datetime.fromisoformat(registered).astimezone(UTC).date().isoformat() if first else None
            row = {"number": number, "partner_inn": partner_inn, "state": state, "heard_on": heard, "unmoved_since": since}
            rows.append(row)
    if rows:
        op.bulk_insert(made, rows)
