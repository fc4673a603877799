""" "Why not?": whether a time can be booked, and everything that keeps it from being, by name.

The verdict is the slot engine's own (``offers.why_not``); this module only finds what stands
behind its reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.availability import Ability, Reason, ReasonCode
from webapp.domain.grouping import GROUP, is_group
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.domain.span import from_minute
from webapp.models import (
    Account,
    Booking,
    BookingStatus,
    BusySpan,
    Calendar,
    Event,
    HostGroup,
    Meeting,
    ProfileCandidate,
    ProfileHost,
    Schedule,
    TimeAway,
    User,
)
from webapp.services import offers
from webapp.services.offers import ProfileCard
from webapp.services.steps import reach
from webapp.services.unit_of_work import UnitOfWork, use_case

_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason, with what stands behind it as far as the caller may see it; times are UTC.

    ``what`` is the event's title, the away's label or the invitee's name, "Busy" for what is
    somebody else's. ``start_at`` and ``end_at`` are the taken time, buffers included; ``until`` is
    the engine's. ``schedule`` is the host's, where its hours are the reason and the caller may
    change them. ``is_own``: the object behind it is the caller's.
    """

    code: ReasonCode
    host_id: int | None
    host_name: str
    until: datetime | None
    what: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    booking: UUID | None = None
    calendar: UUID | None = None
    schedule: UUID | None = None
    host_uuid: UUID | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class CandidateCard:
    """A host or a group that the profile names. ``able``: who of ``members`` could be there,
    ``unable``: who could not.

    ``required``: how many of them it takes. ``is_met``: whether so many are able. ``has_left``:
    somebody whom it counts works here no longer.
    """

    name: str
    is_group: bool
    required: Required
    members: tuple[str, ...]
    able: tuple[str, ...]
    unable: tuple[str, ...]
    is_met: bool
    has_left: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one instant; ``obstacles`` are empty exactly when it is listed.

    ``nearest`` are the free starts around it, at most three, in order of time. ``candidates`` are
    those of a profile that names more than one host.
    """

    start_at: datetime
    end_at: datetime
    obstacles: tuple[Obstacle, ...]
    nearest: tuple[datetime, ...]
    candidates: tuple[CandidateCard, ...]

    @property
    def is_listed(self) -> bool:
        """Whether the profile's page offers the time."""
        return not self.obstacles


@use_case(Permission.PROFILE_READ)
def judge(uow: UnitOfWork, profile: ProfileCard, start: datetime, duration_minutes: int) -> Verdict:
    """Why ``start`` cannot be booked, by everything that is in its way.

    Raises ``Invalid(field="duration")`` for a length that the profile does not have.
    """
    reasons, abilities = offers.why_and_who(uow, profile, start, duration_minutes)
    nearest: list[datetime] = []
    if reasons:
        around = max(start, uow.now)
        nearest = offers.alternatives(
            uow, profile, around, duration_minutes=duration_minutes, count=_NEAREST
        )
    return Verdict(
        start_at=start,
        end_at=start + timedelta(minutes=duration_minutes),
        obstacles=tuple(_obstacle(uow, profile, reason) for reason in reasons),
        nearest=tuple(nearest),
        candidates=_candidates(uow, profile, abilities) if len(profile.offering.hosts) > 1 else (),
    )


def _candidates(
    uow: UnitOfWork, profile: ProfileCard, abilities: Sequence[Ability]
) -> tuple[CandidateCard, ...]:
    hosts = {seat.id: seat.name for seat in profile.offering.hosts}
    rows = uow.session.execute(
        sa.select(HostGroup.id, HostGroup.name)
        .join(ProfileCandidate, ProfileCandidate.group_id == HostGroup.id)
        .where(ProfileCandidate.profile_id == profile.id)
    )
    groups = {f"{GROUP}{number}": name for number, name in rows}
    found = []
    for each in abilities:
        here = [i for i in each.candidate.host_ids if i in hosts]
        members = tuple(hosts[i] for i in here)
        in_group = is_group(each.candidate)
        found.append(
            CandidateCard(
                name=groups.get(each.candidate.key, "") if in_group else " ".join(members),
                is_group=in_group,
                required=each.candidate.required,
                members=members,
                able=tuple(hosts[i] for i in here if i in each.able),
                unable=tuple(hosts[i] for i in here if i not in each.able),
                is_met=each.is_met,
                has_left=len(here) < len(each.candidate.host_ids),
            )
        )
    return tuple(found)


