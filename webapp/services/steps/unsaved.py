"""A profile as its editor has it: hosts and taken time read by host, because no row names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.span import Interval
from webapp.domain.workhours import WorkHours
from webapp.models import BookingProfile, BusySpan, ProfileHost, Schedule, User
from webapp.models.direct import epoch_minute
from webapp.services.steps.candidates import Resolved
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.steps.profile_draft import ProfileDraft
from webapp.services.unit_of_work import UnitOfWork

_NOBODY = UUID(int=0)
"""Stands where a profile that is not saved yet will have its uuid."""
_PLAIN = {each.name for each in fields(Offering)} & {each.name for each in fields(ProfileDraft)}


def offering_of(
    uow: UnitOfWork, draft: ProfileDraft, resolved: Resolved, saved: BookingProfile | None
) -> Offering:
    """What the draft would offer; nothing is written. ``saved`` is the profile it would change."""
    values = {name: getattr(draft, name) for name in _PLAIN}
    return Offering(
        **values,
        id=saved.id if saved else 0,
        uuid=saved.uuid if saved else _NOBODY,
        candidates=resolved.candidates,
        revision=saved.revision if saved else 0,
        deleted_at=None,
        hosts=_hosts(uow, resolved.seats, saved),
        unsaved=True,
    )


def _hosts(
    uow: UnitOfWork, seats: Mapping[int, int], saved: BookingProfile | None
) -> tuple[HostSeat, ...]:
    own = _own_schedules(uow, saved)
    people = {
        user.id: user
        for user in uow.session.scalars(
            sa.select(User).where(User.id.in_(seats), User.deactivated_at.is_(None))
        )
    }
    hours: dict[int, Any] = {}
    for schedule in uow.session.scalars(sa.select(Schedule).where(Schedule.host_id.in_(seats))):
        wanted = own.get(schedule.host_id)
        if schedule.id == wanted or (wanted is None and schedule.is_default):
            hours[schedule.host_id] = schedule.hours
    return tuple(
        HostSeat(
            id=host_id,
            name=people[host_id].name,
            email=people[host_id].email,
            zone=people[host_id].zone,
            calendar_id=calendar_id,
            hours=WorkHours.from_document(hours[host_id]) if host_id in hours else None,
        )
        for host_id, calendar_id in seats.items()
        if host_id in people
    )


def _own_schedules(uow: UnitOfWork, saved: BookingProfile | None) -> dict[int, int]:
    """The schedules that hosts chose for the saved profile."""
    if saved is None:
        return {}
    rows = uow.session.execute(
        sa.select(ProfileHost.host_id, ProfileHost.schedule_id).where(
            ProfileHost.profile_id == saved.id, ProfileHost.schedule_id.is_not(None)
        )
    )
    return {host_id: schedule_id for host_id, schedule_id in rows if schedule_id is not None}


def span_rows(uow: UnitOfWork, profile: Offering, window: Interval) -> list[sa.Row[Any]]:
    """Taken time near ``window`` in the shape that ``asking`` reads, for exactly these hosts."""
    span = BusySpan
    return list(
        uow.session.execute(
            sa.select(
                span.host_id,
                epoch_minute(span.start_at),
                epoch_minute(span.end_at, sa.literal_column("59")),
                span.kind,
                span.expires_at.is_not(None),
                span.id,
                span.meeting_id,
            ).where(
                span.host_id.in_(profile.host_ids),
                span.end_at > window.start,
                span.start_at < window.end,
                span.expires_at.is_(None) | (span.expires_at > uow.now),
            )
        )
    )
