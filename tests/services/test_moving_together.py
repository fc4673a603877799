"""Meetings of several hosts move as those who have to come along allow, and as the page says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.services.teams import busy
from tests.world import World, at
from webapp.domain.errors import SlotTaken
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute
from webapp.models import Actor, Booking, BookingProfile, Meeting
from webapp.services import bookings, group_booking, offers, profiles
from webapp.services.group_booking import Order
from webapp.services.holds import Details

GRACE = Details("Grace", "grace@example.org")
DAY = Interval(at(8), at(16))
NOBODY: frozenset[int] = frozenset()


def booked(world: World, profile_id: int, *who: str) -> int:
    """Book 9:00 UTC with all of ``who``; gives the booking's id."""
    accounts = tuple(world.accounts[name] for name in who)
    order = Order(at(9), at(9, 30), GRACE, accounts, required=Required.ALL)
    with world.desk.begin(world.owner) as uow:
        return group_booking.book(uow, profile_id, order).booking.id


def move(world: World, number: int, start: datetime, unreadable: frozenset[int] = NOBODY) -> None:
    with world.desk.begin(world.owner) as uow:
        uuid: UUID = uow.session.get_one(Booking, number).uuid
        bookings.move(uow, uuid, start, by=Actor.INVITEE, unreadable=unreadable)


def served(world: World, number: int) -> list[str]:
    names = {host_id: name for name, host_id in world.hosts.items()}
    with world.desk.look(world.owner) as uow:
        meeting_id = uow.session.get_one(Booking, number).meeting_id
        return [names[i] for i in uow.session.get_one(Meeting, meeting_id).host_ids]


def listed(world: World, number: int) -> set[datetime]:
    """Where the manage page says that the booking can be moved."""
    with world.desk.look(world.guest) as uow:
        booking = uow.session.get_one(Booking, number)
        card = offers.profile_by_id(uow, booking.profile_id)
        return {from_minute(m) for m in offers.offered(uow, card, DAY, without=booking).starts}


def movable(world: World, number: int) -> set[datetime]:
    """Where it can be moved, by trying; the time it has counts."""

    class Tried(Exception):
        pass

    found = set()
    for step in range(0, DAY.minutes - 29, 30):
        start = DAY.start + timedelta(minutes=step)
        try:
            with world.desk.begin(world.owner) as uow:
                booking = uow.session.get_one(Booking, number)
                if start != booking.start_at:
                    bookings.move(uow, booking.uuid, start, by=Actor.INVITEE)
                found.add(start)
                raise Tried
        except (Tried, SlotTaken):
            pass
    return found


def leave(world: World, profile_id: int, *stay: str) -> None:
    """Nobody but ``stay`` serves the profile from now on."""
    with world.desk.begin(world.owner) as uow:
        draft = profiles.draft_of(uow, uow.session.get_one(BookingProfile, profile_id))
        accounts = tuple(world.accounts[name] for name in stay)
        profiles.change(uow, profile_id, replace(draft, accounts=accounts))


def test_those_who_were_asked_for_together_move_together(every_world: World) -> None:
    world = every_world
    number = booked(world, world.profile("ada", "bela", "chris"), "chris", "ada")
    busy(world, "ada", 11)
    assert listed(world, number) == movable(world, number)
    assert at(11) not in listed(world, number)
    with pytest.raises(SlotTaken):
        move(world, number, at(11))
    move(world, number, at(13))
    assert served(world, number) == ["chris", "ada"]


def test_who_has_left_the_profile_is_not_waited_for(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela", "chris")
    number = booked(world, pool, "chris", "ada", "bela")
    leave(world, pool, "ada", "bela")
    busy(world, "chris", 11)
    busy(world, "bela", 12)
    assert listed(world, number) == movable(world, number)
    with pytest.raises(SlotTaken):
        move(world, number, at(12))
    move(world, number, at(11))
    assert served(world, number) == ["ada", "bela"]
    leave(world, pool, "bela")
    assert listed(world, number) == movable(world, number)
    move(world, number, at(14))
    assert served(world, number) == ["bela"]
    leave(world, pool, "chris")
    move(world, number, at(13))
    assert served(world, number) == ["chris"], "nobody is left, so it is anybody's"


def test_a_meeting_of_a_group_may_go_to_whom_else_the_profile_offers(world: World) -> None:
    pair = world.group("ada", "bela", required=Required.ALL)
    either = world.profile("chris", groups=(pair,), required=Required.ONE)
    busy(world, "chris", 9)
    number = int(
        world.desk.sql(
            "SELECT id FROM booking WHERE uuid = :uuid",
            uuid=UUID(world.book(either, at(9))).hex,
        )[0][0]
    )
    assert served(world, number) == ["ada", "bela"]
    busy(world, "ada", 11)
    assert listed(world, number) == movable(world, number)
    move(world, number, at(10))
    assert served(world, number) == ["ada", "bela"], "those who have it, while they can"
    move(world, number, at(11))
    assert served(world, number) == ["chris"]


def test_somebody_who_is_needed_since_is_waited_for(world: World) -> None:
    both = world.profile("ada", "bela", required=Required.ALL)
    number = booked(world, both, "ada", "bela")
    with world.desk.begin(world.owner) as uow:
        draft = profiles.draft_of(uow, uow.session.get_one(BookingProfile, both))
        profiles.change(uow, both, replace(draft, accounts=tuple(world.accounts.values())))
    busy(world, "chris", 11)
    assert listed(world, number) == movable(world, number)
    with pytest.raises(SlotTaken):
        move(world, number, at(11))
    move(world, number, at(13))
    assert served(world, number) == ["ada", "bela", "chris"]


def test_nobody_is_left_behind_because_their_calendar_cannot_be_read(world: World) -> None:
    number = booked(world, world.profile("ada", "bela", "chris"), "chris", "ada")
    with pytest.raises(SlotTaken):
        move(world, number, at(11), frozenset({world.hosts["ada"]}))
    move(world, number, at(11), frozenset({world.hosts["bela"]}))
    assert served(world, number) == ["chris", "ada"]
