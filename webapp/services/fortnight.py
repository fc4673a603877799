"""Two weeks of a schedule as bookers would see them, out of a draft that nobody has saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from webapp.domain import zones
from webapp.domain.availability import availability
from webapp.domain.errors import NotFound
from webapp.domain.opening import runs_by_clock
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.workhours import WorkHours
from webapp.models import BookingProfile, TimeAway
from webapp.services import offers
from webapp.services.schedules import ScheduleCard
from webapp.services.steps import asking, reach
from webapp.services.unit_of_work import UnitOfWork, use_case

DAYS = 14
Stretch = tuple[int, int]
"""Minutes after local midnight."""


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """One local date of the schedule's zone.

    ``open``: the hours. ``free``: what of them can be booked, as stretches that meetings fill.
    ``starts``: minutes after local midnight of each start (of a profile; none for bare hours).
    ``why``: the label of the time away that takes the day, "" when none does.
    """

    day: date
    open: tuple[Stretch, ...]
    free: tuple[Stretch, ...]
    starts: tuple[int, ...]
    why: str


@use_case(Permission.SCHEDULE_CHANGE)
def preview(
    uow: UnitOfWork, schedule: ScheduleCard, hours: WorkHours, *, profile: UUID | None = None
) -> list[PreviewDay]:
    """Fourteen dates from today on, with ``hours`` in place of the schedule's own.

    For a ``profile`` what its page would list, all its rules and busy times included; else the
    bare hours less time away. Raises ``NotFound`` for a profile that the schedule does not serve.
    """
    reach.host(uow, schedule.host.id)
    zone = zones.zone(hours.zone)
    first = uow.now.astimezone(zone).date()
    dates = [first + timedelta(days=step) for step in range(DAYS)]
    low, high = zones.local_day_bounds(zone, first)[0], zones.local_day_bounds(zone, dates[-1])[1]
    window = Interval(from_minute(low), from_minute(high))
    runs = runs_by_clock(hours, low, high)
    away = _away(uow, schedule.host.id, low, high)
    if profile is None:
        starts: list[int] = []
        free = _less(_future(runs, to_minute(uow.now)), [(a, b) for a, b, _ in away])
    else:
        starts, length = _listed(uow, schedule, hours, profile, window)
        free = _filled(starts, length)
    return [_day(day, hours.zone, runs, free, starts, away) for day in dates]


def _listed(
    uow: UnitOfWork, schedule: ScheduleCard, hours: WorkHours, profile: UUID, window: Interval
) -> tuple[list[int], int]:
    """The starts that the profile's page would list, and the length of a meeting in minutes."""
    if profile not in {each.uuid for each in schedule.profiles}:
        raise NotFound("the schedule does not count for that profile")
    number = uow.session.scalars(
        sa.select(BookingProfile.id).where(BookingProfile.uuid == profile)
    ).one()
    card = offers.profile_by_id(uow, number)
    asked = asking.question(uow, card.offering, window, card.duration_minutes)
    mine = asked.hosts.get(schedule.host.id)
    if mine is not None:
        mine = replace(mine, hours=hours)
        asked = replace(asked, hosts={**asked.hosts, schedule.host.id: mine})
    return availability(asked, window, uow.now).starts, card.duration_minutes


def _away(uow: UnitOfWork, host_id: int, low: int, high: int) -> list[tuple[int, int, str]]:
    rows = uow.session.execute(
        sa.select(TimeAway.start_at, TimeAway.end_at, TimeAway.label)
        .where(
            TimeAway.host_id == host_id,
            TimeAway.end_at > from_minute(low),
            TimeAway.start_at < from_minute(high),
        )
        .order_by(TimeAway.start_at)
    )
    return [(to_minute(start), to_minute(end), label or "Away") for start, end, label in rows]


def _future(runs: list[Stretch], now: int) -> list[Stretch]:
    return [(max(start, now), end) for start, end in runs if end > now]


def _less(runs: list[Stretch], taken: list[Stretch]) -> list[Stretch]:
    """``runs`` without the parts that are taken."""
    for low, high in taken:
        runs = [piece for run in runs for piece in _cut(run, low, high)]
    return runs


def _cut(run: Stretch, low: int, high: int) -> Iterator[Stretch]:
    if run[0] < min(run[1], low):
        yield run[0], min(run[1], low)
    if max(run[0], high) < run[1]:
        yield max(run[0], high), run[1]


def _filled(starts: list[int], length: int) -> list[Stretch]:
    """The stretches that meetings from ``starts`` would fill."""
    found: list[Stretch] = []
    for start in starts:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], start + length))
        else:
            found.append((start, start + length))
    return found


def _day(
    day: date,
    zone_name: str,
    runs: list[Stretch],
    free: list[Stretch],
    starts: list[int],
    away: list[tuple[int, int, str]],
) -> PreviewDay:
    zone = zones.zone(zone_name)
    low, high = zones.local_day_bounds(zone, day)
    midnight = zones.day_number(day) * zones.DAY

    def local(minute: int) -> int:
        return minute + zones.offset_at(zone, minute) - midnight

    def within(stretches: list[Stretch]) -> tuple[Stretch, ...]:
        cut = [(max(a, low), min(b, high)) for a, b in stretches if a < high and b > low]
        walls = [(local(a), local(b - 1) + 1) for a, b in cut]
        return tuple((a, b) for a, b in walls if a < b)

    opened, left = within(runs), within(free)
    labels = [label for a, b, label in away if a < high and b > low]
    return PreviewDay(
        day=day,
        open=opened,
        free=left,
        starts=tuple(local(start) for start in starts if low <= start < high),
        why=labels[0] if labels and not left else "",
    )
