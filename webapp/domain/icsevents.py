"""One VEVENT of somebody else's calendar, read into times, rules and whether it blocks.

Source: RFC 5545 sections 3.3.4 to 3.3.6, 3.6.1 and 3.8; what blocks: decisions of this house.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from webapp.domain.contentlines import Component, Line, Problems, plain_value
from webapp.domain.errors import Invalid
from webapp.domain.icszones import FileZones, NamedZone
from webapp.domain.recurrence import MAX_DATES, When, end_of, to_instant

MAX_UID = 255
FREE_STATUSES = frozenset({"FREE", "WORKINGELSEWHERE"})
_WHEN = re.compile(r"([0-9]{8})(?:T([0-9]{4})([0-9]{2})?(Z)?)?")
_LENGTH = re.compile(
    r"([+-])?P(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,7})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?"
)


class Unreadable(Invalid):
    """This event has no time that can be understood."""

    code = "unreadable"


@dataclass(slots=True)
class Draft:
    """An event as written.

    ``start`` is a day or a wall-clock time in ``zone.zone``; it lasts ``days`` calendar days and
    then ``duration``. ``recurrence_id``, ``rdates`` and ``exdates`` are days, wall-clock times
    in the same zone or instants.
    """

    uid: str
    line: int
    start: When
    zone: NamedZone
    days: int = 0
    duration: timedelta = timedelta()
    summary: str = ""
    status: str = ""
    transparent: bool = False
    free: bool = False
    declined: bool = False
    private: bool = False
    sequence: int = 0
    rules: list[str] = field(default_factory=list)
    rdates: list[When] = field(default_factory=list)
    periods: list[tuple[datetime, datetime]] = field(default_factory=list)
    exdates: list[When] = field(default_factory=list)
    recurrence_id: When | None = None
    recurrence_text: str = ""
    this_and_future: bool = False

    @property
    def blocks(self) -> bool:
        """Whether its time is taken."""
        return not (self.transparent or self.free or self.declined or self.status == "CANCELLED")

    @property
    def end(self) -> datetime:
        """Its UTC end."""
        return end_of(self.start, self.days, self.duration, self.zone.zone)

    @property
    def begins(self) -> datetime:
        """Its UTC start."""
        return to_instant(self.start, self.zone.zone)


def read_event(
    part: Component, zones: FileZones, owners: Collection[str], problems: Problems
) -> Draft:
    """What a VEVENT says; raises Unreadable when it has no usable time.

    ``owners`` are the host's mail addresses in lower case, for their own answer to an invitation.
    """
    found: dict[str, Line] = {}
    for line in part.lines:
        found.setdefault(line.name, line)
    uid = plain_value(found["UID"].value)[:MAX_UID] if "UID" in found else ""
    if "DTSTART" not in found:
        raise Unreadable("The event has no start.")
    start, zone = _start(found["DTSTART"], zones)
    draft = Draft(uid, part.number, start, zone)
    _read_end(draft, found, zones, problems)
    _read_marks(draft, found)
    _read_repetition(draft, part, zones, problems)
    if owners:
        draft.declined = any(_declines(line, owners) for line in part.lines)
    if part.seen > 200:
        sentence = "The event has more than 200 properties; not all were read."
        problems.add("too_many_properties", sentence, part.number, uid)
    if not uid:
        draft.uid = _made_up_uid(draft)
        problems.once("no_uid", "Some events have no UID; their times still count.", part.number)
    return draft


def _start(line: Line, zones: FileZones) -> tuple[When, NamedZone]:
    when, zone = read_when(line.value, line, zones)
    if not isinstance(when, datetime):
        return when, zones.default
    return when, zone or zones.default


def read_when(value: str, line: Line, zones: FileZones) -> tuple[When, NamedZone | None]:
    """A DATE or DATE-TIME as a day or a wall-clock time, and its zone (None: floating, or a day).

    Raises Unreadable.
    """
    match = _WHEN.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        day = date(int(value[:4]), int(value[4:6]), int(value[6:8]))
        if not 1600 <= day.year <= 9000:
            raise ValueError(value)
        if match[2] is None:
            return day, None
        clock = match[2]
        seconds = min(int(match[3] or 0), 59)
        at = datetime.combine(day, time(int(clock[:2]), int(clock[2:]), seconds))
    except ValueError:
        raise Unreadable(f"{line.name} is not a date or time.") from None
    if match[4]:
        return at, NamedZone(UTC, "UTC")
    tzid = line.parameters().get("TZID", "") if line.head else ""
    return at, zones.find(tzid, line.number) if tzid else None


def read_length(value: str) -> tuple[int, timedelta]:
    """A DURATION as calendar days and elapsed time; raises Unreadable."""
    match = _LENGTH.fullmatch(value.upper())
    if match is None or value[-1:].upper() in ("P", "T", ""):
        raise Unreadable("DURATION is not a length of time.")
    weeks, days, hours, minutes, seconds = (int(match[n] or 0) for n in range(2, 7))
    if match[1] == "-" and weeks + days + hours + minutes + seconds:
        raise Unreadable("The event ends before it starts.")
    return 7 * weeks + days, timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _read_end(draft: Draft, found: dict[str, Line], zones: FileZones, problems: Problems) -> None:
    """DTEND, else DURATION, else one day for a day and nothing for a time (RFC 5545 3.6.1)."""
    all_day = not isinstance(draft.start, datetime)
    if "DTEND" in found:
        when, zone = read_when(found["DTEND"].value, found["DTEND"], zones)
        if all_day:
            _end_of_days(draft, when, found["DTEND"], problems)
            return
        instant = to_instant(when, (zone or draft.zone).zone)
        draft.duration = instant - draft.begins
        if draft.duration < timedelta():
            raise Unreadable("The event ends before it starts.")
    elif "DURATION" in found:
        draft.days, draft.duration = read_length(found["DURATION"].value)
        if all_day:
            draft.days, draft.duration = max(draft.days, 1), timedelta()
        if draft.days > 100_000 or draft.duration > timedelta(days=100_000):
            raise Unreadable("The event is longer than a calendar can show.")
    elif all_day:
        draft.days = 1


def _end_of_days(draft: Draft, when: When, line: Line, problems: Problems) -> None:
    last = when
    if isinstance(when, datetime):
        last = when.date() + timedelta(days=1) if when.time() > time() else when.date()
    draft.days = last.toordinal() - draft.start.toordinal()
    if draft.days < 0:
        raise Unreadable("The event ends before it starts.")
    if draft.days == 0:
        draft.days = 1
        sentence = "The event ends on the day it starts; it was read as that one day."
        problems.add("ends_where_it_starts", sentence, line.number, draft.uid)


def _read_marks(draft: Draft, found: dict[str, Line]) -> None:
    def word(name: str) -> str:
        return found[name].value.strip().upper() if name in found else ""

    draft.summary = plain_value(found["SUMMARY"].value) if "SUMMARY" in found else ""
    draft.status = word("STATUS")[:20]
    draft.transparent = word("TRANSP") == "TRANSPARENT"
    draft.free = word("X-MICROSOFT-CDO-BUSYSTATUS") in FREE_STATUSES
    draft.private = word("CLASS") in ("PRIVATE", "CONFIDENTIAL")
    number = word("SEQUENCE")
    draft.sequence = (
        int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    )


def _read_repetition(draft: Draft, part: Component, zones: FileZones, problems: Problems) -> None:
    for line in part.lines:
        if line.name == "RRULE":
            draft.rules.append(line.value)
        elif line.name == "EXRULE":
            sentence = "Rules for dates left out (EXRULE) are not followed; all dates count."
            problems.add("exrule", sentence, line.number, draft.uid)
        elif line.name == "EXDATE":
            draft.exdates += _dates(draft, line, zones, problems, len(draft.exdates))
        elif line.name == "RDATE":
            _read_rdate(draft, line, zones, problems)
        elif line.name == "RECURRENCE-ID" and draft.recurrence_id is None:
            when, zone = read_when(line.value, line, zones)
            # A floating one is meant in the zone of its series, which may not be its own.
            draft.recurrence_id = when if zone is None else to_instant(when, zone.zone)
            draft.recurrence_text = line.value[:20]
            draft.this_and_future = line.parameters().get("RANGE", "").upper() == "THISANDFUTURE"


def _dates(
    draft: Draft, line: Line, zones: FileZones, problems: Problems, already: int
) -> list[When]:
    found: list[When] = []
    for value in line.value.split(",")[: MAX_DATES - already + 1]:
        if already + len(found) >= MAX_DATES:
            sentence = f"The event lists more than {MAX_DATES:,} dates; the first were read."
            problems.once("too_many_dates", sentence, line.number, draft.uid)
            break
        if not value.strip():
            continue
        try:
            when, zone = read_when(value.strip(), line, zones)
        except Unreadable as refusal:
            problems.add("bad_date", refusal.message, line.number, draft.uid)
            continue
        found.append(_in_zone(when, zone, draft.zone.zone))
    return found


def _read_rdate(draft: Draft, line: Line, zones: FileZones, problems: Problems) -> None:
    if line.parameters().get("VALUE", "").upper() != "PERIOD" and "/" not in line.value:
        draft.rdates += _dates(draft, line, zones, problems, len(draft.rdates))
        return
    try:
        room = MAX_DATES - len(draft.periods)
        draft.periods += read_periods(line, zones, draft.zone)[:room]
    except Unreadable as refusal:
        problems.add("bad_date", refusal.message, line.number, draft.uid)


def read_periods(
    line: Line, zones: FileZones, floating: NamedZone
) -> list[tuple[datetime, datetime]]:
    """PERIOD values as UTC starts and ends; raises Unreadable."""
    found = []
    for value in line.value.split(",")[:MAX_DATES]:
        first, _, last = value.strip().partition("/")
        when, zone = read_when(first, line, zones)
        used = (zone or floating).zone
        if last[:1].upper() in ("P", "+", "-"):
            end = end_of(when, *read_length(last), used)
        else:
            until, until_zone = read_when(last, line, zones)
            end = to_instant(until, (until_zone or floating).zone)
        start = to_instant(when, used)
        if end > start:
            found.append((start, end))
    return found


def _in_zone(when: When, zone: NamedZone | None, own: tzinfo) -> When:
    """Days and times of the event's own zone stay as they are, others become instants."""
    if not isinstance(when, datetime) or zone is None or zone.zone is own:
        return when
    return to_instant(when, zone.zone)


def _declines(line: Line, owners: Collection[str]) -> bool:
    if line.name != "ATTENDEE" or "DECLINED" not in line.head.upper():
        return False
    address = line.value.strip().casefold().removeprefix("mailto:")
    return line.parameters().get("PARTSTAT", "").upper() == "DECLINED" and address in owners


def _made_up_uid(draft: Draft) -> str:
    seed = f"{draft.start}|{draft.days}|{draft.duration}|{draft.summary}|{draft.rules}"
    return "none-" + hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]
