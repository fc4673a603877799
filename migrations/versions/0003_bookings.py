"""Meetings, events, bookings, and the one table in which time is taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_audit_entry_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index(
        "ix_audit_entry_organization_id", "audit_entry", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_audit_entry_subject", "audit_entry", ["organization_id", "subject"], unique=False
    )
    op.create_table(
        "counter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_counter_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_counter"),
        sa.UniqueConstraint("organization_id", "name", name="uq_counter_organization_id_name"),
    )
    op.create_index("ix_counter_organization_id", "counter", ["organization_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("id", BIG, nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_idempotency_key_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_key"),
        sa.UniqueConstraint(
            "organization_id", "scope", "key", name="uq_idempotency_key_organization_id_scope_key"
        ),
    )
    op.create_index(
        "ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False
    )
    op.create_index(
        "ix_idempotency_key_organization_id", "idempotency_key", ["organization_id"], unique=False
    )
    op.create_table(
        "meeting",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("profile_id", BIG, nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seats", BIG, nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.Column("host_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name=op.f("ck_meeting_seats")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_meeting_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["booking_profile.id"],
            name="fk_meeting_profile_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meeting"),
        sa.UniqueConstraint("uuid", name="uq_meeting_uuid"),
    )
    op.create_index("ix_meeting_organization_id", "meeting", ["organization_id"], unique=False)
    op.create_index("ix_meeting_profile_start", "meeting", ["profile_id", "start_at"], unique=False)
    op.create_table(
        "booking",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.String(length=27), nullable=False),
        sa.Column("reference", BIG, nullable=True),
        sa.Column("profile_id", BIG, nullable=False),
        sa.Column("meeting_id", BIG, nullable=True),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("guests", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("token_version", BIG, nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(24), nullable=True),
        sa.Column("cancel_reason", sa.String(length=1000), nullable=False),
        sa.Column("no_show_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_booking_meeting_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_booking_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["booking_profile.id"], name="fk_booking_profile_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.UniqueConstraint(
            "organization_id", "reference", name="uq_booking_organization_id_reference"
        ),
        sa.UniqueConstraint("public_id", name="uq_booking_public_id"),
        sa.UniqueConstraint("uuid", name="uq_booking_uuid"),
    )
    op.create_index(
        "ix_booking_expires_at",
        "booking",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index("ix_booking_fingerprint", "booking", ["fingerprint"], unique=False)
    op.create_index("ix_booking_meeting_id", "booking", ["meeting_id"], unique=False)
    op.create_index("ix_booking_organization_id", "booking", ["organization_id"], unique=False)
    op.create_index(
        "ix_booking_organization_id_start_at_id",
        "booking",
        ["organization_id", "start_at", "id"],
        unique=False,
    )
    op.create_index("ix_booking_profile_id_email", "booking", ["profile_id", "email"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", BIG, nullable=False),
        sa.Column("meeting_id", BIG, nullable=True),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("uid", sa.String(length=300), nullable=False),
        sa.Column("recurrence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("transparent", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("rrule", sa.String(length=1000), nullable=True),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name="fk_event_calendar_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_event_meeting_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_event_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["event.id"], name="fk_event_parent_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("uuid", name="uq_event_uuid"),
    )
    op.create_index("ix_event_calendar_start", "event", ["calendar_id", "start_at"], unique=False)
    op.create_index("ix_event_calendar_uid", "event", ["calendar_id", "uid"], unique=False)
    op.create_index("ix_event_meeting_id", "event", ["meeting_id"], unique=False)
    op.create_index("ix_event_organization_id", "event", ["organization_id"], unique=False)
    op.create_index("ix_event_parent_id", "event", ["parent_id"], unique=False)
    op.create_table(
        "busy_span",
        sa.Column("id", BIG, nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meeting_id", BIG, nullable=True),
        sa.Column("calendar_id", BIG, nullable=True),
        sa.Column("event_id", BIG, nullable=True),
        sa.Column("away_id", BIG, nullable=True),
        sa.CheckConstraint("start_at < end_at", name=op.f("ck_busy_span_forward")),
        sa.ForeignKeyConstraint(
            ["away_id"], ["time_away.id"], name="fk_busy_span_away_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name="fk_busy_span_calendar_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name="fk_busy_span_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_busy_span_host_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_busy_span_meeting_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_busy_span"),
    )
    op.create_index("ix_busy_span_away_id", "busy_span", ["away_id"], unique=False)
    op.create_index("ix_busy_span_calendar_id", "busy_span", ["calendar_id"], unique=False)
    op.create_index("ix_busy_span_event_id", "busy_span", ["event_id"], unique=False)
    op.create_index(
        "ix_busy_span_host_end_start", "busy_span", ["host_id", "end_at", "start_at"], unique=False
    )
    op.create_index(
        "ix_busy_span_host_expires",
        "busy_span",
        ["host_id", "expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index("ix_busy_span_meeting_id", "busy_span", ["meeting_id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("id", BIG, nullable=False),
        sa.Column("booking_id", BIG, nullable=False),
        sa.Column("meeting_id", BIG, nullable=True),
        sa.Column("invitee_uuid", sa.Uuid(), nullable=False),
        sa.Column("event_uuid", sa.Uuid(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(24), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name="fk_placement_booking_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_placement_meeting_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_placement_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_placement"),
        sa.UniqueConstraint("invitee_uuid", name="uq_placement_invitee_uuid"),
    )
    op.create_index("ix_placement_booking_id", "placement", ["booking_id"], unique=False)
    op.create_index("ix_placement_meeting_id", "placement", ["meeting_id"], unique=False)
    op.create_index("ix_placement_organization_id", "placement", ["organization_id"], unique=False)


def downgrade() -> None:
    op.drop_table("placement")
    op.drop_table("busy_span")
    op.drop_table("event")
    op.drop_table("booking")
    op.drop_table("meeting")
    op.drop_table("idempotency_key")
    op.drop_table("counter")
    op.drop_table("audit_entry")
