"""Links to a profile that book once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profile_link",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("profile_id", BIG, nullable=False),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_id", BIG, nullable=True),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["booking_profile.id"],
            name="fk_profile_link_profile_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name="fk_profile_link_booking_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_profile_link_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_profile_link"),
        sa.UniqueConstraint("uuid", name="uq_profile_link_uuid"),
        sa.UniqueConstraint("public_id", name="uq_profile_link_public_id"),
    )
    op.create_index("ix_profile_link_profile_id_id", "profile_link", ["profile_id", "id"])
    for column in ("booking_id", "organization_id"):
        op.create_index(f"ix_profile_link_{column}", "profile_link", [column])
    op.create_table(
        "profile_link_draft",
        sa.Column("id", BIG, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("booking_id", BIG, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["profile_link.id"],
            name="fk_profile_link_draft_link_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
            name="fk_profile_link_draft_booking_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_profile_link_draft_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_profile_link_draft"),
        sa.UniqueConstraint("booking_id", name="uq_profile_link_draft_booking_id"),
    )
    for column in ("link_id", "organization_id"):
        op.create_index(f"ix_profile_link_draft_{column}", "profile_link_draft", [column])


def downgrade() -> None:
    op.drop_table("profile_link_draft")
    op.drop_table("profile_link")
