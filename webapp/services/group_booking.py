"""Meetings that programs book: at once or reserved first, with the hosts they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Gone, Invalid, NotFound
from webapp.domain.permissions import Permission, Role
from webapp.domain.questions import variables
from webapp.domain.required import Required
from webapp.models import (
    Actor,
    Booking,
    BookingStatus,
    Event,
    HostGroup,
    LocationKind,
    Meeting,
    ProfileCandidate,
    ProgramProfile,
)
from webapp.services import bookings, holds
from webapp.services.holds import Details
from webapp.services.steps import (
    drafts,
    hosts,
    idempotency,
    links,
    occupancy,
    offering,
    unreadable,
)
from webapp.services.steps.attending import hosts_of
from webapp.services.steps.choosing import Wanted, narrowed
from webapp.services.steps.details import check_details
from webapp.services.unit_of_work import UnitOfWork, use_case

LONGEST_RESERVATION_MINUTES = 24 * 60
_EXPIRED = "The reservation has expired or was dropped, or its meeting was called off"


@dataclass(frozen=True, slots=True)
class Order:
    """What a program asks for: a time (UTC), whom, and who comes.

    ``accounts`` and ``groups`` (by the names that ``attachGroups`` gave them) are the candidates,
    none of both for everybody attached. ``required`` None: as the profile says.
    """

    start: datetime
    end: datetime
    details: Details
    accounts: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    required: Required | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """What came of an order; ``event`` is the organizer's calendar entry, None while reserved or
    when the request waits for a yes. ``replayed``: the answer to an earlier, equal order."""

    booking: Booking
    created: bool
    event: str | None
    group: str | None
    reschedule_token: str
    replayed: bool = False


@use_case(Permission.BOOKING_CREATE)
def book(
    uow: UnitOfWork,
    profile_id: int,
    order: Order,
    *,
    reserve_minutes: int | None = None,
    fingerprint: str | None = None,
    key: str | None = None,
) -> Booked:
    """Book the time, or keep it for ``reserve_minutes`` (1 to 1440) until it is confirmed.

    Each candidate is asked again and nobody else is taken instead, and nobody whose calendar
    cannot be read. ``fingerprint`` names a source
    that nobody vouches for, and limits what it can keep. Raises ``Invalid`` and ``FormInvalid``
    with the fields of the order, ``SlotTaken`` and ``NotOffered`` for a time that is not free,
    ``NotFound`` for a profile or candidate that is not there.
    """
    profile = offering.load(uow, profile_id=profile_id)
    if profile is None or profile.deleted_at is not None:
        raise NotFound("there is no such booking profile")
    wanted = _wanted(uow, profile_id, order)
    request, scope = [profile_id, asdict(order), reserve_minutes], _scope(uow, "book")
    done = idempotency.claim(uow, scope, key, request)
    if done is not None:
        return replace(_again(uow, done["booking"], wanted, done["alone"]), replayed=True)
    minutes = _minutes(order, profile.durations)
    if reserve_minutes is not None and not 1 <= reserve_minutes <= LONGEST_RESERVATION_MINUTES:
        raise Invalid(
            f"A time can be reserved for 1 to {LONGEST_RESERVATION_MINUTES:,} minutes",
            field="reserveForMinutes",
        )
    details = replace(order.details, second_ok=True, anonymous=True)
    if not _asks_phone(profile):  # a word of the program's own
        details = replace(details, phone="")
    checked = check_details(profile, details)
    booking = holds.hold(
        uow,
        profile_id,
        order.start,
        duration_minutes=minutes,
        zone_name=checked.zone,
        fingerprint=fingerprint,
        wanted=wanted,
        hold_minutes=reserve_minutes,
    )
    if reserve_minutes is None:
        booking = holds.confirm(uow, booking.public_id, details)
    else:
        _reserve(booking, checked)
    candidates = narrowed(profile, wanted).candidates
    alone = candidates[0].key if len(candidates) == 1 else ""
    idempotency.settle(uow, scope, key, booking=booking.id, alone=alone)
    return _told(uow, booking, wanted, alone)


def _scope(uow: UnitOfWork, what: str) -> str:
    """Whose idempotency keys: those of strangers are never those of programs."""
    return f"public-{what}" if uow.caller.role is Role.GUEST else f"group-{what}"


def _again(uow: UnitOfWork, booking_id: int, wanted: Wanted, alone: str = "") -> Booked:
    """The answer to an order that was made before; ``Gone`` when what it made is forgotten."""
    booking = uow.session.get(Booking, booking_id, populate_existing=True)
    if booking is None:
        raise Gone(_EXPIRED)
    return _told(uow, booking, wanted, alone)


def _reserve(booking: Booking, details: Details) -> None:
    """Keep what the program said, for the day it confirms."""
    booking.reserved = True
    booking.name, booking.email, booking.phone = details.name, details.email, details.phone
    booking.answers, booking.guests = dict(details.answers), list(details.guests)


def _asks_phone(profile: offering.Offering) -> bool:
    """Whether the profile wants a number, or its texts tell it."""
    if profile.asks_phone or profile.location_kind == LocationKind.INVITEE_PHONE:
        return True
    return "phone" in variables(f"{profile.subject} {profile.description}")


def _minutes(order: Order, durations: Sequence[int]) -> int:
    """The length asked for, one of the profile's."""
    if order.end <= order.start:
        raise Invalid("The meeting must end after it starts", field="time.end")
    minutes, rest = divmod(order.end - order.start, timedelta(minutes=1))
    if minutes not in durations or rest:
        lengths = " or ".join(str(each) for each in durations)
        raise Invalid(f"Meetings of this profile last {lengths} minutes", field="time.end")
    return minutes


