"""Bookings that something else in a host's calendars has come to lie upon.

An event that arrives over a booking changes nothing by itself (``decisions.md`` 3): the person
is told and decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.models import Booking, BookingStatus, BusySpan, Event, Meeting, SpanKind, table_of
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

MOST_CLASHES = 20

_TAKEN, _OTHER = table_of(BusySpan).alias("taken"), table_of(BusySpan).alias("other")
_BOOKING, _MEETING, _EVENT = table_of(Booking), table_of(Meeting), table_of(Event)


@dataclass(frozen=True, slots=True)
class Clash:
    """A booking to come (instants UTC) and what overlaps it; ``event`` is "" for time away."""

    booking_uuid: UUID
    invitee: str
    start_at: datetime
    event: str
    is_away: bool


@use_case(Permission.BOOKING_READ)
def clashes(uow: UnitOfWork, *, host_id: int) -> list[Clash]:
    """Standing bookings of the host, in order of time, that an event or time away overlaps.

    Buffers do not count: only the meeting's own time. At most ``MOST_CLASHES``.
    """
    rows = uow.session.execute(
        _OF_HOST, {"organization": uow.organization_id, "host": host_id} | {"now": uow.now}
    )
    return [
        Clash(uuid, name, start, summary or "", kind is SpanKind.AWAY)
        for uuid, name, start, summary, kind in rows
    ]


_OF_HOST = below_the_guard(
    sa.select(
        _BOOKING.c.uuid,
        _BOOKING.c.name,
        _BOOKING.c.start_at,
        sa.func.max(_EVENT.c.summary),
        sa.func.max(_OTHER.c.kind, type_=_OTHER.c.kind.type),
    )
    .select_from(_TAKEN)
    .join(_MEETING, _MEETING.c.id == _TAKEN.c.meeting_id)
    .join(_BOOKING, _BOOKING.c.meeting_id == _MEETING.c.id)
    .join(
        _OTHER,
        (_OTHER.c.host_id == _TAKEN.c.host_id)
        & _OTHER.c.meeting_id.is_(None)
        & (_OTHER.c.start_at < _MEETING.c.end_at)
        & (_OTHER.c.end_at > _MEETING.c.start_at),
    )
    .outerjoin(
        _EVENT,
        (_EVENT.c.id == _OTHER.c.event_id)
        & (_EVENT.c.organization_id == sa.bindparam("organization")),
    )
    .where(
        _TAKEN.c.host_id == sa.bindparam("host"),
        _TAKEN.c.end_at > sa.bindparam("now"),
        _BOOKING.c.organization_id == sa.bindparam("organization"),
        _BOOKING.c.status.in_((BookingStatus.CONFIRMED, BookingStatus.PENDING)),
        _BOOKING.c.start_at > sa.bindparam("now"),
    )
    .group_by(_BOOKING.c.id, _BOOKING.c.uuid, _BOOKING.c.name, _BOOKING.c.start_at)
    .order_by(_BOOKING.c.start_at, _BOOKING.c.id)
    .limit(MOST_CLASHES),
    "the statement names its organization; spans belong to hosts",
)
