"""What is on: the bookings of an organization as the console lists them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Invalid
from webapp.domain.permissions import Permission
from webapp.domain.span import EPOCH, Interval, from_minute, to_minute
from webapp.models import Booking, BookingProfile, BookingStatus, Meeting, User
from webapp.services.unit_of_work import UnitOfWork, use_case

PAGE = 50
Selected = sa.Select[Any]
"""Booking, the profile's name, the meeting's host ids."""
_STANDING = (BookingStatus.CONFIRMED, BookingStatus.PENDING)


class Which(StrEnum):
    """The lists there are."""

    UPCOMING = "upcoming"
    WAITING = "waiting"
    PAST = "past"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list; times are UTC."""

    id: int
    uuid: UUID
    reference: int | None
    status: BookingStatus
    start_at: datetime
    end_at: datetime
    invitee: str
    profile_name: str
    host_names: tuple[str, ...]
    host_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order; ``after`` continues the list, None at its end."""

    entries: tuple[Entry, ...]
    after: str | None


@use_case(Permission.BOOKING_READ)
def of_day(uow: UnitOfWork, day: Interval, *, host_id: int | None = None) -> list[Entry]:
    """The bookings that stand and touch ``day``, earliest first; of one host or of everybody."""
    found = _entries(
        uow,
        _selected()
        .where(
            Booking.status.in_(_STANDING), Booking.start_at < day.end, Booking.end_at > day.start
        )
        .order_by(Booking.start_at, Booking.id)
        .limit(500),
    )
    return [entry for entry in found if host_id is None or host_id in entry.host_ids]


@use_case(Permission.BOOKING_READ)
def listed(uow: UnitOfWork, which: Which, *, after: str | None = None, most: int = PAGE) -> Page:
    """A page of one of the lists; ``after`` is the last page's. Raises ``Invalid`` for a bad one.

    Upcoming and waiting begin with the soonest, past and cancelled with the latest.
    """
    backwards = which in (Which.PAST, Which.CANCELLED)
    query = _of(which, uow.now)
    if after:
        start, number = _read_cursor(after)
        place = sa.tuple_(Booking.start_at, Booking.id)
        mark = sa.tuple_(sa.literal(start, Booking.start_at.type), sa.literal(number))
        query = query.where(place < mark if backwards else place > mark)
    order = (Booking.start_at, Booking.id)
    if backwards:
        query = query.order_by(*(column.desc() for column in order))
    else:
        query = query.order_by(*order)
    found = _entries(uow, query.limit(most + 1))
    shown = tuple(found[:most])
    return Page(shown, _cursor(shown[-1]) if len(found) > most else None)


@use_case(Permission.BOOKING_READ)
def waiting_count(uow: UnitOfWork) -> int:
    """How many requests wait for a decision."""
    counted = sa.select(sa.func.count()).select_from(Booking)
    waiting = counted.where(Booking.status == BookingStatus.PENDING, Booking.start_at > uow.now)
    return int(uow.session.scalar(waiting) or 0)


def _selected() -> Selected:
    return (
        sa.select(Booking, BookingProfile.name, Meeting.host_ids)
        .join(BookingProfile, BookingProfile.id == Booking.profile_id)
        .outerjoin(Meeting, Meeting.id == Booking.meeting_id)
    )


def _of(which: Which, now: datetime) -> Selected:
    query = _selected()
    if which is Which.UPCOMING:
        return query.where(Booking.status.in_(_STANDING), Booking.end_at > now)
    if which is Which.WAITING:
        return query.where(Booking.status == BookingStatus.PENDING, Booking.start_at > now)
    if which is Which.PAST:
        return query.where(Booking.status.in_(_STANDING), Booking.end_at <= now)
    return query.where(Booking.status.in_((BookingStatus.CANCELLED, BookingStatus.DECLINED)))


def _entries(uow: UnitOfWork, query: Selected) -> list[Entry]:
    rows: list[Any] = [tuple(row) for row in uow.session.execute(query)]
    names = _names(uow, {host for _, _, hosts in rows for host in hosts or ()})
    return [
        Entry(
            id=booking.id,
            uuid=booking.uuid,
            reference=booking.reference,
            status=booking.status,
            start_at=booking.start_at,
            end_at=booking.end_at,
            invitee=booking.name,
            profile_name=profile_name,
            host_names=tuple(names[host] for host in hosts or () if host in names),
            host_ids=tuple(hosts or ()),
        )
        for booking, profile_name, hosts in rows
    ]


def _names(uow: UnitOfWork, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    found = uow.session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in found}


def _cursor(entry: Entry) -> str:
    text = f"{to_minute(entry.start_at)}.{entry.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, int]:
    try:
        plain = base64.urlsafe_b64decode(text[:60] + "=" * (-len(text) % 4)).decode("ascii")
        minute, _, number = plain.partition(".")
        return from_minute(min(int(minute), to_minute(EPOCH) + 10**9)), int(number)
    except (binascii.Error, ValueError, OverflowError) as unreadable:
        raise Invalid("That page of the list does not exist.", field="after") from unreadable