def _wanted(uow: UnitOfWork, profile_id: int, order: Order) -> Wanted:
    """The candidates named, as the engine knows them; ``NotFound`` for a group not attached."""
    keys = [f"account:{account_id}" for account_id in dict.fromkeys(order.accounts)]
    if order.groups:
        known = {xid: key for key, xid in group_names(uow, profile_id).items()}
        for name in dict.fromkeys(order.groups):
            if name not in known:
                raise NotFound("there is no such account or group in this profile")
            keys.append(known[name])
    return Wanted(tuple(keys), order.required, unreadable.hosts(uow, profile_id))


@use_case(Permission.PROFILE_VIEW)
def group_names(uow: UnitOfWork, profile_id: int) -> dict[str, str]:
    """What programs call the profile's groups, by the engine's keys of them."""
    rows = uow.session.execute(
        sa.select(ProfileCandidate.group_id, ProfileCandidate.ext_id, HostGroup.xid)
        .join(HostGroup, HostGroup.id == ProfileCandidate.group_id)
        .where(ProfileCandidate.profile_id == profile_id)
    )
    return {f"group:{group_id}": ext_id or str(xid) for group_id, ext_id, xid in rows}


def _told(uow: UnitOfWork, booking: Booking, wanted: Wanted, alone: str = "") -> Booked:
    created = booking.status is BookingStatus.CONFIRMED
    settled = booking.choice["keys"] if booking.choice else [alone]
    group = None
    if len(settled) == 1 and wanted.required is not Required.ALL:
        group = group_names(uow, booking.profile_id).get(settled[0])
    return Booked(
        booking,
        created,
        organizers_event(uow, booking) if created else None,
        group,
        links.manage_token(uow.keys, booking),
    )


