"""What has to happen because time passes: holds lapse, requests run out, old rows go.

Every function does a bounded piece of work in its own unit and answers how much it did, so that
the worker calls again while there is more. Those that concern the whole installation are called
without an organization.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from webapp.domain.errors import Refusal
from webapp.domain.permissions import Permission
from webapp.models import (
    ActivityRate,
    ActivityWorker,
    Actor,
    Booking,
    BookingStatus,
    BusySpan,
    CalendarFeed,
    IdempotencyKey,
    Meeting,
)
from webapp.services import bookings
from webapp.services.steps import hosts, lapsing
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

BATCH = 50
"""How many bookings one unit touches: it holds the write lock for some milliseconds."""
ROWS = 500
"""How many plain rows one unit deletes."""

LAPSED_KEPT = timedelta(days=1)
KEYS_KEPT = timedelta(hours=72)
RATES_KEPT = timedelta(days=1)
BEATS_KEPT = timedelta(days=1)

FEED_EVERY = timedelta(minutes=15)
FEED_AT_MOST_EVERY = timedelta(hours=24)
HORIZON = timedelta(days=400)
"""How far ahead recurring events are laid out as spans."""

_WHOLE = "upkeep of the whole installation, by age alone"


@use_case(Permission.UPKEEP)
def lapse_holds(uow: UnitOfWork) -> int:
    """Mark holds past their time as lapsed and give their time back; the number of meetings.

    The hosts are locked first, as by everybody who changes their time.
    """
    due = below_the_guard(
        sa.select(Booking.meeting_id)
        .where(
            Booking.status == BookingStatus.HELD,
            Booking.expires_at <= uow.now,
            Booking.meeting_id.is_not(None),
        )
        .distinct()
        .order_by(Booking.meeting_id)
        .limit(BATCH),
        _WHOLE,
    )
    meeting_ids = list(uow.session.scalars(due))
    if not meeting_ids:
        return 0
    concerned = below_the_guard(
        sa.select(BusySpan.host_id).where(BusySpan.meeting_id.in_(meeting_ids)).distinct(), _WHOLE
    )
    hosts.lock(uow, uow.session.scalars(concerned).all())
    lapsing.lapse_meetings(uow, meeting_ids)
    return len(meeting_ids)


@use_case(Permission.UPKEEP)
def requests_run_out(uow: UnitOfWork) -> list[tuple[int, UUID]]:
    """Requests that nobody decided in time: (organization id, booking uuid), oldest first."""
    due = below_the_guard(
        sa.select(Booking.organization_id, Booking.uuid)
        .where(Booking.status == BookingStatus.PENDING, Booking.decide_by <= uow.now)
        .order_by(Booking.decide_by, Booking.id)
        .limit(BATCH),
        _WHOLE,
    )
    return [(organization_id, uuid) for organization_id, uuid in uow.session.execute(due)]


@use_case(Permission.UPKEEP)
def decline_run_out(uow: UnitOfWork, uuid: UUID) -> bool:
    """Decline one request in the system's name, with a mail; False when it was decided already."""
    try:
        bookings.decline(uow, uuid, by=Actor.SYSTEM)
    except Refusal:
        return False
    return True


@use_case(Permission.UPKEEP)
def delete_lapsed_holds(uow: UnitOfWork) -> int:
    """Delete holds that lapsed a day ago, and the meetings that nobody was ever in."""
    old = (
        sa.select(Booking.id)
        .where(
            Booking.status == BookingStatus.LAPSED,
            Booking.updated_at < uow.now - LAPSED_KEPT,
        )
        .order_by(Booking.id)
        .limit(ROWS)
    )
    delete = sa.delete(Booking).where(Booking.id.in_(old)).returning(Booking.meeting_id)
    delete = delete.execution_options(synchronize_session=False)
    gone = uow.session.execute(below_the_guard(delete, _WHOLE)).scalars().all()
    # A meeting that others are in stays, and so does one that a later booking still shows.
    nobodys = ~sa.exists().where(Booking.meeting_id == Meeting.id)
    meeting_ids = {meeting_id for meeting_id in gone if meeting_id is not None}
    _delete(uow, Meeting.id, Meeting.id.in_(meeting_ids) & (Meeting.taken == 0) & nobodys)
    return len(gone)


@use_case(Permission.UPKEEP)
def delete_old_keys(uow: UnitOfWork) -> int:
    """Delete idempotency keys after 72 hours; the number of rows."""
    old = IdempotencyKey.created_at < uow.now - KEYS_KEPT
    some = sa.select(IdempotencyKey.id).where(old).limit(ROWS)
    return _delete(uow, IdempotencyKey.id, IdempotencyKey.id.in_(some))


@use_case(Permission.UPKEEP)
def delete_old_activity(uow: UnitOfWork) -> int:
    """Delete rate buckets and heartbeats after a day; the number of buckets."""
    _delete(uow, ActivityWorker.name, ActivityWorker.beat_at < uow.now - BEATS_KEPT)
    old = ActivityRate.window_start < uow.now - RATES_KEPT
    some = sa.select(ActivityRate.bucket).where(old).limit(ROWS)
    return _delete(uow, ActivityRate.bucket, ActivityRate.bucket.in_(some) & old)


def _delete(uow: UnitOfWork, key: InstrumentedAttribute[Any], which: sa.ColumnElement[bool]) -> int:
    gone = sa.delete(key.class_).where(which).returning(key)
    gone = gone.execution_options(synchronize_session=False)
    return len(uow.session.execute(below_the_guard(gone, _WHOLE)).all())


@use_case(Permission.UPKEEP)
def feeds_due(uow: UnitOfWork) -> list[tuple[int, int]]:
    """Linked calendars to read again: (organization id, feed id), longest waiting first.

    By address: every quarter of an hour, after failures ever more slowly, at most a day apart.
    Any kind: when its events are laid out less far than the horizon, less a day.
    """
    short = CalendarFeed.expanded_until < uow.now + HORIZON - timedelta(days=1)
    tried = sa.or_(CalendarFeed.tried_at.is_(None), CalendarFeed.tried_at < uow.now - FEED_EVERY)
    rows = uow.session.execute(
        below_the_guard(
            sa.select(
                CalendarFeed.organization_id,
                CalendarFeed.id,
                CalendarFeed.tried_at,
                CalendarFeed.failures,
                short,
            )
            .where(tried, sa.or_(CalendarFeed.url.is_not(None), short))
            .order_by(CalendarFeed.tried_at, CalendarFeed.id),
            _WHOLE,
        )
    )
    return [
        (organization_id, feed_id)
        for organization_id, feed_id, tried_at, failures, _ in rows
        if tried_at is None or _is_due(uow.now, tried_at, failures)
    ]


def _is_due(now: datetime, tried_at: datetime, failures: int) -> bool:
    pause = min(FEED_EVERY * (1 << min(failures, 10)), FEED_AT_MOST_EVERY)
    return now - tried_at >= pause
