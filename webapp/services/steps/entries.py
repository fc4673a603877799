"""A meeting's entries in its hosts' calendars: one Event per host, in step with the meeting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa

from webapp.models import Account, AccountKind, Calendar, Event, EventStatus, Meeting
from webapp.models.direct import Insertion
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.unit_of_work import UnitOfWork

_NEW_EVENT = Insertion(Event)
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
    meeting: Meeting,
    profile: Offering,
    hosts: Sequence[HostSeat],
    *,
    uid: str,
    summary: str,
    tentative: bool = False,
    first: bool = False,
) -> None:
    """Make or update the Event of ``meeting`` for each of ``hosts``; others' go away.

    They take no time of their own: the meeting's spans do. ``first``: there can be none yet.
    """
    kept = {} if first else {event.calendar_id: event for event in _events(uow, meeting)}
    for host in hosts:
        event = kept.pop(host.calendar_id, None)
        facts = {
            "summary": summary,
            "location": profile.location,
            "start_at": meeting.start_at,
            "end_at": meeting.end_at,
            "status": EventStatus.TENTATIVE if tentative else EventStatus.CONFIRMED,
            "updated_at": uow.now,
        }
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
