"""Work hours on this surface's wire: a week, and stretches of dates that differ from it.

Times are local wall times ``HH:MM:SS``. A ``Z`` that strayed behind one, as in published examples,
means nothing and is dropped; ``24:00:00`` and, as an end, ``00:00:00`` are the midnight after.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from webapp.blueprints.api.group_booking.shapes import CAMEL, fault
from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.span import FIRST, LAST
from webapp.domain.workhours import MOST_INTERVALS, MOST_OVERRIDES, Hours, WorkHours
from webapp.services.program_profiles import Weekly

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT = 24 * 60

Faults = Iterator[tuple[str, str]]
"""Places and sentences."""

_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})[Zz]?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ONE_DAY = timedelta(days=1)
_OVERLAP = "These hours overlap others of the same day"


# --------------------------------------------------------------------------------- single fields


def _seconds(text: object) -> int | None:
    """Seconds after midnight, None for what is no time of day."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    hour, minute, second = map(int, found.groups())
    fits = (hour < 24 and minute < 60 and second < 60) or (hour, minute, second) == (24, 0, 0)
    return hour * 3600 + minute * 60 + second if fits else None


def _minute(text: object) -> int:
    seconds = _seconds(text)
    if seconds is None:
        raise fault("Write a time like 09:00:00")
    if seconds % 60:
        raise fault("Hours begin and end on whole minutes: write 00 for the seconds")
    return seconds // 60


def _start(text: object) -> int:
    if (minute := _minute(text)) == MIDNIGHT:
        raise fault("24:00:00 can only be an end")
    return minute


def _zone(name: object) -> str:
    if not isinstance(name, str):
        raise fault("Write the name of a time zone, like Europe/Berlin")
    try:
        return zones.zone(name).key
    except Invalid as refusal:
        raise fault(str(refusal.message)) from None


def _weekday(name: object) -> str:
    if not isinstance(name, str) or name.lower() not in WEEKDAYS:
        raise fault("Write a day of the week, like monday")
    return name.lower()


def _read_date(text: object) -> date | None:
    try:
        day = date.fromisoformat(text) if isinstance(text, str) and _DATE.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and FIRST.date() <= day < LAST.date() else None


def date_of(text: object) -> date:
    """A date as a field's value."""
    if (day := _read_date(text)) is None:
        raise fault("Write a date like 2026-12-24")
    return day


_TEXT = WithJsonSchema(
    {"type": "string", "pattern": r"^\d{2}:\d{2}:\d{2}Z?$", "examples": ["09:00:00"]}
)
Start = Annotated[int, BeforeValidator(_start), _TEXT]
End = Annotated[int, BeforeValidator(lambda text: _minute(text) or MIDNIGHT), _TEXT]
Zone = Annotated[
    str, BeforeValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]})
]
Weekday = Annotated[
    str, BeforeValidator(_weekday), WithJsonSchema({"type": "string", "enum": list(WEEKDAYS)})
]
Day = Annotated[
    date, BeforeValidator(date_of), WithJsonSchema({"type": "string", "format": "date"})
]


# ---------------------------------------------------------------------------------------- shapes


class WorkingInterval(BaseModel):
    """Open hours of a day, the end not included."""

    model_config = CAMEL
    start: Start
    end: End


Intervals = Annotated[list[WorkingInterval], Field(max_length=MOST_INTERVALS)]


class DayWorkSchedule(BaseModel):
    """The open hours of one weekday."""

    model_config = CAMEL
    day_of_week: Weekday
    working_intervals: Intervals


class WeekWorkSchedule(BaseModel):
    """Weekly hours on the clocks of a time zone; a day left out is closed."""

    model_config = CAMEL
    timezone: Zone
    day_schedules: list[DayWorkSchedule] = Field(default=[], max_length=7)

    def weekly(self) -> Weekly:
        """The same as the house's own hours."""
        hours = {each.day_of_week: _hours(each.working_intervals) for each in self.day_schedules}
        return Weekly(self.timezone, tuple(hours.get(day, ()) for day in WEEKDAYS))


class AccountWorkSchedule(WeekWorkSchedule):
    """The hours of an account's owner. The source is who keeps them: this server itself."""

    source: str


class AvailabilityInterval(BaseModel):
    """Dates whose hours replace those of the week; no hours at all close them."""

    model_config = CAMEL
    date_start_inclusive: Day
    date_end_inclusive: Day
    hours: Intervals


class AvailabilityIntervals(BaseModel):
    """Stretches of dates with hours of their own."""

    model_config = CAMEL
    intervals: list[AvailabilityInterval] = Field(max_length=MOST_OVERRIDES)

    def overrides(self) -> tuple[tuple[date, Hours], ...]:
        """The same, date by date."""
        found: dict[date, list[WorkingInterval]] = defaultdict(list)
        for each in self.intervals:
            for day in _days(each.date_start_inclusive, each.date_end_inclusive):
                found[day] += each.hours
        return tuple((day, _hours(found[day])) for day in sorted(found))


