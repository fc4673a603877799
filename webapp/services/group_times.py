"""Free times as programs ask for them: part of a profile's window, and who could take each start.

What is known of a profile beside its times is kept as long as nobody writes, so that an answer
about many hosts costs little more than its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from webapp.domain import zones
from webapp.domain.errors import FormInvalid, Invalid, NotFound
from webapp.domain.grouping import ACCOUNT, GROUP, Answer, Page, is_group
from webapp.domain.periods import covered
from webapp.domain.permissions import Permission
from webapp.domain.questions import Question, questions_of
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute, to_minute_up
from webapp.domain.terms import Candidate
from webapp.models import (
    Account,
    BookingProfile,
    HostGroup,
    HostGroupMember,
    Meeting,
    ProfileCandidate,
    ProgramProfile,
)
from webapp.services import bookings, directory, group_booking
from webapp.services.steps import choosing, matrix, occupancy, offering, stillness, unreadable
from webapp.services.steps.kept_texts import TEXTS
from webapp.services.steps.matrix import Asking
from webapp.services.steps.offering import Offering
from webapp.services.unit_of_work import UnitOfWork, use_case

LONGEST_DAYS = 100
"""What one answer covers at most; it says where the next one begins."""
MOST_DAYS_TOGETHER = 31
"""What may be asked about many profiles at once."""
HIDDEN_ONE = "This profile needs everybody: ask for all"


_FIRST_PAGE = Page(0, 10)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a profile's times: ``days`` from the local date ``from_day`` on.

    ``required`` None: the caller's entrance decides. ``reschedule_token``: of the booking that is
    being moved, whose time counts as free.
    """

    required: Required | None = None
    from_day: date | None = None
    days: int = LONGEST_DAYS
    page: Page = _FIRST_PAGE
    reschedule_token: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a profile beside its times. ``names`` are those of its groups, by key."""

    id: int
    account_id: int | None
    required: Required
    zone: str
    horizon_days: int
    active_from: datetime | None
    active_until: datetime | None
    covers: str
    duration_minutes: int
    step_minutes: int
    subject: str
    primary_color: str
    secondary_color: str
    questions: tuple[Question, ...]
    names: Mapping[str, str]
    accounts: int
    unreadable: frozenset[int]


@dataclass(frozen=True, slots=True)
class Times:
    """An answer. ``items`` is the JSON array of free starts and who could take each.

    ``more``: a further page tells further accounts. ``start_at`` and ``end_at`` (UTC) are the part
    that was looked at; ``next_from`` is the local date on which the rest of the window begins.
    """

    facts: Facts
    duration_minutes: int
    items: bytes
    more: bool
    start_at: datetime
    end_at: datetime
    next_from: date | None
    moving: Moving | None = None


@dataclass(frozen=True, slots=True)
class Moving:
    """The booking that is being moved; ``event`` is the organizer's calendar entry."""

    meeting_id: int | None
    host_ids: tuple[int, ...]
    start_at: datetime
    end_at: datetime
    subject: str
    event: str | None
    is_over: bool

    @property
    def duration_minutes(self) -> int:
        """How long it is, whatever the profile offers by now."""
        return Interval(self.start_at, self.end_at).minutes


@use_case(Permission.PROFILE_READ)
def times(
    uow: UnitOfWork, profile_id: int, asked: Asked, *, account_id: int | None = None
) -> Times:
    """Free times of a profile of the organization (or of that account); any one host will do
    unless ``all`` is asked for. Raises ``NotFound``."""
    facts = _facts(uow, profile_id)
    if facts is None or facts.account_id != account_id:
        raise NotFound("there is no such booking profile")
    return _times(uow, facts, asked, asked.required or Required.ONE)


@use_case(Permission.PROFILE_VIEW)
def public_times(uow: UnitOfWork, slug: str, asked: Asked) -> Times:
    """Free times of the profile at ``slug`` for everybody, as its own page offers them.

    Raises ``NotFound``, and ``Invalid(field="required")`` for one host where all are needed.
    """
    facts = public_facts(uow, slug)
    return _times(uow, facts, asked, public_mode(facts, asked.required))


def public_mode(facts: Facts, asked: Required | None) -> Required:
    """How many hosts somebody without a key asks for: as the profile says, or all of them.

    Raises ``Invalid(field="required")`` for one host where all are needed.
    """
    if facts.required is Required.ALL and asked is Required.ONE:
        raise Invalid(HIDDEN_ONE, field="required")
    return asked or facts.required


