"""Who takes a meeting that several could: whose turn it is, kept with the profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.services.teams import busy
from tests.world import World, at
from webapp.domain.availability import Availability
from webapp.domain.errors import SlotTaken
from webapp.domain.fairness import TURN
from webapp.domain.required import Required
from webapp.models import Actor, Booking, BookingProfile, Meeting, ProfileHost
from webapp.services import bookings, profiles, reassigning, shares
from webapp.services.steps import choosing, hosts
from webapp.services.steps.offering import Offering
from webapp.services.unit_of_work import UnitOfWork


def served(world: World, uuid: str) -> list[str]:
    """Who has the booking, the organizer first."""
    names = {host_id: name for name, host_id in world.hosts.items()}
    with world.desk.look(world.owner) as uow:
        booking = bookings.by_uuid(uow, UUID(uuid))
        meeting = uow.session.get_one(Meeting, booking.meeting_id)
        return [names[host_id] for host_id in meeting.host_ids]


def scoreboard(world: World, uuid: str) -> dict[str, Any]:
    with world.desk.look(world.owner) as uow:
        return bookings.by_uuid(uow, UUID(uuid)).choice or {}


def turns(world: World) -> dict[str, float]:
    """How many meetings each host is charged with."""
    rows = world.desk.sql("SELECT host_id, turns FROM profile_host")
    had: dict[int, int] = {row[0]: row[1] for row in rows}
    return {name: had[id] / TURN for name, id in world.hosts.items() if id in had}


def weigh(world: World, name: str, **columns: int) -> None:
    with world.desk.begin(world.owner) as uow:
        uow.session.execute(
            sa.update(ProfileHost).where(ProfileHost.host_id == world.hosts[name]).values(**columns)
        )


def starts(count: int) -> list[datetime]:
    """Half hours that everybody works, from Tuesday on."""
    return [
        at(8 + half // 2, 30 * (half % 2), day=24 + day) for day in range(3) for half in range(16)
    ][:count]


def test_everybody_free_gets_as_many_meetings_as_anybody(every_world: World) -> None:
    pool = every_world.profile("ada", "bela", "chris")
    had = Counter(served(every_world, every_world.book(pool, t))[0] for t in starts(11))
    assert sorted(had.values()) == [3, 4, 4]


def test_who_has_twice_the_weight_gets_twice_as_many(world: World) -> None:
    pool = world.profile("ada", "bela")
    weigh(world, "bela", weight=2)
    had = Counter(served(world, world.book(pool, t))[0] for t in starts(12))
    assert had == {"ada": 4, "bela": 8}


def test_of_a_higher_priority_somebody_is_asked_first(world: World) -> None:
    pool = world.profile("ada", "bela", "chris")
    weigh(world, "chris", priority=1)
    first = at(9)
    assert served(world, world.book(pool, first)) == ["chris"]
    assert served(world, world.book(pool, first)) == ["ada"], "chris is busy then"
    assert served(world, world.book(pool, at(10))) == ["chris"]


def test_why_somebody_was_chosen_stays_on_the_booking(world: World) -> None:
    pool = world.profile("ada", "bela", "chris")
    busy(world, "ada", 9)
    board = scoreboard(world, world.book(pool, at(9)))
    assert board["reason"] == "first"
    assert board["keys"] == [f"account:{world.accounts['bela']}"]
    assert [line["host"] for line in board["hosts"]] == [
        world.hosts["bela"],
        world.hosts["chris"],
    ], "who could not serve is not on it"


def test_without_a_choice_there_is_no_scoreboard(world: World) -> None:
    assert scoreboard(world, world.book(world.profile("ada"), at(9))) == {}
    pair = world.profile("ada", "bela", slug="pair", required=Required.ALL)
    assert scoreboard(world, world.book(pair, at(10))) == {}


def test_a_turn_comes_back_when_its_meeting_is_called_off(world: World) -> None:
    pool = world.profile("ada", "bela")
    first = world.book(pool, at(9))
    assert served(world, first) == ["ada"]
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, UUID(first), by=Actor.INVITEE)
    assert turns(world) == {"ada": 0, "bela": 0}
    assert served(world, world.book(pool, at(10))) == ["bela"], "of equals who waited longer"


def test_a_turn_does_not_come_back_twice(world: World) -> None:
    seats = world.profile("ada", "bela", seats=2)
    first, second = world.book(seats, at(9)), world.book(seats, at(9), "Hopper")
    assert turns(world) == {"ada": 1, "bela": 0}, "one meeting, however many come"
    for uuid, left in ((first, 1), (second, 0)):
        with world.desk.begin(world.owner) as uow:
            bookings.cancel(uow, UUID(uuid), by=Actor.INVITEE)
        assert turns(world) == {"ada": left, "bela": 0}


def test_a_meeting_handed_over_is_the_turn_of_who_takes_it(world: World) -> None:
    pool = world.profile("ada", "bela", "chris")
    first = world.book(pool, at(9))
    with world.desk.begin(world.owner) as uow:
        reassigning.reassign(uow, UUID(first), [world.hosts["chris"]])
    assert scoreboard(world, first) == {}
    assert turns(world) == {"ada": 0, "bela": 0, "chris": 1}


def test_a_move_keeps_its_host_and_costs_no_second_turn(world: World) -> None:
    pool = world.profile("ada", "bela")
    first = world.book(pool, at(9))
    with world.desk.begin(world.owner) as uow:
        bookings.move(uow, UUID(first), at(13), by=Actor.INVITEE)
    assert served(world, first) == ["ada"]
    assert served(world, world.book(pool, at(10))) == ["bela"]
    assert served(world, world.book(pool, at(11))) == ["ada"]


def test_what_is_only_held_counts_while_it_is_held(world: World) -> None:
    pool = world.profile("ada", "bela")
    world.hold(pool, at(9))
    assert served(world, world.book(pool, at(10))) == ["bela"]
    world.desk.clock.now += timedelta(minutes=9)
    assert served(world, world.book(pool, at(11))) == ["ada"]


def test_who_joins_later_is_not_flooded(world: World) -> None:
    pool = world.profile("ada", "bela")
    for start in starts(6):
        world.book(pool, start)
    with world.desk.begin(world.owner) as uow:
        draft = profiles.draft_of(uow, uow.session.get_one(BookingProfile, pool))
        accounts = tuple(world.accounts[name] for name in ("ada", "bela", "chris"))
        profiles.change(uow, pool, replace(draft, accounts=accounts))
    had = Counter(served(world, world.book(pool, t))[0] for t in starts(12)[6:])
    assert had == {"ada": 2, "bela": 2, "chris": 2}


def test_choosing_locks_nobody_but_who_is_chosen(every_world: World) -> None:
    pool = every_world.profile("ada", "bela", "chris")
    before = _revisions(every_world)
    every_world.hold(pool, at(9))
    after = _revisions(every_world)
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["ada"]


def test_moving_and_cancelling_lock_nobody_but_whose_meeting_it_is(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela", "chris")
    booked = UUID(world.book(pool, at(9)))
    before = _revisions(world)
    with world.desk.begin(world.owner) as uow:
        bookings.move(uow, booked, at(10), by=Actor.INVITEE)
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, booked, by=Actor.INVITEE)
    after = _revisions(world)
    assert [name for name in before if before[name] != after[name]] == ["ada"]


def test_turning_to_another_time_locks_who_had_it_and_who_gets_it(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela", "chris")
    first = world.hold(pool, at(9))
    before = _revisions(world)
    second = world.hold(pool, at(10), instead_of=first)
    after = _revisions(world)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"ada", "bela"}
    assert [row[0] for row in world.desk.sql("SELECT status FROM booking ORDER BY id")] == [
        *("lapsed", "held"),
    ]
    assert second != first
    again = world.hold(pool, at(10, 30), instead_of=second)
    assert len(world.desk.sql("SELECT id FROM busy_span")) == 1
    assert again != second


def test_who_was_taken_while_waiting_for_the_lock_is_passed_over(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = every_world
    pool = world.profile("ada", "bela")
    take_while_locking(monkeypatch, world.hosts["ada"])
    before = _revisions(world)
    held = world.hold(pool, at(9))
    after = _revisions(world)
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["bela"], "who could not come is locked no longer"
    assert served(world, world.confirmed(held)) == ["bela"]


def test_nobody_is_taken_when_everybody_was_meanwhile(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = every_world
    pool = world.profile("ada", "bela")
    take_while_locking(monkeypatch, world.hosts["ada"], world.hosts["bela"])
    with pytest.raises(SlotTaken):
        world.hold(pool, at(9))
    assert world.desk.sql("SELECT id FROM meeting") == []


def test_everybody_needed_is_chosen_again_when_one_was_taken_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    either = world.group("bela", "chris")
    both = world.profile("ada", groups=(either,), required=Required.ALL)
    calls = take_while_locking(monkeypatch, world.hosts["bela"], lasting=True)
    assert served(world, world.book(both, at(9))) == ["ada", "chris"]
    assert calls[:2] == [{world.hosts["ada"], world.hosts[n]} for n in ("bela", "chris")]


def take_while_locking(
    monkeypatch: pytest.MonkeyPatch, *taken: int, lasting: bool = False
) -> list[set[int]]:
    """Let somebody else's booking of ``taken`` hosts be found once their locks are had."""
    real_lock, real_free = hosts.lock, choosing.free_at
    calls: list[set[int]] = []

    def lock(uow: UnitOfWork, host_ids: Collection[int]) -> None:
        calls.append(set(host_ids))
        real_lock(uow, host_ids)

    def free_at(uow: UnitOfWork, profile: Offering, *rest: Any) -> Availability:
        gone = set(taken) if calls and (lasting or calls[-1] & set(taken)) else set()
        left = tuple(host for host in profile.hosts if host.id not in gone)
        return real_free(uow, replace(profile, hosts=left), *rest)

    monkeypatch.setattr(hosts, "lock", lock)
    monkeypatch.setattr(choosing, "free_at", free_at)
    return calls


