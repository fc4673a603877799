"""Booking profiles: made, changed, paused, deleted, and who takes their bookings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours
from webapp.domain.zones import zone
from webapp.models import (
    Account,
    BookingProfile,
    Calendar,
    HostGroup,
    HostGroupMember,
    LocationKind,
    ProfileCandidate,
    ProfileHost,
)
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case

_SLUG = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_RESERVED_SLUGS = {"m", "verify", "hold", "b"}
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}\Z")
MOST_DURATIONS = 8
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """What an owner decides about a profile; minutes unless said otherwise."""

    slug: str
    name: str
    durations: tuple[int, ...]
    step_minutes: int = 15
    zone: str = "UTC"
    description: str = ""
    questions: tuple[dict[str, Any], ...] = ()
    subject: str = ""
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    notice_minutes: int = 0
    horizon_days: int = 60
    active_from: datetime | None = None
    active_until: datetime | None = None
    limit_per_day: int | None = None
    limit_per_week: int | None = None
    seats: int = 1
    hold_minutes: int = 8
    hours: WorkHours | None = None
    location_kind: LocationKind = LocationKind.TEXT
    location: str = ""
    required: Required = Required.ONE
    asks_phone: bool = False
    needs_approval: bool = False
    secret: bool = False
    paused: bool = False
    position: int = 0
    primary_color: str | None = None
    secondary_color: str | None = None
    empty_text: str = ""
    accounts: tuple[int, ...] = field(default=())
    groups: tuple[int, ...] = field(default=())


def _between(value: int, least: int, most: int, field_name: str, what: str) -> None:
    if not least <= value <= most:
        raise Invalid(f"{what} must be from {least} to {most}", field=field_name)


def _check(draft: ProfileDraft) -> None:
    if not _SLUG.match(draft.slug) or draft.slug.lower() in _RESERVED_SLUGS:
        raise Invalid("A web address has letters, digits and hyphens, at most 60", field="slug")
    clean_line(draft.name, field="name", what="a name", most=120)
    if not 1 <= len(set(draft.durations)) == len(draft.durations) <= MOST_DURATIONS:
        raise Invalid(f"Give 1 to {MOST_DURATIONS} different lengths", field="durations")
    for minutes in draft.durations:
        _between(minutes, 1, LONGEST_MINUTES, "durations", "A length in minutes")
    _between(draft.step_minutes, 1, LONGEST_MINUTES, "step_minutes", "The step in minutes")
    _between(draft.buffer_before_minutes, 0, 720, "buffer_before_minutes", "A buffer")
    _between(draft.buffer_after_minutes, 0, 720, "buffer_after_minutes", "A buffer")
    _between(draft.notice_minutes, 0, 365 * 1440, "notice_minutes", "The notice")
    _between(draft.horizon_days, 1, 365, "horizon_days", "The horizon in days")
    _between(draft.seats, 1, 1000, "seats", "The number of seats")
    _between(draft.hold_minutes, 2, 15, "hold_minutes", "The hold in minutes")
    for name in ("limit_per_day", "limit_per_week"):
        if (limit := getattr(draft, name)) is not None:
            _between(limit, 1, 1000, name, "A limit")
    if draft.active_from and draft.active_until and draft.active_until <= draft.active_from:
        raise Invalid("The active period must end after it begins", field="active_until")
    for name in ("primary_color", "secondary_color"):
        if (color := getattr(draft, name)) is not None and not _COLOR.match(color):
            raise Invalid("A colour looks like #2456C4", field=name)
    zone(draft.zone)


@use_case(Permission.PROFILE_CHANGE)
def create(uow: UnitOfWork, draft: ProfileDraft) -> BookingProfile:
    """Make a profile. Raises ``Invalid`` naming the field, ``Conflict`` for a used address."""
    profile = BookingProfile(uuid=uuid4(), created_at=uow.now, revision=0, version=0)
    _write(uow, profile, draft)
    return profile


@use_case(Permission.PROFILE_CHANGE)
def change(
    uow: UnitOfWork, profile_id: int, draft: ProfileDraft, *, version: int | None = None
) -> BookingProfile:
    """Replace what was decided. ``version`` given: ``Conflict`` when somebody was faster."""
    profile = _found(uow, profile_id)
    if version is not None and profile.version != version:
        raise Conflict("Somebody else changed this profile meanwhile")
    _write(uow, profile, draft)
    return profile


def _found(uow: UnitOfWork, profile_id: int) -> BookingProfile:
    profile = uow.session.scalars(
        sa.select(BookingProfile).where(
            BookingProfile.id == profile_id, BookingProfile.deleted_at.is_(None)
        )
    ).one_or_none()
    if profile is None:
        raise NotFound("there is no such booking profile")
    return profile


def _write(uow: UnitOfWork, profile: BookingProfile, draft: ProfileDraft) -> None:
    _check(draft)
    key = draft.slug.lower()
    used = uow.session.scalar(
        sa.select(BookingProfile.id).where(
            BookingProfile.slug_key == key, BookingProfile.id != (profile.id or 0)
        )
    )
    if used is not None:
        raise Conflict("That web address is used by another profile", field="slug")
    plain = {
        name: getattr(draft, name)
        for name in ProfileDraft.__dataclass_fields__
        if name not in ("accounts", "groups", "hours", "durations", "questions")
    }
    for name, value in plain.items():
        setattr(profile, name, value)
    profile.slug_key = key
    profile.durations, profile.questions = list(draft.durations), list(draft.questions)
    profile.hours = draft.hours.to_document() if draft.hours else None
    profile.revision += 1
    profile.version += 1
    profile.updated_at = uow.now
    if profile.id is None:
        profile.candidates = []
        uow.session.add(profile)
        uow.session.flush()
    _set_candidates(uow, profile, draft.accounts, draft.groups)
    uow.record("profile.saved", f"profile:{profile.id}", slug=draft.slug)


def _set_candidates(
    uow: UnitOfWork, profile: BookingProfile, accounts: Sequence[int], groups: Sequence[int]
) -> None:
    """Write the candidates, the hosts they come to, and the engine's reading of both."""
    for kind in (ProfileCandidate, ProfileHost):
        uow.session.execute(sa.delete(kind).where(kind.profile_id == profile.id))
    seats: dict[int, int] = {}
    read: list[dict[str, Any]] = []
    position = 0
    for account_id in accounts:
        host_id = _seat(uow, account_id, seats)
        read.append({"key": f"account:{account_id}", "hosts": [host_id], "required": "one"})
        uow.session.add(
            ProfileCandidate(profile_id=profile.id, account_id=account_id, position=position)
        )
        position += 1
    for group_id in groups:
        group = uow.session.get(HostGroup, group_id)
        if group is None:
            raise NotFound("there is no such group")
        members = uow.session.scalars(
            sa.select(HostGroupMember.account_id)
            .where(HostGroupMember.group_id == group_id)
            .order_by(HostGroupMember.id)
        ).all()
        host_ids = list(dict.fromkeys(_seat(uow, member, seats) for member in members))
        read.append(
            {"key": f"group:{group_id}", "hosts": host_ids, "required": group.required.value}
        )
        uow.session.add(
            ProfileCandidate(profile_id=profile.id, group_id=group_id, position=position)
        )
        position += 1
    for host_id, calendar_id in seats.items():
        uow.session.add(
            ProfileHost(profile_id=profile.id, host_id=host_id, calendar_id=calendar_id)
        )
    profile.candidates = read
    uow.session.flush()


