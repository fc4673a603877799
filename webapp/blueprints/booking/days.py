"""Starts laid onto a reader's calendar: which local date each falls on and what the clock shows.

Everything counts in whole minutes since 1970 (UTC); ``webapp.domain.zones`` says where the clocks
change, so that no start needs a zone lookup of its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from webapp.blueprints.booking.manner import CLOCK24
from webapp.domain.zones import DAY, date_of, day_number, local_day_bounds, offset_at, stretches


@dataclass(frozen=True, slots=True)
class LocalDays:
    """Consecutive local dates: ``edges[i]`` is where date ``first + i`` begins, one more ends.

    ``offsets[i]`` is the one offset of that date in minutes, or None when clocks change on it.
    """

    zone: ZoneInfo
    first: int
    edges: tuple[int, ...]
    offsets: tuple[int | None, ...]

    def cut(self, starts: Sequence[int], index: int) -> Sequence[int]:
        """Those of the sorted ``starts`` that fall on the date ``first + index``."""
        low = bisect_left(starts, self.edges[index])
        return starts[low : bisect_left(starts, self.edges[index + 1], low)]

    def counts(self, starts: Sequence[int]) -> list[int]:
        """How many of the sorted ``starts`` fall on each date."""
        places = [bisect_left(starts, edge) for edge in self.edges]
        return [after - before for before, after in pairwise(places)]


@lru_cache(maxsize=512)
def local_days(zone: ZoneInfo, first: int, count: int) -> LocalDays:
    """The local dates of the day numbers ``first`` to ``first + count - 1``."""
    edges = [local_day_bounds(zone, date_of(first + i))[0] for i in range(count)]
    edges.append(local_day_bounds(zone, date_of(first + count - 1))[1])
    offsets: list[int | None] = []
    for start, end in pairwise(edges):
        spans = stretches(zone, start, end) if end > start else []
        offsets.append(spans[0][2] if len(spans) == 1 else None)
    return LocalDays(zone, first, tuple(edges), tuple(offsets))


def today_in(zone: ZoneInfo, minute: int) -> int:
    """The day number of the local date at an epoch minute."""
    return (minute + offset_at(zone, minute)) // DAY


def month_days(first: date) -> int:
    """How many days the month of ``first`` has; ``first`` is its first day."""
    return (next_month(first) - first).days


def next_month(first: date) -> date:
    """The first day of the following month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def previous_month(first: date) -> date:
    """The first day of the month before."""
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


@lru_cache(maxsize=2048)
def _utc_date(number: int) -> str:
    return date_of(number).isoformat() + "T"


def instant_text(minute: int) -> str:
    """The UTC instant as forms post it: 2026-11-12T08:00Z."""
    return _utc_date(minute // DAY) + CLOCK24[minute % DAY] + "Z"


def day_of(number: int) -> date:
    """The date of a day number."""
    return date_of(number)


def number_of(day: date) -> int:
    """The day number of a date."""
    return day_number(day)
