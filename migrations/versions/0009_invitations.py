"""Invitations into a team."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _refers(column: str, table: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = f"fk_invitation_{column}"
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("invited_by", BIG, nullable=True),
        sa.Column("message_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", BIG, nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organization_id", BIG, nullable=False),
        _refers("invited_by", "user", "SET NULL"),
        _refers("message_id", "message", "SET NULL"),
        _refers("accepted_by", "user", "SET NULL"),
        _refers("organization_id", "organization", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("uuid", name="uq_invitation_uuid"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
    )
    for column in ("invited_by", "message_id", "accepted_by", "organization_id"):
        op.create_index(f"ix_invitation_{column}", "invitation", [column], unique=False)


def downgrade() -> None:
    op.drop_table("invitation")
