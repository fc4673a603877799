"""Holding a time for a while, and turning the hold into a booking."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from webapp.domain.errors import AlreadyBooked, Conflict, Gone, Invalid, NotFound, TooMany
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval, from_minute
from webapp.domain.speech import Sentence
from webapp.domain.zones import local_day_bounds, zone
from webapp.models import (
    Booking,
    BookingStatus,
    Meeting,
)
from webapp.models.direct import Insertion, Rewriting
from webapp.services import directory
from webapp.services.steps import (
    drafts,
    entries,
    hosts,
    idempotency,
    lapsing,
    links,
    notices,
    occupancy,
    offering,
    placements,
    single_use,
    turns,
)
from webapp.services.steps.attending import hosts_of
from webapp.services.steps.choosing import EVERYBODY, NOTHING, Instead, Wanted
from webapp.services.steps.contact import email_key
from webapp.services.steps.details import MOST_GUESTS, Details, check_details
from webapp.services.steps.numbers import next_number
from webapp.services.steps.occupancy import Place
from webapp.services.steps.offering import Offering
from webapp.services.unit_of_work import UnitOfWork, use_case

__all__ = ["MOST_GUESTS", "Details", "confirm", "draft", "extend", "hold"]

DECIDE_WITHIN = timedelta(hours=48)
MOST_OPEN_HOLDS = 3
"""How many times one source may keep at once."""
HOLD_SECONDS = 8 * 60
"""When to come back after that: the usual hold has lapsed by then."""

_NEW_BOOKING = Insertion(Booking)
_FILL_IN = Rewriting(
    Booking,
    *("reference", "status", "expires_at", "decide_by", "confirmed_at", "updated_at"),
    *("name", "email", "phone", "answers", "guests", "zone", "locale", "time_notation"),
)

_TAKEN = (BookingStatus.CONFIRMED, BookingStatus.PENDING)
"""Statuses of a draft that was confirmed."""


def _profile(uow: UnitOfWork, profile_id: int) -> Offering:
    profile = offering.load(uow, profile_id=profile_id)
    if profile is None or profile.deleted_at is not None:
        raise NotFound("there is no such booking profile")
    return profile


@use_case(Permission.BOOKING_CREATE)
def hold(
    uow: UnitOfWork,
    profile_id: int,
    start: datetime,
    *,
    duration_minutes: int,
    zone_name: str,
    key: str | None = None,
    fingerprint: str | None = None,
    instead_of: str | None = None,
    wanted: Wanted = EVERYBODY,
    hold_minutes: int | None = None,
    locale: str = "",
    time_notation: str = "",
) -> Booking:
    """Keep ``start`` (UTC) for the profile's ``hold_minutes``; the draft of a booking.

    ``zone_name`` is the visitor's zone, ``locale`` and ``time_notation`` what they read in;
    ``fingerprint`` names the source, for limits; ``instead_of`` is the public id of the visitor's
    earlier draft, whose time counts as free and is given back; ``wanted``: whom the caller asks
    for; ``hold_minutes``: another time to keep it than the profile's. Raises ``NotFound``,
    ``Invalid`` (length, zone), ``SlotTaken``, ``NotOffered``, and ``TooMany`` when one source
    keeps three times already.
    """
    request = [profile_id, start, duration_minutes, instead_of]
    done = idempotency.claim(uow, "hold", key, request)
    if done is not None:
        kept = uow.session.get(Booking, done["booking"], populate_existing=True)
        if kept is not None:  # else it lapsed so long ago that it is forgotten
            return kept
    earlier = _earlier(uow, instead_of)
    if fingerprint and earlier is None:
        _refuse_more(uow, fingerprint)
    profile = _profile(uow, profile_id)
    if duration_minutes not in profile.durations:
        raise Invalid("the profile has no meetings of that length", field="duration")
    visitor_zone = zone(zone_name or profile.zone).key
    instead, locked = NOTHING, False
    if earlier is not None and _is_simple(profile, earlier):
        instead = Instead(earlier.meeting_id, tuple(_host_ids(uow, earlier)))
    elif earlier is not None:
        earlier = _locked(uow, profile, earlier)
        instead, locked = Instead(occupancy.sole_meeting(uow, earlier)), True
    place = occupancy.find_place(
        uow, profile, start, duration_minutes, wanted=wanted, instead=instead, locked=locked
    )
    if earlier is not None:
        _give_up(uow, earlier)
    booking = _keep(
        uow,
        place,
        hold_minutes or profile.hold_minutes,
        zone=visitor_zone,
        fingerprint=fingerprint,
        locale=locale,
        time_notation=time_notation,
    )
    idempotency.settle(uow, "hold", key, booking=booking.id)
    return booking


def _keep(uow: UnitOfWork, place: Place, minutes: int, **visitor: str | None) -> Booking:
    """Write the meeting with its spans, and the draft that keeps it for a while."""
    expires_at = min(uow.now + timedelta(minutes=minutes), place.start)
    meeting = occupancy.occupy(uow, place, expires_at=expires_at)
    return _NEW_BOOKING.attached(
        uow.session,
        uuid=uuid4(),
        public_id=links.new_public_id(),
        profile_id=place.profile.id,
        meeting_id=meeting.id,
        status=BookingStatus.HELD,
        start_at=place.start,
        end_at=place.end,
        expires_at=expires_at,
        choice=place.scoreboard,
        **visitor,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _earlier(uow: UnitOfWork, public_id: str | None) -> Booking | None:
    """The draft that a visitor turns away from, while it still keeps its time."""
    if public_id is None:
        return None
    found = uow.session.scalars(
        sa.select(Booking).where(Booking.public_id == public_id)
    ).one_or_none()
    return found if found is not None and _is_held(uow, found) else None


def _give_up(uow: UnitOfWork, booking: Booking) -> None:
    uow.session.refresh(booking)
    if booking.status is BookingStatus.HELD:
        occupancy.release(uow, booking)
        booking.status, booking.expires_at = BookingStatus.LAPSED, None
        booking.updated_at = uow.now
        uow.session.flush()


def _is_simple(profile: Offering, earlier: Booking) -> bool:
    """Whether the earlier draft's meeting is surely its own, and can be locked with the next."""
    return profile.seats == 1 and earlier.profile_id == profile.id


