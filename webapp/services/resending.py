"""Sending an invitee once more what they should have: the mail that says how the booking stands."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict, NotFound, TooMany
from webapp.domain.permissions import Permission
from webapp.models import Booking, BookingStatus, Meeting, Message
from webapp.services import bookings, directory
from webapp.services.steps import idempotency, notices, offering
from webapp.services.steps.attending import hosts_of
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_AN_HOUR = 5
"""Mails to the invitee about one booking after which nobody sends more by hand."""
_TEMPLATES = {BookingStatus.CONFIRMED: "booked", BookingStatus.PENDING: "requested"}


@use_case(Permission.BOOKING_CHANGE)
def resend(uow: UnitOfWork, uuid: UUID, *, key: str | None = None) -> Booking:
    """Queue the confirmation (of a request: what was asked for) for the invitee again.

    Raises ``Conflict`` for what is past, no longer stands or has no address, ``TooMany`` after
    several mails within an hour, ``NotFound``.
    """
    booking = bookings.by_uuid(uow, uuid)
    if idempotency.claim(uow, "resend", key, [uuid]) is not None:
        return booking
    template = _TEMPLATES.get(booking.status)
    if template is None or booking.start_at <= uow.now:
        raise Conflict("Only the mail of a booking that is to come can be sent again")
    if not booking.email:
        raise Conflict("Whoever booked left no mail address")
    _ask_the_limit(uow, booking)
    profile = offering.load(uow, profile_id=booking.profile_id)
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    if profile is None or meeting is None:
        raise NotFound("there is no such booking")
    organization = directory.own_organization(uow)
    seats = hosts_of(uow, profile, meeting)
    notices.tell_invitee(uow, template, booking, profile, organization, seats)
    uow.record("booking.resent", f"booking:{booking.id}")
    idempotency.settle(uow, "resend", key, booking=booking.id)
    return booking


def _ask_the_limit(uow: UnitOfWork, booking: Booking) -> None:
    sent = sa.select(sa.func.count()).where(
        Message.booking_id == booking.id,
        Message.audience == "invitee",
        Message.created_at > uow.now - timedelta(hours=1),
    )
    if (uow.session.scalar(sent) or 0) >= MOST_AN_HOUR:
        raise TooMany(
            "The invitee got several mails about this booking within the hour",
            retry_after_seconds=3600,
        )
