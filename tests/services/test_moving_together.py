"""Meetings of several hosts move as those who have to come along allow, and as the page says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.services.teams import NAMES, busy, nothing_kept, team
from tests.world import World, at
from webapp.domain.errors import SlotTaken
from webapp.domain.grouping import GROUP
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute
from webapp.models import Actor, Booking, BookingProfile, Meeting
from webapp.services import bookings, group_booking, group_times, offers, profiles, reassigning
from webapp.services.group_booking import Order
from webapp.services.group_times import Asked
from webapp.services.holds import Details

__all__ = ["nothing_kept", "team"]
GRACE = Details("Grace", "grace@example.org")
NINE = at(9)
DAY = Interval(at(8), at(16))
NOBODY: frozenset[int] = frozenset()


def booked(
    world: World, profile_id: int, *who: str, groups: tuple[int, ...] = (), start: datetime = NINE
) -> int:
    """Book ``start`` with all of ``who`` and one of each of ``groups``; gives the booking's id."""
    accounts = tuple(world.accounts[name] for name in who)
    with world.desk.begin(world.owner) as uow:
        names = group_booking.group_names(uow, profile_id)
        order = Order(
            start,
            start + timedelta(minutes=30),
            GRACE,
            accounts,
            groups=tuple(names[f"{GROUP}{each}"] for each in groups),
            required=Required.ALL,
        )
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


def told(world: World, number: int) -> set[datetime]:
    """Where a program is told that the booking can be moved."""
    with world.desk.look(world.owner) as uow:
        booking = uow.session.get_one(Booking, number)
        asked = Asked(
            from_day=at(9).date(),
            days=1,
            reschedule_token=bookings.manage_token(uow, booking),
        )
        found = group_times.times(uow, booking.profile_id, asked)
        items = json.loads(found.items)
        assert found.duration_minutes == (booking.end_at - booking.start_at).seconds // 60
    assert all(item["accountIds"] or item["groupXids"] for item in items)
    return {datetime.fromisoformat(item["start"]) for item in items}


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


def moves_as_ada_and_bela(world: World, number: int) -> None:
    """It goes where the two are free, whatever Chris does."""
    busy(world, "chris", 11)
    busy(world, "bela", 12)
    assert told(world, number) == listed(world, number) == movable(world, number)
    with pytest.raises(SlotTaken):
        move(world, number, at(12))
    move(world, number, at(11))
    assert served(world, number) == ["ada", "bela"]


def number_of(world: World, uuid: str) -> int:
    """The id of the booking that ``World.book`` made."""
    with world.desk.look(world.owner) as uow:
        return bookings.by_uuid(uow, UUID(uuid)).id


def test_those_who_were_asked_for_together_move_together(every_world: World) -> None:
    world = every_world
    number = booked(world, world.profile("ada", "bela", "chris"), "chris", "ada")
    busy(world, "ada", 11)
    assert told(world, number) == listed(world, number) == movable(world, number)
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
    moves_as_ada_and_bela(world, number)
    leave(world, pool, "bela")
    assert told(world, number) == listed(world, number) == movable(world, number)
    move(world, number, at(14))
    assert served(world, number) == ["bela"]
    leave(world, pool, "chris")
    move(world, number, at(13))
    assert served(world, number) == ["chris"], "nobody is left, so it is anybody's"


def test_a_meeting_of_a_group_may_go_to_whom_else_the_profile_offers(world: World) -> None:
    pair = world.group("ada", "bela", required=Required.ALL)
    either = world.profile("chris", groups=(pair,), required=Required.ONE)
    busy(world, "chris", 9)
    number = number_of(world, world.book(either, at(9)))
    assert served(world, number) == ["ada", "bela"]
    busy(world, "ada", 11)
    assert told(world, number) == listed(world, number) == movable(world, number)
    move(world, number, at(10))
    assert served(world, number) == ["ada", "bela"], "those who have it, while they can"
    move(world, number, at(11))
    assert served(world, number) == ["chris"]


def test_those_who_have_a_meeting_keep_it_when_somebody_more_is_needed_since(world: World) -> None:
    both = world.profile("ada", "bela", required=Required.ALL)
    number = booked(world, both, "ada", "bela")
    leave(world, both, "ada", "bela", "chris")
    moves_as_ada_and_bela(world, number)


def test_nobody_is_left_behind_because_their_calendar_cannot_be_read(world: World) -> None:
    number = booked(world, world.profile("ada", "bela", "chris"), "chris", "ada")
    with pytest.raises(SlotTaken):
        move(world, number, at(11), frozenset({world.hosts["ada"]}))
    move(world, number, at(11), frozenset({world.hosts["bela"]}))
    assert served(world, number) == ["chris", "ada"]


def test_members_of_groups_move_together_and_are_told_as_accounts(world: World) -> None:
    alone, pair = world.group("ada"), world.group("bela", "chris")
    pool = world.profile(groups=(alone, pair), required=Required.ONE)
    number = booked(world, pool, groups=(alone, pair))
    assert served(world, number) == ["ada", "bela"]
    busy(world, "ada", 11)
    busy(world, "bela", 12)
    busy(world, "chris", 13)
    assert told(world, number) == listed(world, number) == movable(world, number)
    assert {at(11), at(12)}.isdisjoint(listed(world, number))
    assert at(13) in listed(world, number)


def test_a_meeting_of_everybody_moves_where_everybody_is_free(world: World) -> None:
    number = booked(world, world.profile("ada", "bela", required=Required.ALL), "ada", "bela")
    busy(world, "ada", 11)
    assert told(world, number) == listed(world, number) == movable(world, number)
    assert at(11) not in listed(world, number)


def test_of_a_profile_that_needs_all_one_who_was_asked_for_moves_alone(world: World) -> None:
    number = booked(world, world.profile("ada", "bela", required=Required.ALL), "ada")
    busy(world, "bela", 11)
    assert told(world, number) == listed(world, number) == movable(world, number)
    assert at(11) in listed(world, number)


@pytest.mark.parametrize("count", [3, 9])
def test_some_of_many_hosts_move_together_like_few(team: World, count: int) -> None:
    number = booked(team, team.profile(*NAMES), *NAMES[:count])
    busy(team, NAMES[0], 11)
    assert told(team, number) == listed(team, number) == movable(team, number)
    assert at(11) not in listed(team, number)


def test_nobody_is_left_behind_for_a_seat_that_one_of_them_has(world: World) -> None:
    course = world.profile("ada", "bela", "chris", seats=3)
    number = booked(world, course, "ada", "bela")
    booked(world, course, "ada", start=at(13))
    busy(world, "bela", 13)
    assert told(world, number) == listed(world, number) == movable(world, number)
    assert at(13) not in listed(world, number)


def test_a_longer_meeting_is_told_where_it_can_go_at_its_length(world: World) -> None:
    pool = world.profile("ada", durations=(30, 60))
    number = number_of(world, world.book(pool, at(9), duration_minutes=60))
    busy(world, "ada", 11)
    assert told(world, number) == movable(world, number)
    assert at(10, 30) not in told(world, number)


def test_who_moves_only_together_is_handed_over_one_by_one(world: World) -> None:
    either = world.group("ada", "bela")
    pool = world.profile("chris", "ada", "bela", groups=(either,), required=Required.ONE)
    number = booked(world, pool, "ada", "bela")
    with world.desk.look(world.owner) as uow:
        found = reassigning.choices(uow, uow.session.get_one(Booking, number))
    assert {choice.host_ids for choice in found} == {
        (world.hosts["ada"], world.hosts["chris"]),
        (world.hosts["bela"], world.hosts["chris"]),
    }
