"""A booking as its receipt, its manage page and the console show it, with all that happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.domain.questions import questions_of
from webapp.models import (
    Actor,
    Attempt,
    AuditEntry,
    Booking,
    BookingStatus,
    Meeting,
    Message,
)
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
    is_past: bool
    can_change: bool
    manage_path: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened to a booking: when, what, by whom, and how it went."""

    at: datetime
    kind: str
    title: str
    detail: str = ""


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
        uuid=booking.uuid,
        reference=booking.reference,
        status=booking.status,
        subject=notices.subject_of(profile, booking, organization, hosts),
        profile_name=profile.name,
        profile_slug=profile.slug,
        start_at=booking.start_at,
        end_at=booking.end_at,
        duration_minutes=int((booking.end_at - booking.start_at).total_seconds() // 60),
        zone=booking.zone,
        hosts=hosts,
        location_kind=profile.location_kind.value,
        location_text=offers.location_text(profile.location_kind, profile.location),
        location=profile.location,
        name=booking.name,
        email=booking.email,
        phone=booking.phone,
        guests=tuple(booking.guests),
        answers=tuple((labels.get(name, name), text) for name, text in booking.answers.items()),
        sequence=booking.sequence,
        uid=notices.uid_of(uow, booking),
        decide_by=booking.decide_by,
        cancelled_at=booking.cancelled_at,
        cancelled_by=booking.cancelled_by,
        cancel_reason=booking.cancel_reason,
        is_past=booking.end_at <= uow.now,
        can_change=booking.status in (BookingStatus.PENDING, BookingStatus.CONFIRMED)
        and booking.start_at > uow.now,
        manage_path=f"/{organization.slug}/m/{links.manage_token(uow.keys, booking)}",
        created_at=booking.created_at,
        updated_at=booking.updated_at,
    )


_ACTIONS = {
    "booking.confirmed": "Booked",
    "booking.requested": "Requested",
    "booking.approved": "Approved",
    "booking.moved": "Time changed",
    "booking.cancelled": "Cancelled",
    "booking.declined": "Declined",
}


@use_case(Permission.BOOKING_READ)
def timeline(uow: UnitOfWork, booking: Booking) -> list[TimelineEntry]:
    """Everything that happened to ``booking``, oldest first: changes, mails and each try."""
    entries = _changes(uow, booking) + _mails(uow, booking)
    return sorted(entries, key=lambda entry: entry.at)


def _changes(uow: UnitOfWork, booking: Booking) -> list[TimelineEntry]:
    found: Sequence[AuditEntry] = uow.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.subject == f"booking:{booking.id}")
    ).all()
    entries = []
    for entry in found:
        detail = ""
        if entry.action == "booking.moved":
            detail = f"from {entry.changes.get('old')} to {entry.changes.get('new')}"
        if by := entry.changes.get("by"):
            detail = f"{detail}{', ' if detail else ''}by {by}"
        title = _ACTIONS.get(entry.action, entry.action)
        entries.append(TimelineEntry(entry.at, "change", title, detail))
    return entries


def _mails(uow: UnitOfWork, booking: Booking) -> list[TimelineEntry]:
    messages = uow.session.scalars(sa.select(Message).where(Message.booking_id == booking.id)).all()
    entries = [
        TimelineEntry(
            message.created_at,
            "mail",
            f"Mail “{message.template}” to {message.audience}",
            f"{message.address}: {message.state.value}",
        )
        for message in messages
    ]
    by_id = {message.id: message for message in messages}
    tries = uow.session.scalars(sa.select(Attempt).where(Attempt.message_id.in_(list(by_id)))).all()
    for attempt in tries:
        message = by_id[attempt.message_id]
        outcome = attempt.outcome.value if attempt.outcome else "under way"
        entries.append(
            TimelineEntry(
                attempt.ended_at or attempt.started_at,
                "attempt",
                f"Try {attempt.number} of “{message.template}” to {message.audience}: {outcome}",
                attempt.answer,
            )
        )
    return entries
