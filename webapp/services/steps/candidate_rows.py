"""The rows behind who serves a profile: only what changed is written, and what belongs to those
who stay stays theirs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from webapp.domain.fairness import Standing, joining
from webapp.models import HostGroup, ProfileCandidate, ProfileHost
from webapp.services.unit_of_work import UnitOfWork

K = TypeVar("K", bound=Hashable)
_AT_ONCE = 1000

Key = tuple[int | None, int | None]
"""An account or a group."""


class Difference(NamedTuple):
    """What has to be written: rows to delete by id, and which of the wanted are new."""

    going: list[int]
    fresh: list[int]


def difference(before: Mapping[K, int], wanted: Sequence[K]) -> Difference:
    """From the rows ``before`` (their ids, in order) to ``wanted``; indices tell what is new.

    Rows are ordered as they were added, so when those who stay come in another order, or somebody
    new before them, all are written again.
    """
    kept = set(wanted)
    stay = [key for key in before if key in kept]
    if list(wanted[: len(stay)]) == stay:
        return Difference(
            [id for key, id in before.items() if key not in kept],
            list(range(len(stay), len(wanted))),
        )
    return Difference(list(before.values()), list(range(len(wanted))))


def write_candidates(
    uow: UnitOfWork,
    profile_id: int,
    accounts: Sequence[int],
    groups: Sequence[int],
    ext_ids: Mapping[int, str | None],
) -> None:
    """Accounts and groups in order; ``ext_ids`` are what programs call groups that are new.

    A group that was made for this profile alone goes with its row.
    """
    rows = uow.session.execute(
        sa.select(
            ProfileCandidate.id,
            ProfileCandidate.account_id,
            ProfileCandidate.group_id,
            ProfileCandidate.ext_id,
            ProfileCandidate.position,
        )
        .where(ProfileCandidate.profile_id == profile_id)
        .order_by(ProfileCandidate.position, ProfileCandidate.id)
    ).all()
    wanted: list[Key] = [*((each, None) for each in accounts), *((None, each) for each in groups)]
    found = difference({(row.account_id, row.group_id): row.id for row in rows}, wanted)
    names = {row.group_id: row.ext_id for row in rows} | dict(ext_ids)
    _delete(uow, ProfileCandidate, found.going)
    going = set(found.going)
    behind = max((row.position + 1 for row in rows if row.id not in going), default=0)
    uow.session.add_all(
        ProfileCandidate(
            profile_id=profile_id,
            position=behind + place,
            account_id=wanted[at][0],
            group_id=wanted[at][1],
            ext_id=names.get(wanted[at][1]),
        )
        for place, at in enumerate(found.fresh)
    )
    uow.session.flush()
    _forget(uow, [row.group_id for row in rows if row.group_id and row.group_id not in groups])


class _Kept(NamedTuple):
    """A host's row in a profile: its id, where events go, and what is the host's own."""

    id: int
    calendar_id: int
    schedule_id: int | None
    standing: Standing


def write_hosts(uow: UnitOfWork, profile_id: int, seats: Mapping[int, int]) -> None:
    """The hosts in order, and the calendars that their events go to.

    Those who stay keep the schedule they chose for the profile, weight, priority and turns; who is
    new begins level with the one who has had least.
    """
    before = _hosts(uow, profile_id)
    wanted = list(seats)
    found = difference({host_id: kept.id for host_id, kept in before.items()}, wanted)
    _delete(uow, ProfileHost, found.going)
    going = set(found.going)
    for host_id, kept in before.items():
        if kept.id not in going and kept.calendar_id != seats[host_id]:
            uow.session.execute(
                sa.update(ProfileHost)
                .where(ProfileHost.id == kept.id)
                .values(calendar_id=seats[host_id])
                .execution_options(synchronize_session=False)
            )
    equals = [kept.standing for kept in before.values() if kept.standing.priority == 0]
    begins = joining(equals)
    for at in found.fresh:
        known = before.get(wanted[at])
        standing = known.standing if known else Standing(wanted[at], turns=begins)
        uow.session.add(
            ProfileHost(
                profile_id=profile_id,
                host_id=wanted[at],
                calendar_id=seats[wanted[at]],
                schedule_id=known.schedule_id if known else None,
                weight=standing.weight,
                priority=standing.priority,
                turns=standing.turns,
                last=standing.last,
            )
        )
    uow.session.flush()


def _hosts(uow: UnitOfWork, profile_id: int) -> dict[int, _Kept]:
    host = ProfileHost
    rows = uow.session.execute(
        sa.select(
            *(host.id, host.calendar_id, host.schedule_id),
            *(host.host_id, host.weight, host.priority, host.turns, host.last),
        )
        .where(host.profile_id == profile_id)
        .order_by(host.id)
    )
    return {
        row.host_id: _Kept(
            row.id,
            row.calendar_id,
            row.schedule_id,
            Standing(row.host_id, row.weight, row.priority, row.turns, row.last),
        )
        for row in rows
    }


def _delete(
    uow: UnitOfWork, kind: type[ProfileCandidate] | type[ProfileHost], ids: Sequence[int]
) -> None:
    for low in range(0, len(ids), _AT_ONCE):
        uow.session.execute(sa.delete(kind).where(kind.id.in_(ids[low : low + _AT_ONCE])))


def _forget(uow: UnitOfWork, group_ids: Sequence[int]) -> None:
    """Delete those of the groups that were made for one profile alone."""
    if group_ids:
        uow.session.execute(
            sa.delete(HostGroup)
            .where(HostGroup.id.in_(group_ids), HostGroup.shared.is_(False))
            .execution_options(synchronize_session=False)
        )
