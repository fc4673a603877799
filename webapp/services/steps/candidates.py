"""Who may serve a profile: accounts and groups, reduced to hosts and to what the engine reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from webapp.domain.availability import Candidate
from webapp.domain.errors import Invalid, NotFound
from webapp.domain.required import Required
from webapp.models import (
    Account,
    BookingProfile,
    Calendar,
    HostGroup,
    HostGroupMember,
    Membership,
    ProfileCandidate,
    User,
)
from webapp.services.steps import candidate_rows, turns
from webapp.services.unit_of_work import UnitOfWork

_AT_ONCE = 1000
"""Accounts asked for in one statement: databases limit how many values it may hold."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One candidate: an account, or a group of accounts. ``key`` names it to the engine."""

    key: str
    accounts: tuple[int, ...]
    required: Required = Required.ONE


@dataclass(slots=True)
class Resolved:
    """Candidates as the engine reads them; ``seats`` are hosts and the calendars written to."""

    read: list[dict[str, Any]] = field(default_factory=list)
    seats: dict[int, int] = field(default_factory=dict)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The same as the engine takes it."""
        return tuple(
            Candidate(each["key"], tuple(each["hosts"]), Required(each["required"]))
            for each in self.read
        )


def account_choice(account_id: int) -> Chosen:
    """An account as a candidate."""
    return Chosen(f"account:{account_id}", (account_id,))


def group_choices(uow: UnitOfWork, group_ids: Sequence[int]) -> list[Chosen]:
    """Stored groups as candidates, in the order given; raises ``NotFound``."""
    members = members_by_group(uow, group_ids)
    groups = {
        group.id: group.required
        for group in uow.session.execute(
            sa.select(HostGroup.id, HostGroup.required).where(HostGroup.id.in_(group_ids))
        )
    }
    if any(each not in groups for each in group_ids):
        raise NotFound("there is no such group")
    return [
        Chosen(f"group:{each}", members.get(each, ()), Required(groups[each])) for each in group_ids
    ]


def members_of(uow: UnitOfWork, group_id: int) -> tuple[int, ...]:
    """The accounts of a group, in order."""
    return members_by_group(uow, (group_id,)).get(group_id, ())


def members_by_group(uow: UnitOfWork, group_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The accounts of each group, in order; groups without any are left out."""
    if not group_ids:
        return {}
    found: dict[int, list[int]] = defaultdict(list)
    rows = uow.session.execute(
        sa.select(HostGroupMember.group_id, HostGroupMember.account_id)
        .where(HostGroupMember.group_id.in_(group_ids))
        .order_by(HostGroupMember.id)
    )
    for group_id, account_id in rows:
        found[group_id].append(account_id)
    return {group_id: tuple(accounts) for group_id, accounts in found.items()}


def is_here() -> sa.ColumnElement[bool]:
    """Of the ``User`` in a statement: whether they belong here still, or are a room in use."""
    member = sa.select(Membership.id).where(Membership.user_id == User.id).exists()
    return sa.and_(User.deactivated_at.is_(None), sa.or_(member, User.is_room.is_(True)))


class _Seat(NamedTuple):
    """Whose account it is, if they are here, if bookings can be written to it, and where to."""

    host_id: int
    is_here: bool
    writable: bool
    calendar_id: int | None


def _seats(uow: UnitOfWork, account_ids: Iterable[int]) -> dict[int, _Seat]:
    """What is known of accounts, by id; those of other organizations are not in it."""
    wanted, found = sorted(set(account_ids)), dict[int, _Seat]()
    for low in range(0, len(wanted), _AT_ONCE):
        rows = uow.session.execute(
            sa.select(Account.id, Account.host_id, is_here(), Account.writable, Calendar.id)
            .join(User, User.id == Account.host_id)
            .outerjoin(Calendar, Calendar.account_id == Account.id)
            .where(Account.id.in_(wanted[low : low + _AT_ONCE]))
            .order_by(Account.id, Calendar.primary.desc(), Calendar.id)
        )
        for row in rows:
            found.setdefault(row[0], _Seat(*row[1:]))
    return found


