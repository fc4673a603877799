"""Bookings after they were made: found by their link or id, moved, cancelled, approved, shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Busy, Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval
from webapp.domain.speech import Sentence
from webapp.models import Actor, Booking, BookingStatus, Meeting
from webapp.services import directory
from webapp.services.steps import (
    choosing,
    entries,
    hosts,
    idempotency,
    links,
    notices,
    occupancy,
    offering,
    placements,
    turns,
)
from webapp.services.steps.attending import hosts_of
from webapp.services.steps.choosing import Instead, Wanted
from webapp.services.steps.occupancy import Place
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.unit_of_work import UnitOfWork, use_case

STANDING = (BookingStatus.PENDING, BookingStatus.CONFIRMED)
"""Statuses in which a booking can be moved and cancelled."""

LONGEST_REASON = 1000
ELSEWHERE = "It was moved to a time that somebody else takes."
"""What a host reads who had the old time and has not the new one."""


@use_case(Permission.BOOKING_ATTEND)
def by_manage_link(uow: UnitOfWork, token: str) -> Booking:
    """The booking whose manage link ends in ``token``; anything else is ``NotFound``."""
    public_id = links.public_id_of(token)
    booking = None
    if public_id is not None:
        booking = uow.session.scalars(
            sa.select(Booking).where(Booking.public_id == public_id)
        ).one_or_none()
    if (
        booking is None
        or not links.proves(uow.keys, token, booking)
        or booking.status in (BookingStatus.HELD, BookingStatus.LAPSED)
    ):
        raise NotFound("there is no such booking")
    return booking


@use_case(Permission.BOOKING_ATTEND)
def manage_token(uow: UnitOfWork, booking: Booking) -> str:
    """What the booking's manage link ends in."""
    return links.manage_token(uow.keys, booking)


@use_case(Permission.BOOKING_READ)
def by_uuid(uow: UnitOfWork, uuid: UUID) -> Booking:
    """A booking of the organization; raises ``NotFound``."""
    return _standing_or_past(uow, uuid)


@use_case(Permission.BOOKING_READ)
def between(uow: UnitOfWork, window: Interval, *, host_id: int | None = None) -> Sequence[Booking]:
    """Bookings that stand and start inside ``window``, in order of time (at most 500)."""
    query = (
        sa.select(Booking)
        .where(
            Booking.status.in_(STANDING),
            Booking.start_at >= window.start,
            Booking.start_at < window.end,
        )
        .order_by(Booking.start_at, Booking.id)
        .limit(500)
    )
    found = uow.session.scalars(query).all()
    if host_id is None:
        return found
    mine = {
        meeting.id
        for meeting in uow.session.scalars(
            sa.select(Meeting).where(Meeting.id.in_([b.meeting_id for b in found]))
        )
        if host_id in meeting.host_ids
    }
    return [booking for booking in found if booking.meeting_id in mine]


def _standing_or_past(uow: UnitOfWork, uuid: UUID) -> Booking:
    booking = uow.session.scalars(
        sa.select(Booking).where(Booking.uuid == uuid).execution_options(populate_existing=True)
    ).one_or_none()
    if booking is None or booking.status in (BookingStatus.HELD, BookingStatus.LAPSED):
        raise NotFound("there is no such booking")
    return booking


def _reason(reason: str) -> str:
    cleaned = reason.replace("\r\n", "\n").strip()
    if len(cleaned) > LONGEST_REASON or "\x00" in cleaned:
        told = Sentence("A reason has at most %(most)s characters", most=LONGEST_REASON)
        raise Invalid(told, field="reason")
    return cleaned


def _found(uow: UnitOfWork, uuid: UUID) -> tuple[Booking, Meeting, Offering]:
    """The booking, its meeting and profile as they stand, nobody locked; raises ``NotFound``."""
    booking = _standing_or_past(uow, uuid)
    profile = offering.load(uow, profile_id=booking.profile_id)
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    if profile is None or meeting is None:
        raise NotFound("there is no such booking")
    return booking, meeting, profile


def _locked(uow: UnitOfWork, uuid: UUID) -> tuple[Booking, Meeting, Offering]:
    """The same with the meeting's hosts locked."""
    booking, meeting, profile = _found(uow, uuid)
    _lock(uow, booking, meeting, ())
    return booking, meeting, profile


def _lock(uow: UnitOfWork, booking: Booking, meeting: Meeting, more: Iterable[int]) -> None:
    """Lock the meeting's hosts and ``more``, and read both afresh; ``Busy`` when it was handed
    over to somebody else at this moment."""
    concerned = {*meeting.host_ids, *more}
    hosts.lock(uow, concerned)
    uow.session.refresh(booking)
    uow.session.refresh(meeting)
    if booking.meeting_id != meeting.id or not concerned.issuperset(meeting.host_ids):
        raise Busy("somebody else changed this booking a moment ago; please try again")


