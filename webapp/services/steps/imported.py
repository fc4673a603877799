"""What a linked calendar says, as rows: its events, and the time they take."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.ics import BusyTime, CalendarReport, ImportedEvent
from webapp.domain.recurrence import to_instant
from webapp.domain.span import FIRST, LAST, from_minute
from webapp.models import Base, Booking, EventStatus, Meeting, SpanKind
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_EVENTS = Base.metadata.tables["event"]
_SPANS = Base.metadata.tables["busy_span"]
_WHY = "the rows name their organization and calendar"
_ANYBODYS = "an old copy of anybody's booking here never blocks"
_CHUNK = 500


def clear(uow: UnitOfWork, calendar_id: int) -> None:
    """Take away a calendar's events and the time they take; the host is locked already."""
    uow.session.flush()
    for table in (_SPANS, _EVENTS):
        gone = sa.delete(table).where(table.c.calendar_id == calendar_id)
        uow.session.execute(below_the_guard(gone, _WHY))


def replace(uow: UnitOfWork, host_id: int, calendar_id: int, report: CalendarReport) -> None:
    """Put what ``report`` says in the place of what was there; the host is locked already.

    Events that are copies of our own bookings are joined to their meeting and take no time: the
    booking does. Rows go in by the thousand, so that the largest file holds the database for less
    than a second.
    """
    clear(uow, calendar_id)
    meetings = _own_meetings(uow, {event.uid for event in report.events})
    heads = [event for event in report.events if not event.recurrence_id]
    others = [event for event in report.events if event.recurrence_id]
    ids = _insert_events(uow, calendar_id, heads, meetings, report.zone, {})
    if others:
        ids |= _insert_events(uow, calendar_id, others, meetings, report.zone, ids)
    spans = (span for span in report.spans if span.uid not in meetings)
    _insert_spans(uow, host_id, calendar_id, spans, ids)


def _insert_events(
    uow: UnitOfWork,
    calendar_id: int,
    events: list[ImportedEvent],
    meetings: dict[str, int | None],
    zone: str,
    parents: dict[str, int],
) -> dict[str, int]:
    """Write ``events``; the row of each UID."""
    rows = [
        _row(uow, calendar_id, event, zone)
        | {"meeting_id": meetings.get(event.uid), "parent_id": parents.get(event.uid)}
        for event in events
    ]
    if not rows:
        return {}
    uow.session.execute(below_the_guard(sa.insert(_EVENTS), _WHY), rows)
    written = uow.session.execute(
        below_the_guard(
            sa.select(_EVENTS.c.uuid, _EVENTS.c.id).where(_EVENTS.c.calendar_id == calendar_id),
            _WHY,
        )
    )
    by_uuid: dict[UUID, int] = {row.uuid: row.id for row in written}
    return {
        event.uid: by_uuid[row["uuid"]]
        for event, row in zip(events, rows, strict=True)
        if event.uid not in parents
    }


def _insert_spans(
    uow: UnitOfWork,
    host_id: int,
    calendar_id: int,
    spans: Iterable[BusyTime],
    events: dict[str, int],
) -> None:
    rows = [
        {
            "host_id": host_id,
            "start_at": from_minute(span.start_minute),
            "end_at": from_minute(span.end_minute),
            "kind": SpanKind.EVENT,
            "exclusive": False,
            "calendar_id": calendar_id,
            "event_id": events.get(span.uid),
        }
        for span in spans
    ]
    if rows:
        uow.session.execute(below_the_guard(sa.insert(_SPANS), "hosts' time is nobody's"), rows)


def _row(uow: UnitOfWork, calendar_id: int, event: ImportedEvent, zone: str) -> dict[str, Any]:
    name = _zone_name(event.zone, zone)
    start, end = _instant(event.start, name), _instant(event.end, name)
    whole_days = not isinstance(event.start, datetime)
    return {
        "organization_id": uow.organization_id,
        "uuid": uuid4(),
        "calendar_id": calendar_id,
        "uid": _uid(event.uid),
        "recurrence_at": _recurrence(event.recurrence_id, name),
        "summary": "" if event.private else _text(event.summary, 300),
        "description": "",
        "location": "",
        "start_at": start,
        "end_at": max(start, end),
        "start_on": event.start if whole_days else None,
        "end_on": event.end if whole_days else None,
        "zone": name,
        "all_day": event.all_day,
        "private": event.private,
        "transparent": event.transparent,
        "status": _status(event.status),
        "rrule": event.rrule if event.rrule and len(event.rrule) <= 1000 else None,
        "sequence": min(max(event.sequence, 0), 2**31 - 1),
        "created_at": uow.now,
        "updated_at": uow.now,
    }


def _own_meetings(uow: UnitOfWork, uids: set[str]) -> dict[str, int | None]:
    """Which of ``uids`` are ours (``<uuid>@<our host>``): the meeting to join, or None."""
    ours = {}
    tail = f"@{uow.settings.mail_domain}".casefold()
    for uid in uids:
        if uid.casefold().endswith(tail):
            uuid = _uuid(uid[: -len(tail)])
            if uuid is not None:
                ours[uuid] = uid
    found: dict[str, int | None] = {}
    for some in _chunks(ours):
        bookings = sa.select(Booking.uuid, Booking.organization_id, Booking.meeting_id)
        meetings = sa.select(Meeting.uuid, Meeting.organization_id, Meeting.id)
        for query, column in ((bookings, Booking.uuid), (meetings, Meeting.uuid)):
            asked = below_the_guard(query.where(column.in_(some)), _ANYBODYS)
            for uuid, organization_id, meeting_id in uow.session.execute(asked):
                here = organization_id == uow.organization_id
                found[ours[uuid]] = meeting_id if here else None
    return found


def _chunks(uuids: Iterable[UUID]) -> Iterator[list[UUID]]:
    left = iter(uuids)
    while some := list(islice(left, _CHUNK)):
        yield some


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _zone_name(wanted: str, fallback: str) -> str:
    return wanted if wanted in zones.names() else fallback


def _instant(when: date | datetime, zone: str) -> datetime:
    """UTC, inside what can be stored; a day begins at its first midnight in ``zone``."""
    if not isinstance(when, datetime):
        when = to_instant(when, zones.zone(zone))
    return min(max(when.astimezone(UTC), FIRST), LAST)


def _recurrence(text: str, zone: str) -> datetime | None:
    """RECURRENCE-ID as an instant; None for what is none."""
    for shape in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            wall = datetime.strptime(text, shape)  # noqa: DTZ007 - the zone is put to it below
        except ValueError:
            continue
        try:
            if shape.endswith("Z"):
                return _instant(wall.replace(tzinfo=UTC), zone)
            return _instant(to_instant(wall, zones.zone(zone)), zone)
        except (Invalid, OverflowError):
            return None
    return None


def _uid(uid: str) -> str:
    if len(uid) <= 300:
        return _text(uid, 300)
    return f"sha256:{hashlib.sha256(uid.encode('utf-8', 'replace')).hexdigest()}"


def _text(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]


def _status(text: str) -> EventStatus:
    word = text.lower()
    return EventStatus(word) if word in set(EventStatus) else EventStatus.CONFIRMED
