"""Calendars, schedules and booking profiles: when people can be booked, and for what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", BIG, nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_account_host_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_account_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_index("ix_account_host_id", "account", ["host_id"], unique=False)
    op.create_index("ix_account_organization_id", "account", ["organization_id"], unique=False)
    op.create_table(
        "booking_profile",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("slug_key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("durations", sa.JSON(), nullable=False),
        sa.Column("step_minutes", BIG, nullable=False),
        sa.Column("buffer_before_minutes", BIG, nullable=False),
        sa.Column("buffer_after_minutes", BIG, nullable=False),
        sa.Column("notice_minutes", BIG, nullable=False),
        sa.Column("horizon_days", BIG, nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("limit_per_day", BIG, nullable=True),
        sa.Column("limit_per_week", BIG, nullable=True),
        sa.Column("seats", BIG, nullable=False),
        sa.Column("hold_minutes", BIG, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("location_kind", sa.String(24), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("required", sa.String(24), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("asks_phone", sa.Boolean(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("primary_color", sa.String(length=7), nullable=True),
        sa.Column("secondary_color", sa.String(length=7), nullable=True),
        sa.Column("empty_text", sa.String(length=500), nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_booking_profile_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_profile"),
        sa.UniqueConstraint(
            "organization_id", "slug_key", name="uq_booking_profile_organization_id_slug_key"
        ),
        sa.UniqueConstraint("uuid", name="uq_booking_profile_uuid"),
    )
    op.create_index(
        "ix_booking_profile_organization_id", "booking_profile", ["organization_id"], unique=False
    )
    op.create_table(
        "host_group",
        sa.Column("id", BIG, nullable=False),
        sa.Column("xid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("required", sa.String(24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_host_group_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_host_group"),
        sa.UniqueConstraint("xid", name="uq_host_group_xid"),
    )
    op.create_index(
        "ix_host_group_organization_id", "host_group", ["organization_id"], unique=False
    )
    op.create_table(
        "schedule",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_schedule_host_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_schedule_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        sa.UniqueConstraint("uuid", name="uq_schedule_uuid"),
    )
    op.create_index("ix_schedule_host_id", "schedule", ["host_id"], unique=False)
    op.create_index("ix_schedule_organization_id", "schedule", ["organization_id"], unique=False)
    op.create_table(
        "time_away",
        sa.Column("id", BIG, nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_time_away_host_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_time_away_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_time_away"),
    )
    op.create_index("ix_time_away_host_id", "time_away", ["host_id"], unique=False)
    op.create_index("ix_time_away_organization_id", "time_away", ["organization_id"], unique=False)
    op.create_table(
        "calendar",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_calendar_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_calendar_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
        sa.UniqueConstraint("uuid", name="uq_calendar_uuid"),
    )
    op.create_index("ix_calendar_account_id", "calendar", ["account_id"], unique=False)
    op.create_index("ix_calendar_organization_id", "calendar", ["organization_id"], unique=False)
    op.create_table(
        "host_group_member",
        sa.Column("id", BIG, nullable=False),
        sa.Column("group_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_host_group_member_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["host_group.id"],
            name="fk_host_group_member_group_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_host_group_member_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_host_group_member"),
        sa.UniqueConstraint(
            "group_id", "account_id", name="uq_host_group_member_group_id_account_id"
        ),
    )
    op.create_index(
        "ix_host_group_member_account_id", "host_group_member", ["account_id"], unique=False
    )
    op.create_index(
        "ix_host_group_member_organization_id",
        "host_group_member",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "profile_candidate",
        sa.Column("id", BIG, nullable=False),
        sa.Column("profile_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("group_id", BIG, nullable=True),
        sa.Column("position", BIG, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (group_id IS NULL)",
            name=op.f("ck_profile_candidate_account_or_group"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_profile_candidate_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["host_group.id"],
            name="fk_profile_candidate_group_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_profile_candidate_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["booking_profile.id"],
            name="fk_profile_candidate_profile_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_profile_candidate"),
    )
    op.create_index(
        "ix_profile_candidate_account_id", "profile_candidate", ["account_id"], unique=False
    )
    op.create_index(
        "ix_profile_candidate_group_id", "profile_candidate", ["group_id"], unique=False
    )
    op.create_index(
        "ix_profile_candidate_organization_id",
        "profile_candidate",
        ["organization_id"],
        unique=False,
    )
    op.create_index(
        "ix_profile_candidate_profile_id", "profile_candidate", ["profile_id"], unique=False
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", BIG, nullable=False),
        sa.Column("calendar_id", BIG, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("etag", sa.String(length=200), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("failures", BIG, nullable=False),
        sa.Column("events_read", BIG, nullable=False),
        sa.Column("expanded_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["calendar.id"],
            name="fk_calendar_feed_calendar_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_calendar_feed_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feed"),
        sa.UniqueConstraint("calendar_id", name="uq_calendar_feed_calendar_id"),
    )
    op.create_index(
        "ix_calendar_feed_organization_id", "calendar_feed", ["organization_id"], unique=False
    )
    op.create_table(
        "profile_host",
        sa.Column("id", BIG, nullable=False),
        sa.Column("profile_id", BIG, nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("calendar_id", BIG, nullable=False),
        sa.Column("schedule_id", BIG, nullable=True),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name="fk_profile_host_calendar_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_profile_host_host_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_profile_host_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["booking_profile.id"],
            name="fk_profile_host_profile_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name="fk_profile_host_schedule_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_profile_host"),
        sa.UniqueConstraint("profile_id", "host_id", name="uq_profile_host_profile_id_host_id"),
    )
    op.create_index("ix_profile_host_calendar_id", "profile_host", ["calendar_id"], unique=False)
    op.create_index("ix_profile_host_host_id", "profile_host", ["host_id"], unique=False)
    op.create_index(
        "ix_profile_host_organization_id", "profile_host", ["organization_id"], unique=False
    )
    op.create_index("ix_profile_host_schedule_id", "profile_host", ["schedule_id"], unique=False)


def downgrade() -> None:
    op.drop_table("profile_host")
    op.drop_table("calendar_feed")
    op.drop_table("profile_candidate")
    op.drop_table("host_group_member")
    op.drop_table("calendar")
    op.drop_table("time_away")
    op.drop_table("schedule")
    op.drop_table("host_group")
    op.drop_table("booking_profile")
    op.drop_table("account")