def _seat(uow: UnitOfWork, account_id: int, seats: dict[int, int]) -> int:
    """The account's host, noting the calendar that its events go to."""
    account = uow.session.get(Account, account_id)
    if account is None:
        raise NotFound("there is no such account")
    if not account.writable:
        raise Invalid("That account is read-only: bookings cannot be written", field="accounts")
    if account.host_id not in seats:
        calendar = uow.session.scalars(
            sa.select(Calendar.id)
            .where(Calendar.account_id == account_id)
            .order_by(Calendar.primary.desc(), Calendar.id)
            .limit(1)
        ).one()
        seats[account.host_id] = calendar
    return account.host_id


@use_case(Permission.PROFILE_CHANGE)
def pause(uow: UnitOfWork, profile_id: int, paused: bool) -> BookingProfile:
    """Stop or start taking bookings; what is booked stays."""
    profile = _found(uow, profile_id)
    profile.paused = paused
    profile.revision += 1
    profile.version += 1
    profile.updated_at = uow.now
    uow.record("profile.paused" if paused else "profile.resumed", f"profile:{profile.id}")
    return profile


@use_case(Permission.PROFILE_CHANGE)
def delete(uow: UnitOfWork, profile_id: int) -> None:
    """Take the page down; its address answers 410 and its bookings live on."""
    profile = _found(uow, profile_id)
    profile.deleted_at = profile.updated_at = uow.now
    profile.revision += 1
    uow.record("profile.deleted", f"profile:{profile.id}")


@use_case(Permission.PROFILE_CHANGE)
def create_group(
    uow: UnitOfWork, name: str, accounts: Sequence[int], *, required: Required
) -> HostGroup:
    """Make a group of accounts that stand for each other (one) or belong together (all)."""
    group = HostGroup(
        xid=uuid4(),
        name=clean_line(name, field="name", what="a name", most=120),
        required=required,
        created_at=uow.now,
    )
    uow.session.add(group)
    uow.session.flush()
    for account_id in accounts:
        if uow.session.get(Account, account_id) is None:
            raise NotFound("there is no such account")
        uow.session.add(HostGroupMember(group_id=group.id, account_id=account_id))
    uow.session.flush()
    return group


@use_case(Permission.PROFILE_READ)
def all_profiles(uow: UnitOfWork) -> Sequence[BookingProfile]:
    """Every profile that was not deleted, in the owner's order."""
    return uow.session.scalars(
        sa.select(BookingProfile)
        .where(BookingProfile.deleted_at.is_(None))
        .order_by(BookingProfile.position, BookingProfile.id)
    ).all()
