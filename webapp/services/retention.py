"""Keeping personal data no longer than an organization has decided."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.domain.span import EPOCH
from webapp.models import Booking, Invitation, Organization
from webapp.services import erasing
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

BATCH = 50
"""How many bookings one unit forgets."""
INVITATIONS_KEPT = timedelta(days=90)
"""How long an invitation is kept after it could last be accepted."""
_is_known = sa.or_(Booking.email != "", Booking.name.not_in(("", erasing.NOBODY)))
"""Of a booking: whether it tells who made it; programs book for people without an address too."""
_WHOLE = "upkeep of the whole installation, by age alone"


@use_case(Permission.UPKEEP)
def keeping(uow: UnitOfWork) -> list[int]:
    """Organizations that forget invitees after some months."""
    found = sa.select(Organization.id).where(Organization.retention_months.is_not(None))
    return list(uow.session.scalars(found.order_by(Organization.id)))


@use_case(Permission.UPKEEP)
def forget_invitees(uow: UnitOfWork) -> int:
    """Forget the invitees of the organization's next old bookings, at most 50; how many.

    Old are those that began so many months ago. Where the last one stopped is kept, so that what
    was done once is never looked through again.
    """
    own = uow.session.get_one(Organization, uow.organization_id, populate_existing=True)
    if own.retention_months is None:
        return 0
    limit = months_before(uow.now, own.retention_months)
    begun = own.erased_until or EPOCH
    if begun >= limit:
        return 0
    rows = uow.session.scalars(
        sa.select(Booking)
        .where(Booking.start_at >= begun, Booking.start_at < limit, _is_known)
        .order_by(Booking.start_at, Booking.id)
        .limit(BATCH)
    ).all()
    erasing.erase_bookings(uow, rows)
    own.erased_until = rows[-1].start_at if len(rows) == BATCH else limit
    if rows:
        uow.record("invitees.forgotten", f"organization:{own.id}", count=len(rows))
    uow.session.flush()
    return len(rows)


@use_case(Permission.UPKEEP)
def delete_old_invitations(uow: UnitOfWork) -> int:
    """Delete invitations ninety days after they ended, at most 500; how many."""
    old = sa.select(Invitation.id).where(Invitation.expires_at < uow.now - INVITATIONS_KEPT)
    gone = sa.delete(Invitation).where(Invitation.id.in_(old.limit(500))).returning(Invitation.id)
    gone = gone.execution_options(synchronize_session=False)
    return len(uow.session.execute(below_the_guard(gone, _WHOLE)).all())


def months_before(instant: datetime, months: int) -> datetime:
    """The same day and time so many months earlier; the month's last day where it has no such."""
    count = instant.year * 12 + instant.month - 1 - months
    year, month = divmod(count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last))
