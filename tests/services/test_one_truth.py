"""One truth: what is listed can be booked, what is not listed cannot, and "why not?" agrees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.services.furnished import Room, furnish
from tests.world import Desk
from webapp.domain.errors import Invalid, SlotTaken
from webapp.domain.span import from_minute, to_minute
from webapp.models import Actor, Booking
from webapp.services import bookings, holds, offers
from webapp.services.holds import Details
from webapp.services.unit_of_work import UnitOfWork

PARTS = 4
ROOMS, MORE_ROOMS = 40, 600
UNLISTED = 25
"""Starts refused in each room: a thousand in all."""
MOST_LISTED = 12
"""Listed starts booked in each room on each way; with ``--long`` all of them."""
GRACE = Details("Grace", "grace@example.org", second_ok=True)


@dataclass
class Paths:
    """The ways to get a time in one room, each with what is listed for it."""

    room: Room
    ways: dict[str, Callable[[UnitOfWork, datetime], Booking]] = field(default_factory=dict)
    listed: dict[str, list[int]] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        room = self.room
        self.ways["hold"] = room.hold
        with room.world.desk.look(room.world.owner) as uow:
            self.listed["hold"] = room.listed(uow)
            if room.draft is not None:
                public_id = room.draft
                held = holds.draft(uow, public_id)
                self.listed["confirm"] = room.listed(uow, held)
                self.own["confirm"] = to_minute(held.start_at)
                self.ways["confirm"] = lambda uow, start: holds.confirm(
                    uow, public_id, GRACE, start=start
                )
            if room.booking is not None and self._can_move(uow):
                uuid = room.booking
                booked = bookings.by_uuid(uow, uuid)
                self.listed["move"] = room.listed(uow, booked)
                self.own["move"] = to_minute(booked.start_at)
                self.ways["move"] = lambda uow, start: bookings.move(
                    uow, uuid, start, by=Actor.INVITEE
                )

    def _can_move(self, uow: UnitOfWork) -> bool:
        assert self.room.booking is not None
        return bookings.by_uuid(uow, self.room.booking).start_at > uow.now

    def every_listed(self) -> set[int]:
        """What is listed on any of the ways, and the times that they have already."""
        return set(self.own.values()).union(*self.listed.values())


def unlisted_start(room: Room, listed: set[int], chance: Random) -> datetime:
    """A start that is not listed: off the grid, blocked, inside a buffer, too soon, too far."""
    first, last = to_minute(room.window.start), to_minute(room.window.end)
    now = to_minute(room.world.desk.clock.now)
    while True:
        minute = chance.choice(
            (
                chance.randrange(first, last),
                chance.randrange(first, last) // 15 * 15,
                chance.choice(sorted(listed) or [first]) + chance.choice((-7, -5, -1, 1, 5, 10)),
                now - chance.randrange(1, 5000),
                now + 365 * 1440 + chance.randrange(2, 100_000),
            )
        )
        if minute not in listed and (first <= minute < last or not now <= minute < now + 525_000):
            seconds = chance.choice((0,) * 9 + (1,))
            return from_minute(minute) + timedelta(seconds=seconds)


def rooms_of(part: int, pytestconfig: pytest.Config) -> range:
    """The numbers of the rooms that one of the parallel parts looks at."""
    return range(part, MORE_ROOMS if pytestconfig.getoption("--long") else ROOMS, PARTS)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_listed_is_bookable_and_nothing_else_is(
    desk: Desk, part: int, pytestconfig: pytest.Config
) -> None:
    booked = refused = 0
    for number in rooms_of(part, pytestconfig):
        room = furnish(desk, number)
        paths = Paths(room)
        most = 100_000 if pytestconfig.getoption("--long") else MOST_LISTED
        booked += listed_starts_book(paths, number, most)
        refused += unlisted_starts_are_refused(paths, number)
    assert refused == UNLISTED * len(rooms_of(part, pytestconfig))
    assert booked > refused / 2, "hardly anything was listed"


def listed_starts_book(paths: Paths, number: int, most: int) -> int:
    """Listed starts book when alone, at most ``most`` on each way; how many did."""
    room, done = paths.room, 0
    for way, starts in paths.listed.items():
        some = starts
        if len(some) > most:
            some = sorted(room.chance.sample(starts, most))
        for start in some:
            if way == "move" and start == paths.own[way]:
                continue
            with room.trying() as uow:
                made = paths.ways[way](uow, from_minute(start))
                if way == "hold":
                    made = holds.confirm(uow, made.public_id, GRACE)
                assert to_minute(made.start_at) == start, (number, way)
                done += 1
            assert reasons(room, from_minute(start)) == () or way != "hold", (number, start)
    return done


def unlisted_starts_are_refused(paths: Paths, number: int) -> int:
    """Starts that no way lists are refused on every way, with a reason; how many were tried."""
    room, listed = paths.room, paths.every_listed()
    for _ in range(UNLISTED):
        start = unlisted_start(room, listed, room.chance)
        for way, take in paths.ways.items():
            with pytest.raises(SlotTaken), room.trying() as uow:
                take(uow, start)
                raise AssertionError(f"room {number}: {way} took {start}, which is not listed")
        if not start.second:
            assert reasons(room, start), f"room {number}: {start} is not listed for no reason"
    return UNLISTED


def reasons(room: Room, start: datetime) -> tuple[object, ...]:
    """What "why not?" says of a start."""
    with room.world.desk.look(room.world.owner) as uow:
        return offers.why_not(uow, room.card(uow), start, room.minutes)


@pytest.mark.parametrize("number", range(5))
def test_why_not_is_silent_for_exactly_the_listed_minutes(desk: Desk, number: int) -> None:
    room = furnish(desk, 1000 + number)
    first = to_minute(room.window.start)
    with room.world.desk.look(room.world.owner) as uow:
        listed = set(room.listed(uow))
        card = room.card(uow)
        near = {minute + off for minute in listed for off in (-1, 0, 1)}
        asked = sorted(near)[:60] + [first + room.chance.randrange(700) for _ in range(60)]
        for minute in asked:
            if not room.window.start <= from_minute(minute) < room.window.end:
                continue
            why = offers.why_not(uow, card, from_minute(minute), room.minutes)
            assert (why == ()) == (minute in listed), (minute, why)


def test_a_length_that_the_profile_has_not_is_refused_by_every_question(desk: Desk) -> None:
    room = furnish(desk, 3)
    with room.world.desk.look(room.world.owner) as uow, pytest.raises(Invalid):
        offers.why_not(uow, room.card(uow), room.window.start, room.minutes + 1)


def test_the_answers_are_the_same_in_every_zone_of_the_server(tmp_path: Path) -> None:
    answers = {}
    for zone in ("UTC", "America/Los_Angeles", "Asia/Tokyo"):
        folder = tmp_path / zone.replace("/", "-")
        folder.mkdir()
        said = subprocess.run(
            [sys.executable, "-m", "tests.services.answers", str(folder)],
            env=os.environ | {"TZ": zone},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            timeout=240,
        ).stdout
        answers[zone] = json.loads(said)
    offsets = {zone: answer.pop("server_offset_minutes") for zone, answer in answers.items()}
    assert offsets == {"UTC": 0, "America/Los_Angeles": -480, "Asia/Tokyo": 540}
    assert answers["UTC"] == answers["America/Los_Angeles"] == answers["Asia/Tokyo"]
    assert sum(len(room["listed"]) for room in answers["UTC"]["rooms"]) > 100
