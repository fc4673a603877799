"""Whether an invitee came: marking a no-show once the meeting has begun, and taking it back."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict
from webapp.domain.permissions import Permission
from webapp.models import Booking, BookingStatus
from webapp.services import bookings
from webapp.services.unit_of_work import UnitOfWork, use_case


@use_case(Permission.BOOKING_CHANGE)
def mark_no_show(uow: UnitOfWork, uuid: UUID) -> Booking:
    """Note that the invitee did not come.

    Raises ``Conflict`` before the start, for what did not stand then, and when it is marked
    already; ``NotFound``.
    """
    booking = bookings.by_uuid(uow, uuid)
    if booking.status is not BookingStatus.CONFIRMED:
        raise Conflict("Only a confirmed booking can be a no-show")
    if booking.start_at > uow.now:
        raise Conflict("This booking has not begun yet")
    _set(uow, booking, absent=True)
    uow.record("booking.no_show", f"booking:{booking.id}")
    return booking


@use_case(Permission.BOOKING_CHANGE)
def undo_no_show(uow: UnitOfWork, uuid: UUID) -> Booking:
    """Take the mark back: the invitee came after all. Raises ``Conflict`` when there is none."""
    booking = bookings.by_uuid(uow, uuid)
    _set(uow, booking, absent=False)
    uow.record("booking.no_show_undone", f"booking:{booking.id}")
    return booking


def _set(uow: UnitOfWork, booking: Booking, *, absent: bool) -> None:
    """Of two who press at once, one is told that it is so already."""
    is_as_thought = Booking.no_show_at.is_(None) if absent else Booking.no_show_at.is_not(None)
    changed = uow.session.execute(
        sa.update(Booking)
        .where(Booking.id == booking.id, is_as_thought)
        .values(no_show_at=uow.now if absent else None, updated_at=uow.now)
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not changed:
        already = "already marked as a no-show" if absent else "not marked as a no-show"
        raise Conflict(f"This booking is {already}")
    uow.session.refresh(booking)
