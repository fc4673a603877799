"""Further calendar accounts of a host: written by this product, or linked from elsewhere."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tests.world import World
from webapp.models import Account, AccountKind, Calendar, CalendarFeed, FeedState
from webapp.services.unit_of_work import UnitOfWork


def add_account(uow: UnitOfWork, host_id: int, name: str, kind: AccountKind) -> Account:
    """An account without a calendar; only what is our own can be written to."""
    own = kind is AccountKind.LOCAL
    account = Account(host_id=host_id, kind=kind, name=name, writable=own, created_at=uow.now)
    uow.session.add(account)
    uow.session.flush()
    return account


def add_calendar(
    uow: UnitOfWork,
    account: Account,
    name: str,
    *,
    zone: str = "Europe/Berlin",
    primary: bool = False,
) -> Calendar:
    """One more calendar of an account."""
    calendar = Calendar(
        uuid=uuid4(),
        account_id=account.id,
        name=name,
        zone=zone,
        primary=primary,
        created_at=uow.now,
    )
    uow.session.add(calendar)
    uow.session.flush()
    return calendar


def second_account(world: World, host: str) -> int:
    """Another writable account of a host, with two calendars; gives its id."""
    with world.desk.begin(world.owner) as uow:
        account = add_account(uow, world.hosts[host], "Second", AccountKind.LOCAL)
        add_calendar(uow, account, "Main", primary=True)
        add_calendar(uow, account, "Other")
        return account.id


def linked_feed(world: World, host: str = "ada", **values: object) -> CalendarFeed:
    """A linked calendar that blocks and was read just now, unless ``values`` say otherwise."""
    with world.desk.begin(world.owner) as uow:
        account = add_account(uow, world.hosts[host], "Private", AccountKind.ICS)
        calendar = add_calendar(uow, account, "Private")
        chosen: dict[str, object] = {
            "url": "https://calendar.example.org/x.ics",
            "state": FeedState.FRESH,
            "tried_at": uow.now,
            "expanded_until": uow.now + timedelta(days=400),
        }
        feed = CalendarFeed(calendar_id=calendar.id, created_at=uow.now, **(chosen | values))
        uow.session.add(feed)
        uow.session.flush()
        return feed


def failing_feed(world: World, host: str) -> CalendarFeed:
    """A linked calendar that blocks and was never read, because that fails."""
    return linked_feed(world, host, state=FeedState.FAILING, tried_at=None, expanded_until=None)
