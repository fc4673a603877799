"""An invitee's place in a meeting, and everything that keeps it exactly once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped, words


class BookingStatus(StrEnum):
    """``held``, ``pending`` and ``confirmed`` are live; the others are ends."""

    HELD = "held"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    LAPSED = "lapsed"


LIVE = (BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED)
"""Statuses that take time (a held one only until it expires)."""


WAITING = "status = 'pending'"
GONE = "status IN ('cancelled', 'declined')"
"""Conditions of two partial indexes. A statement that is to use one says it in these words: SQLite
does not match bound values."""


class Actor(StrEnum):
    """Who did something to a booking."""

    INVITEE = "invitee"
    HOST = "host"
    SYSTEM = "system"


class Booking(OrganizationScoped, Base):
    """One invitee's place in a Meeting, taken through a BookingProfile.

    ``public_id`` is the address of the draft and the first half of the manage link;
    ``reference`` is the number people read to each other (per organization, None while held).
    ``sequence`` is the iTIP SEQUENCE of the invitee's mail (RFC 5546 2.1.4). ``locale`` ("de") and
    ``time_notation`` ("12", "24") are what the invitee read and is written in; "" where nobody
    said. ``choice`` is the scoreboard of the choice between several hosts
    (``domain.fairness.Choice.to_document``), None where there was none to make. ``reserved``:
    held by a program that gave the details already and confirms or drops it by its number.
    """

    __tablename__ = "booking"
    __table_args__ = (
        sa.Index("ix_booking_organization_id_start_at_id", "organization_id", "start_at", "id"),
        sa.Index(
            "ix_booking_profile_id_organization_id_start_at_id",
            *("profile_id", "organization_id", "start_at", "id"),
        ),
        sa.Index(
            "ix_booking_waiting",
            *("organization_id", "start_at", "id"),
            sqlite_where=sa.text(WAITING),
            postgresql_where=sa.text(WAITING),
        ),
        sa.Index(
            "ix_booking_gone",
            *("organization_id", "start_at", "id"),
            sqlite_where=sa.text(GONE),
            postgresql_where=sa.text(GONE),
        ),
        sa.Index(
            "ix_booking_expires_at",
            "expires_at",
            sqlite_where=sa.text("expires_at IS NOT NULL"),
            postgresql_where=sa.text("expires_at IS NOT NULL"),
        ),
        sa.UniqueConstraint("organization_id", "reference"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    public_id: Mapped[str] = mapped_column(sa.String(27), unique=True)
    reference: Mapped[int | None]
    profile_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_profile.id"))
    meeting_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("meeting.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[BookingStatus] = mapped_column(words(BookingStatus))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    zone: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    time_notation: Mapped[str] = mapped_column(sa.String(2), default="", server_default="")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    guests: Mapped[list[Any]] = mapped_column(default=list)
    choice: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    reserved: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    expires_at: Mapped[datetime | None]
    extended: Mapped[bool] = mapped_column(default=False)
    decide_by: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)
    token_version: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[Actor | None] = mapped_column(words(Actor))
    cancel_reason: Mapped[str] = mapped_column(sa.String(1000), default="")
    no_show_at: Mapped[datetime | None]
    fingerprint: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Placement(OrganizationScoped, Base):
    """Where a booking stood for a while. A move closes one and opens the next.

    ``invitee_uuid`` and ``event_uuid`` are what the scheduling surface addresses.
    """

    __tablename__ = "placement"
    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(
        sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True
    )
    meeting_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("meeting.id", ondelete="SET NULL"), index=True
    )
    invitee_uuid: Mapped[UUID] = mapped_column(unique=True)
    event_uuid: Mapped[UUID]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[Actor | None] = mapped_column(words(Actor))
    reason: Mapped[str] = mapped_column(sa.String(1000), default="")


class IdempotencyKey(OrganizationScoped, Base):
    """A request that was done: the same key again gets the same answer, made anew."""

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.UniqueConstraint("organization_id", "scope", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(sa.String(80))
    key: Mapped[str] = mapped_column(sa.String(255))
    request_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Counter(OrganizationScoped, Base):
    """The last number given out of a kind; raised under its row's lock, never max()+1."""

    __tablename__ = "counter"
    __table_args__ = (sa.UniqueConstraint("organization_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    value: Mapped[int] = mapped_column(default=0)


class AuditEntry(OrganizationScoped, Base):
    """Who did what to which thing, when; only ever added to (the database refuses the rest).

    ``personal`` may be forgotten, its digest stays. ``chain_number`` and ``chain_hash`` are set a
    moment later by ``services.audit.seal``, per organization (see ``domain.auditchain``).
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_subject", "organization_id", "subject"),
        sa.Index(
            "ix_audit_entry_unchained",
            *("organization_id", "id"),
            sqlite_where=sa.text("chain_number IS NULL"),
            postgresql_where=sa.text("chain_number IS NULL"),
        ),
        sa.Index(
            "uq_audit_entry_chain",
            *("organization_id", "chain_number"),
            unique=True,
            sqlite_where=sa.text("chain_number IS NOT NULL"),
            postgresql_where=sa.text("chain_number IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(60))
    action: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(80))
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    personal: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    personal_digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    chain_number: Mapped[int | None]
    chain_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
