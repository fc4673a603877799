"""A linked calendar that could not be read the last time."""

from __future__ import annotations

from uuid import uuid4

from tests.world import World
from webapp.models import Account, AccountKind, Calendar, CalendarFeed, FeedState


def failing_feed(world: World, host: str) -> None:
    """Give a host a calendar that blocks and cannot be read."""
    with world.desk.begin(world.owner) as uow:
        account = Account(
            host_id=world.hosts[host],
            kind=AccountKind.ICS,
            name="Holidays",
            writable=False,
            created_at=uow.now,
        )
        uow.session.add(account)
        uow.session.flush()
        calendar = Calendar(
            uuid=uuid4(),
            account_id=account.id,
            name="Holidays",
            zone="UTC",
            created_at=uow.now,
        )
        uow.session.add(calendar)
        uow.session.flush()
        uow.session.add(
            CalendarFeed(
                calendar_id=calendar.id,
                url="https://calendar.example.org/a.ics",
                state=FeedState.FAILING,
                created_at=uow.now,
            )
        )
