"""What can be booked, and who takes the bookings."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.domain.required import Required
from webapp.models.base import Base, OrganizationScoped, words


class LocationKind(StrEnum):
    """How a meeting takes place."""

    TEXT = "text"
    PHONE = "phone"
    INVITEE_PHONE = "invitee_phone"
    ADDRESS = "address"
    LINK = "link"


class BookingProfile(OrganizationScoped, Base):
    """The one bookable thing: an event type of Calendly, a profile of Aurinko.

    ``hours`` (a ``WorkHours`` document) replaces the hosts' schedules when set. ``candidates``
    is the engine's reading of the candidate rows, kept in step by ``services.profiles``:
    ``[{"key", "hosts": [...], "required"}]``. ``revision`` rises with every change; ``slug_key``
    is the slug in lower case. ``open_meeting_url`` is what ``{{openMeetingUrl}}`` stands for.
    ``turn`` counts how often one of several was chosen; raising it is the lock of the choice.
    """

    __tablename__ = "booking_profile"
    __table_args__ = (sa.UniqueConstraint("organization_id", "slug_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(sa.String(60))
    slug_key: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    questions: Mapped[list[Any]] = mapped_column(default=list)
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    durations: Mapped[list[Any]]
    step_minutes: Mapped[int]
    buffer_before_minutes: Mapped[int] = mapped_column(default=0)
    buffer_after_minutes: Mapped[int] = mapped_column(default=0)
    notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=60)
    active_from: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    limit_per_day: Mapped[int | None]
    limit_per_week: Mapped[int | None]
    seats: Mapped[int] = mapped_column(default=1)
    hold_minutes: Mapped[int] = mapped_column(default=8)
    zone: Mapped[str] = mapped_column(sa.String(64))
    hours: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    location_kind: Mapped[LocationKind] = mapped_column(
        words(LocationKind), default=LocationKind.TEXT
    )
    location: Mapped[str] = mapped_column(sa.String(500), default="")
    required: Mapped[Required] = mapped_column(words(Required), default=Required.ONE)
    candidates: Mapped[list[Any]] = mapped_column(default=list)
    asks_phone: Mapped[bool] = mapped_column(default=False)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    secret: Mapped[bool] = mapped_column(default=False)
    paused: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    primary_color: Mapped[str | None] = mapped_column(sa.String(7))
    secondary_color: Mapped[str | None] = mapped_column(sa.String(7))
    empty_text: Mapped[str] = mapped_column(sa.String(500), default="")
    open_meeting_url: Mapped[str] = mapped_column(sa.String(500), default="")
    turn: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ProgramProfile(OrganizationScoped, Base):
    """What only programs say of a profile, through the group booking surface.

    ``context`` and ``client_org_id`` are theirs and given back as they came; ``covers`` is the
    period as they wrote it, in its canonical ISO 8601 form; ``account_id`` is the account whose
    own profile it is, None for one of the whole organization.
    """

    __tablename__ = "program_profile"
    profile_id: Mapped[int] = mapped_column(
        sa.ForeignKey("booking_profile.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    context: Mapped[str | None] = mapped_column(sa.Text)
    client_org_id: Mapped[str | None] = mapped_column(sa.String(200))
    start_conference: Mapped[bool] = mapped_column(default=False)
    covers: Mapped[str | None] = mapped_column(sa.String(20))
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("account.id", ondelete="SET NULL"), index=True
    )


class HostGroup(OrganizationScoped, Base):
    """Accounts that stand for each other (one) or belong together (all).

    One that is not ``shared`` was made for a single profile and goes with it.
    """

    __tablename__ = "host_group"
    id: Mapped[int] = mapped_column(primary_key=True)
    xid: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    required: Mapped[Required] = mapped_column(words(Required), default=Required.ONE)
    shared: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    created_at: Mapped[datetime]


class HostGroupMember(OrganizationScoped, Base):
    """An account in a group."""

    __tablename__ = "host_group_member"
    __table_args__ = (sa.UniqueConstraint("group_id", "account_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("host_group.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("account.id", ondelete="CASCADE"), index=True
    )


class ProfileCandidate(OrganizationScoped, Base):
    """Who may serve a profile: an account or a group of them, in order of ``position``.

    ``ext_id`` is what a program calls the group in this profile; None: by the group's own xid.
    """

    __tablename__ = "profile_candidate"
    __table_args__ = (
        sa.CheckConstraint("(account_id IS NULL) <> (group_id IS NULL)", name="account_or_group"),
        sa.Index("ix_profile_candidate_profile_id_ext_id", "profile_id", "ext_id", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(
        sa.ForeignKey("booking_profile.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    group_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("host_group.id", ondelete="CASCADE"), index=True
    )
    ext_id: Mapped[str | None] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)


class ProfileHost(OrganizationScoped, Base):
    """A host whose time a profile may take: derived from the candidates, one row a host.

    ``calendar_id`` is where the host's Event goes; ``schedule_id`` None means the default one.
    ``weight`` (1 to 20), ``priority``, ``turns`` and ``last`` say whose turn it is
    (``domain.fairness.Standing``).
    """

    __tablename__ = "profile_host"
    __table_args__ = (sa.UniqueConstraint("profile_id", "host_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_profile.id", ondelete="CASCADE"))
    host_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    calendar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("calendar.id", ondelete="CASCADE"), index=True
    )
    schedule_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("schedule.id", ondelete="SET NULL"), index=True
    )
    weight: Mapped[int] = mapped_column(default=1, server_default="1")
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    turns: Mapped[int] = mapped_column(default=0, server_default="0")
    last: Mapped[int] = mapped_column(default=0, server_default="0")