def _locked(uow: UnitOfWork, profile: Offering, earlier: Booking) -> Booking | None:
    """The earlier draft with every host of both locked, if it still keeps its time.

    Whether its time is its own alone is known under the locks only.
    """
    hosts.lock(uow, {*profile.host_ids, *_host_ids(uow, earlier)})
    uow.session.refresh(earlier)
    return earlier if _is_held(uow, earlier) else None


def _refuse_more(uow: UnitOfWork, fingerprint: str) -> None:
    """Raise ``TooMany`` for a source that keeps as much as one may."""
    counted = sa.select(sa.func.count(Booking.id)).where(
        Booking.fingerprint == fingerprint,
        Booking.status == BookingStatus.HELD,
        Booking.expires_at > uow.now,
    )
    if (uow.session.scalar(counted) or 0) >= MOST_OPEN_HOLDS:
        raise TooMany(
            Sentence("You are keeping %(most)s times already", most=MOST_OPEN_HOLDS),
            retry_after_seconds=HOLD_SECONDS,
        )


@use_case(Permission.BOOKING_CREATE)
def draft(uow: UnitOfWork, public_id: str) -> Booking:
    """The draft at ``/b/<public id>``, whatever has become of it; raises ``NotFound``."""
    return drafts.booking_of(uow, public_id)


@use_case(Permission.BOOKING_CREATE)
def extend(uow: UnitOfWork, public_id: str) -> Booking:
    """Keep a held time once more for the profile's ``hold_minutes``, from now.

    Raises ``Conflict`` when it was extended before or is held no longer.
    """
    booking = drafts.booking_of(uow, public_id)
    hosts.lock(uow, _host_ids(uow, booking))
    uow.session.refresh(booking)
    if not _is_held(uow, booking):
        raise Conflict(Sentence("That time is not kept for you any more"))
    if booking.extended:
        raise Conflict(Sentence("That time was already kept for longer once"))
    profile = _profile(uow, booking.profile_id)
    booking.expires_at = uow.now + timedelta(minutes=profile.hold_minutes)
    booking.extended = True
    booking.updated_at = uow.now
    if booking.meeting_id is not None:
        occupancy.keep_spans(uow, booking.meeting_id, booking.expires_at)
    return booking


def _host_ids(uow: UnitOfWork, booking: Booking) -> list[int]:
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    return list(meeting.host_ids) if meeting is not None else []


def _is_held(uow: UnitOfWork, booking: Booking) -> bool:
    return (
        booking.status is BookingStatus.HELD
        and booking.expires_at is not None
        and booking.expires_at > uow.now
    )


