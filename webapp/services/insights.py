"""What became of the bookings of some weeks: how many, when, how far ahead, with whom.

Counted by the database, on the clocks of one zone: each booking's local hour is
its UTC minute plus the offset of its stretch between clock changes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.permissions import Permission
from webapp.domain.proportions import wilson
from webapp.domain.span import from_minute
from webapp.models import Booking, BookingProfile, BookingStatus, Meeting, Membership, User
from webapp.models.direct import epoch_minute
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_DAYS = 731
LEAD_MINUTES = (60, 240, 1440, 2880, 10080, 20160, 40320)
"""Upper ends of the lead times that are counted together, in minutes; the last has none."""
_GONE = (BookingStatus.CANCELLED, BookingStatus.DECLINED)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted: starts on the local days ``first`` to ``last`` of ``zone``, both counted."""

    zone: ZoneInfo
    first: date
    last: date
    profile_id: int | None = None
    host_id: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A day, a week from Monday or a month, cut at the ends of what was asked for."""

    first: date
    last: date
    booked: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Daily:
    """What became of the bookings of one local day; ``missed`` are those of ``booked`` to which
    nobody came."""

    day: date
    booked: int
    cancelled: int
    missed: int


@dataclass(frozen=True, slots=True)
class Rate:
    """No-shows of a profile: ``missed`` of ``judged``, which are over; ``low`` and ``high`` are
    the ends of the 95 % interval of their share, 0 to 1.
    """

    name: str
    judged: int
    missed: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """``missed`` of ``judged``, 0 when nothing is over yet."""
        return self.missed / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a host took on: bookings and their minutes."""

    name: str
    bookings: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Insights:
    """Everything counted. ``hours[weekday][hour]`` is of bookings, Monday first; ``leads`` go with
    ``LEAD_MINUTES``, one more for what is longer.
    """

    booked: int
    cancelled: int
    days: tuple[Day, ...]
    hours: tuple[tuple[int, ...], ...]
    leads: tuple[int, ...]
    no_shows: Rate
    by_profile: tuple[Rate, ...]
    hosts: tuple[Load, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing began, nor would have begun, in these days."""
        return not self.booked and not self.cancelled


@use_case(Permission.BOOKING_READ)
def count(uow: UnitOfWork, asked: Asked) -> Insights:
    """Count what was ``asked`` for; raises ``Invalid`` for days that are no period."""
    if asked.last < asked.first:
        raise Invalid("The first day is after the last.", field="until")
    if (asked.last - asked.first).days >= MOST_DAYS:
        raise Invalid("Two years at most are counted at once.", field="since")
    by_hour = _by_hour(uow, asked)
    details = _details(uow, asked)
    days = _days(asked, by_hour)
    hours = [[0] * 24 for _ in range(7)]
    for index, (booked, _) in by_hour.items():
        hours[(index // 24 + 3) % 7][index % 24] += booked  # 1 January 1970 was a Thursday
    return Insights(
        booked=sum(day.booked for day in days),
        cancelled=sum(day.cancelled for day in days),
        days=tuple(days),
        hours=tuple(tuple(row) for row in hours),
        leads=_leads(details),
        no_shows=_rate("", details),
        by_profile=_profiles(uow, details),
        hosts=_hosts(uow, details),
    )


@use_case(Permission.BOOKING_READ)
def day_by_day(uow: UnitOfWork, asked: Asked) -> list[Daily]:
    """Every day of what was asked for, in order, counted in one statement."""
    rows = uow.session.execute(
        sa.select(
            (_local_minute(asked) // 1440).label("day"),
            _sum(Booking.status == BookingStatus.CONFIRMED).label("booked"),
            _sum(Booking.status.in_(_GONE)).label("gone"),
            _sum(
                sa.and_(Booking.status == BookingStatus.CONFIRMED, Booking.no_show_at.is_not(None))
            ).label("missed"),
        )
        .where(*_which(asked))
        .group_by("day")
    )
    found = {int(row.day): (int(row.booked), int(row.gone), int(row.missed)) for row in rows}
    days = [asked.first + timedelta(days=n) for n in range((asked.last - asked.first).days + 1)]
    return [Daily(day, *found.get((day - _EPOCH).days, (0, 0, 0))) for day in days]


@use_case(Permission.BOOKING_READ)
def choices(uow: UnitOfWork) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What can be narrowed to: every profile and everybody here, as (id, name), by name."""
    profiles = uow.session.execute(
        sa.select(BookingProfile.id, BookingProfile.name).order_by(
            BookingProfile.name, BookingProfile.id
        )
    )
    hosts = uow.session.execute(
        sa.select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .order_by(User.name, User.id)
    )
    return [(id, name) for id, name in profiles], [(id, name) for id, name in hosts]


# -------------------------------------------------------------------------------- the statements


def _which(asked: Asked) -> list[sa.ColumnElement[bool]]:
    start, _ = zones.local_day_bounds(asked.zone, asked.first)
    _, end = zones.local_day_bounds(asked.zone, asked.last)
    which = [
        Booking.start_at >= from_minute(start),
        Booking.start_at < from_minute(end),
        Booking.status.in_((BookingStatus.CONFIRMED, *_GONE)),
    ]
    if asked.profile_id is not None:
        which.append(Booking.profile_id == asked.profile_id)
    if asked.host_id is not None:
        met = aliased(Meeting)  # the statement may have joined meetings itself
        text: Any = sa.cast(met.host_ids, sa.Text)
        for mark, instead in (("[", ","), ("]", ","), (" ", "")):
            text = sa.func.replace(text, mark, instead)
        listed = text.like(f"%,{asked.host_id},%")
        which.append(sa.exists().where(met.id == Booking.meeting_id, listed))
    return which


def _sum(condition: sa.ColumnElement[bool], value: Any = 1) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, value), else_=0))


