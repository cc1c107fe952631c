"""The order of staff's words, and how their tabs changed: what a replay of the record needs to know."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BEFORE_ALL = "1970-01-01T00:00:00.000000+00:00"
"""What stands in the tabs when their history begins is taken for what always stood there."""


def upgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"  # which would patch the table's text
    with op.batch_alter_table("words", recreate="always" if lite else "never") as words:
        words.add_column(sa.Column("seq", sa.Integer(), nullable=True))
    changes = op.create_table(
        "staff_tab_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tab", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_tab_changes")),
    )
    tabs = sa.table("staff_tabs", sa.column("tab", sa.String), sa.column("lines", sa.Text))
    rows = []
    for tab, text in op.get_bind().execute(sa.select(tabs.c.tab, tabs.c.lines)).all():
        stored = json.loads(text)
        lines = [list(pair) for pair in stored.items()] if isinstance(stored, dict) else stored
        rows.append(
            {"tab": tab, "at": _BEFORE_ALL, "place": 0, "dropped": 0, "lines": json.dumps(lines, ensure_ascii=False)},
        )
    if rows:
        op.bulk_insert(changes, rows)
