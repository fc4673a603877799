"""Notes on bookings, how far a newcomer has come, and the indexes of the console's lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PARTIAL = {
    "ix_booking_waiting": "status = 'pending'",
    "ix_booking_gone": "status IN ('cancelled', 'declined')",
}


def upgrade() -> None:
    op.create_table(
        "booking_note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("booking_id", BIG, nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name="fk_booking_note_booking_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name="fk_booking_note_author_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_booking_note_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_note"),
        sa.UniqueConstraint("uuid", name="uq_booking_note_uuid"),
    )
    for column in ("booking_id", "author_id", "organization_id"):
        op.create_index(f"ix_booking_note_{column}", "booking_note", [column], unique=False)
    op.create_table(
        "onboarding_step",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_onboarding_step_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_onboarding_step_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_onboarding_step"),
        sa.UniqueConstraint(
            "organization_id",
            "user_id",
            "step",
            name="uq_onboarding_step_organization_id_user_id_step",
        ),
    )
    for column in ("user_id", "organization_id"):
        op.create_index(f"ix_onboarding_step_{column}", "onboarding_step", [column], unique=False)
    for name, where in _PARTIAL.items():
        op.create_index(
            name,
            "booking",
            ["organization_id", "start_at", "id"],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index(
        "ix_message_failed",
        "message",
        ["organization_id", "created_at"],
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    # Both questions that the old one answered by its first column alone: a profile's bookings of
    # one day ("already booked?"), and a profile's list.
    op.drop_index("ix_booking_profile_id_email", table_name="booking")
    op.create_index(
        "ix_booking_profile_id_organization_id_start_at_id",
        "booking",
        ["profile_id", "organization_id", "start_at", "id"],
    )


def downgrade() -> None:
    op.drop_index("ix_booking_profile_id_organization_id_start_at_id", table_name="booking")
    op.create_index("ix_booking_profile_id_email", "booking", ["profile_id", "email"])
    for name in _PARTIAL:
        op.drop_index(name, table_name="booking")
    op.drop_index("ix_message_failed", table_name="message")
    op.drop_table("onboarding_step")
    op.drop_table("booking_note")
