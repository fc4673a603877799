"""When hosts work, when they are away, and the one place where time is taken."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped, words


class SpanKind(StrEnum):
    """What a span of taken time stands for."""

    BOOKING = "booking"
    EVENT = "event"
    AWAY = "away"


class Schedule(OrganizationScoped, Base):
    """A host's named work hours: one document of weekly rules and dated overrides.

    ``hours`` is ``WorkHours.to_document()``; replacing it whole keeps an edit atomic. ``labels``
    says what some of its overrides are for, by their dates: ``{"2026-12-24": "Office closed"}``.
    """

    __tablename__ = "schedule"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    host_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    hours: Mapped[dict[str, Any]]
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    is_default: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TimeAway(OrganizationScoped, Base):
    """A stretch in which a host takes no bookings whatever the schedule says.

    ``start_on`` and ``end_on`` (the last date, included) are set for whole dates of the host's
    zone. ``holidays_id``: it is one of the public holidays that the host keeps.
    """

    __tablename__ = "time_away"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    host_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(sa.String(120), default="")
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    holidays_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("host_holidays.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]


class BusySpan(Base):
    """Time of a host that is taken, ``[start_at, end_at)``, buffers included.

    Not scoped to an organization: a person is in one place at a time. It holds times only; what
    a span stands for is readable in its own organization alone. Two *exclusive* spans of one
    host never overlap: the database refuses (an exclusion constraint on PostgreSQL, triggers on
    SQLite; both live in the migrations, because a model cannot say them for both).
    """

    __tablename__ = "busy_span"
    __table_args__ = (
        sa.CheckConstraint("start_at < end_at", name="forward"),
        sa.Index("ix_busy_span_host_end_start", "host_id", "end_at", "start_at"),
        sa.Index(
            "ix_busy_span_host_expires",
            "host_id",
            "expires_at",
            sqlite_where=sa.text("expires_at IS NOT NULL"),
            postgresql_where=sa.text("expires_at IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    kind: Mapped[SpanKind] = mapped_column(words(SpanKind))
    exclusive: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None]
    meeting_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True
    )
    calendar_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("calendar.id", ondelete="CASCADE"), index=True
    )
    event_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("event.id", ondelete="CASCADE"), index=True
    )
    away_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("time_away.id", ondelete="CASCADE"), index=True
    )
