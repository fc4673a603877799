"""Accounts, their calendars, what calendars hold, and what people attend."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped, words


class AccountKind(StrEnum):
    """Where an account's calendars really live."""

    LOCAL = "local"
    ICS = "ics"


class FeedState(StrEnum):
    """How the last reading of a linked calendar went."""

    WAITING = "waiting"
    FRESH = "fresh"
    FAILING = "failing"


class EventStatus(StrEnum):
    """RFC 5545 3.8.1.11, in lower case."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class Account(OrganizationScoped, Base):
    """A place where one host's calendars live: the built-in one, or somebody else's system."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[AccountKind] = mapped_column(words(AccountKind))
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    writable: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Calendar(OrganizationScoped, Base):
    """One calendar of an account. ``blocks`` says whether its events take the host's time."""

    __tablename__ = "calendar"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(sa.String(120))
    zone: Mapped[str] = mapped_column(sa.String(64))
    primary: Mapped[bool] = mapped_column(default=False)
    blocks: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class CalendarFeed(OrganizationScoped, Base):
    """Where a linked calendar comes from and how its last readings went.

    ``url`` is None for an uploaded file. ``problems`` is what the last reading could not use,
    as ``[{"code", "where", "sentence"}]``.
    """

    __tablename__ = "calendar_feed"
    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("calendar.id", ondelete="CASCADE"), unique=True
    )
    url: Mapped[str | None] = mapped_column(sa.String(2000))
    file_name: Mapped[str | None] = mapped_column(sa.String(200))
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    etag: Mapped[str | None] = mapped_column(sa.String(200))
    content_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    state: Mapped[FeedState] = mapped_column(words(FeedState), default=FeedState.WAITING)
    error: Mapped[str | None] = mapped_column(sa.String(300))
    problems: Mapped[list[Any]] = mapped_column(default=list)
    failures: Mapped[int] = mapped_column(default=0)
    events_read: Mapped[int] = mapped_column(default=0)
    expanded_until: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Meeting(OrganizationScoped, Base):
    """What people attend. A profile's meeting has ``seats`` places, of which ``taken`` are gone.

    ``start_at`` and ``end_at`` are the real times; the padded range lives in the spans. The first
    of ``host_ids`` is the organizer; ``calendar_ids`` says where the Event of a host goes (by the
    host's id as text) when another account than the profile's usual one was asked for.
    ``counted``: its hosts' turns count it.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name="seats"),
        sa.Index("ix_meeting_profile_start", "profile_id", "start_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    profile_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("booking_profile.id", ondelete="SET NULL")
    )
    subject: Mapped[str] = mapped_column(sa.String(300))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    seats: Mapped[int] = mapped_column(default=1)
    taken: Mapped[int] = mapped_column(default=0)
    host_ids: Mapped[list[Any]] = mapped_column(default=list)
    calendar_ids: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Event(OrganizationScoped, Base):
    """What one calendar holds: a VEVENT of RFC 5545.

    ``start_at`` and ``end_at`` are UTC; ``zone`` is the wall clock a rule repeats by. All-day
    events carry their dates too. An occurrence with a life of its own has ``parent_id`` and
    ``recurrence_at``.
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.Index("ix_event_calendar_start", "calendar_id", "start_at"),
        sa.Index("ix_event_calendar_uid", "calendar_id", "uid"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    calendar_id: Mapped[int] = mapped_column(sa.ForeignKey("calendar.id", ondelete="CASCADE"))
    meeting_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("meeting.id", ondelete="SET NULL"), index=True
    )
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("event.id", ondelete="CASCADE"), index=True
    )
    uid: Mapped[str] = mapped_column(sa.String(300))
    recurrence_at: Mapped[datetime | None]
    summary: Mapped[str] = mapped_column(sa.String(300))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    location: Mapped[str] = mapped_column(sa.String(500), default="")
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    zone: Mapped[str] = mapped_column(sa.String(64))
    all_day: Mapped[bool] = mapped_column(default=False)
    private: Mapped[bool] = mapped_column(default=False)
    transparent: Mapped[bool] = mapped_column(default=False)
    status: Mapped[EventStatus] = mapped_column(words(EventStatus), default=EventStatus.CONFIRMED)
    rrule: Mapped[str | None] = mapped_column(sa.String(1000))
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
