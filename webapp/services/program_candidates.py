"""Who serves a profile, as programs attach and detach it: accounts, and groups by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from webapp.domain.errors import Invalid
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.models import BookingProfile, HostGroup, ProfileCandidate
from webapp.services import host_groups, profiles
from webapp.services.program_profiles import found
from webapp.services.steps import candidates, turns
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_ACCOUNTS = 1000
MOST_GROUPS = 40
"""What serves one profile; the console's editor shows as many groups."""
LONGEST_NAME = 200
"""Characters of what a program calls a group."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of accounts under the name that a program gave it in this profile."""

    ext_id: str
    accounts: tuple[int, ...]
    required: Required = Required.ONE


@dataclass(slots=True)
class _Serving:
    """Who serves a profile, while it is being changed. ``groups`` by what programs call them."""

    accounts: list[int]
    groups: dict[str, int]
    shared: set[int]
    ext_ids: dict[int, str | None] = field(default_factory=dict)


def _serving(uow: UnitOfWork, profile_id: int) -> _Serving:
    accounts, _ = candidates.accounts_and_groups(uow, profile_id)
    rows = _groups(uow, profile_id)
    return _Serving(
        list(accounts),
        {ext_id or str(group.xid): group.id for group, ext_id in rows},
        {group.id for group, _ in rows if group.shared},
    )


def _groups(
    uow: UnitOfWork, profile_id: int, *, offset: int = 0, limit: int | None = None
) -> Sequence[sa.Row[HostGroup, str | None]]:
    query = (
        sa.select(HostGroup, ProfileCandidate.ext_id)
        .join(ProfileCandidate, ProfileCandidate.group_id == HostGroup.id)
        .where(ProfileCandidate.profile_id == profile_id)
        .order_by(ProfileCandidate.position, ProfileCandidate.id)
        .offset(offset)
    )
    return uow.session.execute(query if limit is None else query.limit(limit)).all()


def _locked(uow: UnitOfWork, profile_id: int) -> tuple[BookingProfile, _Serving]:
    """The profile, and who serves it, when nobody else can change that any more."""
    turns.lock(uow, profile_id)
    return found(uow, profile_id), _serving(uow, profile_id)


def _serve(uow: UnitOfWork, profile: BookingProfile, serving: _Serving) -> None:
    if len(serving.accounts) > MOST_ACCOUNTS:
        raise Invalid(f"A profile has at most {MOST_ACCOUNTS:,} accounts", field="accounts")
    if len(serving.groups) > MOST_GROUPS:
        raise Invalid(f"A profile has at most {MOST_GROUPS} groups", field="groups")
    groups = tuple(serving.groups.values())
    profiles.serve(uow, profile, serving.accounts, groups, serving.ext_ids)


# ------------------------------------------------------------------------------------ accounts


@use_case(Permission.PROFILE_CHANGE)
def attach_accounts(uow: UnitOfWork, profile_id: int, accounts: Sequence[int]) -> None:
    """Let accounts serve a profile; those that do already stay where they are.

    Raises ``NotFound`` for the profile and for accounts of others, ``Invalid(field="accounts")``
    for one that is read-only and for too many.
    """
    profile, serving = _locked(uow, profile_id)
    wanted = list(dict.fromkeys((*serving.accounts, *accounts)))
    if len(wanted) > len(serving.accounts):
        serving.accounts = wanted
        _serve(uow, profile, serving)


@use_case(Permission.PROFILE_CHANGE)
def detach_accounts(uow: UnitOfWork, profile_id: int, accounts: Collection[int]) -> None:
    """Take accounts off a profile, not out of its groups; those not attached change nothing."""
    profile, serving = _locked(uow, profile_id)
    going = set(accounts)
    left = [each for each in serving.accounts if each not in going]
    if len(left) < len(serving.accounts):
        serving.accounts = left
        _serve(uow, profile, serving)


