"""Seats whose holds have lapsed while others in the same meeting stand: nothing counts twice."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests import invariants
from tests.world import World, at
from webapp.domain.errors import SlotTaken
from webapp.domain.span import Interval, to_minute
from webapp.models import Actor
from webapp.services import bookings, holds, offers
from webapp.services.holds import Details

NINE = at(8)
GRACE = Details("Grace", "grace@example.org", second_ok=True)


def listed(world: World) -> list[int]:
    with world.desk.look(world.guest) as uow:
        profile = offers.profile_page(uow, "intro")
        return offers.offered(uow, profile, Interval(at(0), at(0, day=25))).starts


def test_a_lapsed_seat_that_is_confirmed_all_the_same_is_counted_once(every_world: World) -> None:
    profile = every_world.profile(seats=3)
    every_world.book(profile, NINE, name="First")
    draft = every_world.hold(profile, NINE)
    every_world.desk.clock.forward(minutes=20)
    with every_world.desk.begin(every_world.guest) as uow:
        holds.confirm(uow, draft, GRACE)

    assert invariants.check(every_world.desk.engine) == []
    every_world.book(profile, NINE, name="Third")
    with pytest.raises(SlotTaken):
        every_world.hold(profile, NINE)


def test_the_last_seat_that_stands_gives_the_time_back_although_a_lapsed_hold_is_left(
    every_world: World,
) -> None:
    profile = every_world.profile(seats=3)
    uuid = UUID(every_world.book(profile, NINE, name="First"))
    every_world.hold(profile, NINE)
    every_world.desk.clock.forward(minutes=20)
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.cancel(uow, uuid, by=Actor.INVITEE)

    assert invariants.check(every_world.desk.engine) == []
    assert to_minute(NINE) in listed(every_world)
    every_world.book(profile, NINE, name="Next")
    assert invariants.check(every_world.desk.engine) == []


def test_the_last_seat_that_stands_moves_into_the_time_it_leaves_beside_a_lapsed_hold(
    every_world: World,
) -> None:
    profile = every_world.profile(seats=3, step_minutes=15)
    uuid = UUID(every_world.book(profile, NINE, name="First"))
    every_world.hold(profile, NINE)
    every_world.desk.clock.forward(minutes=20)
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.move(uow, uuid, at(8, 15), by=Actor.INVITEE)

    assert invariants.check(every_world.desk.engine) == []
