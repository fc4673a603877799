"""How dates and times are written for one reader: notation of the hour, first day of the week.

English for now. Labels of the 1,440 minutes of a day are made once, because a page with three full
days writes some 400 of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
CLOCK24 = tuple(f"{m // 60:02d}:{m % 60:02d}" for m in range(1440))
CLOCK12 = tuple(
    f"{(m // 60) % 12 or 12}:{m % 60:02d} {'am' if m < 720 else 'pm'}" for m in range(1440)
)
# Regions that write 2:30 pm, and those among them whose calendars begin on Sunday.
_TWELVE = frozenset({"US", "CA", "AU", "NZ", "PH", "IN", "EG", "SA", "CO", "PK", "MY"})
_SUNDAY = frozenset({"US", "CA", "PH", "IN", "JP", "BR", "MX", "IL", "SA", "CO", "KR", "TW", "ZA"})


@dataclass(frozen=True, slots=True)
class Manner:
    """A reader's habits. ``week_start`` 0 is Monday, 6 is Sunday; ``clock`` has 1,440 labels."""

    notation: int
    week_start: int
    clock: tuple[str, ...]


_ALL = {
    (notation, start): Manner(notation, start, CLOCK12 if notation == 12 else CLOCK24)
    for notation in (12, 24)
    for start in (0, 6)
}


def manner_of(accept_language: str, notation: str | None = None) -> Manner:
    """The habits behind an Accept-Language header; ``notation`` "12" or "24" overrides the hour."""
    first = accept_language[:64].split(",", 1)[0].split(";", 1)[0].strip()
    region = first.rpartition("-")[2].upper() if "-" in first else ""
    twelve = notation == "12" if notation in ("12", "24") else region in _TWELVE
    return _ALL[12 if twelve else 24, 6 if region in _SUNDAY else 0]


def weekday(day: date) -> str:
    """ "Thursday"."""
    return WEEKDAYS[day.weekday()]


def day_month(day: date) -> str:
    """ "12 November"."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def long_day(day: date) -> str:
    """ "Thursday 12 November"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def full_day(day: date) -> str:
    """ "Thursday 12 November 2026"."""
    return f"{long_day(day)} {day.year}"


def short_day(day: date) -> str:
    """ "Thu 12 Nov"."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]}"


def near_day(day: date, today: date) -> str:
    """ "Today, Thu 12 Nov", "Tomorrow, ...", else the short day alone."""
    if day == today:
        return f"Today, {short_day(day)}"
    if day == today + timedelta(days=1):
        return f"Tomorrow, {short_day(day)}"
    return short_day(day)


def month_year(day: date) -> str:
    """ "November 2026"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def length(minutes: int) -> str:
    """ "30 minutes", "1 hour", "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append("1 hour" if hours == 1 else f"{hours} hours")
    if rest or not hours:
        parts.append("1 minute" if rest == 1 else f"{rest} minutes")
    return " ".join(parts)


def times(count: int) -> str:
    """ "no times", "1 time", "7 times"."""
    return "no times" if count == 0 else "1 time" if count == 1 else f"{count} times"


def place_of(zone: str) -> str:
    """What people call a zone: "New York" of America/New_York, "UTC" of Etc/UTC."""
    return zone.rpartition("/")[2].replace("_", " ")
