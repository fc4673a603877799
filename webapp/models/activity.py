"""What is noted beside the business: last-seen times, rate buckets, heartbeats.

Written on a connection of their own, never in a business transaction; losing a row costs
nothing but a number.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base


class ActivitySeen(Base):
    """When a session or a token was last used; ``subject`` is ``session:<id>`` or the like."""

    __tablename__ = "activity_seen"
    subject: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    seen_at: Mapped[datetime]


class ActivityRate(Base):
    """How often something was done in one window of time by one source."""

    __tablename__ = "activity_rate"
    bucket: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class ActivityWorker(Base):
    """When each worker process last said that it lives."""

    __tablename__ = "activity_worker"
    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    beat_at: Mapped[datetime]