def _still_to_come(uow: UnitOfWork, booking: Booking) -> None:
    if booking.status not in STANDING:
        raise Conflict(Sentence("This booking was already cancelled"))
    if booking.start_at <= uow.now:
        raise Conflict(Sentence("This booking has already taken place"))


@use_case(Permission.BOOKING_ATTEND)
def move(
    uow: UnitOfWork,
    uuid: UUID,
    start: datetime,
    *,
    by: Actor,
    reason: str = "",
    unreadable: frozenset[int] = frozenset(),
    key: str | None = None,
) -> Booking:
    """Put the booking at ``start`` (UTC): same reference, UID and links, hosts kept if they can.

    Spans are updated in place under the locks of old and new hosts, so that neither the old time
    is lost nor the new one taken twice. ``unreadable``: hosts never taken as free. Raises
    ``SlotTaken`` or ``NotOffered``, ``Conflict`` when
    it is past or cancelled, ``Invalid`` for the time it has, ``NotFound``.
    """
    done = idempotency.claim(uow, "move", key, [uuid, start])
    if done is not None:
        return _standing_or_past(uow, uuid)
    said = _reason(reason)
    booking, meeting, profile = _found(uow, uuid)
    minutes = Interval(booking.start_at, booking.end_at).minutes
    within = choosing.movable(profile, meeting.host_ids)
    here = tuple(host_id for host_id in meeting.host_ids if host_id in within.host_ids)
    able = choosing.narrowed(within, Wanted(unreadable=unreadable))
    kept = _kept(uow, able, here, meeting, start, minutes)
    _lock(uow, booking, meeting, () if kept else profile.host_ids)
    _still_to_come(uow, booking)
    if start == booking.start_at:
        raise Invalid(Sentence("That is the time you have"), field="start")
    old, before = Interval(booking.start_at, booking.end_at), hosts_of(uow, profile, meeting)
    place = kept or _elsewhere(uow, able, booking, meeting, start)
    moved_to = _replace(uow, booking, meeting, place)
    _reopen(uow, booking, moved_to, place, by, said)
    _write_move(uow, booking, moved_to, profile, old, before, by, said)
    idempotency.settle(uow, "move", key, booking=booking.id)
    return booking


def _kept(
    uow: UnitOfWork,
    profile: Offering,
    here: tuple[int, ...],
    meeting: Meeting,
    start: datetime,
    minutes: int,
) -> Place | None:
    """The same hosts, as far as they are still ``here``, at ``start``, when they can all be there;
    then nobody else is locked."""
    occupancy.whole_minute(start)
    alone = profile.seats == meeting.seats == 1
    alone = alone and (len(profile.host_ids) > 1 or profile.partial)
    if not alone or not choosing.keeps(uow, profile, here, meeting, start, minutes):
        return None
    return Place(profile, start, minutes, here, None)


def _elsewhere(
    uow: UnitOfWork, profile: Offering, booking: Booking, meeting: Meeting, start: datetime
) -> Place:
    """Whoever of the profile can take ``start``; all of its hosts are locked by now."""
    return occupancy.find_place(
        uow,
        profile,
        start,
        Interval(booking.start_at, booking.end_at).minutes,
        prefer=meeting.host_ids,
        instead=Instead(occupancy.sole_meeting(uow, booking)),
        locked=True,
    )


def _replace(uow: UnitOfWork, booking: Booking, meeting: Meeting, place: Place) -> Meeting:
    """Swap the time: in place when the meeting is the booking's alone, else out and in."""
    if meeting.seats == 1 and place.meeting_id is None:
        if set(place.host_ids) != set(meeting.host_ids):
            turns.give_back(uow, meeting)
        occupancy.shift(uow, meeting, place)
        moved = meeting
    else:
        if not occupancy.release(uow, booking):
            turns.give_back(uow, meeting)
            entries.cancel_entries(uow, meeting)
        moved = occupancy.occupy(uow, place, expires_at=None)
    turns.count(uow, moved, booking.id)
    return moved


def _reopen(
    uow: UnitOfWork, booking: Booking, meeting: Meeting, place: Place, by: Actor, reason: str
) -> None:
    placements.close_placement(uow, booking, by, reason)
    placements.open_placement(uow, booking, meeting, Interval(place.start, place.end))
    booking.meeting_id = meeting.id
    booking.start_at, booking.end_at = place.start, place.end
    booking.choice = place.scoreboard or booking.choice
    booking.sequence += 1
    booking.updated_at = uow.now
    if booking.decide_by is not None:
        booking.decide_by = min(booking.decide_by, booking.start_at)


