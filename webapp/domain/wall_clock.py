"""Wall times as people type them into a form: the instants they mean, or why there are none."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from webapp.domain import zones
from webapp.domain.dates_text import full_date
from webapp.domain.errors import Invalid
from webapp.domain.span import FIRST, LAST, from_minute

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_date(text: str, *, field: str) -> date:
    """A date field's value; raises ``Invalid(field)``."""
    text = text.strip()
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not FIRST.date() < day < LAST.date():
        raise Invalid("Choose a date.", field=field)
    return day


def read_time(text: str, *, field: str) -> int:
    """A time field's value in minutes after midnight; raises ``Invalid(field)``."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise Invalid("Choose a time, like 09:00.", field=field)
    return int(match[1]) * 60 + int(match[2])


def instants(zone: ZoneInfo, day: date, minute: int, *, field: str) -> tuple[datetime, ...]:
    """What a wall time means in ``zone``, in UTC: one instant, or two where clocks go back.

    Raises ``Invalid(field)`` with an explanation where clocks skip it.
    """
    wall = zones.day_number(day) * zones.DAY + minute
    found = tuple(
        from_minute(wall - offset)
        for since, until, offset in zones.stretches(zone, wall - 2880, wall + 2880)
        if since <= wall - offset < until
    )
    if not found:
        raise Invalid(_gap(zone, day, minute), field=field)
    return found


def _gap(zone: ZoneInfo, day: date, minute: int) -> str:
    place = zone.key.rpartition("/")[2].replace("_", " ")
    time = f"{minute // 60:02d}:{minute % 60:02d}"
    said = f"There is no {time} on {full_date(day)} in {place}"
    change = zones.transition_in(zone, day)
    if change is None or change.by_minutes <= 0:
        return f"{said}. Choose another time."
    after = change.wall_minute + change.by_minutes
    if change.by_minutes >= zones.DAY:
        return f"{said}: the calendar skips that date."
    return (
        f"{said}: clocks go forward from {change.wall} to {after // 60:02d}:{after % 60:02d}."
        " Choose another time."
    )