def resolve(
    uow: UnitOfWork, chosen: Sequence[Chosen], *, staying: Collection[int] = ()
) -> Resolved:
    """The hosts behind the candidates.

    Raises ``NotFound`` for accounts of others, and of people who left unless they are ``staying``
    (see ``attached``); ``Invalid`` for one that is read-only.
    """
    known = _seats(uow, (account for each in chosen for account in each.accounts))
    found = Resolved()
    for each in chosen:
        hosts: dict[int, None] = {}
        for account_id in each.accounts:
            seat = known.get(account_id)
            if seat is None or not (seat.is_here or account_id in staying):
                raise NotFound("there is no such account")
            if not seat.writable or seat.calendar_id is None:
                told = "That account is read-only: bookings cannot be written"
                raise Invalid(told, field="accounts")
            found.seats.setdefault(seat.host_id, seat.calendar_id)
            hosts[seat.host_id] = None
        found.read.append({"key": each.key, "hosts": list(hosts), "required": each.required.value})
    return found


def locked(uow: UnitOfWork, profile_ids: Iterable[int]) -> list[BookingProfile]:
    """The profiles as they are now that nobody else can change them; hosts are locked after this.

    They are locked in ascending order, so that two who change several never block each other.
    """
    wanted = sorted(set(profile_ids))
    for profile_id in wanted:
        turns.lock(uow, profile_id)
    return list(
        uow.session.scalars(
            sa.select(BookingProfile)
            .where(BookingProfile.id.in_(wanted))
            .order_by(BookingProfile.id)
            .execution_options(populate_existing=True)
        )
    )


def write(
    uow: UnitOfWork,
    profile: BookingProfile,
    accounts: Sequence[int],
    groups: Sequence[int],
    ext_ids: Mapping[int, str | None] | None = None,
) -> None:
    """Write the candidates, the hosts they come to, and the engine's reading of both.

    What belongs to those who stay stays theirs (see ``candidate_rows``). ``ext_ids`` names groups
    that are new. Raises as ``resolve`` does, and ``NotFound`` for another profile's own group.
    """
    turns.lock(uow, profile.id)
    accounts, groups = list(dict.fromkeys(accounts)), list(dict.fromkeys(groups))
    _own_or_shared(uow, profile.id, groups)
    chosen = [*(account_choice(each) for each in accounts), *group_choices(uow, groups)]
    found = resolve(uow, chosen, staying=attached(uow, profile.id))
    candidate_rows.write_candidates(uow, profile.id, accounts, groups, ext_ids or {})
    candidate_rows.write_hosts(uow, profile.id, found.seats)
    profile.candidates = found.read
    uow.session.flush()


def _own_or_shared(uow: UnitOfWork, profile_id: int, group_ids: Sequence[int]) -> None:
    """Raise ``NotFound`` for a group that was made for another profile alone."""
    if not group_ids:
        return
    elsewhere = uow.session.scalar(
        sa.select(HostGroup.id)
        .join(ProfileCandidate, ProfileCandidate.group_id == HostGroup.id)
        .where(
            HostGroup.id.in_(group_ids),
            HostGroup.shared.is_(False),
            ProfileCandidate.profile_id != profile_id,
        )
        .limit(1)
    )
    if elsewhere is not None:
        raise NotFound("there is no such group")


def attached(uow: UnitOfWork, profile_id: int) -> frozenset[int]:
    """The accounts that serve a profile by themselves or in a group, as it is stored."""
    accounts, groups = accounts_and_groups(uow, profile_id)
    members = members_by_group(uow, groups).values()
    return frozenset(accounts).union(*members)


def accounts_and_groups(
    uow: UnitOfWork, profile_id: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids of a profile's candidate accounts and groups, each in order."""
    rows = uow.session.execute(
        sa.select(ProfileCandidate.account_id, ProfileCandidate.group_id)
        .where(ProfileCandidate.profile_id == profile_id)
        .order_by(ProfileCandidate.position, ProfileCandidate.id)
    ).all()
    accounts = tuple(account for account, _ in rows if account is not None)
    return accounts, tuple(group for _, group in rows if group is not None)
