"""Handing a booking over to another host of its profile who is free at that instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from webapp.domain.availability import LONGEST_HORIZON_DAYS, availability
from webapp.domain.errors import Conflict, NotFound, SlotTaken
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.domain.span import Interval, to_minute
from webapp.models import Booking, BookingStatus, Meeting
from webapp.services import bookings, directory
from webapp.services.steps import (
    asking,
    choosing,
    entries,
    hosts,
    idempotency,
    lapsing,
    notices,
    occupancy,
    offering,
    turns,
)
from webapp.services.steps.attending import hosts_of
from webapp.services.steps.occupancy import Place
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.unit_of_work import UnitOfWork, use_case

HANDED_OVER = "Somebody else takes this meeting now."
"""What the host reads who had it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who could have the booking instead: ``host_ids`` ascending, ``names`` in that order."""

    host_ids: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def value(self) -> str:
        """The hosts as a form carries them: ``7`` or ``7-12``."""
        return "-".join(map(str, self.host_ids))


@use_case(Permission.BOOKING_CHANGE)
def choices(uow: UnitOfWork, booking: Booking) -> list[Choice]:
    """Everybody free who could take ``booking`` instead of who has it; none when nobody can.

    What was agreed stays agreed: notice, horizon and the profile's state are not asked again, the
    hosts' hours, busy time and limits are.
    """
    profile, meeting = _loaded(uow, booking)
    if _obstacle(uow, booking, meeting):
        return []
    names = {seat.id: seat.name for seat in profile.hosts}
    return [
        Choice(ids, tuple(names[host] for host in ids))
        for ids in _possible(uow, profile, booking, meeting)
    ]


@use_case(Permission.BOOKING_CHANGE)
def reassign(
    uow: UnitOfWork, uuid: UUID, host_ids: Sequence[int], *, key: str | None = None
) -> Booking:
    """Give the booking to ``host_ids``, atomically: their time is taken as the others' is freed.

    Who gets it reads of a booking, who had it of a cancellation, the invitee a new confirmation.
    Raises ``Conflict`` when it is past, cancelled or shared with other invitees, ``SlotTaken``
    when they are not (or no longer) free, ``NotFound``.
    """
    wanted = tuple(sorted(set(host_ids)))
    booking = bookings.by_uuid(uow, uuid)
    if idempotency.claim(uow, "reassign", key, [uuid, wanted]) is not None:
        return booking
    profile, meeting = _loaded(uow, booking)
    hosts.lock(uow, {*profile.host_ids, *meeting.host_ids})
    uow.session.refresh(booking)
    uow.session.refresh(meeting)
    if obstacle := _obstacle(uow, booking, meeting):
        raise Conflict(obstacle)
    minutes = Interval(booking.start_at, booking.end_at).minutes
    lapsing.lapse(uow, profile.host_ids, profile.padded(booking.start_at, minutes))
    if wanted not in _possible(uow, profile, booking, meeting):
        raise SlotTaken("They are not free at that time any more")
    before = hosts_of(uow, profile, meeting)
    turns.give_back(uow, meeting)
    occupancy.shift(uow, meeting, Place(profile, booking.start_at, minutes, wanted, None))
    turns.count(uow, meeting, booking.id)
    booking.choice = None  # somebody decided it, not the board
    booking.sequence += 1
    booking.updated_at = uow.now
    _announce(uow, booking, profile, meeting, before)
    idempotency.settle(uow, "reassign", key, booking=booking.id)
    return booking


def _loaded(uow: UnitOfWork, booking: Booking) -> tuple[Offering, Meeting]:
    profile = offering.load(uow, profile_id=booking.profile_id)
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    if profile is None or meeting is None:
        raise NotFound("there is no such booking")
    return profile, meeting


def _obstacle(uow: UnitOfWork, booking: Booking, meeting: Meeting) -> str:
    if booking.status not in bookings.STANDING:
        return "This booking was already cancelled"
    if booking.start_at <= uow.now:
        return "This booking has already taken place"
    if occupancy.sole_meeting(uow, booking) != meeting.id:
        return "Other invitees have a place in this meeting too"
    return ""


def _possible(
    uow: UnitOfWork, profile: Offering, booking: Booking, meeting: Meeting
) -> list[tuple[int, ...]]:
    """Sets of hosts that satisfy the profile, are free, and are not those who have it."""
    agreed = replace(
        profile,
        step_minutes=1,
        notice_minutes=0,
        horizon_days=LONGEST_HORIZON_DAYS,
        active_from=None,
        active_until=None,
        paused=False,
        seats=1,
    )
    window = Interval(booking.start_at, booking.start_at + timedelta(minutes=1))
    minutes = Interval(booking.start_at, booking.end_at).minutes
    asked = asking.question(uow, agreed, window, minutes, leave_out=meeting.id)
    answer = availability(asked, window, uow.now)
    minute = to_minute(booking.start_at)
    free = dict(answer.candidates_at(minute)) if answer.is_free(minute) else {}
    now = tuple(sorted(meeting.host_ids))
    one = profile.required is Required.ONE
    together = one and bool(choosing.together(profile, meeting.host_ids))
    found = (tuple(sorted(ids)) for ids in _sets(profile, free, set(now), together))
    return [ids for ids in dict.fromkeys(found) if ids != now]


def _sets(
    profile: Offering, free: dict[str, tuple[int, ...]], now: set[int], together: bool
) -> Iterator[set[int]]:
    """Who could serve; of several asked for together, one is replaced and the rest stay."""
    for candidate in profile.candidates:
        serving = free.get(candidate.key, ())
        if together:
            others = [host for host in serving if host not in now]
            yield from ((now - {left}) | {host} for left in sorted(now) for host in others)
        elif profile.required is Required.ONE:
            if candidate.required is Required.ALL:
                yield from [set(serving)] if serving else []
            else:
                yield from ({host} for host in serving)
        elif candidate.required is Required.ONE:
            # Everybody stays but the one who served for this group.
            for served in now & set(candidate.host_ids):
                yield from ((now - {served}) | {host} for host in serving if host not in now)


def _announce(
    uow: UnitOfWork,
    booking: Booking,
    profile: Offering,
    meeting: Meeting,
    before: Sequence[HostSeat],
) -> None:
    """Calendar entries, mails and the audit entry of a handover."""
    org = directory.own_organization(uow)
    seats = hosts_of(uow, profile, meeting)
    pending = booking.status is BookingStatus.PENDING
    entries.write_entries(uow, booking, meeting, profile, org, seats)
    here, there = {seat.id for seat in seats}, {seat.id for seat in before}
    come = [seat for seat in seats if seat.id not in there]
    left = [seat for seat in before if seat.id not in here]
    arrival = "requested" if pending else "booked"
    notices.tell_hosts(uow, arrival, booking, profile, org, seats, come)
    notices.tell_hosts(uow, "cancelled", booking, profile, org, left, left, reason=HANDED_OVER)
    if not pending:  # a request's confirmation will name who comes
        notices.tell_invitee(uow, "booked", booking, profile, org, seats)
    uow.record("booking.reassigned", f"booking:{booking.id}", old=sorted(there), new=sorted(here))