def _revisions(world: World) -> dict[str, int]:
    rows: dict[int, int] = {
        row[0]: row[1] for row in world.desk.sql('SELECT id, revision FROM "user"')
    }
    return {name: rows[host_id] for name, host_id in world.hosts.items()}


def test_bookings_remember_a_choice_only_once_it_stands(world: World) -> None:
    pool = world.profile("ada", "bela")
    world.hold(pool, at(9))
    with world.desk.look(world.owner) as uow:
        rows = uow.session.scalars(sa.select(ProfileHost.turns)).all()
        held = uow.session.scalars(sa.select(Booking.choice)).one()
    assert rows == [0, 0]
    assert held is not None


def test_shares_are_not_changed_while_a_turn_is_counted(world: World) -> None:
    pool = world.profile("ada", "bela")
    with world.desk.look(world.owner) as uow:
        uuid = uow.session.get_one(BookingProfile, pool).uuid
    changes: list[Callable[[UnitOfWork], None]] = [
        lambda uow: shares.level(uow, uuid),
        lambda uow: shares.change(uow, uuid, {world.hosts["ada"]: (2, 0)}),
    ]
    for change in changes:
        before = _revisions(world)
        with world.desk.begin(world.owner) as uow:
            change(uow)
        after = _revisions(world)
        assert [name for name in before if before[name] != after[name]] == ["ada", "bela"]
