"""A booking as its receipt, its manage page and the console show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from webapp.domain.permissions import Permission
from webapp.domain.questions import questions_of
from webapp.models import Actor, Booking, BookingStatus, Meeting
from webapp.services import directory, offers
from webapp.services.steps import links, notices, offering
from webapp.services.steps.attending import hosts_of
from webapp.services.steps.offering import HostSeat
from webapp.services.unit_of_work import UnitOfWork, use_case


@dataclass(frozen=True, slots=True)
class BookingCard:
    """Everything a receipt shows; times are UTC, ``zone`` is the invitee's."""

    uuid: UUID
    reference: int | None
    status: BookingStatus
    subject: str
    profile_name: str
    profile_slug: str
    start_at: datetime
    end_at: datetime
    duration_minutes: int
    zone: str
    hosts: tuple[HostSeat, ...]
    location_kind: str
    location_text: str
    location: str
    name: str
    email: str
    phone: str
    guests: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    sequence: int
    uid: str
    decide_by: datetime | None
    cancelled_at: datetime | None
    cancelled_by: Actor | None
    cancel_reason: str
    no_show_at: datetime | None
    has_begun: bool
    is_past: bool
    can_change: bool
    manage_path: str
    created_at: datetime
    updated_at: datetime


_AS_KEPT = (
    *("uuid", "reference", "status", "start_at", "end_at", "zone", "name", "email", "phone"),
    *("sequence", "decide_by", "cancelled_at", "cancelled_by", "cancel_reason", "no_show_at"),
    *("created_at", "updated_at"),
)
"""What the card says as the booking's row has it."""


@use_case(Permission.BOOKING_ATTEND)
def card(uow: UnitOfWork, booking: Booking) -> BookingCard:
    """The receipt of ``booking``."""
    profile = offering.load(uow, profile_id=booking.profile_id)
    assert profile is not None, "a booking keeps its profile's row"
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    hosts = tuple(hosts_of(uow, profile, meeting)) if meeting is not None else ()
    organization = directory.own_organization(uow)
    labels = {q.name: q.label for q in questions_of(profile.description, profile.questions)}
    return BookingCard(
        **{name: getattr(booking, name) for name in _AS_KEPT},
        subject=notices.subject_of(profile, booking, organization, hosts),
        profile_name=profile.name,
        profile_slug=profile.slug,
        duration_minutes=int((booking.end_at - booking.start_at).total_seconds() // 60),
        hosts=hosts,
        location_kind=profile.location_kind.value,
        location_text=offers.location_text(profile.location_kind, profile.location),
        location=profile.location,
        guests=tuple(booking.guests),
        answers=tuple((labels.get(name, name), text) for name, text in booking.answers.items()),
        uid=notices.uid_of(uow, booking),
        has_begun=booking.start_at <= uow.now,
        is_past=booking.end_at <= uow.now,
        can_change=booking.status in (BookingStatus.PENDING, BookingStatus.CONFIRMED)
        and booking.start_at > uow.now,
        manage_path=f"/{organization.slug}/m/{links.manage_token(uow.keys, booking)}",
    )
