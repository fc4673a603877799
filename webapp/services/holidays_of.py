"""The public holidays that a host keeps: laid out as times away, and moved on month by month.

Rows of ``time_away`` are all that the slot engine and "why not?" ever see. They reach
``LAID_DAYS`` ahead, further than anything is offered; when less than ``RENEWED_DAYS`` are left,
a job lays them out anew, which also brings in what the library has learned since.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain import public_holidays, zones
from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.public_holidays import Holiday
from webapp.domain.span import Interval
from webapp.models import HostHolidays, TimeAway, User
from webapp.services import orphans
from webapp.services.steps import away_rows, hosts, reach
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

LAID_DAYS = 400
RENEWED_DAYS = 372
MOST_COUNTRIES = 6
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class HolidayLine:
    """A holiday of the next twelve months, and whether the host is off."""

    day: date
    name: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class HolidaysCard:
    """A country whose holidays a host keeps; ``region`` is empty for the whole country."""

    uuid: UUID
    host_id: int
    country: str
    region: str
    holidays: tuple[HolidayLine, ...]

    @property
    def place(self) -> str:
        """ "Germany, Bavaria"."""
        return f"{self.country}, {self.region}" if self.region else self.country


@use_case(Permission.SCHEDULE_CHANGE)
def of_host(uow: UnitOfWork, host_id: int) -> list[HolidaysCard]:
    """The countries whose holidays the host keeps, in the order they were chosen."""
    host = reach.host(uow, host_id)
    query = sa.select(HostHolidays).where(HostHolidays.host_id == host_id)
    rows = uow.session.scalars(query.order_by(HostHolidays.id)).all()
    return [_card(uow, row, host) for row in rows]


@use_case(Permission.SCHEDULE_CHANGE)
def card(uow: UnitOfWork, uuid: UUID) -> HolidaysCard:
    """One of them; raises ``NotFound``, ``Forbidden`` for a colleague's."""
    row = _found(uow, uuid)
    return _card(uow, row, reach.host(uow, row.host_id))


@use_case(Permission.SCHEDULE_CHANGE)
def keep(
    uow: UnitOfWork, host_id: int, country: str, region: str = "", *, accepted: str = ""
) -> HostHolidays:
    """Be away on the public holidays of a country (ISO 3166-1) or of a region of it.

    Raises ``Invalid`` naming the field, ``Conflict`` when they are kept already, and
    ``orphans.WouldOrphan`` when bookings meet them that were not ``accepted`` by their mark.
    """
    host = reach.host(uow, host_id)
    public_holidays.country_name(country)
    public_holidays.region_name(country, region)
    hosts.lock(uow, [host_id])
    there = uow.session.execute(
        sa.select(HostHolidays.country, HostHolidays.region).where(HostHolidays.host_id == host_id)
    ).all()
    if (country, region) in {tuple(row) for row in there}:
        raise Conflict("These holidays are kept already.", field="country")
    if len(there) >= MOST_COUNTRIES:
        raise Invalid(f"Choose at most {MOST_COUNTRIES} countries.", field="country")
    row = HostHolidays(
        uuid=uuid4(),
        host_id=host_id,
        country=country,
        region=region,
        worked=[],
        created_at=uow.now,
        updated_at=uow.now,
    )
    orphans.confirm(_orphans(uow, row, host), accepted)
    uow.session.add(row)
    uow.session.flush()
    _lay_out(uow, row, host)
    uow.record("holidays.kept", f"holidays:{row.id}", country=country, region=region)
    return row


@use_case(Permission.SCHEDULE_CHANGE)
def choose(uow: UnitOfWork, uuid: UUID, off: Collection[str], *, accepted: str = "") -> None:
    """Be off on the holidays named in ``off``, of those in the next twelve months; work on others.

    What is decided about a name holds every year. Raises ``orphans.WouldOrphan`` as ``keep``.
    """
    row = _found(uow, uuid)
    host = reach.host(uow, row.host_id)
    hosts.lock(uow, [row.host_id])
    uow.session.refresh(row)
    shown = {each.name for each in _next_year(uow, row, host)}
    worked = (set(row.worked) - shown) | (shown - set(off))
    if worked == set(row.worked):
        return
    newly_off = set(row.worked) - worked
    orphans.confirm(_orphans(uow, row, host, only=newly_off), accepted)
    row.worked = sorted(worked)
    row.updated_at = uow.now
    _lay_out(uow, row, host)
    uow.record("holidays.chosen", f"holidays:{row.id}", worked=row.worked)


@use_case(Permission.SCHEDULE_CHANGE)
def drop(uow: UnitOfWork, uuid: UUID) -> None:
    """Keep these holidays no longer: their days are ordinary days again."""
    row = _found(uow, uuid)
    reach.host(uow, row.host_id)
    hosts.lock(uow, [row.host_id])
    for away in _laid(uow, row).values():
        away_rows.remove(uow, away)
    uow.session.flush()
    uow.session.delete(row)
    uow.record("holidays.dropped", f"holidays:{row.id}")


