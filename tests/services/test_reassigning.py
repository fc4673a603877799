"""Handing a booking over: only to who is free, all at once, and everybody hears of it."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.world import World, at, overlaps
from webapp.domain.errors import Conflict, SlotTaken
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.services import bookings, reassigning, schedules
from webapp.services.reassigning import Choice


def choices(world: World, uuid: str) -> list[Choice]:
    with world.desk.look(world.owner) as uow:
        return reassigning.choices(uow, bookings.by_uuid(uow, UUID(uuid)))


def hand_over(world: World, uuid: str, *names: str, key: str | None = None) -> None:
    with world.desk.begin(world.owner) as uow:
        wanted = [world.hosts[name] for name in names]
        reassigning.reassign(uow, UUID(uuid), wanted, key=key)


def taken_by(world: World) -> list[int]:
    return [int(row[0]) for row in world.desk.sql("SELECT host_id FROM busy_span ORDER BY host_id")]


def test_the_time_moves_from_one_host_to_the_other_and_all_are_told(every_world: World) -> None:
    uuid = every_world.book(every_world.profile("ada", "bela"), at(8))
    first = taken_by(every_world)
    assert first == [every_world.hosts["ada"]]
    assert [choice.names for choice in choices(every_world, uuid)] == [("Bela Cruz",)]
    for _ in range(2):  # sent twice
        hand_over(every_world, uuid, "bela", key="h")
    assert taken_by(every_world) == [every_world.hosts["bela"]]
    assert overlaps(every_world.desk) == 0
    mails = every_world.desk.sql(
        "SELECT template, audience, address FROM message ORDER BY id DESC LIMIT 3"
    )
    assert sorted(tuple(row) for row in mails) == [
        ("booked", "host", "bela@harbour.example.org"),
        ("booked", "invitee", "grace@example.org"),
        ("cancelled", "host", "ada@harbour.example.org"),
    ]
    entries = every_world.desk.sql("SELECT status FROM event ORDER BY id")
    assert [row[0] for row in entries] == ["cancelled", "confirmed"]
    said = every_world.desk.sql(
        "SELECT count(*) FROM audit_entry WHERE action = 'booking.reassigned'"
    )
    assert said[0][0] == 1


def test_nobody_is_offered_who_is_busy_away_or_off_and_nobody_is_given_it(world: World) -> None:
    profile = world.profile("ada", "bela", "chris")
    uuid = world.book(profile, at(8))
    world.book(world.profile("bela", slug="other"), at(8), "Otto")
    with world.desk.begin(world.owner) as uow:
        schedules.go_away(uow, world.hosts["chris"], Interval(at(6), at(9)))
    assert choices(world, uuid) == []
    for name in ("bela", "chris", "ada"):
        with pytest.raises(SlotTaken):
            hand_over(world, uuid, name)
    assert world.hosts["ada"] in taken_by(world)
    assert overlaps(world.desk) == 0


def test_notice_and_a_pause_do_not_keep_what_was_agreed_from_being_handed_over(
    world: World,
) -> None:
    profile = world.profile("ada", "bela", notice_minutes=600)
    uuid = world.book(profile, at(8))
    world.desk.clock.now = at(7, 30)
    assert [choice.names for choice in choices(world, uuid)] == [("Bela Cruz",)]
    hand_over(world, uuid, "bela")
    assert taken_by(world) == [world.hosts["bela"]]


def test_what_is_past_cancelled_or_shared_stays_with_who_has_it(world: World) -> None:
    shared = world.profile("ada", "bela", seats=3)
    first = world.book(shared, at(8))
    world.book(shared, at(8), "Otto")
    assert choices(world, first) == []
    with pytest.raises(Conflict, match="Other invitees"):
        hand_over(world, first, "bela")
    alone = world.book(world.profile("ada", "bela", slug="alone"), at(10))
    world.desk.clock.now = at(10)
    assert choices(world, alone) == []
    with pytest.raises(Conflict, match="already taken place"):
        hand_over(world, alone, "bela")


def test_where_all_are_needed_only_the_interchangeable_one_changes(world: World) -> None:
    nurses = world.group("bela", "chris", required=Required.ONE)
    profile = world.profile("ada", groups=(nurses,), required=Required.ALL)
    uuid = world.book(profile, at(8))
    ada, bela, chris = (world.hosts[name] for name in ("ada", "bela", "chris"))
    assert taken_by(world) == [ada, bela]
    assert [choice.host_ids for choice in choices(world, uuid)] == [(ada, chris)]
    with pytest.raises(SlotTaken):
        hand_over(world, uuid, "bela", "chris")
    hand_over(world, uuid, "ada", "chris")
    assert taken_by(world) == [ada, chris]
