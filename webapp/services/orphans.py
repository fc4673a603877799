"""Bookings that a change of hours leaves outside: they stay, and are shown before it is saved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict
from webapp.domain.opening import runs_by_clock
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval, to_minute, to_minute_up
from webapp.domain.workhours import WorkHours
from webapp.models import (
    Booking,
    BookingProfile,
    BookingStatus,
    BusySpan,
    Meeting,
    ProfileHost,
    Schedule,
)
from webapp.services.steps import reach
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_LOOKED_AT = 5000


@dataclass(frozen=True, slots=True)
class Orphan:
    """A booking that falls outside; times are UTC."""

    uuid: UUID
    start_at: datetime
    end_at: datetime
    invitee: str
    profile_name: str


@dataclass(frozen=True, slots=True)
class Orphans:
    """Bookings that a change leaves outside, earliest first."""

    bookings: tuple[Orphan, ...] = ()

    @property
    def mark(self) -> str:
        """What a confirmation names: another set of bookings has another mark, none has none."""
        if not self.bookings:
            return ""
        said = ",".join(sorted(f"{each.uuid}{each.start_at}" for each in self.bookings))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class WouldOrphan(Conflict):
    """The change leaves ``orphans`` outside; saying so again with their mark goes through."""

    code = "would_orphan"

    def __init__(self, orphans: Orphans) -> None:
        count = len(orphans.bookings)
        what = "1 booking falls" if count == 1 else f"{count} bookings fall"
        stay = "It stays" if count == 1 else "They stay"
        super().__init__(f"{what} outside. {stay} unless you move or cancel {_them(count)}.")
        self.orphans = orphans


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def confirm(orphans: Orphans, accepted: str) -> None:
    """Raise ``WouldOrphan`` unless exactly these were ``accepted`` (their mark)."""
    if orphans.bookings and orphans.mark != accepted:
        raise WouldOrphan(orphans)


@use_case(Permission.SCHEDULE_CHANGE)
def of_hours(uow: UnitOfWork, schedule: Schedule, hours: WorkHours) -> Orphans:
    """Bookings inside the schedule's hours as they are kept, and outside of ``hours``."""
    reach.host(uow, schedule.host_id)
    old = WorkHours.from_document(schedule.hours)
    if old == hours:
        return Orphans()
    return _orphans(
        uow,
        schedule.host_id,
        lambda row: (
            _counts(row, schedule)
            and _inside(old, row.start_at, row.end_at)
            and not _inside(hours, row.start_at, row.end_at)
        ),
    )


@use_case(Permission.SCHEDULE_CHANGE)
def of_default(uow: UnitOfWork, schedule: Schedule) -> Orphans:
    """Bookings that follow the host's default, and fall outside of ``schedule`` as the new one."""
    reach.host(uow, schedule.host_id)
    was = uow.session.scalars(
        sa.select(Schedule).where(Schedule.host_id == schedule.host_id, Schedule.is_default)
    ).first()
    if was is None or was.id == schedule.id:
        return Orphans()
    old, new = WorkHours.from_document(was.hours), WorkHours.from_document(schedule.hours)
    return _orphans(
        uow,
        schedule.host_id,
        lambda row: (
            row.schedule_id is None
            and row.hours is None
            and _inside(old, row.start_at, row.end_at)
            and not _inside(new, row.start_at, row.end_at)
        ),
    )


@use_case(Permission.SCHEDULE_CHANGE)
def of_away(uow: UnitOfWork, host_id: int, times: Sequence[Interval]) -> Orphans:
    """Bookings of the host, through any profile, that meet one of ``times``."""
    reach.host(uow, host_id)
    return _orphans(
        uow,
        host_id,
        lambda row: any(each.start < row.end_at and row.start_at < each.end for each in times),
    )


def _counts(row: Any, schedule: Schedule) -> bool:
    """Whether the schedule decides about the booking's profile."""
    if row.hours is not None:
        return False
    return row.schedule_id == schedule.id or (row.schedule_id is None and schedule.is_default)


def _inside(hours: WorkHours, start: datetime, end: datetime) -> bool:
    """Whether the engine would let a meeting of that time lie in ``hours``."""
    first, last = to_minute(start), to_minute_up(end)
    return (first, last) in runs_by_clock(hours, first, last)


def _orphans(uow: UnitOfWork, host_id: int, outside: Callable[[Any], bool]) -> Orphans:
    rows = uow.session.execute(
        sa.select(
            Booking.uuid,
            Booking.start_at,
            Booking.end_at,
            Booking.name,
            BookingProfile.name.label("profile_name"),
            BookingProfile.hours,
            ProfileHost.schedule_id,
        )
        .join(Meeting, Meeting.id == Booking.meeting_id)
        .join(BusySpan, (BusySpan.meeting_id == Meeting.id) & (BusySpan.host_id == host_id))
        .join(BookingProfile, BookingProfile.id == Booking.profile_id)
        .join(
            ProfileHost,
            (ProfileHost.profile_id == BookingProfile.id) & (ProfileHost.host_id == host_id),
        )
        .where(
            Booking.status.in_((BookingStatus.PENDING, BookingStatus.CONFIRMED)),
            Booking.end_at > uow.now,
        )
        .order_by(Booking.start_at, Booking.id)
        .limit(MOST_LOOKED_AT)
    ).all()
    return Orphans(
        tuple(
            Orphan(row.uuid, row.start_at, row.end_at, row.name, row.profile_name)
            for row in rows
            if outside(row)
        )
    )
