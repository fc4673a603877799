"""Leaving below the web, on both databases: one step, and nothing of anybody else's is touched."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.invariants import check
from tests.world import World, at, build_world, overlaps
from webapp.domain.errors import Conflict
from webapp.models import User
from webapp.services import leaving
from webapp.services.leaving import MOST_AT_ONCE, Fate


def uuid_of(world: World, name: str) -> UUID:
    with world.desk.look(world.owner) as uow:
        return uow.session.get_one(User, world.hosts[name]).uuid


def test_everything_ends_in_one_step(every_world: World) -> None:
    other = build_world(every_world.desk, "hill")
    other.book(other.profile("chris"), at(9), "Hana")
    shared = every_world.profile("chris", "bela")
    for hour in (8, 9, 10, 11):
        every_world.book(shared, at(hour), f"At{hour}")
    every_world.book(every_world.profile("chris", slug="solo"), at(12), "Alone")
    every_world.hold(every_world.profile("chris", slug="held"), at(13))
    with every_world.desk.begin(every_world.owner) as uow:
        outcome = leaving.remove(uow, uuid_of(every_world, "chris"), Fate.GIVE_OR_CANCEL)
    assert (outcome.given, outcome.cancelled, outcome.kept) == (2, 1, 0)
    assert overlaps(every_world.desk) == 0
    assert check(every_world.desk.engine) == []
    hosts = every_world.desk.sql(
        "SELECT DISTINCT host_id FROM busy_span s JOIN meeting m ON m.id = s.meeting_id "
        "WHERE m.organization_id = :id",
        id=every_world.organization_id,
    )
    assert [row[0] for row in hosts] == [every_world.hosts["bela"]]
    theirs = every_world.desk.sql("SELECT status FROM booking WHERE name = 'Hana'")
    assert theirs[0][0] == "confirmed"


def test_too_many_bookings_are_dealt_with_in_their_list_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MOST_AT_ONCE", 1)
    assert MOST_AT_ONCE == 200
    profile = world.profile("chris")
    for hour in (8, 9):
        world.book(profile, at(hour), f"At{hour}")
    uuid = uuid_of(world, "chris")
    with pytest.raises(Conflict, match="still to come"), world.desk.begin(world.owner) as uow:
        leaving.remove(uow, uuid, Fate.CANCEL)
    with world.desk.look(world.owner) as uow:
        assert "still to come" in leaving.plan(uow, uuid).obstacle
    assert world.desk.sql("SELECT count(*) FROM booking WHERE status = 'cancelled'")[0][0] == 0
