"""Work that takes minutes, with a progress that people look at."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped, words


class WorkKind(StrEnum):
    """What can be asked for."""

    EXPORT = "export"
    ERASE = "erase"
    BOOKINGS = "bookings"


class WorkState(StrEnum):
    """``done``, ``failed`` and ``cancelled`` are ends; the last two can be begun again."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LongWork(OrganizationScoped, Base):
    """One piece of long work: what was asked for, how far it has come, what it came to.

    ``asked`` is what the work needs to know, emptied at its end (an erasing must not remember
    whom). ``place`` is where the next slice begins. ``done_count`` of ``total`` are things that a
    person would count. ``turn`` rises when it is begun again, so that a job from before is over.
    ``file_name`` lies in the folder of exports until ``file_until``.
    """

    __tablename__ = "long_work"
    __table_args__ = (
        sa.Index("ix_long_work_organization_id_id", "organization_id", "id"),
        sa.Index(
            "ix_long_work_file_until",
            "file_until",
            sqlite_where=sa.text("file_until IS NOT NULL"),
            postgresql_where=sa.text("file_until IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    kind: Mapped[WorkKind] = mapped_column(words(WorkKind))
    state: Mapped[WorkState] = mapped_column(words(WorkState), default=WorkState.WAITING)
    started_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    turn: Mapped[int] = mapped_column(default=0)
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done_count: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(sa.String(300), default="")
    file_name: Mapped[str | None] = mapped_column(sa.String(80))
    file_bytes: Mapped[int | None]
    file_until: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
