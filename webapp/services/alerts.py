"""What needs somebody: calendars that cannot be read, mails that did not go, a silent worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.domain.permissions import Permission
from webapp.models import ActivityWorker, Booking, FeedState, Job, Message, MessageState
from webapp.models.outbox import FAILED
from webapp.services import accounts, clashes
from webapp.services.accounts import CalendarCard
from webapp.services.clashes import Clash
from webapp.services.unit_of_work import UnitOfWork, use_case

SILENT_AFTER = timedelta(seconds=60)
"""A worker beats several times within this."""
LATE_AFTER = timedelta(minutes=15)
FAILED_FOR = timedelta(days=7)
SHOWN = 3


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that will not be tried again; ``booking_uuid`` is what it was about."""

    address: str
    booking_uuid: UUID
    invitee: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Alerts:
    """Everything that is wrong now. ``silent_since`` is the last beat of a worker that is not
    heard any more; ``never_heard``: there was none at all. ``late_mails`` wait for a quarter of
    an hour or more; ``clashes`` are the next bookings that something else has come to lie upon."""

    calendars: tuple[CalendarCard, ...]
    failed_mails: tuple[FailedMail, ...]
    late_mails: int
    silent_since: datetime | None
    never_heard: bool
    clashes: tuple[Clash, ...]


@use_case(Permission.BOOKING_READ)
def current(uow: UnitOfWork, host_id: int) -> Alerts:
    """What is wrong for ``host_id`` (their calendars) and for the organization (its mails)."""
    cards = accounts.calendars_of(uow, host_id)
    beat = uow.session.scalar(sa.select(sa.func.max(ActivityWorker.beat_at)))
    silent = beat is None or uow.now - beat >= SILENT_AFTER
    return Alerts(
        calendars=tuple(card for card in cards if card.state is FeedState.FAILING),
        failed_mails=_failed(uow),
        late_mails=_late(uow),
        silent_since=beat if silent else None,
        never_heard=beat is None,
        clashes=tuple(clashes.clashes(uow, host_id=host_id)[:SHOWN]),
    )


def _failed(uow: UnitOfWork) -> tuple[FailedMail, ...]:
    """The newest mails given up, unless a later one about the same thing got through."""
    later = aliased(Message)
    got_through = sa.exists().where(
        later.booking_id == Message.booking_id,
        later.address == Message.address,
        later.id > Message.id,
        later.state == MessageState.SENT,
    )
    rows = uow.session.execute(
        sa.select(Message.address, Booking.uuid, Booking.name, Message.created_at)
        .join(Booking, Booking.id == Message.booking_id)
        .where(
            sa.text(f"message.{FAILED}"),
            Message.created_at > uow.now - FAILED_FOR,
            ~got_through,
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(SHOWN)
    )
    return tuple(FailedMail(*row) for row in rows)


def _late(uow: UnitOfWork) -> int:
    counted = sa.select(sa.func.count()).where(
        Job.kind == "send-message",
        Job.organization_id == uow.organization_id,
        Job.created_at <= uow.now - LATE_AFTER,
    )
    return int(uow.session.scalar(counted) or 0)
