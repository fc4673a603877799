"""What has to reach somebody: the message, each try at it, and the queue that runs tries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped, words


class Channel(StrEnum):
    """How a message travels."""

    MAIL = "mail"


class MessageState(StrEnum):
    """Where a message stands; ``sent`` and ``failed`` are ends."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


FAILED = "state = 'failed'"
"""The condition of a partial index; a statement that is to use it says it in these words."""


class Outcome(StrEnum):
    """How one try ended. ``unknown``: the server may have taken it before the line broke."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Message(OrganizationScoped, Base):
    """One mail to one person about one thing, written with the change that caused it.

    ``template`` and ``values`` are enough to render it when it is sent; ``values`` freezes what
    the mail says (times, sequence), so that a later change cannot rewrite an earlier mail.
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.Index(
            "ix_message_failed",
            *("organization_id", "created_at"),
            sqlite_where=sa.text(FAILED),
            postgresql_where=sa.text(FAILED),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    channel: Mapped[Channel] = mapped_column(words(Channel), default=Channel.MAIL)
    template: Mapped[str] = mapped_column(sa.String(40))
    audience: Mapped[str] = mapped_column(sa.String(20))
    address: Mapped[str] = mapped_column(sa.String(254))
    booking_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True
    )
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MessageState] = mapped_column(words(MessageState), default=MessageState.QUEUED)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Attempt(OrganizationScoped, Base):
    """One try at sending a message. ``fence`` is the job's, so that a late writer is refused."""

    __tablename__ = "attempt"
    __table_args__ = (sa.UniqueConstraint("message_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"))
    number: Mapped[int]
    fence: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(words(Outcome))
    answer: Mapped[str] = mapped_column(sa.String(500), default="")


class Job(Base):
    """Work to do at ``run_at``; the row goes when it is done.

    Not scoped by the guard, because the worker claims for every organization;
    ``organization_id`` says on whose behalf it runs (None: upkeep of the whole installation).
    """

    __tablename__ = "job"
    __table_args__ = (
        sa.Index("ix_job_run_at", "run_at", "id"),
        sa.UniqueConstraint("dedupe"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(sa.String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    run_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(sa.String(60))
    dedupe: Mapped[str | None] = mapped_column(sa.String(120))
    error: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
