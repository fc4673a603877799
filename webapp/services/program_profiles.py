"""Profiles as programs see them: made, read, changed and deleted by id; of everybody or of one.

A profile of the whole organization has any candidates; one of a single account has that account
alone, and is found only together with it. Profiles made in the console are the organization's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.periods import covered
from webapp.domain.permissions import Permission, Role
from webapp.domain.workhours import WorkHours
from webapp.models import Account, BookingProfile, ProgramProfile, Schedule, User
from webapp.services import directory, profiles
from webapp.services.steps import candidates, turns
from webapp.services.steps.program_draft import Said, Weekly, drafted, fresh
from webapp.services.unit_of_work import UnitOfWork, use_case

__all__ = [
    "ACCOUNT_HEADER",
    "Said",
    "Told",
    "Weekly",
    "account_hours",
    "acting_account",
    "change",
    "create",
    "delete",
    "found",
    "listed",
    "read",
]

ACCOUNT_HEADER = "X-Aurinko-Account-Id"
"""How a program names the account that it acts for."""


@dataclass(frozen=True, slots=True)
class Told:
    """A profile as a program reads it; times are UTC, lengths in minutes."""

    id: int
    slug: str
    duration_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    notice_minutes: int
    active_from: datetime | None
    active_until: datetime | None
    covers: str
    subject: str
    description: str
    location: str
    hours: WorkHours | None
    context: str | None
    start_conference: bool
    open_meeting_url: str
    client_org_id: str | None


@use_case(Permission.PROFILE_READ)
def acting_account(uow: UnitOfWork, named: int | None) -> int:
    """The account that the caller acts for: the own one ``named``, else the own first writable.

    A program of the whole organization must name one, and may name any. Raises ``NotFound`` for
    accounts of others and of who left, ``Invalid(field=ACCOUNT_HEADER)`` when none is named.
    """
    query = (
        sa.select(Account.id)
        .join(User, User.id == Account.host_id)
        .where(candidates.is_here())
        .order_by(Account.writable.desc(), Account.id)
        .limit(1)
    )
    if uow.caller.user_id is not None:
        query = query.where(Account.host_id == uow.caller.user_id)
    elif named is None:
        told = f"Say in the header {ACCOUNT_HEADER} which account to act for"
        raise Invalid(told, field=ACCOUNT_HEADER)
    elif uow.caller.role is not Role.API_CLIENT:
        raise Forbidden("only programs act for accounts")
    if named is not None:
        query = query.where(Account.id == named)
    account_id = uow.session.scalar(query)
    if account_id is None:
        raise NotFound("there is no such account")
    return account_id


@use_case(Permission.PROFILE_READ)
def found(uow: UnitOfWork, profile_id: int, *, account_id: int | None = None) -> BookingProfile:
    """The profile of the organization (or of that account) with that id; raises ``NotFound``."""
    profile = uow.session.scalars(
        _profiles(account_id)
        .where(BookingProfile.id == profile_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if profile is None:
        raise NotFound("there is no such booking profile")
    return profile


def _profiles(account_id: int | None) -> sa.Select[BookingProfile]:
    return sa.select(BookingProfile).where(*_whose(account_id))


def _whose(account_id: int | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Profiles of everybody, or those of one account; deleted ones are gone."""
    of = ProgramProfile.account_id
    whose = of.is_not(None) if account_id is None else of == account_id
    theirs = BookingProfile.id.in_(sa.select(ProgramProfile.profile_id).where(whose))
    return BookingProfile.deleted_at.is_(None), ~theirs if account_id is None else theirs


@use_case(Permission.PROFILE_READ)
def account_hours(uow: UnitOfWork, account_id: int) -> WorkHours:
    """When the account's owner can be met by their usual schedule; closed without one."""
    host = sa.select(Account.host_id).where(Account.id == account_id).scalar_subquery()
    hours = uow.session.scalar(
        sa.select(Schedule.hours).where(Schedule.host_id == host, Schedule.is_default)
    )
    if hours is None:
        return WorkHours(_zone(uow, account_id), ((),) * 7)
    return WorkHours.from_document(hours)


