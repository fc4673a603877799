"""What a profile offers, read-only: its card for people, its free starts, and why others are not.

List, submit and "why not?" all go through ``steps.offering.question`` and one engine call, so
they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.availability import Ability, Reason, availability, nearest
from webapp.domain.errors import Gone, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.questions import Question, questions_of, shown_description
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.models import Booking, BookingProfile, BookingStatus, LocationKind, Meeting
from webapp.services.steps import asking, choosing, masks, matrix, occupancy, offering
from webapp.services.steps.offering import Offering
from webapp.services.unit_of_work import UnitOfWork, use_case

State = Literal["active", "paused", "not_started", "ended"]

_PUBLIC_PLACE = {
    LocationKind.TEXT: "",
    LocationKind.PHONE: "Phone call: you call {}",
    LocationKind.INVITEE_PHONE: "Phone call: we call you",
    LocationKind.ADDRESS: "{}",
    LocationKind.LINK: "Video call; the link comes with your confirmation",
}


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """A profile as its public page shows it. ``offering`` is for the services.

    ``company``: who is there, each as the names of which one comes; for ``required`` "all".
    """

    id: int
    uuid: UUID
    slug: str
    name: str
    description: str
    durations: tuple[int, ...]
    duration_minutes: int
    state: State
    active_from: datetime | None
    active_until: datetime | None
    location_kind: str
    location_text: str
    host_names: tuple[str, ...]
    company: tuple[tuple[str, ...], ...]
    required: str
    capacity: int
    zone: str
    zone_locked: bool
    questions: tuple[Question, ...]
    asks_phone: bool
    needs_approval: bool
    notice_minutes: int
    horizon_days: int
    hold_minutes: int
    message_when_none: str
    offering: Offering = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """A profile in the organization's list."""

    slug: str
    name: str
    description: str
    durations: tuple[int, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Offered:
    """Free starts in a window (epoch minutes UTC), those on hold, and seats where they count."""

    starts: list[int]
    held: list[int]
    seats: dict[int, int]


def _state(now: datetime, paused: bool, start: datetime | None, end: datetime | None) -> State:
    if paused:
        return "paused"
    if start is not None and now < start:
        return "not_started"
    if end is not None and now >= end:
        return "ended"
    return "active"


def location_text(kind: LocationKind, location: str) -> str:
    """The public wording of a place; a conference link is not shown before booking."""
    template = _PUBLIC_PLACE[kind]
    return template.format(location) if template else location


def _company(profile: Offering) -> tuple[tuple[str, ...], ...]:
    """Everybody who is needed for certain, then each group that sends one of its members."""
    names = {host.id: host.name for host in profile.hosts}
    sure: dict[int, None] = {}
    either: list[tuple[int, ...]] = []
    for candidate in profile.candidates:
        members = tuple(host_id for host_id in candidate.host_ids if host_id in names)
        if candidate.required is Required.ALL or len(members) == 1:
            sure |= dict.fromkeys(members)
        else:
            either.append(members)
    told: list[tuple[str, ...]] = [(names[host_id],) for host_id in sure]
    told += [tuple(names[i] for i in group) for group in either if sure.keys().isdisjoint(group)]
    return tuple(told)


def _card(uow: UnitOfWork, profile: Offering, duration_minutes: int | None) -> ProfileCard:
    duration = duration_minutes if duration_minutes in profile.durations else None
    return ProfileCard(
        id=profile.id,
        uuid=profile.uuid,
        slug=profile.slug,
        name=profile.name,
        description=shown_description(profile.description),
        durations=profile.durations,
        duration_minutes=duration or profile.durations[0],
        state=_state(uow.now, profile.paused, profile.active_from, profile.active_until),
        active_from=profile.active_from,
        active_until=profile.active_until,
        location_kind=profile.location_kind.value,
        location_text=location_text(profile.location_kind, profile.location),
        host_names=tuple(host.name for host in profile.hosts),
        company=_company(profile),
        required=_shown_required(profile),
        capacity=profile.seats,
        zone=profile.zone,
        zone_locked=profile.location_kind is LocationKind.ADDRESS,
        questions=questions_of(profile.description, profile.questions),
        asks_phone=profile.asks_phone or profile.location_kind is LocationKind.INVITEE_PHONE,
        needs_approval=profile.needs_approval,
        notice_minutes=profile.notice_minutes,
        horizon_days=profile.horizon_days,
        hold_minutes=profile.hold_minutes,
        message_when_none=profile.empty_text,
        offering=profile,
    )


def _shown_required(profile: Offering) -> str:
    return (profile.required if len(profile.hosts) > 1 else Required.ALL).value


@use_case(Permission.PROFILE_VIEW)
def public_profiles(uow: UnitOfWork) -> list[ProfileLine]:
    """The profiles listed at ``/<org>``, in the owner's order: not secret, not deleted."""
    rows = uow.session.execute(
        sa.select(
            BookingProfile.slug,
            BookingProfile.name,
            BookingProfile.description,
            BookingProfile.durations,
            BookingProfile.paused,
            BookingProfile.active_from,
            BookingProfile.active_until,
        )
        .where(BookingProfile.deleted_at.is_(None), BookingProfile.secret.is_(False))
        .order_by(BookingProfile.position, BookingProfile.id)
    )
    return [
        ProfileLine(
            slug, name, shown_description(text), tuple(durations), _state(uow.now, paused, a, b)
        )
        for slug, name, text, durations, paused, a, b in rows
    ]


@use_case(Permission.PROFILE_VIEW)
def profile_page(uow: UnitOfWork, slug: str, *, duration_minutes: int | None = None) -> ProfileCard:
    """The profile at ``slug``; a duration that it does not have falls back on its first.

    Paused, not started and ended are states of the card. Raises ``NotFound``, or ``Gone`` when
    it was deleted.
    """
    profile = offering.load(uow, slug=slug)
    if profile is None:
        raise NotFound("there is no such page")
    if profile.deleted_at is not None:
        raise Gone("this page was taken down")
    return _card(uow, profile, duration_minutes)


@use_case(Permission.PROFILE_VIEW)
def profile_by_id(
    uow: UnitOfWork, profile_id: int, *, duration_minutes: int | None = None
) -> ProfileCard:
    """The profile with that id, deleted ones too (their bookings live on); ``NotFound``."""
    profile = offering.load(uow, profile_id=profile_id)
    if profile is None:
        raise NotFound("there is no such booking profile")
    return _card(uow, profile, duration_minutes)


@use_case(Permission.PROFILE_READ)
def card_of(uow: UnitOfWork, profile: Offering) -> ProfileCard:
    """The card of a profile that is not saved yet, for its preview."""
    return _card(uow, profile, None)


@use_case(Permission.PROFILE_VIEW)
def offered(
    uow: UnitOfWork,
    profile: ProfileCard,
    window: Interval,
    *,
    duration_minutes: int | None = None,
    without: Booking | None = None,
) -> Offered:
    """Free starts of the profile inside ``window`` (UTC).

    ``without`` counts a booking's own time as free: the one being moved, or the visitor's own
    hold.
    """
    leave_out = occupancy.sole_meeting(uow, without)
    length = duration_minutes or profile.duration_minutes
    terms = _movable(uow, profile.offering, without)
    many = len(terms.hosts) > masks.MANY and terms.seats == 1 and not terms.unsaved
    if many and terms is profile.offering:  # what is kept is of the profile as it is
        kept = matrix.answer(uow, profile.id, window, length, matrix.Asking(leave_out=leave_out))
        return Offered(kept.starts, kept.held, {})
    asked = asking.question(uow, terms, window, length, leave_out=leave_out)
    answer = availability(asked, window, uow.now)
    seats = {open_.start: open_.seats_left for open_ in asked.joinable}
    return Offered(answer.starts, answer.held, seats)


def _movable(uow: UnitOfWork, terms: Offering, booking: Booking | None) -> Offering:
    """The terms that a booking can be moved within; a hold turns to any time that is free."""
    if booking is None or booking.meeting_id is None or booking.status is BookingStatus.HELD:
        return terms
    meeting = uow.session.get(Meeting, booking.meeting_id)
    return choosing.movable(terms, meeting.host_ids) if meeting is not None else terms


@use_case(Permission.PROFILE_VIEW)
def page_revision(uow: UnitOfWork, profile: ProfileCard) -> str:
    """One cheap statement: changes whenever what the page shows could change."""
    return asking.revision(uow, profile.id)


@use_case(Permission.PROFILE_VIEW)
def alternatives(
    uow: UnitOfWork,
    profile: ProfileCard,
    start: datetime,
    *,
    duration_minutes: int | None = None,
    without: Booking | None = None,
    count: int = 4,
) -> list[datetime]:
    """The free starts nearest to ``start``, in order of time: what a lost race is answered with."""
    for days in (2, 14, 42, 400):
        window = Interval(start - timedelta(days=min(days, 14)), start + timedelta(days=days))
        found = offered(
            uow, profile, window, duration_minutes=duration_minutes, without=without
        ).starts
        if len(found) >= count or days == 400:
            break
    return [from_minute(minute) for minute in sorted(nearest(found, to_minute(start), count))]


@use_case(Permission.PROFILE_READ)
def why_not(
    uow: UnitOfWork, profile: ProfileCard, start: datetime, duration_minutes: int
) -> tuple[Reason, ...]:
    """Every reason that keeps ``start`` from being booked; empty exactly when it is offered."""
    return why_and_who(uow, profile, start, duration_minutes)[0]


@use_case(Permission.PROFILE_READ)
def why_and_who(
    uow: UnitOfWork, profile: ProfileCard, start: datetime, duration_minutes: int
) -> tuple[tuple[Reason, ...], tuple[Ability, ...]]:
    """The same, and who of each candidate could take it; nobody for a meeting that is joined."""
    if duration_minutes not in profile.durations:
        raise Invalid("the profile has no meetings of that length", field="duration")
    window = Interval(start - timedelta(days=1), start + timedelta(days=1))
    asked = asking.question(uow, profile.offering, window, duration_minutes)
    answer, minute = availability(asked, window, uow.now), to_minute(start)
    abilities = () if answer.joinable_at(minute) else answer.abilities(minute)
    return answer.why_not(minute), abilities
