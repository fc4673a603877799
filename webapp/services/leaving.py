"""Somebody leaves an organization, or a room goes: what becomes of their bookings and keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, Refusal, SlotTaken
from webapp.domain.permissions import Permission, Role
from webapp.models import (
    AccessToken,
    Actor,
    Booking,
    BookingProfile,
    BookingStatus,
    BusySpan,
    ProfileHost,
    User,
)
from webapp.services import bookings, reassigning
from webapp.services.people import check_role
from webapp.services.steps import departures, hosts, turns
from webapp.services.steps.memberships import (
    another_owner,
    lock_team,
    membership_of,
    withdraw_invitations,
)
from webapp.services.team import Member, member
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_AT_ONCE = 200
"""Upcoming bookings that one removal decides about; more are first dealt with in their list."""
SHOWN = 25
"""Upcoming bookings whose possible new hosts are looked up for the page."""
LEFT = "The person you booked with has left, and nobody else is free at that time."
"""What invitees read when nothing else is said."""

_STANDING = (BookingStatus.CONFIRMED, BookingStatus.PENDING)


class Fate(StrEnum):
    """What becomes of the upcoming bookings of somebody who leaves."""

    GIVE_OR_CANCEL = "give-or-cancel"
    GIVE_OR_KEEP = "give-or-keep"
    CANCEL = "cancel"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One booking that has to be decided about; ``successor`` is None when nobody else is free."""

    uuid: UUID
    start_at: datetime
    invitee: str
    profile_name: str
    successor: str | None


@dataclass(frozen=True, slots=True)
class Served:
    """A profile that loses a host; ``stops`` when nobody is left to take its bookings."""

    name: str
    stops: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What removing somebody comes to. ``obstacle`` says why it cannot be done, or is empty.

    ``upcoming`` are the first 25 of ``count`` bookings.
    """

    member: Member
    upcoming: tuple[Upcoming, ...]
    count: int
    profiles: tuple[Served, ...]
    keys: int
    obstacle: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done with the bookings, by number."""

    given: int
    cancelled: int
    kept: int


@use_case(Permission.PEOPLE_MANAGE)
def plan(uow: UnitOfWork, uuid: UUID) -> Plan:
    """What removing somebody would come to, as it stands now."""
    found = member(uow, uuid)
    upcoming = _upcoming(uow, found.id)
    return Plan(
        member=found,
        upcoming=tuple(_decided(uow, found.id, booking) for booking in upcoming[:SHOWN]),
        count=len(upcoming),
        profiles=tuple(
            Served(name, stops) for name, stops in departures.profiles_of(uow, found.id)
        ),
        keys=_count_keys(uow, found.id),
        obstacle=_obstacle(uow, found, len(upcoming)),
    )


def _obstacle(uow: UnitOfWork, found: Member, count: int) -> str:
    try:
        check_role(uow.caller, found.role)
        if found.role is Role.OWNER:
            another_owner(uow, found.id)
    except Refusal as refusal:
        return refusal.message
    if count > MOST_AT_ONCE:
        return f"{count} bookings are still to come. Cancel or hand over some of them first."
    return ""


def _upcoming(uow: UnitOfWork, host_id: int) -> Sequence[Booking]:
    """The host's bookings that have not begun, soonest first."""
    theirs = sa.select(BusySpan.meeting_id).where(
        BusySpan.host_id == host_id, BusySpan.end_at > uow.now, BusySpan.meeting_id.is_not(None)
    )
    return uow.session.scalars(
        sa.select(Booking)
        .where(
            Booking.meeting_id.in_(theirs),
            Booking.status.in_(_STANDING),
            Booking.start_at > uow.now,
        )
        .order_by(Booking.start_at, Booking.id)
    ).all()


def _decided(uow: UnitOfWork, host_id: int, booking: Booking) -> Upcoming:
    found = _successors(uow, host_id, booking)
    profile = uow.session.get_one(BookingProfile, booking.profile_id)
    return Upcoming(
        uuid=booking.uuid,
        start_at=booking.start_at,
        invitee=booking.name,
        profile_name=profile.name,
        successor=", ".join(found[0].names) if found else None,
    )


def _successors(uow: UnitOfWork, host_id: int, booking: Booking) -> list[reassigning.Choice]:
    return [
        choice for choice in reassigning.choices(uow, booking) if host_id not in choice.host_ids
    ]


