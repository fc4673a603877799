"""Writing a time away and the spans it takes, and giving both back."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import sqlalchemy as sa

from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.span import FIRST, LAST, Interval, from_minute
from webapp.domain.zones import zone
from webapp.models import BusySpan, SpanKind, TimeAway
from webapp.services.unit_of_work import UnitOfWork

LONGEST = timedelta(days=366)
_PIECE = timedelta(days=31)


def whole_days(zone_name: str, first: date, last: date) -> Interval:
    """The dates from ``first`` to ``last`` (included) on the clocks of a zone, as instants."""
    place = zone(zone_name)
    start, end = zones.local_day_bounds(place, first)[0], zones.local_day_bounds(place, last)[1]
    return Interval(from_minute(start), from_minute(end))


def check(away: Interval) -> None:
    """Raise ``Invalid(field="end")`` for more than a year at once, or outside 1970 to 2100."""
    # A day more, because whole dates may be longer than 24 hours.
    long = away.end - away.start > LONGEST + timedelta(days=1)
    if long or away.start < FIRST or away.end > LAST:
        raise Invalid("Time away is at most a year at once.", field="end")


def write(
    uow: UnitOfWork,
    host_id: int,
    away: Interval,
    label: str,
    *,
    days: tuple[date, date] | None = None,
    holidays_id: int | None = None,
) -> TimeAway:
    """Add a time away with its spans; the host is locked already."""
    row = TimeAway(
        uuid=uuid4(),
        host_id=host_id,
        label=label,
        start_at=away.start,
        end_at=away.end,
        start_on=days[0] if days else None,
        end_on=days[1] if days else None,
        holidays_id=holidays_id,
        created_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    uow.session.add_all(_spans(row))
    return row


def remove(uow: UnitOfWork, row: TimeAway) -> None:
    """Give the time back; the host is locked already."""
    uow.session.execute(sa.delete(BusySpan).where(BusySpan.away_id == row.id))
    uow.session.delete(row)


def _spans(away: TimeAway) -> list[BusySpan]:
    """The time away cut into pieces of at most 31 days, so that no span is longer."""
    pieces = []
    start = away.start_at
    while start < away.end_at:
        end = min(start + _PIECE, away.end_at)
        pieces.append(
            BusySpan(
                host_id=away.host_id,
                start_at=start,
                end_at=end,
                kind=SpanKind.AWAY,
                exclusive=False,
                away_id=away.id,
            )
        )
        start = end
    return pieces
