"""An event that arrives over a booking is told, and changes nothing."""

from __future__ import annotations

from uuid import UUID

from tests.services.test_feeds import DENTIST, calendar, link
from tests.world import World, at, build_world
from webapp.services import bookings
from webapp.services.clashes import Clash, clashes


def told(world: World, who: str = "ada") -> list[Clash]:
    with world.desk.look(world.owner) as uow:
        return clashes(uow, host_id=world.hosts[who])


def test_an_event_over_a_booking_is_told_with_both_names(every_world: World) -> None:
    every_world.book(every_world.profile(), at(8), "Grace")
    assert told(every_world) == []
    link(every_world, calendar(DENTIST))
    (clash,) = told(every_world)
    assert (clash.invitee, clash.event, clash.start_at) == ("Grace", "Dentist", at(8))
    assert not clash.is_away
    assert told(every_world, "bela") == []


def test_an_event_that_only_touches_the_booking_or_its_buffer_is_not_told(
    every_world: World,
) -> None:
    every_world.book(every_world.profile(buffer_before_minutes=30), at(9), "Grace")
    link(every_world, calendar(DENTIST))
    assert told(every_world) == []


def test_what_is_over_cancelled_or_another_organizations_is_not_told(world: World) -> None:
    other = build_world(world.desk, "hill")
    other.book(other.profile(), at(8), "Otto")
    uuid = world.book(world.profile(), at(8), "Grace")
    link(world, calendar(DENTIST))
    link(other, calendar(DENTIST))
    assert [clash.invitee for clash in told(world)] == ["Grace"]
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, UUID(uuid), by=bookings.Actor.HOST)
    assert told(world) == []
    assert [clash.invitee for clash in told(other)] == ["Otto"]
    world.desk.clock.forward(days=3)
    assert told(other) == []
