"""A meeting's entries in its hosts' calendars: one Event per host, in step with the meeting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa

from webapp.domain.questions import shown_description
from webapp.models import (
    Account,
    AccountKind,
    Booking,
    BookingStatus,
    Calendar,
    Event,
    EventStatus,
    Meeting,
)
from webapp.models.direct import Insertion, Rewriting
from webapp.services.directory import OrganizationCard
from webapp.services.steps import notices
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.unit_of_work import UnitOfWork

_NEW_EVENT = Insertion(Event)
_NAME = Rewriting(Meeting, "subject")
_OURS = sa.select(Event).where(
    Event.meeting_id == sa.bindparam("meeting"),
    Event.calendar_id.in_(
        sa.select(Calendar.id)
        .join(Account, Account.id == Calendar.account_id)
        .where(Account.kind == AccountKind.LOCAL)
    ),
)


def write_entries(
    uow: UnitOfWork,
    booking: Booking,
    meeting: Meeting,
    profile: Offering,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
    *,
    first: bool = False,
) -> None:
    """Make or update the Event of ``booking``'s meeting for each of ``hosts``; others' go away.

    They take no time of their own: the meeting's spans do. A meeting that is the booking's alone
    is called and told by it; one with seats has the profile's words. ``first``: there can be none
    yet.
    """
    alone = meeting.seats == 1
    kept = {} if first and alone else {event.calendar_id: event for event in _events(uow, meeting)}
    uid, description = f"{meeting.uuid}@{uow.settings.mail_domain}", profile.description
    if alone:
        uid = notices.uid_of(uow, booking)
        description = notices.description_of(profile, booking, organization, hosts)
        subject = notices.subject_of(profile, booking, organization, hosts)
        if meeting.subject != subject:
            _NAME.write(uow.session, meeting, subject=subject)
    tentative = booking.status is BookingStatus.PENDING
    facts = {
        "summary": meeting.subject,
        "description": shown_description(description),
        "location": profile.location,
        "start_at": meeting.start_at,
        "end_at": meeting.end_at,
        "status": EventStatus.TENTATIVE if tentative else EventStatus.CONFIRMED,
        "updated_at": uow.now,
    }
    for host in hosts:
        event = kept.pop(host.calendar_id, None)
        if event is None:
            _NEW_EVENT.add(
                uow.session,
                uuid=uuid4(),
                calendar_id=host.calendar_id,
                meeting_id=meeting.id,
                uid=uid,
                zone=host.zone,
                created_at=uow.now,
                **facts,
            )
            continue
        event.sequence += 1
        for name, value in facts.items():
            setattr(event, name, value)
    for event in kept.values():
        _cancel(uow, event)


def cancel_entries(uow: UnitOfWork, meeting: Meeting) -> None:
    """Mark the meeting's Events as cancelled: nobody attends any more."""
    for event in _events(uow, meeting):
        _cancel(uow, event)


def _events(uow: UnitOfWork, meeting: Meeting) -> Sequence[Event]:
    """The entries that we write; a copy that came in with a feed is the feed's to change."""
    return uow.session.scalars(_OURS, {"meeting": meeting.id}).all()


def _cancel(uow: UnitOfWork, event: Event) -> None:
    if event.status is not EventStatus.CANCELLED:
        event.status = EventStatus.CANCELLED
        event.sequence += 1
        event.updated_at = uow.now
