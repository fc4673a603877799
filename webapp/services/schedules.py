"""Schedules and time away: when a host can be met."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.span import FIRST, LAST, Interval
from webapp.domain.workhours import WorkHours
from webapp.models import BusySpan, ProfileHost, Schedule, SpanKind, TimeAway
from webapp.services.steps import hosts
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case

LONGEST_AWAY = timedelta(days=366)


@use_case(Permission.SCHEDULE_CHANGE)
def of_host(uow: UnitOfWork, host_id: int) -> Sequence[Schedule]:
    """The host's schedules, the default one first."""
    return uow.session.scalars(
        sa.select(Schedule)
        .where(Schedule.host_id == host_id)
        .order_by(Schedule.is_default.desc(), Schedule.id)
    ).all()


@use_case(Permission.SCHEDULE_CHANGE)
def create(uow: UnitOfWork, host_id: int, name: str, hours: WorkHours) -> Schedule:
    """Add a schedule; a host's first one is the default."""
    hosts.lock(uow, [host_id])
    first = not of_host(uow, host_id)
    schedule = Schedule(
        uuid=uuid4(),
        host_id=host_id,
        name=clean_line(name, field="name", what="a name", most=80),
        hours=hours.to_document(),
        is_default=first,
        created_at=uow.now,
        updated_at=uow.now,
    )
    uow.session.add(schedule)
    uow.session.flush()
    uow.record("schedule.created", f"schedule:{schedule.id}")
    return schedule


def _found(uow: UnitOfWork, schedule_id: int) -> Schedule:
    schedule = uow.session.get(Schedule, schedule_id)
    if schedule is None:
        raise NotFound("there is no such schedule")
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def change(
    uow: UnitOfWork, schedule_id: int, hours: WorkHours, *, version: int | None = None
) -> Schedule:
    """Replace a schedule's hours whole; ``Conflict`` when ``version`` is not the newest."""
    schedule = _found(uow, schedule_id)
    hosts.lock(uow, [schedule.host_id])
    uow.session.refresh(schedule)
    if version is not None and schedule.version != version:
        raise Conflict("Somebody else changed this schedule meanwhile")
    schedule.hours = hours.to_document()
    schedule.version += 1
    schedule.updated_at = uow.now
    uow.record("schedule.changed", f"schedule:{schedule.id}")
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def make_default(uow: UnitOfWork, schedule_id: int) -> Schedule:
    """Let profiles that name no schedule use this one."""
    schedule = _found(uow, schedule_id)
    hosts.lock(uow, [schedule.host_id])
    for other in of_host(uow, schedule.host_id):
        other.is_default = other.id == schedule.id
    uow.record("schedule.default", f"schedule:{schedule.id}")
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def delete(uow: UnitOfWork, schedule_id: int) -> None:
    """Remove a schedule. Raises ``Conflict`` for the default one and for one that is used."""
    schedule = _found(uow, schedule_id)
    hosts.lock(uow, [schedule.host_id])
    if schedule.is_default:
        raise Conflict("The default schedule cannot be deleted; make another one default first")
    used = sa.select(ProfileHost.id).where(ProfileHost.schedule_id == schedule.id).limit(1)
    if uow.session.scalar(used) is not None:
        raise Conflict("A booking profile uses this schedule")
    uow.session.delete(schedule)
    uow.record("schedule.deleted", f"schedule:{schedule_id}")


@use_case(Permission.SCHEDULE_CHANGE)
def go_away(uow: UnitOfWork, host_id: int, away: Interval, label: str = "") -> TimeAway:
    """Take no new bookings during ``away`` (UTC); it beats schedules and overrides.

    Bookings that stand in it stay. Raises ``Invalid`` for more than a year at once.
    """
    if away.end - away.start > LONGEST_AWAY or away.start < FIRST or away.end > LAST:
        raise Invalid("Time away is at most a year at once", field="end")
    hosts.lock(uow, [host_id])
    row = TimeAway(
        host_id=host_id,
        label=clean_line(label, field="label", what="a label", most=120, required=False),
        start_at=away.start,
        end_at=away.end,
        created_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    uow.session.add_all(_spans(row))
    uow.record("away.added", f"away:{row.id}")
    return row


def _spans(away: TimeAway) -> list[BusySpan]:
    """The time away cut into pieces of at most 31 days, so that no span is longer."""
    pieces = []
    start = away.start_at
    while start < away.end_at:
        end = min(start + timedelta(days=31), away.end_at)
        pieces.append(
            BusySpan(
                host_id=away.host_id,
                start_at=start,
                end_at=end,
                kind=SpanKind.AWAY,
                exclusive=False,
                away_id=away.id,
            )
        )
        start = end
    return pieces


@use_case(Permission.SCHEDULE_CHANGE)
def come_back(uow: UnitOfWork, away_id: int) -> None:
    """Remove a time away."""
    row = uow.session.get(TimeAway, away_id)
    if row is None:
        raise NotFound("there is no such time away")
    hosts.lock(uow, [row.host_id])
    uow.session.execute(sa.delete(BusySpan).where(BusySpan.away_id == row.id))
    uow.session.delete(row)
    uow.record("away.removed", f"away:{away_id}")