def _obstacle(uow: UnitOfWork, profile: ProfileCard, reason: Reason) -> Obstacle:
    names = {seat.id: seat.name for seat in profile.offering.hosts}
    made = Obstacle(
        code=reason.code,
        host_id=reason.host_id,
        host_name=names.get(reason.host_id, "") if reason.host_id is not None else "",
        until=None if reason.until is None else from_minute(reason.until),
        is_own=reason.host_id is not None and reason.host_id == uow.caller.user_id,
    )
    if reason.host_id is None:
        return made
    if reason.code is ReasonCode.OUTSIDE_HOURS:
        return _with_schedule(uow, profile, made, reason.host_id)
    if reason.span_id is not None:
        return _with_span(uow, made, reason.span_id)
    return made


def _with_schedule(uow: UnitOfWork, profile: ProfileCard, made: Obstacle, host_id: int) -> Obstacle:
    if not (made.is_own or reach.may_change_others(uow)):
        return made
    found = uow.session.scalars(
        sa.select(Schedule.uuid)
        .join(ProfileHost, ProfileHost.host_id == Schedule.host_id)
        .where(
            ProfileHost.profile_id == profile.id,
            Schedule.host_id == host_id,
            (Schedule.id == ProfileHost.schedule_id)
            | (ProfileHost.schedule_id.is_(None) & Schedule.is_default),
        )
    ).first()
    return replace(made, schedule=found)


def _with_span(uow: UnitOfWork, made: Obstacle, span_id: int) -> Obstacle:
    span = uow.session.get(BusySpan, span_id)
    if span is None:
        return replace(made, what="Busy")
    made = replace(made, what="Busy", start_at=span.start_at, end_at=span.end_at)
    if span.meeting_id is not None:
        return _with_booking(uow, made, span.meeting_id)
    if span.away_id is not None:
        return _with_away(uow, made, span.away_id)
    return _with_event(uow, made, span) if span.event_id is not None else made


def _with_booking(uow: UnitOfWork, made: Obstacle, meeting_id: int) -> Obstacle:
    """The booking behind the span; one of another organization stays "Busy"."""
    found = uow.session.execute(
        sa.select(Booking.uuid, Booking.name, Booking.status, Meeting.start_at, Meeting.end_at)
        .join(Meeting, Meeting.id == Booking.meeting_id)
        .where(
            Meeting.id == meeting_id,
            Booking.status.in_(
                (BookingStatus.CONFIRMED, BookingStatus.PENDING, BookingStatus.HELD)
            ),
        )
        .order_by(Booking.status, Booking.id)
    ).first()
    if found is None or not uow.caller.may(Permission.BOOKING_READ):
        return made
    if found.status is BookingStatus.HELD:
        return replace(made, what="Somebody is booking this time")
    return replace(
        made,
        what=found.name or "A booking",
        booking=found.uuid,
        start_at=found.start_at,
        end_at=found.end_at,
    )


def _with_away(uow: UnitOfWork, made: Obstacle, away_id: int) -> Obstacle:
    row = uow.session.execute(
        sa.select(TimeAway, User.uuid)
        .join(User, User.id == TimeAway.host_id)
        .where(TimeAway.id == away_id)
    ).first()
    if row is None:
        return made
    away, host_uuid = row
    known = made.is_own or reach.may_change_others(uow)
    return replace(
        made,
        what=(away.label or "Away") if known else "Away",
        start_at=away.start_at,
        end_at=away.end_at,
        host_uuid=host_uuid if known else None,
    )


def _with_event(uow: UnitOfWork, made: Obstacle, span: BusySpan) -> Obstacle:
    """One's own event by its title; a colleague's stays "Busy" even for an owner."""
    if not made.is_own:
        return made
    found = uow.session.execute(
        sa.select(Event.summary, Calendar.uuid)
        .join(Calendar, Calendar.id == Event.calendar_id)
        .join(Account, Account.id == Calendar.account_id)
        .where(Event.id == span.event_id, Account.host_id == uow.caller.user_id)
    ).first()
    if found is None:
        return made
    return replace(made, what=found.summary or "Busy", calendar=found.uuid)