@use_case(Permission.BOOKING_ATTEND)
def organizers_event(uow: UnitOfWork, booking: Booking) -> str | None:
    """The uuid of the booking's entry in its organizer's calendar."""
    profile = offering.load(uow, profile_id=booking.profile_id)
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    seats = hosts_of(uow, profile, meeting) if profile and meeting else []
    if meeting is None or not seats:
        return None
    uuid = uow.session.scalar(
        sa.select(Event.uuid).where(
            Event.meeting_id == meeting.id, Event.calendar_id == seats[0].calendar_id
        )
    )
    return str(uuid) if uuid else None


@use_case(Permission.BOOKING_CHANGE)
def confirm_reservation(
    uow: UnitOfWork, booking_id: int, *, account_id: int | None = None
) -> Booked:
    """Turn a reservation into a booking; one that was confirmed is given again.

    ``account_id`` narrows it to profiles of that account alone. Raises ``Gone`` when it has
    expired or was dropped, ``NotFound``.
    """
    booking = _reservation(uow, booking_id, account_id)
    if booking.status is BookingStatus.HELD:
        if booking.expires_at is None or booking.expires_at <= uow.now:
            raise Gone(_EXPIRED)
        details = Details(
            name=booking.name,
            email=booking.email,
            phone=booking.phone,
            answers=dict(booking.answers),
            guests=tuple(booking.guests),
            second_ok=True,
            anonymous=True,
        )
        booking = holds.confirm(uow, booking.public_id, details, reserved=True)
    if booking.status not in bookings.STANDING:
        raise Gone(_EXPIRED)
    return _told(uow, booking, Wanted())


@use_case(Permission.BOOKING_CHANGE)
def drop_reservation(uow: UnitOfWork, booking_id: int, *, account_id: int | None = None) -> None:
    """Give a reserved time back; nothing happens when it has lapsed already.

    Raises ``Conflict`` when it was confirmed: then it is a booking, to be cancelled. ``NotFound``.
    """
    booking = _reservation(uow, booking_id, account_id)
    hosts.lock(uow, drafts.brief(uow, booking.public_id).host_ids)
    uow.session.refresh(booking)
    if booking.status in bookings.STANDING:
        raise Conflict("The reservation was confirmed: cancel the meeting instead")
    if booking.status is BookingStatus.HELD:
        occupancy.release(uow, booking)
        booking.status, booking.expires_at = BookingStatus.LAPSED, None
        booking.updated_at = uow.now
        uow.record("reservation.dropped", f"booking:{booking.id}")


def _reservation(uow: UnitOfWork, booking_id: int, account_id: int | None) -> Booking:
    found = uow.session.scalars(
        sa.select(Booking).where(Booking.id == booking_id, Booking.reserved)
    ).one_or_none()
    if found is None or _account_of(uow, found.profile_id) != account_id:
        raise NotFound("there is no such reservation")
    return found


def _account_of(uow: UnitOfWork, profile_id: int) -> int | None:
    """The account whose own profile it is; None for one of the whole organization."""
    return uow.session.scalar(
        sa.select(ProgramProfile.account_id).where(ProgramProfile.profile_id == profile_id)
    )


@use_case(Permission.BOOKING_ATTEND)
def reschedule(
    uow: UnitOfWork, profile_id: int, token: str, start: datetime, *, key: str | None = None
) -> Booked:
    """Move the booking that ``token`` speaks of to ``start`` (UTC), as its invitee would.

    Nobody is taken whose calendar cannot be read. Raises what ``bookings.move`` does,
    ``NotFound`` for a token of another profile.
    """
    booking = bookings.by_manage_link(uow, token)
    if booking.profile_id != profile_id:
        raise NotFound("there is no such booking")
    scope = _scope(uow, "move")
    if idempotency.claim(uow, scope, key, [booking.uuid, start]) is not None:
        return replace(_again(uow, booking.id, Wanted()), replayed=True)
    never = unreadable.hosts(uow, profile_id)
    moved = bookings.move(uow, booking.uuid, start, by=Actor.INVITEE, unreadable=never)
    idempotency.settle(uow, scope, key, booking=moved.id)
    return _told(uow, moved, Wanted())
