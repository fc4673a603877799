"""Random profiles of random organizations, furnished with bookings, holds, events and time away.

Most of them live beside a night on which clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from tests.domain.cases import DURATIONS, NIGHTS, STEPS, random_hours
from tests.world import Desk, World, build_world
from webapp.domain.errors import SlotTaken
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.workhours import WorkHours
from webapp.models import Booking, BusySpan, SpanKind
from webapp.services import holds, offers, schedules
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork

SLUG = "any"


class Undone(Exception):
    """Raised at the end of a unit that was only tried."""


@dataclass
class Room:
    """One profile to ask about. ``window`` is around the night; the database stays as it is."""

    world: World
    profile_id: int
    minutes: int
    window: Interval
    chance: Random
    draft: str | None = None
    booking: UUID | None = None

    @contextmanager
    def trying(self) -> Iterator[UnitOfWork]:
        """A writing unit as a guest, rolled back in the end."""
        try:
            with self.world.desk.begin(self.world.guest) as uow:
                yield uow
                raise Undone
        except Undone:
            pass

    def card(self, uow: UnitOfWork) -> ProfileCard:
        """The profile as its page has it."""
        return offers.profile_page(uow, SLUG, duration_minutes=self.minutes)

    def listed(self, uow: UnitOfWork, without: Booking | None = None) -> list[int]:
        """What the page lists, all of the window."""
        return offers.offered(uow, self.card(uow), self.window, without=without).starts

    def hold(self, uow: UnitOfWork, start: datetime) -> Booking:
        """Try to hold ``start``."""
        return holds.hold(
            uow, self.profile_id, start, duration_minutes=self.minutes, zone_name="UTC"
        )


def furnish(desk: Desk, number: int) -> Room:
    """Room ``number``, the same on every machine; the desk's clock is set to its moment."""
    chance = Random(f"furnished {number}")
    zone, night = chance.choice(NIGHTS)
    day = date.fromisoformat(night)
    middle = datetime(day.year, day.month, day.day, tzinfo=UTC)
    begins = middle + timedelta(minutes=chance.randrange(-1800, 600))
    window = Interval(begins, begins + timedelta(hours=chance.choice((12, 24, 40))))
    desk.clock.now = begins - timedelta(minutes=chance.choice((20_000, 2_000, 700, 90, 0, -100)))
    world = build_world(desk, f"room-{number}", zone)
    for host_id in world.hosts.values():
        _give_hours(world, host_id, chance, zone, day)
        _make_busy(world, host_id, chance, window)
    minutes = chance.choice(DURATIONS)
    profile_id = _profile(world, chance, zone, day, begins, minutes)
    room = Room(world, profile_id, minutes, window, chance)
    _book_some(room)
    return room


def _give_hours(world: World, host_id: int, chance: Random, zone: str, day: date) -> None:
    place = zone if chance.random() < 0.8 else chance.choice(NIGHTS)[0]
    with world.desk.begin(world.owner) as uow:
        mine = schedules.of_host(uow, host_id)[0]
        schedules.change(uow, mine.id, _hours(chance, place, day))


def _hours(chance: Random, zone: str, day: date) -> WorkHours:
    """Long days around the night, or hours that begin and end where clocks change."""
    if chance.random() < 0.5:
        return random_hours(chance, zone, day)
    opens, closes = chance.choice((0, 30, 360)), chance.choice((1200, 1410, 1440))
    return WorkHours(zone, (((opens, closes),),) * 7, ())


def _make_busy(world: World, host_id: int, chance: Random, window: Interval) -> None:
    """Events that need not keep to anything, and now and then a time away."""
    first, last = to_minute(window.start), to_minute(window.end)
    with world.desk.begin(world.owner) as uow:
        for _ in range(chance.randrange(3)):
            start = from_minute(chance.randrange(first, last))
            end = start + timedelta(minutes=chance.randrange(1, 200))
            span = BusySpan(host_id=host_id, start_at=start, end_at=end, kind=SpanKind.EVENT)
            uow.session.add(span)
        if chance.random() < 0.2:
            start = from_minute(chance.randrange(first, last))
            away = Interval(start, start + timedelta(minutes=chance.randrange(60, 600)))
            schedules.go_away(uow, host_id, away)


def _profile(
    world: World, chance: Random, zone: str, day: date, begins: datetime, minutes: int
) -> int:
    names = chance.sample(sorted(world.hosts), chance.choice((1, 1, 2, 3)))
    required = chance.choice(tuple(Required))
    group = world.group(*names, required=required) if chance.random() < 0.3 else None
    edge = timedelta(minutes=chance.randrange(0, 1500))
    return world.profile(
        *(() if group else names),
        groups=(group,) if group else (),
        slug=SLUG,
        durations=(minutes,),
        step_minutes=chance.choice(STEPS),
        buffer_before_minutes=chance.choice((0, 0, 5, 7, 30)),
        buffer_after_minutes=chance.choice((0, 0, 5, 13, 30)),
        notice_minutes=chance.choice((0, 0, 0, 60, 700)),
        horizon_days=chance.choice((2, 30, 60, 365)),
        active_from=begins + edge if chance.random() < 0.1 else None,
        active_until=begins + edge * 2 if chance.random() < 0.1 else None,
        limit_per_day=chance.choice((None, None, None, 1, 3)),
        limit_per_week=chance.choice((None, None, None, 2)),
        seats=chance.choice((1, 1, 1, 3)),
        required=required,
        needs_approval=chance.random() < 0.2,
        hours=_hours(chance, zone, day) if chance.random() < 0.4 else None,
        zone=zone,
    )


def _book_some(room: Room) -> None:
    """A booking and a hold of this profile, where there is room for them, and one more."""
    for kind in ("book", "hold", "book"):
        with room.world.desk.look(room.world.guest) as uow:
            listed = room.listed(uow)
        if not listed:
            return
        start = from_minute(room.chance.choice(listed))
        try:
            if kind == "hold":
                room.draft = room.world.hold(room.profile_id, start, duration_minutes=room.minutes)
            else:
                made = room.world.book(room.profile_id, start, duration_minutes=room.minutes)
                room.booking = UUID(made)
        except SlotTaken as refusal:
            raise AssertionError(f"{start} was listed and refused: {refusal}") from refusal
