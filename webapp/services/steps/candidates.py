"""Who may serve a profile: accounts and groups, reduced to hosts and to what the engine reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
    ProfileCandidate,
    ProfileHost,
)
from webapp.services.unit_of_work import UnitOfWork


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


def group_choice(uow: UnitOfWork, group_id: int) -> Chosen:
    """A stored group as a candidate; raises ``NotFound``."""
    group = uow.session.get(HostGroup, group_id)
    if group is None:
        raise NotFound("there is no such group")
    return Chosen(f"group:{group_id}", members_of(uow, group_id), group.required)


def members_of(uow: UnitOfWork, group_id: int) -> tuple[int, ...]:
    """The accounts of a group, in order."""
    return tuple(
        uow.session.scalars(
            sa.select(HostGroupMember.account_id)
            .where(HostGroupMember.group_id == group_id)
            .order_by(HostGroupMember.id)
        )
    )


def resolve(uow: UnitOfWork, chosen: Sequence[Chosen]) -> Resolved:
    """The hosts behind the candidates. Raises ``NotFound`` for accounts of others, ``Invalid``."""
    found = Resolved()
    for each in chosen:
        hosts = [_seat(uow, account_id, found.seats) for account_id in each.accounts]
        found.read.append(
            {
                "key": each.key,
                "hosts": list(dict.fromkeys(hosts)),
                "required": each.required.value,
            }
        )
    return found


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


def write(
    uow: UnitOfWork, profile: BookingProfile, accounts: Sequence[int], groups: Sequence[int]
) -> None:
    """Write the candidates, the hosts they come to, and the engine's reading of both.

    The schedule that a host chose for the profile stays theirs.
    """
    chosen = [
        *(account_choice(each) for each in accounts),
        *(group_choice(uow, each) for each in groups),
    ]
    found = resolve(uow, chosen)
    kept = sa.select(ProfileHost.host_id, ProfileHost.schedule_id).where(
        ProfileHost.profile_id == profile.id
    )
    schedules = {row.host_id: row.schedule_id for row in uow.session.execute(kept)}
    for kind in (ProfileCandidate, ProfileHost):
        uow.session.execute(sa.delete(kind).where(kind.profile_id == profile.id))
    rows = [{"account_id": each} for each in accounts] + [{"group_id": each} for each in groups]
    for position, row in enumerate(rows):
        uow.session.add(ProfileCandidate(profile_id=profile.id, position=position, **row))
    for host_id, calendar_id in found.seats.items():
        uow.session.add(
            ProfileHost(
                profile_id=profile.id,
                host_id=host_id,
                calendar_id=calendar_id,
                schedule_id=schedules.get(host_id),
            )
        )
    profile.candidates = found.read
    uow.session.flush()


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
