"""Work hours said in words: "Mon–Fri 09:00–17:00 Berlin, without 24 Dec"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from webapp.domain.hours_text import span
from webapp.domain.workhours import Hours, WorkHours

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_SAID = 4


def said(hours: WorkHours, today: date) -> str:
    """The weekly rules, the place, and what is different on dates from ``today`` on."""
    coming = [(day, own) for day, own in hours.overrides if day >= today]
    place = hours.zone.rpartition("/")[2].replace("_", " ")
    week, several = _week(hours.weekly)
    parts = [f"{week}, {place} time" if several else f"{week} {place}"]
    closed = [day for day, own in coming if not own]
    if closed:
        parts.append(f"without {said_dates(closed, today)}")
    own = [f"{said_date(day, today)} {said_hours(own)}" for day, own in coming if own]
    if own:
        more = len(own) - _MOST_SAID
        shown = own[:_MOST_SAID] + ([f"{more} more"] if more > 0 else [])
        parts.append(f"but {joined(shown)}")
    return ", ".join(parts)


def said_hours(hours: Hours) -> str:
    """ "09:00–12:00 and 13:00–17:00", or "closed"."""
    return joined([span(*pair) for pair in hours]) if hours else "closed"


def said_date(day: date, today: date) -> str:
    """ "24 Dec", with the year when it is another one."""
    text = f"{day.day} {_MONTHS[day.month - 1]}"
    return text if day.year == today.year else f"{text} {day.year}"


def said_dates(days: Sequence[date], today: date) -> str:
    """Dates in order, neighbours as ranges: "24–26 Dec and 31 Dec"; at most four are named."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day == runs[-1][-1] + timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    shown = [_run(run[0], run[-1], today) for run in runs[:_MOST_SAID]]
    more = sum(len(run) for run in runs[_MOST_SAID:])
    return joined([*shown, f"{more} more"] if more else shown)


def joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _run(first: date, last: date, today: date) -> str:
    if first == last:
        return said_date(first, today)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{said_date(last, today)}"
    return f"{said_date(first, today)} – {said_date(last, today)}"


def _week(weekly: Sequence[Hours]) -> tuple[str, bool]:
    """The weekly rules, and whether they say more than one thing."""
    groups: dict[Hours, list[int]] = {}
    for index, hours in enumerate(weekly):
        if hours:
            groups.setdefault(hours, []).append(index)
    if not groups:
        return "No weekly hours,", False
    said = [f"{_days(days)} {said_hours(hours)}" for hours, days in groups.items()]
    return "; ".join(said), len(said) > 1


def _days(days: list[int]) -> str:
    if len(days) == len(_DAYS):
        return "Every day"
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return joined(
        [_DAYS[run[0]] if len(run) == 1 else f"{_DAYS[run[0]]}–{_DAYS[run[-1]]}" for run in runs]
    )
