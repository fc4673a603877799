"""Whose public holidays a host keeps."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped


class HostHolidays(OrganizationScoped, Base):
    """The public holidays of one country, or of a region of it, on which a host is away.

    ``worked`` holds the names of those on which the host works all the same. What they come to is
    rows of ``time_away``, laid out up to ``laid_until`` and moved on by a job.
    """

    __tablename__ = "host_holidays"
    __table_args__ = (sa.UniqueConstraint("organization_id", "host_id", "country", "region"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    host_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    country: Mapped[str] = mapped_column(sa.String(2))
    region: Mapped[str] = mapped_column(sa.String(40), default="")
    worked: Mapped[list[Any]] = mapped_column(default=list)
    laid_until: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
