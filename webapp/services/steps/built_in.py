"""The account that everybody has from the start."""

from __future__ import annotations

from uuid import uuid4

from webapp.models import Account, AccountKind, Calendar
from webapp.services.unit_of_work import UnitOfWork


def add_built_in(uow: UnitOfWork, host_id: int, zone: str, email: str | None) -> Calendar:
    """The local account and its primary calendar, by which a host is bookable from the start."""
    account = Account(
        host_id=host_id,
        kind=AccountKind.LOCAL,
        name="Kalends",
        email=email,
        writable=True,
        created_at=uow.now,
    )
    uow.session.add(account)
    uow.session.flush()
    calendar = Calendar(
        uuid=uuid4(),
        account_id=account.id,
        name="Bookings",
        zone=zone,
        primary=True,
        blocks=True,
        created_at=uow.now,
    )
    uow.session.add(calendar)
    uow.session.flush()
    return calendar
