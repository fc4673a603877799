"""The language that people are written in: an organization's, and an invitee's beside the hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "organization",
        sa.Column("locale", sa.String(length=10), nullable=False, server_default="en"),
    )
    for name, length in (("locale", 10), ("time_notation", 2)):
        op.add_column(
            "booking",
            sa.Column(name, sa.String(length=length), nullable=False, server_default=""),
        )


def downgrade() -> None:
    for table, name in (
        ("booking", "time_notation"),
        ("booking", "locale"),
        ("organization", "locale"),
    ):
        op.drop_column(table, name)
