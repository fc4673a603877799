"""How an instant is said to a reader: the date, the time, the zone's name and its offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.zones import is_repeated, offset_text

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A span of time in one zone's words.

    ``short``: "Thu 12 Nov 09:00". ``day``: "Thursday 12 November 2026". ``clock``:
    "09:00 – 09:30", with the second date or offset where it differs. ``zone``: "Europe/Berlin".
    ``offset``: "UTC+1", at the start.
    """

    short: str
    day: str
    clock: str
    zone: str
    offset: str

    @property
    def line(self) -> str:
        """All of it: "Thursday 12 November 2026, 09:00 – 09:30 (Europe/Berlin, UTC+1)"."""
        return f"{self.day}, {self.clock} ({self.zone}, {self.offset})"


def spoken(start: datetime, end: datetime, zone: ZoneInfo) -> Spoken:
    """Say ``[start, end)``, aware instants, on the clocks of ``zone``."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    offset, last_offset = offset_text(zone, start), offset_text(zone, end)
    until = f"{last:%H:%M}"
    if last.date() != first.date() and (last - timedelta(microseconds=1)).date() != first.date():
        until += f" on {_short_day(last)}"
    elif last.date() != first.date():
        until = "24:00"
    if offset != last_offset:
        until += f" ({last_offset})"
    since = f"{first:%H:%M}"
    doubtful = offset != last_offset or is_repeated(zone, start)
    return Spoken(
        short=f"{_short_day(first)} {since}",
        day=f"{DAYS[first.weekday()]} {first.day} {MONTHS[first.month - 1]} {first.year}",
        clock=f"{since} ({offset}) – {until}" if doubtful else f"{since} – {until}",
        zone=zone.key,
        offset=offset,
    )


def _short_day(moment: datetime) -> str:
    return f"{DAYS[moment.weekday()][:3]} {moment.day} {MONTHS[moment.month - 1][:3]}"


def in_words(minutes: int) -> str:
    """A length for people: "45 minutes", "1 hour", "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    said = []
    if hours:
        said.append(f"{hours} hour" + ("s" if hours != 1 else ""))
    if rest or not hours:
        said.append(f"{rest} minute" + ("s" if rest != 1 else ""))
    return " ".join(said)
