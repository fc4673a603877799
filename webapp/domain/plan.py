"""Possible starts: all that follows from the terms' timing, the hours and the window alone.

Zones matter only here, so a plan is kept and the rest of the engine is integer arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from webapp.domain import zones
from webapp.domain.opening import runs_by_clock, spans_by_edges
from webapp.domain.terms import Question
from webapp.domain.workhours import WorkHours
from webapp.domain.zones import DAY


@dataclass(frozen=True, slots=True)
class Plan:
    """Possible starts in ``[base, base + size)``.

    ``starts``: sorted UTC epoch minutes at which a meeting would lie in somebody's hours.
    ``rows``: the same as slices of an array that has one place per minute from ``base`` on.
    ``fits``: for each work hours an integer with one byte a start, 1 where the meeting lies in
    those hours; None where that is every start.
    """

    base: int
    size: int
    starts: list[int]
    rows: list[slice]
    fits: dict[WorkHours, int | None]

    def pick(self, minutes: bytearray) -> bytes:
        """One byte per start out of one byte per minute."""
        return b"".join([minutes[row] for row in self.rows])


def plan_for(question: Question, first: int, last: int) -> Plan:
    """The plan that covers starts in ``[first, last)``, kept by whole UTC days."""
    terms = question.terms
    if terms.hours is not None:
        hours: tuple[WorkHours, ...] = (terms.hours,)
    else:
        asked = (i for candidate in question.candidates for i in candidate.host_ids)
        hosts = (question.hosts[i] for i in asked if i in question.hosts)
        hours = tuple(dict.fromkeys(host.hours for host in hosts))
    return _plan(
        terms.duration_minutes,
        terms.step_minutes,
        None if terms.hours is not None else terms.zone,
        hours,
        first // DAY,
        -(-last // DAY),
    )


@lru_cache(maxsize=256)
def _plan(
    duration: int,
    step: int,
    grid_zone: str | None,
    hours: tuple[WorkHours, ...],
    first_day: int,
    last_day: int,
) -> Plan:
    base, end = first_day * DAY, last_day * DAY
    rows = {
        own: _own_starts(duration, step, own, base, end)
        if grid_zone is None
        else _clock_starts(duration, _grid(grid_zone, step, base, end), step, own, base, end)
        for own in hours
    }
    alone = len(rows) == 1
    ranges = [row for several in rows.values() for row in several]
    if not alone:
        ranges = _merged([start for row in ranges for start in row], step)
    slices = [slice(row.start - base, row.stop - base, row.step) for row in ranges]
    plan = Plan(base, end - base, list(chain.from_iterable(ranges)), slices, {})
    for own, several in rows.items():
        plan.fits[own] = None if alone else _fits(plan, several)
    return plan


def _fits(plan: Plan, rows: list[range]) -> int:
    minutes = bytearray(plan.size)
    for row in rows:
        minutes[row.start - plan.base : row.stop - plan.base : row.step] = b"\1" * len(row)
    return int.from_bytes(plan.pick(minutes), "little")


def forget_plans() -> None:
    """Drop every kept plan."""
    _plan.cache_clear()


def forget() -> None:
    """Drop every kept plan and what is kept about clock changes, as a process just started."""
    forget_plans()
    zones.forget()


def _own_starts(duration: int, step: int, hours: WorkHours, start: int, end: int) -> list[range]:
    """Every step of elapsed time from each interval's start, the meeting inside the interval."""
    found: list[range] = []
    apart = True
    for opens, closes in spans_by_edges(hours, start, end):
        first = opens if opens >= start else opens + -(-(start - opens) // step) * step
        row = range(first, min(closes - duration + 1, end), step)
        if row:
            apart = apart and (not found or found[-1][-1] < first)
            found.append(row)
    # Clock changes can push two intervals of a date into each other.
    return found if apart else _merged([s for row in found for s in row], step)


def _merged(starts: list[int], step: int) -> list[range]:
    """Starts of several rows as rising rows without repetition."""
    found: list[range] = []
    for start in sorted(set(starts)):
        if found and start == found[-1].stop:
            found[-1] = range(found[-1].start, start + step, step)
        else:
            found.append(range(start, start + step, step))
    return found


def _grid(zone: str, step: int, start: int, end: int) -> list[tuple[int, int, int]]:
    """Wall-clock multiples of the step from local midnight, as (from, until, any one of them)."""
    stretches = zones.stretches(zones.zone(zone), start, end)
    if DAY % step == 0:
        return [(since, until, -offset) for since, until, offset in stretches]
    return [
        (max(since, day * DAY - offset), min(until, (day + 1) * DAY - offset), day * DAY - offset)
        for since, until, offset in stretches
        for day in range((since + offset) // DAY, (until + offset - 1) // DAY + 1)
    ]


def _clock_starts(
    duration: int,
    grid: list[tuple[int, int, int]],
    step: int,
    hours: WorkHours,
    start: int,
    end: int,
) -> list[range]:
    """Starts of the grid from which the meeting lies in one run of open time."""
    found: list[range] = []
    row = 0
    for opens, closes in runs_by_clock(hours, start, end + duration):
        latest = closes - duration + 1
        while row < len(grid) and grid[row][1] <= opens:
            row += 1
        for since, until, anchor in islice(grid, row, None):
            if since >= latest:
                break
            first = opens if opens > since else since
            last = until if until < latest else latest
            starts = range(first + (anchor - first) % step, last, step)
            if starts:
                found.append(starts)
    return found


def on_clock_grid(zone: str, step: int, start: int) -> bool:
    """Whether a start is a wall-clock multiple of the step from local midnight in ``zone``."""
    return (start + zones.offset_at(zones.zone(zone), start)) % DAY % step == 0
