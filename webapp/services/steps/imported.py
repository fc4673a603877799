"""What a linked calendar says, as rows: its events, and the time they take."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file says as rows, made before any unit is opened.

    Each event stands beside its UID as the file writes it, each span's values beside its event's.
    ``digest`` is equal for files that mean the same, whatever stamps they carry.
    """

    heads: list[tuple[str, dict[str, Any]]]
    changed: list[tuple[str, dict[str, Any]]]
    spans: list[tuple[str, dict[str, Any]]]
    digest: bytes


def rows_of(report: CalendarReport) -> Rows:
    """Everything in ``report`` as rows that only lack their calendar."""
    heads = [(e.uid, _event(e, report.zone)) for e in report.events if not e.recurrence_id]
    changed = [(e.uid, _event(e, report.zone)) for e in report.events if e.recurrence_id]
    said = hashlib.sha256()
    for each in (*report.events, *report.spans):
        said.update(repr(each).encode("utf-8", "replace"))
    return Rows(heads, changed, [(span.uid, _span(span)) for span in report.spans], said.digest())


def clear(uow: UnitOfWork, calendar_id: int) -> None:
    """Take away a calendar's events and the time they take; the host is locked already."""
    uow.session.flush()
    for table in (_SPANS, _EVENTS):
        gone = sa.delete(table).where(table.c.calendar_id == calendar_id)
        uow.session.execute(below_the_guard(gone, _WHY))


def replace(uow: UnitOfWork, host_id: int, calendar_id: int, rows: Rows) -> None:
    """Put ``rows`` in the place of what was there; the host is locked already.

    Events that are copies of our own bookings are joined to their meeting and take no time: the
    booking does. Rows go in by the thousand, so that the largest file holds the database for no
    more than a moment.
    """
    clear(uow, calendar_id)
    uids = {uid for uid, _ in (*rows.heads, *rows.changed)}
    meetings = _own_meetings(uow, uids)
    ids = _insert_events(uow, calendar_id, rows.heads, meetings, {})
    if rows.changed:
        ids |= _insert_events(uow, calendar_id, rows.changed, meetings, ids)
    beside = {"host_id": host_id, "calendar_id": calendar_id}
    spans = [
        values | beside | {"event_id": ids.get(uid)}
        for uid, values in rows.spans
        if uid not in meetings
    ]
    if spans:
        uow.session.execute(below_the_guard(sa.insert(_SPANS), "hosts' time is nobody's"), spans)


def _insert_events(
    uow: UnitOfWork,
    calendar_id: int,
    events: list[tuple[str, dict[str, Any]]],
    meetings: dict[str, int | None],
    parents: dict[str, int],
) -> dict[str, int]:
    """Write ``events``; the row of each UID that has none yet."""
    beside = {
        "organization_id": uow.organization_id,
        "calendar_id": calendar_id,
        "created_at": uow.now,
        "updated_at": uow.now,
    }
    rows = [
        values
        | beside
        | {"uuid": uuid4(), "meeting_id": meetings.get(uid), "parent_id": parents.get(uid)}
        for uid, values in events
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
        uid: by_uuid[row["uuid"]]
        for (uid, _), row in zip(events, rows, strict=True)
        if uid not in parents
    }


def _span(span: BusyTime) -> dict[str, Any]:
    return {
        "start_at": from_minute(span.start_minute),
        "end_at": from_minute(span.end_minute),
        "kind": SpanKind.EVENT,
        "exclusive": False,
    }


def _event(event: ImportedEvent, zone: str) -> dict[str, Any]:
    name = _zone_name(event.zone, zone)
    start, end = _instant(event.start, name), _instant(event.end, name)
    whole_days = not isinstance(event.start, datetime)
    return {
        "uid": _uid(event.uid),
        "recurrence_at": _recurrence(event.recurrence_id, name) if event.recurrence_id else None,
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
