"""Hosts whose calendars cannot be read at the moment: they are never taken as free."""

from __future__ import annotations

import sqlalchemy as sa

from webapp.models import Account, Calendar, CalendarFeed, FeedState, ProfileHost
from webapp.services.unit_of_work import UnitOfWork


def hosts(uow: UnitOfWork, profile_id: int) -> frozenset[int]:
    """The profile's hosts with a linked calendar that blocks and whose last reading failed."""
    return frozenset(
        uow.session.scalars(
            sa.select(ProfileHost.host_id)
            .join(Account, Account.host_id == ProfileHost.host_id)
            .join(Calendar, Calendar.account_id == Account.id)
            .join(CalendarFeed, CalendarFeed.calendar_id == Calendar.id)
            .where(
                ProfileHost.profile_id == profile_id,
                Calendar.blocks,
                CalendarFeed.state == FeedState.FAILING,
            )
        )
    )
