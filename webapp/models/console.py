"""What the console keeps beside the business: notes on bookings, and how far a newcomer came."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped


class BookingNote(OrganizationScoped, Base):
    """What somebody of the organization noted about a booking; the invitee never sees it."""

    __tablename__ = "booking_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    booking_id: Mapped[int] = mapped_column(
        sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    text: Mapped[str] = mapped_column(sa.String(2000))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]


class OnboardingStep(OrganizationScoped, Base):
    """A step of the first day that somebody confirmed by hand, or chose to skip."""

    __tablename__ = "onboarding_step"
    __table_args__ = (sa.UniqueConstraint("organization_id", "user_id", "step"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    step: Mapped[str] = mapped_column(sa.String(24))
    skipped: Mapped[bool]
    at: Mapped[datetime]