# --------------------------------------------------------------------------------- renewing


@use_case(Permission.UPKEEP)
def due(uow: UnitOfWork) -> list[tuple[int, int]]:
    """Whose holidays have to be laid out further: (organization id, row id), at most 100."""
    enough = uow.now.date() + timedelta(days=RENEWED_DAYS)
    query = (
        sa.select(HostHolidays.organization_id, HostHolidays.id)
        .where(sa.or_(HostHolidays.laid_until.is_(None), HostHolidays.laid_until < enough))
        .order_by(HostHolidays.id)
        .limit(100)
    )
    whole = "upkeep of the whole installation, by age alone"
    rows = uow.session.execute(below_the_guard(query, whole))
    return [(organization_id, number) for organization_id, number in rows]


@use_case(Permission.UPKEEP)
def renew(uow: UnitOfWork, holidays_id: int) -> int:
    """Lay the holidays out anew; how many dates came or went. Bookings that stand stay."""
    row = uow.session.get(HostHolidays, holidays_id)
    host = uow.session.get(User, row.host_id) if row is not None else None
    if row is None or host is None:
        return 0
    hosts.lock(uow, [row.host_id])
    return _lay_out(uow, row, host)


# --------------------------------------------------------------------------------- the dates


def _found(uow: UnitOfWork, uuid: UUID) -> HostHolidays:
    query = sa.select(HostHolidays).where(HostHolidays.uuid == uuid)
    row = uow.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("there are no such holidays")
    return row


def _card(uow: UnitOfWork, row: HostHolidays, host: User) -> HolidaysCard:
    return HolidaysCard(
        uuid=row.uuid,
        host_id=row.host_id,
        country=public_holidays.country_name(row.country),
        region=public_holidays.region_name(row.country, row.region),
        holidays=tuple(
            HolidayLine(each.day, each.name, each.name not in row.worked)
            for each in _next_year(uow, row, host)
        ),
    )


def _today(uow: UnitOfWork, host: User) -> date:
    return uow.now.astimezone(zones.zone(host.zone)).date()


def _next_year(uow: UnitOfWork, row: HostHolidays, host: User) -> list[Holiday]:
    """A date that moves may come twice, and one may be missing, within twelve months."""
    today = _today(uow, host)
    return public_holidays.coming(row.country, row.region, today, today + timedelta(days=365))


def _off(uow: UnitOfWork, row: HostHolidays, host: User) -> dict[date, str]:
    """The dates on which the host is off, up to the horizon, with what they are called."""
    today = _today(uow, host)
    last = today + timedelta(days=LAID_DAYS)
    found: dict[date, list[str]] = {}
    for each in public_holidays.coming(row.country, row.region, today, last):
        if each.name not in row.worked:
            found.setdefault(each.day, []).append(each.name)
    return {day: "; ".join(names)[:_LONGEST_NAME] for day, names in found.items()}


def _orphans(
    uow: UnitOfWork, row: HostHolidays, host: User, *, only: Collection[str] | None = None
) -> orphans.Orphans:
    """Bookings on the dates that would be off; ``only`` those of some names."""
    today = _today(uow, host)
    last = today + timedelta(days=LAID_DAYS)
    times = [
        away_rows.whole_days(host.zone, each.day, each.day)
        for each in public_holidays.coming(row.country, row.region, today, last)
        if only is None or each.name in only
    ]
    return orphans.of_away(uow, host.id, times)


def _laid(uow: UnitOfWork, row: HostHolidays) -> dict[date, TimeAway]:
    query = sa.select(TimeAway).where(TimeAway.holidays_id == row.id)
    return {each.start_on: each for each in uow.session.scalars(query) if each.start_on}


def _lay_out(uow: UnitOfWork, row: HostHolidays, host: User) -> int:
    """Make the rows what the calendar says; how many changed. The host is locked already.

    Dates that have passed stay as they were; a host who moved to another zone gets theirs anew.
    """
    today, wanted, changed = _today(uow, host), _off(uow, row, host), 0
    for day, away in _laid(uow, row).items():
        if day >= today and _is_right(away, wanted.get(day), host, day):
            del wanted[day]
        elif day >= today:
            away_rows.remove(uow, away)
            changed += day not in wanted
    uow.session.flush()
    for day, name in wanted.items():
        times: Interval = away_rows.whole_days(host.zone, day, day)
        away_rows.write(uow, host.id, times, name, days=(day, day), holidays_id=row.id)
    row.laid_until = today + timedelta(days=LAID_DAYS)
    return changed + len(wanted)


def _is_right(away: TimeAway, name: str | None, host: User, day: date) -> bool:
    times = away_rows.whole_days(host.zone, day, day)
    return away.label == name and (away.start_at, away.end_at) == (times.start, times.end)