@use_case(Permission.BOOKING_CREATE)
def confirm(
    uow: UnitOfWork,
    public_id: str,
    details: Details,
    *,
    start: datetime | None = None,
    reserved: bool = False,
    key: str | None = None,
) -> Booking:
    """Turn the draft into a booking (or a request, where the profile asks for approval).

    Under the hosts' locks the hold becomes the booking; a lapsed one takes its time afresh when
    still free. ``start`` (UTC) chooses another time in the same step. Confirming what is
    confirmed gives it again. ``reserved``: the details were judged when the time was held, and
    when it is held no longer nothing is taken instead, but ``Gone`` raised.

    Raises ``FormInvalid`` with every faulty field, ``AlreadyBooked`` when this address has a
    booking of the profile on that day and did not say that a second is meant, ``LinkClosed``
    when the draft was begun with a single-use link that is used up or was taken back,
    ``SlotTaken`` or ``NotOffered`` when the time is gone, ``NotFound``.
    """
    request = [public_id, details.email, details.name, start]
    done = idempotency.claim(uow, "confirm", key, request)
    brief = drafts.brief(uow, public_id)
    if done is not None or brief.status in _TAKEN:
        return drafts.booking_of(uow, public_id)
    profile = _profile(uow, brief.profile_id)
    checked = details if reserved else check_details(profile, details)
    alone = reserved or (start is None and brief.is_safe(uow.now))
    hosts.lock(uow, brief.host_ids if alone else {*profile.host_ids, *brief.host_ids})
    booking, meeting = drafts.with_meeting(uow, public_id)
    if booking.status in _TAKEN:  # by another tab, while this one waited for the locks
        return booking
    if booking.status not in (BookingStatus.HELD, BookingStatus.LAPSED):
        raise NotFound("there is no such draft")
    if reserved and not _is_held(uow, booking):
        raise Gone("the time is held no longer")
    _ask_about_a_second(uow, booking, profile, checked, start or booking.start_at)
    single_use.consume(uow, booking.id)
    meeting = _take(uow, booking, meeting, profile, start)
    turns.count(uow, meeting, booking.id)
    _fill_in(uow, booking, profile, checked)
    _announce(uow, booking, profile, meeting)
    idempotency.settle(uow, "confirm", key, booking=booking.id)
    return booking


def _ask_about_a_second(
    uow: UnitOfWork, booking: Booking, profile: Offering, details: Details, start: datetime
) -> None:
    if details.second_ok:
        return
    first, last = _day_of(profile.zone, start)
    there = uow.session.scalars(
        sa.select(Booking)
        .where(
            Booking.profile_id == profile.id,
            sa.func.lower(Booking.email) == email_key(details.email),
            Booking.status.in_(_TAKEN),
            Booking.id != booking.id,
            Booking.start_at >= first,
            Booking.start_at < last,
        )
        .limit(1)
    ).one_or_none()
    if there is not None:
        told = Sentence("You already have a booking on that day")
        raise AlreadyBooked(told, booking_uuid=str(there.uuid))


def _day_of(zone_name: str, instant: datetime) -> tuple[datetime, datetime]:
    here = zone(zone_name)
    start, end = local_day_bounds(here, instant.astimezone(here).date())
    return from_minute(start), from_minute(end)


def _take(
    uow: UnitOfWork,
    booking: Booking,
    meeting: Meeting | None,
    profile: Offering,
    start: datetime | None,
) -> Meeting:
    """The meeting that the booking keeps: its hold's, or one taken afresh. Hosts are locked."""
    wanted = start or booking.start_at
    duration = Interval(booking.start_at, booking.end_at).minutes
    held = _is_held(uow, booking)
    if held and wanted == booking.start_at and meeting is not None:
        occupancy.keep_spans(uow, meeting.id, None)
        return meeting
    if not held and booking.meeting_id is not None:
        # Its seat is given back before one is taken afresh, or it would be counted twice.
        lapsing.lapse_meetings(uow, [booking.meeting_id])
    sole = occupancy.sole_meeting(uow, booking) if held else None
    place = occupancy.find_place(uow, profile, wanted, duration, instead=Instead(sole), locked=True)
    if held:
        occupancy.release(uow, booking)
    uow.session.refresh(booking)
    taken = occupancy.occupy(uow, place, expires_at=None)
    booking.meeting_id, booking.choice = taken.id, place.scoreboard
    booking.start_at, booking.end_at = place.start, place.end
    return taken


def _fill_in(uow: UnitOfWork, booking: Booking, profile: Offering, details: Details) -> None:
    pending = profile.needs_approval
    _FILL_IN.write(
        uow.session,
        booking,
        reference=next_number(uow, "booking", first=1001),
        status=BookingStatus.PENDING if pending else BookingStatus.CONFIRMED,
        expires_at=None,
        decide_by=min(uow.now + DECIDE_WITHIN, booking.start_at) if pending else None,
        confirmed_at=None if pending else uow.now,
        updated_at=uow.now,
        name=details.name,
        email=details.email,
        phone=details.phone,
        answers=details.answers,
        guests=list(details.guests),
        zone=details.zone or booking.zone,
        locale=details.locale or booking.locale,
        time_notation=details.time_notation or booking.time_notation,
    )


def _announce(uow: UnitOfWork, booking: Booking, profile: Offering, meeting: Meeting) -> None:
    """The placement, the calendar entries, the mails and the audit entry of a new booking."""
    organization = directory.own_organization(uow)
    seats = hosts_of(uow, profile, meeting)
    placements.open_placement(uow, booking, meeting, Interval(booking.start_at, booking.end_at))
    entries.write_entries(uow, booking, meeting, profile, organization, seats, first=True)
    pending = booking.status is BookingStatus.PENDING
    notices.notify(uow, "requested" if pending else "booked", booking, profile, organization, seats)
    uow.record(
        "booking.requested" if pending else "booking.confirmed",
        f"booking:{booking.id}",
        start=notices.iso(booking.start_at),
        hosts=[host.id for host in seats],
    )
