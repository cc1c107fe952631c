"""Slots for the leads of a partner's month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_slots",
        sa.Column("partner_inn", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.CheckConstraint("slot BETWEEN 1 AND quota", name=op.f("ck_lead_slots_quota")),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_lead_slots_number")),
        sa.PrimaryKeyConstraint("partner_inn", "month", "slot", name=op.f("pk_lead_slots")),
        sa.UniqueConstraint("number", "partner_inn", name=op.f("uq_lead_slots_number_partner_inn")),
    )
