"""Accounts and their calendars, as their owner sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Permission
from webapp.models import Account, Calendar, CalendarFeed, FeedState
from webapp.services.unit_of_work import UnitOfWork, use_case


@dataclass(frozen=True, slots=True)
class CalendarCard:
    """One calendar as its owner sees it.

    ``source`` is "built-in", "file" or "address"; ``where`` the file's name or the address
    without its query (which is often a secret). ``problems`` are ``{"code", "where", "sentence"}``.
    Feed fields of a built-in calendar are None, 0 or empty.
    """

    uuid: UUID
    name: str
    zone: str
    source: str
    where: str
    blocks: bool
    primary: bool
    state: FeedState | None
    error: str | None
    problems: tuple[dict[str, Any], ...]
    events_read: int
    read_at: datetime | None
    tried_at: datetime | None


@use_case(Permission.CALENDAR_READ)
def calendars_of(uow: UnitOfWork, host_id: int) -> list[CalendarCard]:
    """The calendars of a host, the built-in one first, then by name."""
    rows = uow.session.execute(
        sa.select(Calendar, CalendarFeed, Account.kind)
        .join(Account, Account.id == Calendar.account_id)
        .outerjoin(CalendarFeed, CalendarFeed.calendar_id == Calendar.id)
        .where(Account.host_id == host_id)
        .order_by(Account.kind.desc(), Calendar.name, Calendar.id)
    )
    return [_card(calendar, feed) for calendar, feed, _ in rows]


@use_case(Permission.CALENDAR_READ)
def calendar_card(uow: UnitOfWork, uuid: UUID, host_id: int) -> CalendarCard:
    """One calendar of the host; ``NotFound`` for anybody else's."""
    row = uow.session.execute(
        sa.select(Calendar, CalendarFeed)
        .join(Account, Account.id == Calendar.account_id)
        .outerjoin(CalendarFeed, CalendarFeed.calendar_id == Calendar.id)
        .where(Calendar.uuid == uuid, Account.host_id == host_id)
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such calendar")
    return _card(row[0], row[1])


def _card(calendar: Calendar, feed: CalendarFeed | None) -> CalendarCard:
    source, where = "built-in", ""
    if feed is not None:
        source = "file" if feed.url is None else "address"
        where = feed.file_name or "" if feed.url is None else feed.url.split("?", 1)[0]
    return CalendarCard(
        uuid=calendar.uuid,
        name=calendar.name,
        zone=calendar.zone,
        source=source,
        where=where,
        blocks=calendar.blocks,
        primary=calendar.primary,
        state=feed.state if feed else None,
        error=feed.error if feed else None,
        problems=tuple(feed.problems) if feed else (),
        events_read=feed.events_read if feed else 0,
        read_at=feed.read_at if feed else None,
        tried_at=feed.tried_at if feed else None,
    )