def _hours(intervals: Sequence[WorkingInterval]) -> Hours:
    return tuple(sorted((each.start, each.end) for each in intervals))


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * _ONE_DAY


# ---------------------------------------------------------------------- what no field can tell


def week_faults(value: object, at: str) -> Faults:
    """What is wrong with a week beside its single fields: days told twice, odd intervals."""
    days = value.get("daySchedules") if isinstance(value, Mapping) else None
    seen: set[str] = set()
    for n, day in enumerate(days if isinstance(days, list) else ()):
        if not isinstance(day, Mapping):
            continue
        name = str(day.get("dayOfWeek")).lower()
        if name in WEEKDAYS and name in seen:
            yield f"{at}.daySchedules[{n}].dayOfWeek", "This day is told twice"
        seen.add(name)
        yield from _hours_faults(
            day.get("workingIntervals"), f"{at}.daySchedules[{n}].workingIntervals"
        )


def dates_faults(value: object, at: str) -> Faults:
    """What is wrong with stretches of dates beside their single fields."""
    told = value.get("intervals") if isinstance(value, Mapping) else None
    by_day: dict[date, list[tuple[int, list[tuple[int, int]]]]] = defaultdict(list)
    for n, each in enumerate(told if isinstance(told, list) else ()):
        if not isinstance(each, Mapping):
            continue
        place = f"{at}.intervals[{n}]"
        yield from _hours_faults(each.get("hours"), f"{place}.hours")
        first, last = (_read_date(each.get(f"date{end}Inclusive")) for end in ("Start", "End"))
        if first is None or last is None:
            continue
        if last < first:
            yield f"{place}.dateEndInclusive", "These dates end before they begin"
        elif (last - first).days >= MOST_OVERRIDES or len(
            {*by_day, *_days(first, last)}
        ) > MOST_OVERRIDES:
            yield place, f"At most {MOST_OVERRIDES:,} dates can have hours of their own"
            return
        hours = [pair for _, pair in _pairs(each.get("hours"))]
        for day in _days(first, last):
            by_day[day].append((n, hours))
    yield from _clashes(by_day, at)


def _clashes(by_day: Mapping[date, list[tuple[int, list[tuple[int, int]]]]], at: str) -> Faults:
    """Dates for which two stretches say what does not go together."""
    for day, told in by_day.items():
        last, several = told[-1][0], [hours for _, hours in told]
        place = f"{at}.intervals[{last}]"
        together = sorted(pair for hours in several for pair in hours)
        if len(several) > 1 and not all(several):
            yield place, f"{day} is closed and open at once"
        elif len(several) > 1 and any(start < end for (_, end), (start, _) in pairwise(together)):
            yield place, f"These hours overlap others of {day}"
        elif len(together) > MOST_INTERVALS:
            yield place, f"{day} has more than {MOST_INTERVALS} intervals"


def _hours_faults(value: object, at: str) -> Faults:
    """Intervals without length, the wrong way round, or over each other."""
    for n, each in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(each, Mapping):
            continue
        start, end = _seconds(each.get("start")), _seconds(each.get("end"))
        if start is None or end is None or end == 0:
            continue
        if start == end:
            yield f"{at}[{n}]", "This interval has no length"
        elif end < start:
            yield f"{at}[{n}]", "This interval ends before it begins"
    for (_, (_, end)), (n, (start, _)) in pairwise(sorted(_pairs(value), key=lambda p: p[1])):
        if start < end:
            yield f"{at}[{n}]", _OVERLAP


def _pairs(value: object) -> list[tuple[int, tuple[int, int]]]:
    """The place and the seconds of every interval that is one."""
    found = []
    for n, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, Mapping):
            start, end = _seconds(each.get("start")), _seconds(each.get("end"))
            if start is not None and end is not None and start < (end or MIDNIGHT * 60):
                found.append((n, (start, end or MIDNIGHT * 60)))
    return found


# --------------------------------------------------------------------------------------- writing


def week(hours: WorkHours) -> dict[str, Any]:
    """Weekly hours as this surface writes them; closed days are left out."""
    return {
        "timezone": hours.zone,
        "daySchedules": [
            {"dayOfWeek": name, "workingIntervals": _written(day)}
            for name, day in zip(WEEKDAYS, hours.weekly, strict=True)
            if day
        ],
    }


def dates(hours: WorkHours) -> dict[str, Any]:
    """Dates with hours of their own; those that follow each other alike are one stretch."""
    stretches: list[tuple[date, date, Hours]] = []
    for day, own in hours.overrides:
        if stretches and stretches[-1][1] + _ONE_DAY == day and stretches[-1][2] == own:
            stretches[-1] = (stretches[-1][0], day, own)
        else:
            stretches.append((day, day, own))
    return {
        "intervals": [
            {
                "dateStartInclusive": first.isoformat(),
                "dateEndInclusive": last.isoformat(),
                "hours": _written(own),
            }
            for first, last, own in stretches
        ]
    }


def _written(hours: Hours) -> list[dict[str, str]]:
    return [{"start": _clock(start), "end": _clock(end)} for start, end in hours]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}:00"