def _local_minute(asked: Asked) -> Any:
    """When a booking begins on the clocks of the zone, in minutes since 1970."""
    start, _ = zones.local_day_bounds(asked.zone, asked.first)
    _, end = zones.local_day_bounds(asked.zone, asked.last)
    *earlier, (_, _, last) = zones.stretches(asked.zone, start, end)
    offset: Any = sa.literal(last)
    if earlier:
        changes = [(Booking.start_at < from_minute(until), by) for _, until, by in earlier]
        offset = sa.case(*changes, else_=last)
    return epoch_minute(Booking.start_at) + offset


def _by_hour(uow: UnitOfWork, asked: Asked) -> dict[int, tuple[int, int]]:
    """Booked and cancelled by local hour, numbered from midnight of 1 January 1970."""
    hour = _local_minute(asked) // 60
    rows = uow.session.execute(
        sa.select(
            hour.label("hour"),
            _sum(Booking.status == BookingStatus.CONFIRMED).label("booked"),
            _sum(Booking.status.in_(_GONE)).label("gone"),
        )
        .where(*_which(asked))
        .group_by("hour")
    )
    return {int(row.hour): (int(row.booked), int(row.gone)) for row in rows}


@dataclass(frozen=True, slots=True)
class _Detail:
    """Bookings of one profile with the same hosts and about the same lead time."""

    profile_id: int
    hosts: tuple[int, ...]
    lead: int
    bookings: int
    minutes: int
    judged: int
    missed: int


def _each(uow: UnitOfWork, asked: Asked) -> sa.CTE:
    """The confirmed bookings with their times in minutes, read once: else SQLite reads each time
    anew for every comparison.
    """
    return (
        sa.select(
            Booking.profile_id.label("profile"),
            sa.cast(Meeting.host_ids, sa.Text).label("hosts"),
            epoch_minute(Booking.created_at).label("made"),
            epoch_minute(Booking.start_at).label("begins"),
            epoch_minute(Booking.end_at).label("ends"),
            sa.case((Booking.end_at <= uow.now, 1), else_=0).label("over"),
            sa.case((Booking.no_show_at.is_not(None), 1), else_=0).label("missed"),
        )
        .join(Meeting, Meeting.id == Booking.meeting_id, isouter=True)
        .where(*_which(asked), Booking.status == BookingStatus.CONFIRMED)
        .cte("each")
        .prefix_with("MATERIALIZED")
    )


