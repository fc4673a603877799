"""How many meetings of a profile a host takes in a day and in a week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from webapp.domain import zones
from webapp.domain.reasons import Reason, ReasonCode
from webapp.domain.terms import HostTime, Terms
from webapp.domain.zones import DAY

# A week, and a day more for offsets: meetings further away share no week with the window.
_REACH = 8 * DAY


def full_ranges(terms: Terms, host: HostTime, first: int, last: int) -> list[tuple[int, int]]:
    """Spans of ``[first, last)`` (UTC epoch minutes) whose local dates are full for the host."""
    if terms.limit_per_day is None and terms.limit_per_week is None:
        return []
    days, weeks = _counts(host, first, last)
    found = []
    for since, until, offset in zones.stretches(zones.zone(host.zone), first, last):
        for day in range((since + offset) // DAY, (until + offset - 1) // DAY + 1):
            if _reached(terms.limit_per_day, days[day]) or _reached(
                terms.limit_per_week, weeks[_monday(day)]
            ):
                midnight = day * DAY - offset
                found.append((max(since, midnight), min(until, midnight + DAY)))
    return found


def limit_reasons(terms: Terms, host: HostTime, start: int) -> Iterator[Reason]:
    """Which limits the host has reached on the local date of ``start`` (UTC epoch minute)."""
    if terms.limit_per_day is None and terms.limit_per_week is None:
        return
    days, weeks = _counts(host, start, start + 1)
    day = zones.local_day(zones.zone(host.zone), start)
    if _reached(terms.limit_per_day, days[day]):
        yield Reason(ReasonCode.LIMIT_DAY, host.host_id)
    if _reached(terms.limit_per_week, weeks[_monday(day)]):
        yield Reason(ReasonCode.LIMIT_WEEK, host.host_id)


def _counts(host: HostTime, first: int, last: int) -> tuple[Counter[int], Counter[int]]:
    zone = zones.zone(host.zone)
    near = (start for start in host.taken if first - _REACH <= start < last + _REACH)
    days = Counter(zones.local_day(zone, start) for start in near)
    weeks: Counter[int] = Counter()
    for day, count in days.items():
        weeks[_monday(day)] += count
    return days, weeks


def _monday(day: int) -> int:
    # Day 0, 1970-01-01, was a Thursday.
    return day - (day + 3) % 7


def _reached(limit: int | None, count: int) -> bool:
    return limit is not None and count >= limit
