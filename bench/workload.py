"""Availability workloads that are the same everywhere, and what the right answer to each is.

People with a calendar of past habits: meetings of usual lengths, most on quarter hours, a few off
every grid, now and then a whole day. All times are UTC epoch minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

Spans = list[tuple[int, int]]

LENGTHS = (15, 20, 25, 30, 30, 45, 60, 60, 90, 120)
"""Minutes; half hours and hours are the most common."""

ZONES = (
    *("America/New_York", "Europe/London", "Australia/Lord_Howe"),
    *("Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca"),
)
FIRST_DATES = (
    *(date(2026, 10, 1), date(2026, 10, 20), date(2026, 10, 30)),
    *(date(2027, 3, 12), date(2027, 3, 1), date(2027, 3, 22), date(2027, 4, 1)),
)
HOURS = (
    *((0, 360), (60, 240), (150, 600), (0, 1440)),
    *((540, 1020), (180, 300), (0, 1380)),
)
LENGTHS_AND_STEPS = ((30, 15), (45, 15), (60, 30), (25, 5))


def minute_of(day: date, minute_of_day: int, zone: ZoneInfo) -> int:
    """A wall time as an epoch minute; in a gap with the offset before, twice means the first."""
    wall = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute_of_day)
    return int(wall.replace(tzinfo=zone, fold=0).timestamp()) // 60


# For making workloads alone: what is measured works its own times out.
_kept_minute_of = lru_cache(maxsize=65536)(minute_of)


@dataclass(frozen=True)
class Workload:
    """``people`` with about ``meetings`` busy spans each per 30 days, asked for ``days`` dates.

    ``hours``: one interval in minutes after local midnight, on the ISO ``weekdays``.
    """

    people: int = 1
    days: int = 30
    meetings: int = 50
    zone: str = "America/New_York"
    first: date = date(2027, 3, 1)
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    hours: tuple[int, int] = (540, 1020)
    duration: int = 30
    step: int = 15

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    @cached_property
    def window(self) -> tuple[int, int]:
        end = self.first + timedelta(days=self.days)
        return minute_of(self.first, 0, self.tz), minute_of(end, 0, self.tz)

    @cached_property
    def busy(self) -> list[Spans]:
        """Unsorted spans of each person; they may overlap and reach out of the window."""
        rnd = Random(f"{self.people} {self.days} {self.meetings} {self.zone} {self.first}")
        count = self.meetings * self.days // 30
        return [[self._span(rnd) for _ in range(count)] for _ in range(self.people)]

    def _span(self, rnd: Random) -> tuple[int, int]:
        kind = rnd.random()
        if kind < 0.01:
            day = rnd.choice(self.dates)
            return _kept_minute_of(day, 0, self.tz), _kept_minute_of(day, 1440, self.tz)
        grain = 15 if kind < 0.7 else 5 if kind < 0.93 else 1
        office = kind < 0.85 and self.weekdays != (1, 2, 3, 4, 5, 6, 7)
        days = [d for d in self.dates if d.isoweekday() in self.weekdays] if office else self.dates
        base = _kept_minute_of(rnd.choice(days), 480 if office else 0, self.tz)
        start = base + rnd.randrange(0, 600 if office else 1440, grain)
        return start, start + rnd.choice(LENGTHS)

    def working(self) -> Spans:
        """The hours of each date as two instants; turned round by a clock change, dropped."""
        found = []
        for day in self.dates:
            if day.isoweekday() in self.weekdays:
                opens, closes = (minute_of(day, edge, self.tz) for edge in self.hours)
                if opens < closes:
                    found.append((opens, closes))
        return found

    def grid(self) -> list[int]:
        """Every step of elapsed time from each beginning at which the meeting still fits."""
        found: list[int] = []
        for opens, closes in self.working():
            found.extend(range(opens, closes - self.duration + 1, self.step))
        return found

    def expected(self, person: int) -> list[int]:
        """Starts free for one person, found by marking every busy minute."""
        low = self.window[0] - 3000
        marks = bytearray(self.window[1] - low + 3000)
        for start, end in self.busy[person]:
            marks[start - low : end - low] = b"\1" * (end - start)
        length = self.duration
        return [s for s in self.grid() if 1 not in marks[s - low : s - low + length]]


def dst_nights() -> Iterator[Workload]:
    """1,176 workloads around clock changes, at hours that the changes touch."""
    everyday = (1, 2, 3, 4, 5, 6, 7)
    for zone, first, hours, (duration, step) in product(
        ZONES, FIRST_DATES, HOURS, LENGTHS_AND_STEPS
    ):
        yield Workload(7, 12, 60, zone, first, everyday, hours, duration, step)