def _count_keys(uow: UnitOfWork, user_id: int) -> int:
    counted = sa.select(sa.func.count(AccessToken.id)).where(
        AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None)
    )
    return int(uow.session.scalar(counted) or 0)


@use_case(Permission.PEOPLE_MANAGE)
def remove(uow: UnitOfWork, uuid: UUID, fate: Fate = Fate.KEEP, *, reason: str = "") -> Outcome:
    """End somebody's place here, or take a room away, in one step with all that hangs on it.

    Their upcoming bookings meet their ``fate`` (``reason`` is read by invitees whose booking is
    cancelled), profiles lose them as a host and pause when nobody is left, their keys, linked
    calendars, time away and open invitations end. Sessions go on in another organization of
    theirs, or end. Raises ``NotFound``, ``Forbidden``, ``Conflict`` for the last owner.
    """
    lock_team(uow)
    found = member(uow, uuid)
    membership = membership_of(uow, found.id)
    check_role(uow.caller, membership.role)
    if membership.role is Role.OWNER:
        another_owner(uow, found.id)
    upcoming = _lock(uow, found.id)
    if len(upcoming) > MOST_AT_ONCE:
        raise Conflict(_obstacle(uow, found, len(upcoming)))
    outcome = _decide(uow, found.id, upcoming, fate, reason)
    departures.end_holds(uow, found.id)
    departures.leave_profiles(uow, found.id)
    departures.end_calendars(uow, found.id)
    departures.end_keys(uow, found.id)
    withdraw_invitations(uow, found.id)
    uow.session.delete(membership)
    uow.session.flush()
    departures.end_sessions(uow, found.id)
    if found.is_room:
        uow.session.get_one(User, found.id).deactivated_at = uow.now
    uow.record(
        "room.removed" if found.is_room else "member.removed",
        f"user:{found.id}",
        given=outcome.given,
        cancelled=outcome.cancelled,
        kept=outcome.kept,
    )
    return outcome


def _lock(uow: UnitOfWork, host_id: int) -> Sequence[Booking]:
    """Every pool and host who may be concerned, in order; then the bookings as they stand."""
    pools = sa.select(ProfileHost.profile_id).where(ProfileHost.host_id == host_id)
    for profile_id in sorted(set(uow.session.scalars(pools))):
        turns.lock(uow, profile_id)  # before any host: choosers wait for hosts with the pool held
    served = sa.select(ProfileHost.profile_id).where(ProfileHost.host_id == host_id)
    colleagues = uow.session.scalars(
        sa.select(ProfileHost.host_id).where(ProfileHost.profile_id.in_(served))
    )
    hosts.lock(uow, {host_id, *colleagues})
    return _upcoming(uow, host_id)


def _decide(
    uow: UnitOfWork, host_id: int, upcoming: Sequence[Booking], fate: Fate, reason: str
) -> Outcome:
    done: Counter[str] = Counter()
    load: Counter[tuple[int, ...]] = Counter()
    for booking in upcoming:
        if fate is Fate.KEEP:
            done["kept"] += 1
        elif fate is not Fate.CANCEL and _given(uow, host_id, booking, load):
            done["given"] += 1
        elif fate is Fate.GIVE_OR_KEEP:
            done["kept"] += 1
        else:
            bookings.cancel(uow, booking.uuid, by=Actor.HOST, reason=reason.strip() or LEFT)
            done["cancelled"] += 1
    return Outcome(done["given"], done["cancelled"], done["kept"])


def _given(uow: UnitOfWork, host_id: int, booking: Booking, load: Counter[tuple[int, ...]]) -> bool:
    """Give the booking to whoever is free and got the fewest so far; False when nobody is."""
    found = sorted(_successors(uow, host_id, booking), key=lambda each: load[each.host_ids])
    for choice in found:
        try:
            reassigning.reassign(uow, booking.uuid, choice.host_ids)
        except SlotTaken:
            continue
        load[choice.host_ids] += 1
        return True
    return False


def fate_of(text: str) -> Fate:
    """What a form chose; raises ``Invalid`` when it chose nothing that there is."""
    try:
        return Fate(text)
    except ValueError:
        raise Invalid("Choose what happens to the bookings.", field="fate") from None