def _details(uow: UnitOfWork, asked: Asked) -> list[_Detail]:
    each = _each(uow, asked).c
    ahead = each.begins - each.made
    lead = sa.case(
        *((ahead < minutes, number) for number, minutes in enumerate(LEAD_MINUTES)),
        else_=len(LEAD_MINUTES),
    )
    rows = uow.session.execute(
        sa.select(
            each.profile.label("profile"),
            each.hosts.label("hosts"),
            lead.label("lead"),
            sa.func.count().label("bookings"),
            sa.func.sum(each.ends - each.begins).label("minutes"),
            sa.func.sum(each.over).label("judged"),
            sa.func.sum(each.over * each.missed).label("missed"),
        ).group_by("profile", "hosts", "lead")
    )
    return [
        _Detail(
            int(row.profile),
            tuple(json.loads(row.hosts or "[]")),
            int(row.lead),
            *(int(number) for number in (row.bookings, row.minutes, row.judged, row.missed)),
        )
        for row in rows
    ]


# ------------------------------------------------------------------------------------ gathering


def _days(asked: Asked, by_hour: dict[int, tuple[int, int]]) -> list[Day]:
    booked: Counter[int] = Counter()
    cancelled: Counter[int] = Counter()
    for index, (stood, gone) in by_hour.items():
        booked[index // 24] += stood
        cancelled[index // 24] += gone
    found = []
    for ahead in range((asked.last - asked.first).days + 1):
        day = asked.first + timedelta(days=ahead)
        number = zones.day_number(day)
        found.append(Day(day, day, booked[number], cancelled[number]))
    return found


def weeks(days: Sequence[Day]) -> list[Day]:
    """Days gathered into weeks that begin on Monday; the first and the last may be shorter."""
    return _gathered(days, lambda day: day.weekday() == 0)


def months(days: Sequence[Day]) -> list[Day]:
    """Days gathered into calendar months; the first and the last may be shorter."""
    return _gathered(days, lambda day: day.day == 1)


def _gathered(days: Sequence[Day], begins: Callable[[date], bool]) -> list[Day]:
    found: list[Day] = []
    for day in days:
        if not found or begins(day.first):
            found.append(day)
            continue
        last = found[-1]
        found[-1] = Day(
            last.first, day.last, last.booked + day.booked, last.cancelled + day.cancelled
        )
    return found


def _leads(details: Sequence[_Detail]) -> tuple[int, ...]:
    counts = [0] * (len(LEAD_MINUTES) + 1)
    for detail in details:
        counts[detail.lead] += detail.bookings
    return tuple(counts)


def _rate(name: str, details: Sequence[_Detail]) -> Rate:
    judged = sum(detail.judged for detail in details)
    missed = sum(detail.missed for detail in details)
    return Rate(name, judged, missed, *wilson(missed, judged))


def _profiles(uow: UnitOfWork, details: Sequence[_Detail]) -> tuple[Rate, ...]:
    """Profiles of which something is over, the most often booked first."""
    ids = sorted({detail.profile_id for detail in details})
    rows = uow.session.execute(
        sa.select(BookingProfile.id, BookingProfile.name).where(BookingProfile.id.in_(ids))
    )
    rates = [
        _rate(name, [detail for detail in details if detail.profile_id == id]) for id, name in rows
    ]
    judged = [rate for rate in rates if rate.judged]
    return tuple(sorted(judged, key=lambda rate: (-rate.judged, rate.name)))


def _hosts(uow: UnitOfWork, details: Sequence[_Detail]) -> tuple[Load, ...]:
    """Hosts with the most bookings first; a booking with two hosts counts for each of them."""
    bookings: Counter[int] = Counter()
    minutes: Counter[int] = Counter()
    for detail in details:
        for host in detail.hosts:
            bookings[host] += detail.bookings
            minutes[host] += detail.minutes
    rows = uow.session.execute(sa.select(User.id, User.name).where(User.id.in_(sorted(bookings))))
    loads = [Load(name, bookings[id], minutes[id]) for id, name in rows]
    return tuple(sorted(loads, key=lambda load: (-load.bookings, load.name)))
