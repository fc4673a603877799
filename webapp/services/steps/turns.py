"""Whose turn it is in a profile with several hosts: read, counted and given back.

A turn counts once the meeting is booked, and returns when it is called off before it takes place.
What is only held counts while it is held, so that two visitors at once are not sent to one host.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

import sqlalchemy as sa

from webapp.domain.fairness import TURN, Board, Option, Standing
from webapp.models import Booking, BookingProfile, BookingStatus, Meeting, ProfileHost, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork

_WHY = "the statement names its organization"
_PROFILE, _HOST = table_of(BookingProfile), table_of(ProfileHost)
_BOOKING, _MEETING = table_of(Booking), table_of(Meeting)
_POOL = (
    _HOST.c.profile_id == sa.bindparam("profile"),
    _HOST.c.organization_id == sa.bindparam("organization"),
)

_RAISE = Direct(
    sa.update(_PROFILE)
    .where(
        _PROFILE.c.id == sa.bindparam("profile"),
        _PROFILE.c.organization_id == sa.bindparam("organization"),
    )
    .values(turn=_PROFILE.c.turn + 1),
    _WHY,
)
_STANDINGS = Direct(
    sa.select(
        _HOST.c.host_id,
        _HOST.c.weight,
        _HOST.c.priority,
        _HOST.c.turns,
        _HOST.c.last,
    ).where(*_POOL),
    _WHY,
)
_HELD = Direct(
    sa.select(_MEETING.c.id, _MEETING.c.host_ids)
    .select_from(_BOOKING)
    .join(_MEETING, _MEETING.c.id == _BOOKING.c.meeting_id)
    .where(
        _BOOKING.c.profile_id == sa.bindparam("profile"),
        _BOOKING.c.organization_id == sa.bindparam("organization"),
        _BOOKING.c.status == BookingStatus.HELD,
        # In these words, so that the index of what expires is used.
        _BOOKING.c.expires_at.is_not(None),
        _BOOKING.c.expires_at > sa.bindparam("now"),
        _MEETING.c.counted.is_(sa.false()),
    ),
    _WHY,
)
_COUNT = Direct(
    sa.update(_HOST)
    .where(*_POOL, _HOST.c.host_id == sa.bindparam("host"))
    .values(turns=sa.bindparam("turns"), last=sa.bindparam("last")),
    _WHY,
)
_RETURN = Direct(
    sa.update(_HOST)
    .where(*_POOL, _HOST.c.host_id == sa.bindparam("host"))
    .values(
        turns=sa.case(
            (_HOST.c.turns > TURN // _HOST.c.weight, _HOST.c.turns - TURN // _HOST.c.weight),
            else_=0,
        )
    ),
    _WHY,
)


def lock(uow: UnitOfWork, profile_id: int) -> None:
    """Make others who choose between the profile's hosts wait until the unit ends.

    Always taken before any host is locked.
    """
    if "no-lock" not in uow.settings.race_hooks:
        _RAISE.change(uow.session, profile=profile_id, organization=uow.organization_id)


def standings(uow: UnitOfWork, profile_id: int) -> list[Standing]:
    """Where every host of the profile stands by what is booked."""
    rows = _STANDINGS.rows(uow.session, profile=profile_id, organization=uow.organization_id)
    return [Standing(*row) for row in rows]


def board(uow: UnitOfWork, profile_id: int, prefer: Collection[int] = ()) -> Board:
    """The board to choose from: what is booked, and what is held at the moment."""
    held = _HELD.named(
        uow.session, profile=profile_id, organization=uow.organization_id, now=uow.now
    )
    meetings = {row["id"]: row["host_ids"] for row in held}
    holds = Counter(host_id for host_ids in meetings.values() for host_id in host_ids)
    return Board(
        (
            replace(each, turns=each.turns + each.cost * holds[each.host_id])
            for each in standings(uow, profile_id)
        ),
        prefer,
    )


def count(uow: UnitOfWork, meeting: Meeting, booking_id: int) -> None:
    """Count the meeting as a turn of each of its hosts, once; they are locked by now."""
    if meeting.profile_id is None or meeting.counted or not meeting.host_ids:
        return
    known = standings(uow, meeting.profile_id)
    if len(known) < 2:
        return
    everybody = Option("", tuple(meeting.host_ids))
    for host_id, turns in Board(known).choose([everybody]).turns.items():
        _COUNT.change(
            uow.session,
            profile=meeting.profile_id,
            organization=uow.organization_id,
            host=host_id,
            turns=turns,
            last=booking_id,
        )
    meeting.counted = True


def give_back(uow: UnitOfWork, meeting: Meeting, host_ids: Iterable[int] | None = None) -> None:
    """Return the turns of a meeting that will not be held; its hosts are locked by now."""
    if not meeting.counted or meeting.profile_id is None:
        return
    for host_id in meeting.host_ids if host_ids is None else host_ids:
        _RETURN.change(
            uow.session,
            profile=meeting.profile_id,
            organization=uow.organization_id,
            host=host_id,
        )
    meeting.counted = False
