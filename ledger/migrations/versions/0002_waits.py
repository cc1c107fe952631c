"""Who waits for a customer to become free."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waits",
        sa.Column("customer_inn", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_waits_number")),
        sa.PrimaryKeyConstraint("customer_inn", "number", name=op.f("pk_waits")),
    )
    op.create_index(op.f("ix_waits_number"), "waits", ["number"], unique=False)