@use_case(Permission.PROFILE_CHANGE)
def create(uow: UnitOfWork, said: Said, *, account_id: int | None = None) -> Told:
    """Make a profile, of ``account_id`` alone when given; else nobody serves it yet.

    Raises ``FormInvalid`` and ``Invalid`` by the fields of a ``ProfileDraft``, ``Conflict`` for a
    used address, ``NotFound`` for an account of others.
    """
    draft = drafted(fresh(said["slug"], _zone(uow, account_id)), said)
    if account_id is not None:
        draft = replace(draft, accounts=(account_id,))
    profile = profiles.create(uow, draft)
    row = ProgramProfile(profile_id=profile.id, account_id=account_id, start_conference=False)
    uow.session.add(row)
    _write_row(row, said)
    uow.session.flush()
    return _told(profile, row)


def _zone(uow: UnitOfWork, account_id: int | None) -> str:
    """Where a profile is when its hours do not say it: with its host, or with the organization."""
    if account_id is None:
        return directory.own_organization(uow).zone
    zone = uow.session.scalar(
        sa.select(User.zone)
        .join(Account, Account.host_id == User.id)
        .where(Account.id == account_id)
    )
    if zone is None:
        raise NotFound("there is no such account")
    return zone


@use_case(Permission.PROFILE_READ)
def read(uow: UnitOfWork, profile_id: int, *, account_id: int | None = None) -> Told:
    """One profile; raises ``NotFound``."""
    profile = found(uow, profile_id, account_id=account_id)
    return _told(profile, uow.session.get(ProgramProfile, profile_id))


@use_case(Permission.PROFILE_READ)
def listed(
    uow: UnitOfWork, *, account_id: int | None = None, offset: int = 0, limit: int = 50
) -> tuple[list[Told], int]:
    """A page of profiles in the order they were made, and how many there are."""
    count = sa.select(sa.func.count()).select_from(BookingProfile).where(*_whose(account_id))
    query = _profiles(account_id).order_by(BookingProfile.id).offset(offset).limit(limit)
    page = uow.session.scalars(query).all()
    rows = uow.session.scalars(
        sa.select(ProgramProfile).where(ProgramProfile.profile_id.in_([each.id for each in page]))
    )
    known = {row.profile_id: row for row in rows}
    return [_told(each, known.get(each.id)) for each in page], uow.session.scalar(count) or 0


@use_case(Permission.PROFILE_CHANGE)
def change(uow: UnitOfWork, profile_id: int, said: Said, *, account_id: int | None = None) -> None:
    """Change what is said and leave the rest. Raises as ``create`` does."""
    turns.lock(uow, profile_id)
    profile = found(uow, profile_id, account_id=account_id)
    profiles.change(uow, profile_id, drafted(profiles.draft_of(uow, profile), said))
    row = uow.session.get(ProgramProfile, profile_id)
    if row is None:
        row = ProgramProfile(profile_id=profile_id, start_conference=False)
        uow.session.add(row)
    _write_row(row, said)


def _write_row(row: ProgramProfile, said: Said) -> None:
    """What only programs know of a profile."""
    if "context" in said:
        row.context = said["context"]
    if "client_org_id" in said:
        row.client_org_id = said["client_org_id"]
    if "start_conference" in said:
        row.start_conference = bool(said["start_conference"])
    if "covers" in said:
        row.covers = said["covers"].text if said["covers"] else None


@use_case(Permission.PROFILE_CHANGE)
def delete(uow: UnitOfWork, profile_id: int, *, account_id: int | None = None) -> None:
    """Take the profile down; what is booked stays. Raises ``NotFound``."""
    found(uow, profile_id, account_id=account_id)
    profiles.delete(uow, profile_id)


def _told(profile: BookingProfile, row: ProgramProfile | None) -> Told:
    return Told(
        id=profile.id,
        slug=profile.slug,
        duration_minutes=profile.durations[0],
        buffer_after_minutes=profile.buffer_after_minutes,
        step_minutes=profile.step_minutes,
        notice_minutes=profile.notice_minutes,
        active_from=profile.active_from,
        active_until=profile.active_until,
        covers=covered(profile.horizon_days, row.covers if row else None),
        subject=profile.subject,
        description=profile.description,
        location=profile.location,
        hours=WorkHours.from_document(profile.hours) if profile.hours else None,
        context=row.context if row else None,
        start_conference=row.start_conference if row else False,
        open_meeting_url=profile.open_meeting_url,
        client_org_id=row.client_org_id if row else None,
    )
