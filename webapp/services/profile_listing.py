"""Profiles as the console lists them: state, hosts, the next free time, and how much they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.domain.span import Interval, from_minute
from webapp.models import Booking, BookingProfile, BookingStatus
from webapp.services import offers
from webapp.services.offers import ProfileCard, State
from webapp.services.unit_of_work import UnitOfWork, use_case

PER_PAGE = 20
BACK_DAYS = 30
_TAKES_PLACE = (BookingStatus.CONFIRMED, BookingStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Listed:
    """One profile of the list. ``next_free`` (UTC) is None when nothing can be booked;
    ``meetings`` counts the last 30 days."""

    id: int
    uuid: UUID
    slug: str
    name: str
    state: State
    secret: bool
    host_names: tuple[str, ...]
    required: str
    durations: tuple[int, ...]
    next_free: datetime | None
    meetings: int
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """Profiles in the owner's order. ``after`` leads to the next page, None where there is none."""

    profiles: tuple[Listed, ...]
    after: str | None


@use_case(Permission.PROFILE_READ)
def listed(uow: UnitOfWork, *, after: str | None = None, most: int = PER_PAGE) -> ProfilePage:
    """The profiles that were not deleted, in the owner's order, ``most`` at a time.

    ``after`` is what an earlier page gave; one that means nothing is the beginning.
    """
    key = sa.tuple_(BookingProfile.position, BookingProfile.id)
    query = sa.select(BookingProfile).where(BookingProfile.deleted_at.is_(None))
    since = _read(after)
    if since is not None:
        query = query.where(key > sa.tuple_(*(sa.literal(each) for each in since)))
    found = uow.session.scalars(
        query.order_by(BookingProfile.position, BookingProfile.id).limit(most + 1)
    ).all()
    rows, more = found[:most], len(found) > most
    counts = _meetings(uow, [profile.id for profile in rows])
    lines = [
        _line(uow, profile, counts.get(profile.id, 0), first, last)
        for profile, first, last in _with_ends(rows, since is None, not more)
    ]
    last = rows[-1] if rows else None
    return ProfilePage(tuple(lines), f"{last.position}.{last.id}" if more and last else None)


def _read(after: str | None) -> tuple[int, int] | None:
    position, dot, number = (after or "").partition(".")
    if not dot or not all(
        part.isascii() and part.isdigit() and len(part) < 16 for part in (position, number)
    ):
        return None
    return int(position), int(number)


def _with_ends(
    rows: Sequence[BookingProfile], begins: bool, ends: bool
) -> list[tuple[BookingProfile, bool, bool]]:
    last = len(rows) - 1
    return [(row, begins and i == 0, ends and i == last) for i, row in enumerate(rows)]


def _line(
    uow: UnitOfWork, profile: BookingProfile, meetings: int, is_first: bool, is_last: bool
) -> Listed:
    card = offers.profile_by_id(uow, profile.id)
    return Listed(
        id=profile.id,
        uuid=profile.uuid,
        slug=profile.slug,
        name=profile.name,
        state=card.state,
        secret=profile.secret,
        host_names=card.host_names,
        required=card.required,
        durations=card.durations,
        next_free=next_free(uow, card),
        meetings=meetings,
        is_first=is_first,
        is_last=is_last,
    )


@use_case(Permission.PROFILE_READ)
def next_free(uow: UnitOfWork, card: ProfileCard) -> datetime | None:
    """The first start (UTC) that the profile offers, by the engine; None when there is none."""
    if card.state in ("paused", "ended"):
        return None
    start = max(uow.now, card.active_from) if card.active_from else uow.now
    last = uow.now + timedelta(days=card.horizon_days + 1)
    for days in (7, 42, 366):
        end = min(start + timedelta(days=days), last)
        if end <= start:
            break
        found = offers.offered(uow, card, Interval(start, end)).starts
        if found:
            return from_minute(found[0])
        start = end
    return None


def _meetings(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, int]:
    """Bookings that took place in the last 30 days, by profile."""
    if not ids:
        return {}
    rows = uow.session.execute(
        sa.select(Booking.profile_id, sa.func.count(Booking.id))
        .where(
            Booking.profile_id.in_(ids),
            Booking.status.in_(_TAKES_PLACE),
            Booking.start_at >= uow.now - timedelta(days=BACK_DAYS),
            Booking.start_at < uow.now,
        )
        .group_by(Booking.profile_id)
    )
    return {profile_id: count for profile_id, count in rows if profile_id is not None}


@use_case(Permission.PROFILE_READ)
def upcoming(uow: UnitOfWork, profile_id: int) -> int:
    """How many bookings of the profile are still to come."""
    counted = sa.select(sa.func.count(Booking.id)).where(
        Booking.profile_id == profile_id,
        Booking.status.in_(_TAKES_PLACE),
        Booking.start_at >= uow.now,
    )
    return uow.session.scalar(counted) or 0
