"""Links to a profile that book once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped


class ProfileLink(OrganizationScoped, Base):
    """A link that books its profile once.

    The address is derived from ``public_id`` and a key (``services.steps.single_use``), so whoever
    reads the table cannot book. ``used_at`` is set in the transaction that confirms the booking.
    """

    __tablename__ = "profile_link"
    __table_args__ = (sa.Index("ix_profile_link_profile_id_id", "profile_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    public_id: Mapped[str] = mapped_column(sa.String(12), unique=True)
    profile_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_profile.id", ondelete="CASCADE"))
    note: Mapped[str] = mapped_column(sa.String(120), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    booking_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("booking.id", ondelete="SET NULL"), index=True
    )


class ProfileLinkDraft(OrganizationScoped, Base):
    """A draft that was begun with a single-use link: confirming it uses the link up."""

    __tablename__ = "profile_link_draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(
        sa.ForeignKey("profile_link.id", ondelete="CASCADE"), index=True
    )
    booking_id: Mapped[int] = mapped_column(
        sa.ForeignKey("booking.id", ondelete="CASCADE"), unique=True
    )
