"""Letting holds lapse: what was kept for a while is free again, whoever kept it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from webapp.domain.span import Interval
from webapp.models import Booking, BookingStatus, BusySpan, Meeting, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_SPAN = table_of(BusySpan)
_MEETING = table_of(Meeting)
_BOOKING = table_of(Booking)
_WHY = "spans belong to hosts, not to organizations"


def delete_spans(uow: UnitOfWork, meeting_ids: Sequence[int]) -> None:
    """Give the meetings' time back to its hosts."""
    uow.session.execute(
        below_the_guard(sa.delete(_SPAN).where(_SPAN.c.meeting_id.in_(meeting_ids)), _WHY)
    )


_LAPSED = Direct(
    sa.select(_SPAN.c.meeting_id).where(
        _SPAN.c.host_id == sa.bindparam("host"),
        _SPAN.c.expires_at.is_not(None),
        _SPAN.c.expires_at <= sa.bindparam("now"),
        _SPAN.c.start_at < sa.bindparam("end"),
        _SPAN.c.end_at > sa.bindparam("start"),
        _SPAN.c.meeting_id.is_not(None),
    ),
    _WHY,
)


def lapse(uow: UnitOfWork, host_ids: Sequence[int], wanted: Interval) -> None:
    """Remove lapsed holds of these hosts that overlap ``wanted``; their bookings are ``lapsed``.

    A lapsed span may stand for another organization's hold: its booking is marked all the same.
    """
    window = {"now": uow.now, "start": wanted.start, "end": wanted.end}
    found = {
        meeting_id
        for host_id in host_ids
        for (meeting_id,) in _LAPSED.rows(uow.session, host=host_id, **window)
    }
    if found:
        lapse_meetings(uow, sorted(found))


def lapse_meetings(uow: UnitOfWork, meeting_ids: Sequence[int]) -> None:
    """Drop the lapsed seats of these meetings, and the spans of those left empty.

    The caller holds the locks of their hosts.
    """
    drop_lapsed_seats(uow, meeting_ids)
    empty = uow.session.scalars(
        below_the_guard(
            sa.select(_MEETING.c.id).where(_MEETING.c.id.in_(meeting_ids), _MEETING.c.taken == 0),
            "lapsed time is dropped whosever it was",
        )
    ).all()
    if empty:
        delete_spans(uow, empty)


def drop_lapsed_seats(uow: UnitOfWork, meeting_ids: Sequence[int]) -> None:
    """Mark the lapsed holds of these meetings, and count their seats as free."""
    why = "lapsed time is dropped whosever it was"
    lapsed = uow.session.execute(
        below_the_guard(
            sa.update(_BOOKING)
            .where(
                _BOOKING.c.meeting_id.in_(meeting_ids),
                _BOOKING.c.status == BookingStatus.HELD,
                _BOOKING.c.expires_at <= uow.now,
            )
            .values(status=BookingStatus.LAPSED, expires_at=None, updated_at=uow.now)
            .returning(_BOOKING.c.meeting_id),
            why,
        )
    ).scalars()
    for meeting_id in lapsed.all():
        uow.session.execute(
            below_the_guard(
                sa.update(_MEETING)
                .where(_MEETING.c.id == meeting_id, _MEETING.c.taken > 0)
                .values(taken=_MEETING.c.taken - 1),
                why,
            )
        )
