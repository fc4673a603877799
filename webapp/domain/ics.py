"""Somebody else's calendar file read into busy time.

One bad event never loses the others: it becomes a Problem with its line. Only what is no calendar
at all, or goes beyond the limits of a file, is refused whole, so that older data can stay.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.domain import zones as known_zones
from webapp.domain.contentlines import (
    CalendarRefused,
    Component,
    Problem,
    Problems,
    plain_value,
    read_components,
)
from webapp.domain.icsbusy import BusyTime, busy_spans, busy_time, families_of
from webapp.domain.icsevents import Draft, Unreadable, read_event, read_length, read_periods
from webapp.domain.icszones import FileZones, NamedZone, named_zone
from webapp.domain.recurrence import MAX_WINDOW, WindowRefused
from webapp.domain.span import Interval

__all__ = [
    "BusyTime",
    "CalendarRefused",
    "CalendarReport",
    "ImportedEvent",
    "Problem",
    "read_calendar",
]


@dataclass(frozen=True, slots=True)
class ImportedEvent:
    """One VEVENT: a single event, the head of a series, or one changed occurrence.

    ``start`` and ``end`` are UTC instants, or days (end exclusive) when ``all_day``.
    ``recurrence_id`` is the value as written, empty for all but changed occurrences; ``zone``
    the zone's name; ``blocks`` whether its time is taken.
    """

    uid: str
    recurrence_id: str
    summary: str
    start: date | datetime
    end: date | datetime
    zone: str
    all_day: bool
    transparent: bool
    status: str
    rrule: str
    sequence: int
    private: bool
    blocks: bool


@dataclass(frozen=True, slots=True)
class CalendarReport:
    """What a calendar file holds for a window.

    ``zone`` is the zone used for floating times and whole days. Spans are complete up to
    ``covered_until`` (UTC): the window's end, or less when the events repeat too often.
    ``refresh_minutes`` is how often the file asks to be read again. ``problems_left_out`` counts
    what was not listed.
    """

    name: str
    zone: str
    events: list[ImportedEvent]
    spans: list[BusyTime]
    problems: list[Problem]
    problems_left_out: int
    covered_until: datetime
    refresh_minutes: int | None


def read_calendar(
    data: bytes, *, default_zone: str, window: Interval, owner_emails: Collection[str] = ()
) -> CalendarReport:
    """Everything in a calendar file, and the busy time inside ``window`` (UTC, at most 400 days).

    ``default_zone`` is the host's IANA zone, for files that name none. ``owner_emails`` are the
    host's addresses: invitations they declined do not block. Raises CalendarRefused (an Invalid
    with a sentence for people) for what is no calendar or too large; Invalid for an unknown zone.
    """
    if window.end - window.start > MAX_WINDOW:
        raise WindowRefused(f"At most {MAX_WINDOW.days} days are laid out at once.")
    problems = Problems()
    calendars = read_components(data, problems)
    if not calendars:
        raise CalendarRefused("not_a_calendar", "The calendar breaks off before its first event.")
    zone = _calendar_zone(calendars, default_zone, problems)
    zones = FileZones(zone, calendars, window, problems)
    owners = frozenset(address.strip().casefold() for address in owner_emails)
    drafts = _drafts(calendars, zones, owners, problems)
    fixed = _freebusy_time(calendars, zones, problems)
    spans, reach = busy_spans(families_of(drafts, problems), window, problems)
    spans += [span for span in (busy_time("", s, e, "", reach) for s, e in fixed) if span]
    spans.sort(key=lambda span: (span.start_minute, span.end_minute, span.uid))
    return CalendarReport(
        name=_calendar_name(calendars),
        zone=zone.name,
        events=[_imported(draft) for draft in drafts],
        spans=spans,
        problems=problems.kept,
        problems_left_out=problems.left_out,
        covered_until=reach.end,
        refresh_minutes=_refresh_minutes(calendars),
    )


def _calendar_zone(calendars: list[Component], default: str, problems: Problems) -> NamedZone:
    fallback = NamedZone(known_zones.zone(default), default)
    line = calendars[0].first("X-WR-TIMEZONE")
    if line is None or not line.value:
        return fallback
    found = named_zone(line.value)
    if found is None:
        sentence = f"The calendar's own time zone is not known; {default} was used."
        problems.add("unknown_zone", sentence, line.number)
    return found or fallback


def _calendar_name(calendars: list[Component]) -> str:
    line = calendars[0].first("X-WR-CALNAME") or calendars[0].first("NAME")
    return plain_value(line.value) if line is not None else ""


def _refresh_minutes(calendars: list[Component]) -> int | None:
    line = calendars[0].first("REFRESH-INTERVAL") or calendars[0].first("X-PUBLISHED-TTL")
    if line is None:
        return None
    try:
        days, length = read_length(line.value)
    except Unreadable:
        return None
    return min(1440 * days + int(length // timedelta(minutes=1)), 366 * 1440)


def _drafts(
    calendars: list[Component], zones: FileZones, owners: frozenset[str], problems: Problems
) -> list[Draft]:
    found = []
    for calendar in calendars:
        for part in calendar.parts:
            if part.name != "VEVENT":
                continue
            try:
                found.append(read_event(part, zones, owners, problems))
            except Unreadable as refusal:
                uid = part.first("UID")
                name = uid.value if uid is not None else ""
                problems.add("unreadable_event", refusal.message, part.number, name)
    return found


def _freebusy_time(
    calendars: list[Component], zones: FileZones, problems: Problems
) -> list[tuple[datetime, datetime]]:
    """Blocks of a VFREEBUSY; all kinds of busy count (RFC 5545 3.2.9)."""
    found: list[tuple[datetime, datetime]] = []
    parts = (part for c in calendars for part in c.parts if part.name == "VFREEBUSY")
    for line in (line for part in parts for line in part.lines if line.name == "FREEBUSY"):
        if line.parameters().get("FBTYPE", "BUSY").upper() == "FREE":
            continue
        try:
            found += read_periods(line, zones, zones.default)
        except Unreadable as refusal:
            problems.add("bad_date", refusal.message, line.number)
    return found


def _imported(draft: Draft) -> ImportedEvent:
    all_day = not isinstance(draft.start, datetime)
    return ImportedEvent(
        uid=draft.uid,
        recurrence_id=draft.recurrence_text,
        summary=draft.summary,
        start=draft.start if all_day else draft.begins,
        end=draft.start + timedelta(days=draft.days) if all_day else draft.end,
        zone=draft.zone.name,
        all_day=all_day,
        transparent=draft.transparent,
        status=draft.status,
        rrule=draft.rules[0] if draft.rules else "",
        sequence=draft.sequence,
        private=draft.private,
        blocks=draft.blocks,
    )