@use_case(Permission.PROFILE_VIEW)
def public_facts(uow: UnitOfWork, slug: str) -> Facts:
    """What is known of the profile at ``slug``, in any case; raises ``NotFound``."""
    key = slug.lower()
    profile_id = stillness.unless_written(
        uow,
        ("profile-id", uow.organization_id, key),
        lambda: uow.session.scalar(
            sa.select(BookingProfile.id).where(BookingProfile.slug_key == key)
        ),
    )
    facts = None if profile_id is None else _facts(uow, profile_id)
    if facts is None:
        raise NotFound("there is no such booking profile")
    return facts


def _facts(uow: UnitOfWork, profile_id: int) -> Facts | None:
    key = ("group-times", uow.organization_id, profile_id)
    return stillness.unless_written(uow, key, lambda: _read(uow, profile_id))


def _read(uow: UnitOfWork, profile_id: int) -> Facts | None:
    row = uow.session.execute(
        sa.select(BookingProfile, ProgramProfile)
        .outerjoin(ProgramProfile, ProgramProfile.profile_id == BookingProfile.id)
        .where(BookingProfile.id == profile_id, BookingProfile.deleted_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    profile: BookingProfile = row[0]
    said: ProgramProfile | None = row[1]
    organization = directory.own_organization(uow)
    accounts = sa.select(sa.func.count(ProfileCandidate.account_id)).where(
        ProfileCandidate.profile_id == profile_id
    )
    return Facts(
        id=profile.id,
        account_id=said.account_id if said else None,
        required=profile.required,
        zone=profile.zone,
        horizon_days=profile.horizon_days,
        active_from=profile.active_from,
        active_until=profile.active_until,
        covers=covered(profile.horizon_days, said.covers if said else None),
        duration_minutes=profile.durations[0],
        step_minutes=profile.step_minutes,
        subject=profile.subject or profile.name,
        primary_color=profile.primary_color or organization.primary_color,
        secondary_color=profile.secondary_color or organization.secondary_color,
        questions=questions_of(profile.description, profile.questions),
        names=_names(uow, profile_id),
        accounts=uow.session.scalar(accounts) or 0,
        unreadable=unreadable.hosts(uow, profile_id),
    )


def _names(uow: UnitOfWork, profile_id: int) -> dict[str, str]:
    rows = uow.session.execute(
        sa.select(HostGroup.id, HostGroup.xid, ProfileCandidate.ext_id)
        .join(ProfileCandidate, ProfileCandidate.group_id == HostGroup.id)
        .where(ProfileCandidate.profile_id == profile_id)
    )
    return {f"{GROUP}{group_id}": ext_id or str(xid) for group_id, xid, ext_id in rows}


# -------------------------------------------------------------------------------------- asking


def _times(uow: UnitOfWork, facts: Facts, asked: Asked, required: Required) -> Times:
    start, end, next_from = _window(uow.now, facts, asked)
    moving = _moving(uow, facts, asked.reschedule_token)
    minutes = moving.duration_minutes if moving else facts.duration_minutes
    items, more = b"[]", False
    if start < end:
        window = Interval(from_minute(start), from_minute(end))
        if moving is not None:
            answer = _for_moving(uow, facts, window, moving, required)
        else:
            asking = Asking(required=required, unreadable=facts.unreadable)
            answer = matrix.answer(uow, facts.id, window, minutes, asking)
        items, more = TEXTS.of(answer, asked.page, facts.names)
    end = max(start, end)
    return Times(
        facts, minutes, items, more, from_minute(start), from_minute(end), next_from, moving
    )


def _for_moving(
    uow: UnitOfWork, facts: Facts, window: Interval, moving: Moving, required: Required
) -> Answer:
    """What a move would accept: the profile's own need at least, and those who move only
    together, each told as an account."""
    profile = offering.load(uow, profile_id=facts.id)
    if profile is None:
        raise NotFound("there is no such booking profile")
    asking = Asking(
        required=Required.ALL if facts.required is Required.ALL else required,
        leave_out=moving.meeting_id,
        unreadable=facts.unreadable,
    )
    within = choosing.movable(profile, moving.host_ids)
    if within is profile:
        return matrix.answer(uow, facts.id, window, moving.duration_minutes, asking)
    apart = replace(within, candidates=_apart(uow, profile, within.host_ids))
    asking = replace(asking, required=Required.ALL)
    return matrix.by_spans(uow, apart, window, moving.duration_minutes, asking)


def _apart(uow: UnitOfWork, profile: Offering, host_ids: Sequence[int]) -> tuple[Candidate, ...]:
    """Each host by the account that the profile names, else by the one its groups name."""
    alone = {c.host_ids[0]: c.key for c in profile.candidates if not is_group(c)}
    rows = uow.session.execute(
        sa.select(Account.host_id, sa.func.min(Account.id))
        .join(HostGroupMember, HostGroupMember.account_id == Account.id)
        .join(ProfileCandidate, ProfileCandidate.group_id == HostGroupMember.group_id)
        .where(ProfileCandidate.profile_id == profile.id, Account.host_id.in_(host_ids))
        .group_by(Account.host_id)
    )
    keys = {host_id: f"{ACCOUNT}{number}" for host_id, number in rows} | alone
    return tuple(Candidate(keys[host_id], (host_id,)) for host_id in host_ids)


def _moving(uow: UnitOfWork, facts: Facts, token: str | None) -> Moving | None:
    """The booking behind a reschedule token; ``NotFound`` for one of another profile."""
    if token is None:
        return None
    booking = bookings.by_manage_link(uow, token)
    if booking.profile_id != facts.id:
        raise NotFound("there is no such booking")
    meeting = uow.session.get(Meeting, booking.meeting_id) if booking.meeting_id else None
    return Moving(
        occupancy.sole_meeting(uow, booking),
        tuple(meeting.host_ids) if meeting else (),
        booking.start_at,
        booking.end_at,
        facts.subject,
        group_booking.organizers_event(uow, booking),
        booking.status not in bookings.STANDING,
    )


def _window(now: datetime, facts: Facts, asked: Asked) -> tuple[int, int, date | None]:
    """The part asked for of what the profile offers, in epoch minutes, and where the rest is."""
    zone = zones.zone(facts.zone)
    low, high = to_minute_up(now), _last(now, facts)
    if facts.active_from is not None:
        low = max(low, to_minute_up(facts.active_from))
    if facts.active_until is not None:
        high = min(high, to_minute(facts.active_until))
    first = asked.from_day or zones.date_of(zones.local_day(zone, low))
    days = min(asked.days, LONGEST_DAYS)
    begin = zones.local_day_bounds(zone, first)[0]
    end = zones.local_day_bounds(zone, first + timedelta(days=days - 1))[1]
    next_from = first + timedelta(days=days) if end < high else None
    return max(low, begin), min(high, end), next_from


def _last(now: datetime, facts: Facts) -> int:
    """The end of the last local date that the profile offers."""
    zone = zones.zone(facts.zone)
    today = zones.local_day(zone, to_minute(now))
    return zones.local_day_bounds(zone, zones.date_of(today + facts.horizon_days))[1]


@use_case(Permission.PROFILE_READ)
def free_profiles(
    uow: UnitOfWork,
    profile_ids: Sequence[int],
    slugs: Sequence[str],
    between: Interval,
    required: Required = Required.ONE,
) -> list[int]:
    """Which of these profiles of the organization can be booked wholly inside ``between``.

    By id, then by address, each once. Raises ``FormInvalid`` naming those that are unknown
    (``profileIds[0]``) and ``Invalid`` for more than 31 days.
    """
    if between.end - between.start > timedelta(days=MOST_DAYS_TOGETHER):
        raise Invalid(f"Ask about at most {MOST_DAYS_TOGETHER} days", field="timeMax")
    wanted = [(f"profileIds[{n}]", _facts(uow, each)) for n, each in enumerate(profile_ids)]
    wanted += [(f"profileNames[{n}]", _named(uow, each)) for n, each in enumerate(slugs)]
    unknown = {
        place: "There is no such profile"
        for place, facts in wanted
        if facts is None or facts.account_id is not None
    }
    if unknown:
        raise FormInvalid(unknown)
    known = {facts.id: facts for _, facts in wanted if facts is not None}
    return [each.id for each in known.values() if _is_free(uow, each, between, required)]


def _named(uow: UnitOfWork, slug: str) -> Facts | None:
    try:
        return public_facts(uow, slug)
    except NotFound:
        return None


def _is_free(uow: UnitOfWork, facts: Facts, between: Interval, required: Required) -> bool:
    last = between.end - timedelta(minutes=facts.duration_minutes)
    if last < between.start:
        return False
    window = Interval(between.start, last + timedelta(minutes=1))
    asking = Asking(required=required, unreadable=facts.unreadable)
    return bool(matrix.answer(uow, facts.id, window, facts.duration_minutes, asking).starts)
