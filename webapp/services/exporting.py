"""Lists as files: the bookings of a list, some hundred at a time, as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.domain.questions import questions_of
from webapp.models import Booking, BookingProfile, Meeting
from webapp.services import agenda
from webapp.services.agenda import Mark, Wanted, Which
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST = 100_000
"""Rows of one file."""
STEP = 500
"""Rows read by one unit: nobody's write waits for an export."""

COLUMNS = (
    *("Reference", "Status", "Start", "End", "Start (UTC)", "Profile", "Hosts", "Name", "E-mail"),
    *("Phone", "Guests", "Time zone", "Booked", "No-show", "Cancelled", "Cancelled by", "Reason"),
    "Answers",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows in the list's order; ``after`` is where the next piece begins, None at the end."""

    rows: tuple[tuple[str, ...], ...]
    after: Mark | None


@use_case(Permission.BOOKING_READ)
def piece(
    uow: UnitOfWork,
    which: Which,
    wanted: Wanted,
    *,
    zone: ZoneInfo,
    after: Mark | None = None,
    most: int = STEP,
) -> Piece:
    """The next rows of a list (see ``COLUMNS``) with local times in ``zone``."""
    statement = agenda.ordered(
        which, wanted, uow.now, after=after, columns=sa.select(Booking)
    ).limit(most)
    found = uow.session.scalars(statement).all()
    profiles = _profiles(uow, {booking.profile_id for booking in found})
    meetings = {booking.meeting_id for booking in found if booking.meeting_id is not None}
    hosts = _hosts(uow, meetings)
    rows = tuple(
        _row(booking, profiles[booking.profile_id], hosts.get(booking.meeting_id or 0, ""), zone)
        for booking in found
    )
    last = (found[-1].start_at, found[-1].id) if len(found) == most else None
    return Piece(rows, last)


@dataclass(frozen=True, slots=True)
class _Profile:
    name: str
    labels: dict[str, str]


def _profiles(uow: UnitOfWork, ids: set[int]) -> dict[int, _Profile]:
    rows = uow.session.execute(
        sa.select(
            BookingProfile.id,
            BookingProfile.name,
            BookingProfile.description,
            BookingProfile.questions,
        ).where(BookingProfile.id.in_(sorted(ids)))
    )
    return {
        id: _Profile(name, {q.name: q.label for q in questions_of(description, questions)})
        for id, name, description, questions in rows
    }


def _hosts(uow: UnitOfWork, meeting_ids: set[int]) -> dict[int, str]:
    rows = uow.session.execute(
        sa.select(Meeting.id, Meeting.host_ids).where(Meeting.id.in_(sorted(meeting_ids)))
    ).all()
    names = agenda.names_of(uow, {host for _, ids in rows for host in ids})
    return {id: ", ".join(names[host] for host in ids if host in names) for id, ids in rows}


def _row(booking: Booking, profile: _Profile, hosts: str, zone: ZoneInfo) -> tuple[str, ...]:
    def local(instant: datetime | None) -> str:
        return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M") if instant else ""

    answers = [
        f"{profile.labels.get(name, name)}: {text}" for name, text in booking.answers.items()
    ]
    return (
        str(booking.reference or ""),
        booking.status.value,
        local(booking.start_at),
        local(booking.end_at),
        booking.start_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        profile.name,
        hosts,
        booking.name,
        booking.email,
        booking.phone,
        _lines(booking.guests),
        booking.zone,
        local(booking.created_at),
        local(booking.no_show_at),
        local(booking.cancelled_at),
        booking.cancelled_by.value if booking.cancelled_by else "",
        booking.cancel_reason,
        _lines(answers),
    )


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(parts)
