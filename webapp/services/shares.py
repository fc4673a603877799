"""How a profile's meetings are shared out among its hosts: weights, priorities, who is ahead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import FormInvalid, NotFound
from webapp.domain.fairness import MOST_WEIGHT, TURN
from webapp.domain.permissions import Permission
from webapp.models import BookingProfile, ProfileHost, User
from webapp.services import profiles
from webapp.services.steps import hosts, turns
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_PRIORITY = 9


@dataclass(frozen=True, slots=True)
class Share:
    """A host's part in a profile. ``ahead``: how many meetings per unit of weight more than the
    one of the same priority who has had least, in hundredths."""

    host_id: int
    name: str
    weight: int
    priority: int
    ahead: float


@use_case(Permission.PROFILE_CHANGE)
def of_profile(uow: UnitOfWork, uuid: UUID) -> tuple[BookingProfile, list[Share]]:
    """The profile and its hosts in order; raises ``NotFound``."""
    profile = profiles.by_uuid(uow, uuid)
    rows = uow.session.execute(
        sa.select(
            ProfileHost.host_id,
            User.name,
            ProfileHost.weight,
            ProfileHost.priority,
            ProfileHost.turns,
        )
        .join(User, User.id == ProfileHost.host_id)
        .where(ProfileHost.profile_id == profile.id, User.deactivated_at.is_(None))
        .order_by(ProfileHost.id)
    ).all()
    least: dict[int, int] = {}
    for _, _, _, priority, had in rows:
        least[priority] = min(least.get(priority, had), had)
    return profile, [
        Share(host_id, name, weight, priority, (had - least[priority]) * 100 // TURN / 100)
        for host_id, name, weight, priority, had in rows
    ]


@use_case(Permission.PROFILE_CHANGE)
def change(uow: UnitOfWork, uuid: UUID, wanted: Mapping[int, tuple[int, int]]) -> None:
    """Set weight (1 to 20) and priority (0 to 9) of hosts, by the host's id.

    What everybody has had stays; from now on it counts by the new weights. Raises ``FormInvalid``
    with ``weight-<host>`` and ``priority-<host>``, ``NotFound`` for the profile or a host.
    """
    profile, here = of_profile(uow, uuid)
    known = {share.host_id: share for share in here}
    errors = {}
    for host_id, (weight, priority) in wanted.items():
        if host_id not in known:
            raise NotFound("there is no such host in this profile")
        if not 1 <= weight <= MOST_WEIGHT:
            errors[f"weight-{host_id}"] = f"A weight is a whole number from 1 to {MOST_WEIGHT}"
        if not 0 <= priority <= MOST_PRIORITY:
            told = f"A priority is a whole number from 0 to {MOST_PRIORITY}"
            errors[f"priority-{host_id}"] = told
    if errors:
        raise FormInvalid(errors)
    _lock(uow, profile.id, known)
    for host_id, (weight, priority) in wanted.items():
        _set(uow, profile.id, host_id, weight=weight, priority=priority)
    uow.record("profile.shares", f"profile:{profile.id}", hosts=len(wanted))


@use_case(Permission.PROFILE_CHANGE)
def level(uow: UnitOfWork, uuid: UUID) -> None:
    """Begin anew: nobody is ahead of anybody. Raises ``NotFound``."""
    profile, here = of_profile(uow, uuid)
    _lock(uow, profile.id, (share.host_id for share in here))
    uow.session.execute(
        sa.update(ProfileHost).where(ProfileHost.profile_id == profile.id).values(turns=0)
    )
    uow.record("profile.levelled", f"profile:{profile.id}")


def _lock(uow: UnitOfWork, profile_id: int, host_ids: Iterable[int]) -> None:
    """Let nobody choose meanwhile, and no turn be counted: that is done with its host locked."""
    turns.lock(uow, profile_id)
    hosts.lock(uow, host_ids)


def _set(uow: UnitOfWork, profile_id: int, host_id: int, **columns: int) -> None:
    uow.session.execute(
        sa.update(ProfileHost)
        .where(ProfileHost.profile_id == profile_id, ProfileHost.host_id == host_id)
        .values(**columns)
    )
