"""What is on: the bookings of an organization as the console lists them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Invalid
from webapp.domain.permissions import Permission
from webapp.domain.span import FIRST, LAST, Interval, from_minute, to_minute
from webapp.models import Booking, BookingProfile, BookingStatus, Meeting, User
from webapp.models.bookings import GONE, WAITING
from webapp.services.unit_of_work import UnitOfWork, use_case

PAGE = 50
LONGEST_TEXT = 100
"""Characters of a search that are looked at."""
Selected = sa.Select[Any]
Mark = tuple[datetime, int]
"""A place in a list: a start and a booking's id."""

_STANDING = (BookingStatus.CONFIRMED, BookingStatus.PENDING)
_LONGEST_BOOKING = timedelta(days=2)
"""No booking lasts longer than a day; what began earlier than this is over."""


class Which(StrEnum):
    """The lists there are."""

    UPCOMING = "upcoming"
    WAITING = "waiting"
    PAST = "past"
    CANCELLED = "cancelled"

    @property
    def is_latest_first(self) -> bool:
        """Upcoming and waiting begin with the soonest, past and cancelled with the latest."""
        return self in (Which.PAST, Which.CANCELLED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to. ``text`` is looked for in names and mail addresses, and is a
    reference when it is a number; starts are in ``[since, until)``, UTC."""

    text: str = ""
    profile_id: int | None = None
    host_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Wanted()


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
    email: str
    profile_name: str
    host_names: tuple[str, ...]
    host_ids: tuple[int, ...]
    decide_by: datetime | None
    no_show_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order; ``before`` and ``after`` lead to its neighbours, None where none is."""

    entries: tuple[Entry, ...]
    before: str | None
    after: str | None


@use_case(Permission.BOOKING_READ)
def of_day(uow: UnitOfWork, day: Interval, *, host_id: int | None = None) -> list[Entry]:
    """The bookings that stand and touch ``day``, earliest first; of one host or of everybody."""
    query = _narrowed(_COLUMNS, Wanted(host_id=host_id)).where(
        Booking.status.in_(_STANDING), Booking.end_at > day.start
    )
    query = _between(query, [(day.start - _LONGEST_BOOKING, 0)], [(day.end, 0)])
    return _entries(uow, query.order_by(Booking.start_at, Booking.id).limit(500))


@use_case(Permission.BOOKING_READ)
def listed(
    uow: UnitOfWork,
    which: Which,
    wanted: Wanted = EVERYTHING,
    *,
    after: str | None = None,
    before: str | None = None,
    most: int = PAGE,
) -> Page:
    """A page of one of the lists: what follows ``after`` or precedes ``before``, both from a page.

    One statement by an index, however far down the list. Raises ``Invalid`` for a bad mark.
    """
    if before:
        return _earlier(uow, which, wanted, before, most)
    mark = _read_mark(after) if after else None
    found = _entries(uow, ordered(which, wanted, uow.now, after=mark).limit(most + 1))
    shown = tuple(found[:most])
    return Page(
        shown,
        before=_mark_of(shown[0]) if mark and shown else None,
        after=_mark_of(shown[-1]) if len(found) > most else None,
    )


def _earlier(uow: UnitOfWork, which: Which, wanted: Wanted, before: str, most: int) -> Page:
    query = ordered(which, wanted, uow.now, before=_read_mark(before))
    found = _entries(uow, query.limit(most + 1))
    if len(found) <= most:  # the beginning: a first page is a full one
        return listed(uow, which, wanted, most=most)
    shown = tuple(reversed(found[:most]))
    return Page(shown, before=_mark_of(shown[0]), after=_mark_of(shown[-1]))


@use_case(Permission.BOOKING_READ)
def waiting_count(uow: UnitOfWork) -> int:
    """How many requests wait for a decision."""
    counted = sa.select(sa.func.count()).select_from(Booking)
    waiting = counted.where(sa.text(f"booking.{WAITING}"), Booking.start_at > uow.now)
    return int(uow.session.scalar(waiting) or 0)


@use_case(Permission.BOOKING_READ)
def chosen(uow: UnitOfWork, uuids: Iterable[UUID]) -> list[Entry]:
    """Those of ``uuids`` that are bookings of the organization, earliest first."""
    kept = (BookingStatus.HELD, BookingStatus.LAPSED)
    query = _COLUMNS.where(Booking.uuid.in_(list(uuids)), Booking.status.not_in(kept))
    return _entries(uow, query.order_by(Booking.start_at, Booking.id))


_FIELDS: list[Any] = [
    Booking.id,
    Booking.uuid,
    Booking.reference,
    Booking.status,
    Booking.start_at,
    Booking.end_at,
    Booking.name,
    Booking.email,
    Booking.profile_id,
    Booking.meeting_id,
    Booking.decide_by,
    Booking.no_show_at,
]
_COLUMNS: Selected = sa.select(*_FIELDS)


def ordered(
    which: Which,
    wanted: Wanted,
    now: datetime,
    *,
    after: Mark | None = None,
    before: Mark | None = None,
    columns: Selected = _COLUMNS,
) -> Selected:
    """The statement of a list in its order, or against it from ``before`` on.

    Both bounds of the start are one comparison each: two of a kind, and the database would walk
    the index from the first instead of jumping to the nearer.
    """
    query = _narrowed(columns, wanted)
    low: list[Mark] = [(wanted.since, 0)] if wanted.since else []
    high: list[Mark] = [(wanted.until, 0)] if wanted.until else []
    if which is Which.CANCELLED:
        query = query.where(sa.text(f"booking.{GONE}"))
    elif which is Which.WAITING:
        query = query.where(sa.text(f"booking.{WAITING}"), Booking.start_at > now)
    elif which is Which.PAST:
        query = query.where(Booking.status.in_(_STANDING), Booking.end_at <= now)
        high.append((now, 0))
    else:
        query = query.where(Booking.status.in_(_STANDING), Booking.end_at > now)
        low.append((now - _LONGEST_BOOKING, 0))
    descending = which.is_latest_first != (before is not None)
    for mark in (after, before):
        if mark is not None:
            (high if descending else low).append(mark)
    query = _between(query, low, high)
    order = (Booking.start_at, Booking.id)
    return query.order_by(*(column.desc() for column in order) if descending else order)


def _between(query: Selected, low: list[Mark], high: list[Mark]) -> Selected:
    place = sa.tuple_(Booking.start_at, Booking.id)

    def said(mark: Mark) -> Any:
        return sa.tuple_(sa.literal(mark[0], Booking.start_at.type), sa.literal(mark[1]))

    if low:
        query = query.where(place > said(max(low)))
    if high:
        query = query.where(place < said(min(high)))
    return query


def _narrowed(query: Selected, wanted: Wanted) -> Selected:
    if wanted.profile_id is not None:
        query = query.where(Booking.profile_id == wanted.profile_id)
    if wanted.host_id is not None:
        # ``[7, 12]`` as ``,7,12,``: the one spelling of a list that both databases can search.
        text: Any = sa.cast(Meeting.host_ids, sa.Text)
        for mark, instead in (("[", ","), ("]", ","), (" ", "")):
            text = sa.func.replace(text, mark, instead)
        with_host = sa.exists().where(
            Meeting.id == Booking.meeting_id, text.like(f"%,{wanted.host_id},%")
        )
        query = query.where(with_host)
    text_wanted = wanted.text.replace("\x00", "")[:LONGEST_TEXT].strip()
    return query.where(_matches(text_wanted)) if text_wanted else query


def _matches(text: str) -> sa.ColumnElement[bool]:
    number = text.removeprefix("#")
    by_number = number.isascii() and number.isdigit() and len(number) <= 18
    if by_number and number != text:
        return Booking.reference == int(number)
    # SQLite folds the case of ASCII letters only.
    spellings = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
    ways: list[sa.ColumnElement[bool]] = [
        column.icontains(spelling, autoescape=True)
        for spelling in sorted(spellings)
        for column in (Booking.name, Booking.email)
    ]
    return sa.or_(*ways, Booking.reference == int(number)) if by_number else sa.or_(*ways)


def _entries(uow: UnitOfWork, query: Selected) -> list[Entry]:
    rows = uow.session.execute(query).all()
    profiles = _by_id(uow, BookingProfile.name, {row.profile_id for row in rows})
    hosts = _by_id(uow, Meeting.host_ids, {row.meeting_id for row in rows if row.meeting_id})
    names = names_of(uow, {host for ids in hosts.values() for host in ids})
    return [
        Entry(
            id=row.id,
            uuid=row.uuid,
            reference=row.reference,
            status=row.status,
            start_at=row.start_at,
            end_at=row.end_at,
            invitee=row.name,
            email=row.email,
            profile_name=profiles.get(row.profile_id, ""),
            host_names=tuple(names[id] for id in hosts.get(row.meeting_id, ()) if id in names),
            host_ids=tuple(hosts.get(row.meeting_id, ())),
            decide_by=row.decide_by,
            no_show_at=row.no_show_at,
        )
        for row in rows
    ]


def _by_id(uow: UnitOfWork, column: Any, ids: set[int]) -> dict[int, Any]:
    if not ids:
        return {}
    found = uow.session.execute(
        sa.select(column.class_.id, column).where(column.class_.id.in_(sorted(ids)))
    )
    return {row[0]: row[1] for row in found}


@use_case(Permission.BOOKING_READ)
def names_of(uow: UnitOfWork, user_ids: set[int]) -> dict[int, str]:
    """The names of people by their ids; those who are gone are left out."""
    return _by_id(uow, User.name, user_ids)


def mark_of(start: datetime, booking_id: int) -> str:
    """A place in a list as the address carries it."""
    text = f"{to_minute(start)}.{booking_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _mark_of(entry: Entry) -> str:
    return mark_of(entry.start_at, entry.id)


def _read_mark(text: str) -> Mark:
    try:
        plain = base64.urlsafe_b64decode(text[:60] + "=" * (-len(text) % 4)).decode("ascii")
        minute, _, number = plain.partition(".")
        place = from_minute(int(minute)), int(number)
    except (binascii.Error, ValueError, OverflowError) as unreadable:
        raise Invalid("That page of the list does not exist.", field="after") from unreadable
    if not FIRST <= place[0] < LAST or not 0 <= place[1] < 2**63:
        raise Invalid("That page of the list does not exist.", field="after")
    return place
