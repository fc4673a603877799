"""Booking profiles: made, changed, paused, deleted, and who takes their bookings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.workhours import WorkHours
from webapp.models import BookingProfile
from webapp.services.host_groups import copied_groups, create_group
from webapp.services.steps import candidates
from webapp.services.steps.links import new_public_id
from webapp.services.steps.profile_draft import MOST_DURATIONS, ProfileDraft, checked, problems
from webapp.services.unit_of_work import UnitOfWork, use_case

__all__ = [
    "MOST_DURATIONS",
    "ProfileDraft",
    "all_profiles",
    "by_uuid",
    "change",
    "create",
    "create_group",
    "delete",
    "draft_of",
    "duplicate",
    "for_change",
    "free_slug",
    "next_position",
    "pause",
    "problems",
    "renew_address",
    "serve",
    "shift",
]

_MOST_COPIES = 1000


@use_case(Permission.PROFILE_CHANGE)
def create(uow: UnitOfWork, draft: ProfileDraft) -> BookingProfile:
    """Make a profile. Raises ``Invalid`` naming the field, ``Conflict`` for a used address."""
    profile = BookingProfile(uuid=uuid4(), created_at=uow.now, revision=1, version=0)
    _write(uow, profile, draft)
    return profile


@use_case(Permission.PROFILE_CHANGE)
def change(
    uow: UnitOfWork, profile_id: int, draft: ProfileDraft, *, version: int | None = None
) -> BookingProfile:
    """Replace what was decided. ``version`` given: ``Conflict`` when somebody was faster."""
    profile = _locked(uow, profile_id)
    if version is not None and profile.version != version:
        raise Conflict("Somebody else changed this profile meanwhile")
    _write(uow, profile, draft)
    return profile


def _locked(uow: UnitOfWork, profile_id: int) -> BookingProfile:
    """The profile as it is now that nobody else can change it; hosts are locked after this."""
    for profile in candidates.locked(uow, (profile_id,)):
        if profile.deleted_at is None:
            return profile
    raise NotFound("there is no such booking profile")


def _write(uow: UnitOfWork, profile: BookingProfile, typed: ProfileDraft) -> None:
    draft = checked(typed)
    if _is_used(uow, draft.slug, profile.id or 0):
        raise Conflict("That web address is used by another profile", field="slug")
    plain = {
        name: getattr(draft, name)
        for name in ProfileDraft.__dataclass_fields__
        if name not in ("accounts", "groups", "hours", "durations", "questions")
    }
    for name, value in plain.items():
        setattr(profile, name, value)
    profile.slug_key = draft.slug.lower()
    profile.durations, profile.questions = list(draft.durations), list(draft.questions)
    profile.hours = draft.hours.to_document() if draft.hours else None
    profile.version += 1
    profile.updated_at = uow.now
    if profile.id is None:
        profile.candidates = []
        uow.session.add(profile)
        uow.session.flush()
    else:
        profile.revision = BookingProfile.revision + 1
    candidates.write(uow, profile, draft.accounts, draft.groups)
    uow.record("profile.saved", f"profile:{profile.id}", slug=draft.slug)


def _is_used(uow: UnitOfWork, slug: str, but: int = 0) -> bool:
    """Whether a profile has that address, or had it before it was deleted."""
    found = uow.session.scalar(
        sa.select(BookingProfile.id).where(
            BookingProfile.slug_key == slug.lower(), BookingProfile.id != but
        )
    )
    return found is not None


@use_case(Permission.PROFILE_READ)
def by_uuid(uow: UnitOfWork, uuid: UUID) -> BookingProfile:
    """The profile with that uuid, unless it was deleted; raises ``NotFound``."""
    profile = uow.session.scalars(
        sa.select(BookingProfile).where(
            BookingProfile.uuid == uuid, BookingProfile.deleted_at.is_(None)
        )
    ).one_or_none()
    if profile is None:
        raise NotFound("there is no such booking profile")
    return profile


@use_case(Permission.PROFILE_CHANGE)
def for_change(uow: UnitOfWork, uuid: UUID) -> BookingProfile:
    """The same, for somebody who is about to change it."""
    return by_uuid(uow, uuid)


@use_case(Permission.PROFILE_READ)
def draft_of(uow: UnitOfWork, profile: BookingProfile) -> ProfileDraft:
    """What was decided about a profile, as it can be changed and saved again."""
    accounts, groups = candidates.accounts_and_groups(uow, profile.id)
    special = ("accounts", "groups", "hours", "durations", "questions")
    plain = {
        name: getattr(profile, name)
        for name in ProfileDraft.__dataclass_fields__
        if name not in special
    }
    return ProfileDraft(
        **plain,
        durations=tuple(profile.durations),
        questions=tuple(profile.questions),
        hours=WorkHours.from_document(profile.hours) if profile.hours else None,
        accounts=accounts,
        groups=groups,
    )


@use_case(Permission.PROFILE_CHANGE)
def serve(
    uow: UnitOfWork,
    profile: BookingProfile,
    accounts: Sequence[int],
    groups: Sequence[int],
    ext_ids: Mapping[int, str | None] | None = None,
) -> None:
    """Replace who serves a profile (see ``candidates.write``) and nothing else of it."""
    candidates.write(uow, profile, accounts, groups, ext_ids)
    profile.revision = BookingProfile.revision + 1
    profile.version += 1
    profile.updated_at = uow.now
    subject = f"profile:{profile.id}"
    uow.record("profile.served", subject, accounts=len(accounts), groups=len(groups))


@use_case(Permission.PROFILE_READ)
def free_slug(uow: UnitOfWork, wanted: str) -> str:
    """``wanted``, or the first of ``wanted-2``, ``wanted-3``, ... that no profile has."""
    stem = wanted[:54].strip("-") or "profile"
    for number in range(1, _MOST_COPIES):
        slug = stem if number == 1 else f"{stem}-{number}"
        if not _is_used(uow, slug):
            return slug
    return new_public_id()


@use_case(Permission.PROFILE_CHANGE)
def duplicate(uow: UnitOfWork, uuid: UUID) -> BookingProfile:
    """A paused copy of a profile, last in the list; its address is a free one beside it."""
    profile = by_uuid(uow, uuid)
    slug = new_public_id() if profile.secret else free_slug(uow, profile.slug)
    draft = draft_of(uow, profile)
    draft = replace(
        draft,
        name=f"Copy of {profile.name}"[:120],
        slug=slug,
        paused=True,
        position=next_position(uow),
    )
    copy = create(uow, replace(draft, groups=()))
    names = copied_groups(uow, profile.id)
    candidates.write(uow, copy, draft.accounts, tuple(names), names)
    return copy


@use_case(Permission.PROFILE_READ)
def next_position(uow: UnitOfWork) -> int:
    """The place after every other profile."""
    last = uow.session.scalar(sa.select(sa.func.max(BookingProfile.position)))
    return 0 if last is None else last + 1


@use_case(Permission.PROFILE_CHANGE)
def shift(uow: UnitOfWork, uuid: UUID, by: int) -> None:
    """Move a profile one place up (-1) or down (1) in every list; at the end nothing happens."""
    ordered = list(all_profiles(uow))
    place = next((i for i, each in enumerate(ordered) if each.uuid == uuid), None)
    if place is None:
        raise NotFound("there is no such booking profile")
    target = place + (1 if by > 0 else -1)
    if not 0 <= target < len(ordered):
        return
    ordered[place], ordered[target] = ordered[target], ordered[place]
    for position, profile in enumerate(ordered):
        profile.position = position
    uow.record("profile.moved", f"profile:{ordered[target].id}", position=target)


@use_case(Permission.PROFILE_CHANGE)
def renew_address(uow: UnitOfWork, uuid: UUID) -> BookingProfile:
    """Give a profile an address that nobody can guess; the old one leads nowhere from now on."""
    profile = _locked(uow, by_uuid(uow, uuid).id)
    profile.slug = new_public_id()
    profile.slug_key = profile.slug.lower()
    profile.revision = BookingProfile.revision + 1
    profile.version += 1
    profile.updated_at = uow.now
    uow.record("profile.address_renewed", f"profile:{profile.id}")
    return profile


@use_case(Permission.PROFILE_CHANGE)
def pause(uow: UnitOfWork, profile_id: int, paused: bool) -> BookingProfile:
    """Stop or start taking bookings; what is booked stays."""
    profile = _locked(uow, profile_id)
    profile.paused = paused
    # Not the version as well: the editor holds nothing that changed.
    profile.revision = BookingProfile.revision + 1
    profile.updated_at = uow.now
    uow.record("profile.paused" if paused else "profile.resumed", f"profile:{profile.id}")
    return profile


@use_case(Permission.PROFILE_CHANGE)
def delete(uow: UnitOfWork, profile_id: int) -> None:
    """Take the page down; its address answers 410 and its bookings live on."""
    profile = _locked(uow, profile_id)
    profile.deleted_at = profile.updated_at = uow.now
    profile.revision = BookingProfile.revision + 1
    uow.record("profile.deleted", f"profile:{profile.id}")


@use_case(Permission.PROFILE_READ)
def all_profiles(uow: UnitOfWork) -> Sequence[BookingProfile]:
    """Every profile that was not deleted, in the owner's order."""
    return uow.session.scalars(
        sa.select(BookingProfile)
        .where(BookingProfile.deleted_at.is_(None))
        .order_by(BookingProfile.position, BookingProfile.id)
    ).all()
