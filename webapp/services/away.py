"""Time away as its host sees it: whole dates or a stretch, and what it would leave outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval
from webapp.models import TimeAway
from webapp.services import orphans
from webapp.services.steps import away_rows, hosts, reach
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case

LONGEST_LABEL = 120
MOST_AHEAD = 400
MOST_PAST = 20


@dataclass(frozen=True, slots=True)
class AwayDraft:
    """A time away: with ``days`` (first and last, included) whole dates of the host's zone.

    Else ``times``, an exact stretch in UTC.
    """

    label: str = ""
    days: tuple[date, date] | None = None
    times: Interval | None = None


@dataclass(frozen=True, slots=True)
class AwayCard:
    """A time away; times are UTC, ``days`` as in the draft."""

    id: int
    uuid: UUID
    host_id: int
    label: str
    start_at: datetime
    end_at: datetime
    days: tuple[date, date] | None


@use_case(Permission.SCHEDULE_CHANGE)
def coming(uow: UnitOfWork, host_id: int) -> list[AwayCard]:
    """The host's times away that are not over, soonest first, without public holidays."""
    reach.host(uow, host_id)
    query = _own(host_id).where(TimeAway.end_at > uow.now).order_by(TimeAway.start_at, TimeAway.id)
    return [_card(row) for row in uow.session.scalars(query.limit(MOST_AHEAD))]


@use_case(Permission.SCHEDULE_CHANGE)
def past(uow: UnitOfWork, host_id: int) -> list[AwayCard]:
    """The last of the host's times away that are over, latest first."""
    reach.host(uow, host_id)
    query = _own(host_id).where(TimeAway.end_at <= uow.now).order_by(TimeAway.start_at.desc())
    return [_card(row) for row in uow.session.scalars(query.limit(MOST_PAST))]


@use_case(Permission.SCHEDULE_CHANGE)
def card(uow: UnitOfWork, uuid: UUID) -> AwayCard:
    """One time away; raises ``NotFound``, ``Forbidden`` for a colleague's."""
    return _card(_found(uow, uuid))


@use_case(Permission.SCHEDULE_CHANGE)
def add(uow: UnitOfWork, host_id: int, draft: AwayDraft, *, accepted: str = "") -> TimeAway:
    """Take no new bookings meanwhile. What stands in it stays.

    Raises ``Invalid`` naming the field, and ``orphans.WouldOrphan`` when bookings meet it that
    were not ``accepted`` by their mark.
    """
    host = reach.host(uow, host_id)
    if draft.days is not None:
        if draft.days[1] < draft.days[0]:
            raise Invalid("The last day is before the first.", field="end")
        if draft.days[1] - draft.days[0] > away_rows.LONGEST:
            raise Invalid("Time away is at most a year at once.", field="end")
        times = away_rows.whole_days(host.zone, *draft.days)
    elif draft.times is not None:
        times = draft.times
    else:
        raise Invalid("Choose when you are away.", field="start")
    away_rows.check(times)
    if times.end <= uow.now:
        raise Invalid("That is over already.", field="end")
    label = clean_line(
        draft.label, field="label", what="a label", most=LONGEST_LABEL, required=False
    )
    hosts.lock(uow, [host_id])
    orphans.confirm(orphans.of_away(uow, host_id, [times]), accepted)
    row = away_rows.write(uow, host_id, times, label, days=draft.days)
    uow.record("away.added", f"away:{row.id}")
    return row


@use_case(Permission.SCHEDULE_CHANGE)
def remove(uow: UnitOfWork, uuid: UUID) -> None:
    """Give the time back; raises ``NotFound``, ``Forbidden`` for a colleague's."""
    row = _found(uow, uuid)
    hosts.lock(uow, [row.host_id])
    away_rows.remove(uow, row)
    uow.record("away.removed", f"away:{row.id}")


def _own(host_id: int) -> sa.Select[TimeAway]:
    return sa.select(TimeAway).where(TimeAway.host_id == host_id, TimeAway.holidays_id.is_(None))


def _found(uow: UnitOfWork, uuid: UUID) -> TimeAway:
    row = uow.session.scalars(sa.select(TimeAway).where(TimeAway.uuid == uuid)).one_or_none()
    if row is None or row.holidays_id is not None:
        raise NotFound("there is no such time away")
    reach.host(uow, row.host_id)
    return row


def _card(row: TimeAway) -> AwayCard:
    days = (row.start_on, row.end_on) if row.start_on and row.end_on else None
    return AwayCard(row.id, row.uuid, row.host_id, row.label, row.start_at, row.end_at, days)