@use_case(Permission.PROFILE_READ)
def attached_accounts(
    uow: UnitOfWork, profile_id: int, *, offset: int = 0, limit: int = 50
) -> tuple[tuple[int, ...], int]:
    """A page of the accounts that serve a profile by themselves, and how many there are."""
    found(uow, profile_id)
    account = ProfileCandidate.account_id
    here = (ProfileCandidate.profile_id == profile_id, account.is_not(None))
    page = uow.session.scalars(
        sa.select(account)
        .where(*here)
        .order_by(ProfileCandidate.position, ProfileCandidate.id)
        .offset(offset)
        .limit(limit)
    )
    count = sa.select(sa.func.count()).select_from(ProfileCandidate).where(*here)
    return tuple(each for each in page if each is not None), uow.session.scalar(count) or 0


# -------------------------------------------------------------------------------------- groups


@use_case(Permission.PROFILE_CHANGE)
def attach_groups(uow: UnitOfWork, profile_id: int, groups: Sequence[Group]) -> None:
    """Let groups serve a profile; one of a name that serves it already is replaced there.

    A group that other profiles share is never changed: this profile gets one of its own instead.
    Raises as ``attach_accounts`` does, ``Invalid(field="groups")`` for a group without accounts.
    """
    profile, serving = _locked(uow, profile_id)
    for n, group in enumerate(groups):
        _put(uow, serving, group, f"groups[{n}].extId")
    if groups:
        _serve(uow, profile, serving)


def _put(uow: UnitOfWork, serving: _Serving, group: Group, field: str = "extId") -> None:
    """Give the group of that name these members, in its place or as the last.

    ``field`` is what a refusal of the name calls it.
    """
    stored = serving.groups.get(group.ext_id)
    if stored is not None and stored not in serving.shared:
        host_groups.set_group(uow, stored, group.accounts, required=group.required)
        return
    name = clean_line(group.ext_id, field=field, what="a name", most=LONGEST_NAME)[:120]
    made = host_groups.create_group(
        uow, name, group.accounts, required=group.required, shared=False
    )
    serving.groups[group.ext_id] = made.id
    serving.ext_ids[made.id] = group.ext_id


@use_case(Permission.PROFILE_CHANGE)
def detach_groups(
    uow: UnitOfWork, profile_id: int, groups: Mapping[str, Collection[int] | None]
) -> None:
    """Take groups off a profile, by name: whole (None), or only some of their accounts.

    A group of which nobody is left goes; one that is not attached changes nothing.
    """
    profile, serving = _locked(uow, profile_id)
    known = _known(uow, profile_id)
    changed = False
    for ext_id, accounts in groups.items():
        group = known.get(ext_id)
        if group is None or ext_id not in serving.groups:
            continue
        left = [] if accounts is None else [i for i in group.accounts if i not in set(accounts)]
        if not left:
            del serving.groups[ext_id]
        elif len(left) < len(group.accounts):
            _put(uow, serving, Group(ext_id, tuple(left), group.required))
        else:
            continue
        changed = True
    if changed:
        _serve(uow, profile, serving)


def _known(uow: UnitOfWork, profile_id: int) -> dict[str, Group]:
    return {group.ext_id: group for group in _told(uow, _groups(uow, profile_id))}


def _told(uow: UnitOfWork, rows: Sequence[sa.Row[HostGroup, str | None]]) -> list[Group]:
    members = candidates.members_by_group(uow, [group.id for group, _ in rows])
    return [
        Group(ext_id or str(group.xid), members.get(group.id, ()), group.required)
        for group, ext_id in rows
    ]


@use_case(Permission.PROFILE_READ)
def attached_groups(
    uow: UnitOfWork, profile_id: int, *, offset: int = 0, limit: int = 50
) -> tuple[list[Group], int]:
    """A page of the groups that serve a profile, and how many there are.

    Those chosen in the console go by their own uuid.
    """
    found(uow, profile_id)
    count = (
        sa.select(sa.func.count())
        .select_from(ProfileCandidate)
        .where(ProfileCandidate.profile_id == profile_id, ProfileCandidate.group_id.is_not(None))
    )
    page = _groups(uow, profile_id, offset=offset, limit=limit)
    return _told(uow, page), uow.session.scalar(count) or 0