def _write_move(
    uow: UnitOfWork,
    booking: Booking,
    meeting: Meeting,
    profile: Offering,
    old: Interval,
    before: Sequence[HostSeat],
    by: Actor,
    reason: str,
) -> None:
    organization = directory.own_organization(uow)
    seats = hosts_of(uow, profile, meeting)
    entries.write_entries(uow, booking, meeting, profile, organization, seats)
    _tell_of_move(uow, booking, profile, seats, old, before, by, reason)
    uow.record(
        "booking.moved",
        f"booking:{booking.id}",
        by=by.value,
        old=notices.iso(old.start),
        new=notices.iso(booking.start_at),
    )


def _tell_of_move(
    uow: UnitOfWork,
    booking: Booking,
    profile: Offering,
    seats: Sequence[HostSeat],
    old: Interval,
    before: Sequence[HostSeat],
    by: Actor,
    reason: str,
) -> None:
    """The invitee and the hosts who stay read of a move; who comes anew of a booking or request,
    and who is left out of a cancellation of what they had."""
    org = directory.own_organization(uow)
    start, end = notices.iso(old.start), notices.iso(old.end)
    moved = {"reason": reason, "by": by.value, "old_start": start, "old_end": end}
    here, there = {host.id for host in seats}, {host.id for host in before}
    stay = [host for host in seats if host.id in there]
    come = [host for host in seats if host.id not in there]
    left = [host for host in before if host.id not in here]
    arrival = "requested" if booking.status is BookingStatus.PENDING else "booked"
    why = {"reason": ELSEWHERE, "start": start, "end": end}
    notices.tell_invitee(uow, "moved", booking, profile, org, seats, **moved)
    notices.tell_hosts(uow, "moved", booking, profile, org, seats, stay, **moved)
    notices.tell_hosts(uow, arrival, booking, profile, org, seats, come)
    notices.tell_hosts(uow, "cancelled", booking, profile, org, left, left, **why)


@use_case(Permission.BOOKING_ATTEND)
def cancel(
    uow: UnitOfWork, uuid: UUID, *, by: Actor, reason: str = "", key: str | None = None
) -> Booking:
    """Cancel the booking and give its time back. Raises ``Conflict`` when past or cancelled."""
    done = idempotency.claim(uow, "cancel", key, [uuid])
    if done is not None:
        return _standing_or_past(uow, uuid)
    said = _reason(reason)
    booking, meeting, profile = _locked(uow, uuid)
    _still_to_come(uow, booking)
    _end(uow, booking, meeting, profile, BookingStatus.CANCELLED, by, said)
    idempotency.settle(uow, "cancel", key, booking=booking.id)
    return booking


@use_case(Permission.BOOKING_CHANGE)
def approve(uow: UnitOfWork, uuid: UUID) -> Booking:
    """Say yes to a request. Raises ``Conflict`` when it is none any more."""
    booking, meeting, profile = _locked(uow, uuid)
    _still_to_come(uow, booking)
    if booking.status is not BookingStatus.PENDING:
        raise Conflict("This booking is already confirmed")
    booking.status = BookingStatus.CONFIRMED
    booking.decide_by = None
    booking.confirmed_at = booking.updated_at = uow.now
    booking.sequence += 1
    organization = directory.own_organization(uow)
    seats = hosts_of(uow, profile, meeting)
    entries.write_entries(uow, booking, meeting, profile, organization, seats)
    notices.notify(uow, "booked", booking, profile, organization, seats)
    uow.record("booking.approved", f"booking:{booking.id}")
    return booking


@use_case(Permission.BOOKING_CHANGE)
def decline(uow: UnitOfWork, uuid: UUID, *, by: Actor = Actor.HOST, reason: str = "") -> Booking:
    """Say no to a request, and give its time back. Raises ``Conflict`` when it is none."""
    said = _reason(reason)
    booking, meeting, profile = _locked(uow, uuid)
    if booking.status is not BookingStatus.PENDING:
        raise Conflict("There is nothing left to decide about this booking")
    _end(uow, booking, meeting, profile, BookingStatus.DECLINED, by, said)
    return booking


def _end(
    uow: UnitOfWork,
    booking: Booking,
    meeting: Meeting,
    profile: Offering,
    status: BookingStatus,
    by: Actor,
    reason: str,
) -> None:
    stands = occupancy.release(uow, booking)
    booking.status = status
    booking.cancelled_at = booking.updated_at = uow.now
    booking.cancelled_by = by
    booking.cancel_reason = reason
    booking.decide_by = None
    booking.sequence += 1
    placements.close_placement(uow, booking, by, reason)
    if not stands:
        if booking.start_at > uow.now or status is BookingStatus.DECLINED:
            turns.give_back(uow, meeting)
        entries.cancel_entries(uow, meeting)
    organization = directory.own_organization(uow)
    notices.notify(
        uow,
        status.value,
        booking,
        profile,
        organization,
        hosts_of(uow, profile, meeting),
        reason=reason,
        by=by.value,
    )
    uow.record(f"booking.{status.value}", f"booking:{booking.id}", by=by.value)
