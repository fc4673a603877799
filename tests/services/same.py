"""What a booking wrote, without what is different each time: ids, random names, moments."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from tests.world import World
from webapp.models import (
    Base,
    Booking,
    BookingStatus,
    BusySpan,
    Event,
    EventStatus,
    Meeting,
    Message,
    Placement,
    table_of,
)

_MINE = {
    *("id", "uuid", "public_id", "reference", "meeting_id", "booking_id", "event_id"),
    *("invitee_uuid", "event_uuid", "created_at", "updated_at", "confirmed_at", "opened_at"),
}
"""Columns that are one booking's own."""
_RANDOM = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|/m/[0-9A-Za-z.]+"
    r"|'reference': [0-9]+"
)


def canonical(world: World) -> dict[str, list[str]]:
    """The newest booking's rows of each table, as sorted text."""
    found: dict[str, list[str]] = {}
    with world.desk.look(world.owner) as uow:
        booking = uow.session.scalars(
            sa.select(Booking)
            .where(Booking.status == BookingStatus.CONFIRMED)
            .order_by(Booking.id.desc())
        ).first()
        assert booking is not None
        meeting_id, booking_id = booking.meeting_id, booking.id
        for kind, condition in (
            (Booking, Booking.id == booking_id),
            (Meeting, Meeting.id == meeting_id),
            (Placement, Placement.booking_id == booking_id),
            (Event, (Event.meeting_id == meeting_id) & (Event.status != EventStatus.CANCELLED)),
            (Message, Message.booking_id == booking_id),
            (BusySpan, BusySpan.meeting_id == meeting_id),
        ):
            rows = uow.session.scalars(sa.select(kind).where(condition)).all()
            found[str(kind.__tablename__)] = sorted(_written(row) for row in rows)
    return found


def _written(row: Base) -> str:
    values: dict[str, Any] = {
        column.name: getattr(row, sa.inspect(type(row)).get_property_by_column(column).key)
        for column in table_of(type(row)).columns
        if column.name not in _MINE
    }
    return _RANDOM.sub("…", str(values))
