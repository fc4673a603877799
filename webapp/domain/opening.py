"""The two readings of work hours: as a local clock shows them, and as spans with two edges."""

from __future__ import annotations

from webapp.domain import zones
from webapp.domain.workhours import WorkHours
from webapp.domain.zones import DAY

# A local date lies within two UTC days of the UTC date of the same number, in every zone.
_MARGIN_DAYS = 2


def runs_by_clock(hours: WorkHours, start: int, end: int) -> list[tuple[int, int]]:
    """Open time within ``[start, end)`` (UTC epoch minutes), touching intervals joined.

    A minute is open when the wall time it shows in the hours' zone lies in the hours of its local
    date. So an hour that does not exist is never open and a repeated one is open twice.
    """
    found: list[tuple[int, int]] = []
    last = None
    for since, until, offset in zones.stretches(zones.zone(hours.zone), start, end):
        for day in range((since + offset) // DAY, (until + offset - 1) // DAY + 1):
            midnight = day * DAY - offset
            for opens, closes in hours.of_day(day):
                low, high = midnight + opens, midnight + closes
                # Plain comparisons: a plan of six weeks asks this a hundred times.
                if low < since:
                    low = since
                if high > until:
                    high = until
                if low >= high:
                    continue
                if low == last:
                    found[-1] = (found[-1][0], high)
                else:
                    found.append((low, high))
                last = high
    return found


def spans_by_edges(hours: WorkHours, start: int, end: int) -> list[tuple[int, int]]:
    """Every interval that overlaps ``[start, end)``, whole, as two instants (UTC epoch minutes).

    Each edge is read by RFC 5545 section 3.3.5 (``zones.first_instant``); an interval that a
    clock change turns round is dropped. A date that the calendar skips has no hours. Intervals
    that touch stay apart, because each begins a row of starts of its own.
    """
    zone = zones.zone(hours.zone)
    first, last = start // DAY - _MARGIN_DAYS, end // DAY + _MARGIN_DAYS
    around = zones.stretches(zone, (first - _MARGIN_DAYS) * DAY, (last + _MARGIN_DAYS) * DAY)
    steady = _steady_days(around)
    found = []
    for day in range(first, last + 1):
        offset = steady.get(day)
        if offset is None and not _exists(around, day):
            continue
        for opens, closes in hours.of_day(day):
            low, high = day * DAY + opens, day * DAY + closes
            if offset is None:
                low, high = zones.first_instant(zone, low), zones.first_instant(zone, high)
            else:
                low, high = low - offset, high - offset
            if low < high and low < end and high > start:
                found.append((low, high))
    return found


def _steady_days(around: list[tuple[int, int, int]]) -> dict[int, int]:
    """Dates on which one offset reads every wall time, both midnights included; day to offset."""
    locals_ = [(since + offset, until + offset) for since, until, offset in around]
    steady: dict[int, int] = {}
    for index, (low, high) in enumerate(locals_):
        if index:
            low = max(low, locals_[index - 1][1])
        if index + 1 < len(locals_):
            high = min(high, locals_[index + 1][0])
        steady.update(dict.fromkeys(range(-(-low // DAY), (high - 1) // DAY), around[index][2]))
    return steady


def _exists(around: list[tuple[int, int, int]], day: int) -> bool:
    return any(
        since + offset < (day + 1) * DAY and until + offset > day * DAY
        for since, until, offset in around
    )
