"""Groups of accounts that stand for each other (one) or belong together (all)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.models import (
    Account,
    BookingProfile,
    HostGroup,
    HostGroupMember,
    ProfileCandidate,
    User,
)
from webapp.services.steps import candidates
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_MEMBERS = 100


@dataclass(frozen=True, slots=True)
class GroupCard:
    """A group with its accounts in order. ``used_by`` names the profiles it serves.

    One that is not ``shared`` was made by a program for the profile it serves.
    """

    id: int
    xid: UUID
    name: str
    required: Required
    accounts: tuple[int, ...]
    used_by: tuple[str, ...]
    stamp: str
    shared: bool = True


def stamp_of(name: str, required: Required, accounts: Sequence[int]) -> str:
    """Sixteen characters that change with the group: who saves says which state they saw."""
    said = f"{name}|{required.value}|{sorted(accounts)}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@use_case(Permission.PROFILE_READ)
def all_groups(uow: UnitOfWork) -> list[GroupCard]:
    """Every group of the organization, by name."""
    members: dict[int, list[int]] = defaultdict(list)
    for group_id, account_id in uow.session.execute(
        sa.select(HostGroupMember.group_id, HostGroupMember.account_id).order_by(HostGroupMember.id)
    ):
        members[group_id].append(account_id)
    users: dict[int, list[str]] = defaultdict(list)
    for used_id, name in uow.session.execute(
        sa.select(ProfileCandidate.group_id, BookingProfile.name)
        .join(BookingProfile, BookingProfile.id == ProfileCandidate.profile_id)
        .where(ProfileCandidate.group_id.is_not(None), BookingProfile.deleted_at.is_(None))
        .order_by(BookingProfile.position, BookingProfile.id)
    ):
        users[used_id or 0].append(name)
    groups = uow.session.scalars(sa.select(HostGroup).order_by(HostGroup.name, HostGroup.id))
    return [
        GroupCard(
            id=group.id,
            xid=group.xid,
            name=group.name,
            required=group.required,
            accounts=tuple(members[group.id]),
            used_by=tuple(users[group.id]),
            stamp=stamp_of(group.name, group.required, members[group.id]),
            shared=group.shared,
        )
        for group in groups
    ]


@use_case(Permission.PROFILE_CHANGE)
def group_for_change(uow: UnitOfWork, xid: UUID) -> GroupCard:
    """One group, for somebody who is about to change it; raises ``NotFound``."""
    for card in all_groups(uow):
        if card.xid == xid:
            return card
    raise NotFound("there is no such group")


@use_case(Permission.PROFILE_CHANGE)
def create_group(
    uow: UnitOfWork,
    name: str,
    accounts: Sequence[int],
    *,
    required: Required,
    shared: bool = True,
) -> HostGroup:
    """Make a group of accounts that stand for each other (one) or belong together (all).

    ``shared`` False: for one profile, which it is attached to next and goes with. Raises
    ``Invalid`` for the name and ``NotFound`` for accounts of others and of who left.
    """
    group = HostGroup(
        xid=uuid4(),
        name=clean_line(name, field="name", what="a name", most=120),
        required=required,
        shared=shared,
        created_at=uow.now,
    )
    uow.session.add(group)
    uow.session.flush()
    _set_members(uow, group, accounts)
    return group


@use_case(Permission.PROFILE_CHANGE)
def set_group(
    uow: UnitOfWork, group_id: int, accounts: Sequence[int], *, required: Required
) -> None:
    """Replace the members of a group; who calls writes the candidates of its profile next.

    Raises ``NotFound`` and ``Invalid(field="groups")``.
    """
    group = uow.session.scalars(sa.select(HostGroup).where(HostGroup.id == group_id)).one()
    group.required = required
    _set_members(uow, group, accounts)


@use_case(Permission.PROFILE_CHANGE)
def copied_groups(uow: UnitOfWork, profile_id: int) -> dict[int, str | None]:
    """A profile's groups for a copy of it: by id, what a program calls each, in order.

    Those that are shared are the same; those made for the profile alone are made again.
    """
    rows = uow.session.execute(
        sa.select(HostGroup, ProfileCandidate.ext_id)
        .join(ProfileCandidate, ProfileCandidate.group_id == HostGroup.id)
        .where(ProfileCandidate.profile_id == profile_id)
        .order_by(ProfileCandidate.position, ProfileCandidate.id)
    ).all()
    members = candidates.members_by_group(uow, [group.id for group, _ in rows])
    copied: dict[int, str | None] = {}
    for group, ext_id in rows:
        if not group.shared:
            accounts = members.get(group.id, ())
            group = create_group(uow, group.name, accounts, required=group.required, shared=False)
        copied[group.id] = ext_id
    return copied


@use_case(Permission.PROFILE_CHANGE)
def lock_served(uow: UnitOfWork, xids: Collection[UUID], profile_id: int | None = None) -> None:
    """Let nobody else change the profiles that these groups serve, nor that one.

    Whoever changes several groups or a profile with them does this first (``candidates.locked``).
    """
    served = uow.session.scalars(
        sa.select(ProfileCandidate.profile_id)
        .join(HostGroup, HostGroup.id == ProfileCandidate.group_id)
        .where(HostGroup.xid.in_(xids))
    )
    candidates.locked(uow, (*served, *(() if profile_id is None else (profile_id,))))


@use_case(Permission.PROFILE_CHANGE)
def change_group(
    uow: UnitOfWork,
    xid: UUID,
    name: str,
    accounts: Sequence[int],
    *,
    required: Required,
    seen: str | None = None,
) -> HostGroup:
    """Replace what a group is, for every profile that it serves.

    ``seen`` is the stamp that the writer saw: ``Conflict`` when the group is another by now and
    the writer wants it different from both. Raises ``NotFound`` and ``Invalid``.
    """
    lock_served(uow, (xid,))
    group = _found(uow, xid)
    name = clean_line(name, field="groups", what="a name for the group", most=120)
    stands = candidates.members_of(uow, group.id)
    here = stamp_of(group.name, group.required, stands)
    wanted = stamp_of(name, required, accounts)
    if wanted in (here, seen):  # as it is, or untouched by this writer
        return group
    if seen is not None and seen != here:
        raise Conflict(f"Somebody else changed the group “{group.name}” meanwhile", field="groups")
    group.name, group.required = name, required
    _set_members(uow, group, accounts)
    _refresh(uow, group.id)
    uow.record(
        "group.changed", f"group:{group.id}", name=name, required=required.value, of=len(accounts)
    )
    return group


@use_case(Permission.PROFILE_CHANGE)
def delete_group(uow: UnitOfWork, xid: UUID) -> None:
    """Forget a group that serves no profile; raises ``Conflict`` while it serves one."""
    group = _found(uow, xid)
    serves = uow.session.scalar(
        sa.select(BookingProfile.name)
        .join(ProfileCandidate, ProfileCandidate.profile_id == BookingProfile.id)
        .where(ProfileCandidate.group_id == group.id, BookingProfile.deleted_at.is_(None))
        .limit(1)
    )
    if serves is not None:
        raise Conflict(f"The group serves the profile “{serves}”; take it out there first")
    uow.session.execute(sa.delete(ProfileCandidate).where(ProfileCandidate.group_id == group.id))
    uow.session.delete(group)
    uow.session.flush()
    uow.record("group.deleted", f"group:{group.id}", name=group.name)


def _found(uow: UnitOfWork, xid: UUID) -> HostGroup:
    group = uow.session.scalars(
        sa.select(HostGroup).where(HostGroup.xid == xid).execution_options(populate_existing=True)
    ).one_or_none()
    if group is None:
        raise NotFound("there is no such group")
    return group


def _set_members(uow: UnitOfWork, group: HostGroup, accounts: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(accounts))
    if not 1 <= len(wanted) <= MOST_MEMBERS:
        raise Invalid(
            f"Choose 1 to {MOST_MEMBERS} people for the group “{group.name}”", field="groups"
        )
    new = set(wanted).difference(candidates.members_of(uow, group.id))
    known = uow.session.scalars(
        sa.select(Account.id)
        .join(User, User.id == Account.host_id)
        .where(Account.id.in_(new), candidates.is_here())
    )
    if new.difference(known):
        raise NotFound("there is no such account")
    uow.session.execute(sa.delete(HostGroupMember).where(HostGroupMember.group_id == group.id))
    uow.session.add_all(HostGroupMember(group_id=group.id, account_id=each) for each in wanted)
    uow.session.flush()


def _refresh(uow: UnitOfWork, group_id: int) -> None:
    """Write the candidates of every profile that the group serves anew."""
    served = sa.select(ProfileCandidate.profile_id).where(ProfileCandidate.group_id == group_id)
    for profile in candidates.locked(uow, uow.session.scalars(served)):
        candidates.write(uow, profile, *candidates.accounts_and_groups(uow, profile.id))
        profile.revision = BookingProfile.revision + 1
        profile.updated_at = uow.now
