"""What happens because time passes: holds lapse, requests run out, old rows go."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.accounts import linked_feed
from tests.world import Clock, World, at
from webapp.domain.permissions import Caller, Role
from webapp.models import (
    ActivityRate,
    ActivityWorker,
    Booking,
    BookingStatus,
    FeedState,
    Message,
)
from webapp.services import bookings, upkeep
from webapp.services.steps import idempotency
from webapp.work import system_of

SYSTEM = Caller(None, Role.SYSTEM)


def count(world: World, table: str, where: str = "1 = 1") -> int:
    [[found]] = world.desk.sql(f"SELECT count(*) FROM {table} WHERE {where}")
    return int(found)


def lapse(world: World) -> int:
    with world.desk.begin(SYSTEM) as uow:
        return upkeep.lapse_holds(uow)


# --------------------------------------------------------------------------------------- holds


def test_a_hold_lapses_on_its_second_and_gives_its_time_back(
    every_world: World, clock: Clock
) -> None:
    profile = every_world.profile()
    every_world.hold(profile, at(9))
    clock.forward(minutes=8, seconds=-1)
    assert lapse(every_world) == 0
    assert count(every_world, "busy_span") == 1
    clock.forward(seconds=1)
    assert lapse(every_world) == 1
    assert count(every_world, "busy_span") == 0
    assert every_world.desk.sql("SELECT status FROM booking") == [("lapsed",)]
    assert every_world.desk.sql("SELECT taken FROM meeting") == [(0,)]
    assert lapse(every_world) == 0
    every_world.book(profile, at(9))


def test_a_lapsing_hold_tells_every_kept_page_of_its_host(world: World, clock: Clock) -> None:
    world.hold(world.profile(), at(9))
    before = world.desk.sql('SELECT revision FROM "user" WHERE id = :id', id=world.hosts["ada"])
    clock.forward(minutes=8)
    lapse(world)
    after = world.desk.sql('SELECT revision FROM "user" WHERE id = :id', id=world.hosts["ada"])
    assert after[0][0] > before[0][0]


def test_a_booking_never_lapses(every_world: World, clock: Clock) -> None:
    every_world.book(every_world.profile(), at(9))
    clock.forward(days=30)
    assert lapse(every_world) == 0
    assert count(every_world, "busy_span") == 1


def test_of_a_meeting_with_seats_only_the_lapsed_seat_goes(
    every_world: World, clock: Clock
) -> None:
    profile = every_world.profile(seats=3)
    every_world.book(profile, at(9), "Grace")
    every_world.hold(profile, at(9))
    clock.forward(minutes=8)
    assert lapse(every_world) == 1
    assert every_world.desk.sql("SELECT taken FROM meeting") == [(1,)]
    assert count(every_world, "busy_span") == 1


def test_holds_of_every_organization_lapse_in_bounded_bites(world: World, clock: Clock) -> None:
    profile = world.profile(step_minutes=5, durations=(5,))
    for minute in range(0, 275, 5):
        world.hold(profile, at(8) + timedelta(minutes=minute), duration_minutes=5)
    clock.forward(minutes=8)
    assert [lapse(world), lapse(world), lapse(world)] == [upkeep.BATCH, 5, 0]


def test_a_lapsed_hold_is_deleted_after_a_day_with_the_meeting_nobody_was_in(
    every_world: World, clock: Clock
) -> None:
    profile = every_world.profile(seats=2)
    every_world.book(profile, at(9), "Grace")
    every_world.hold(profile, at(9))
    every_world.hold(profile, at(10))
    clock.forward(minutes=8)
    lapse(every_world)

    def delete() -> int:
        with every_world.desk.begin(SYSTEM) as uow:
            return upkeep.delete_lapsed_holds(uow)

    clock.forward(days=1)
    assert delete() == 0
    clock.forward(seconds=1)
    assert delete() == 2
    assert every_world.desk.sql("SELECT status FROM booking") == [("confirmed",)]
    assert every_world.desk.sql("SELECT taken FROM meeting") == [(1,)]


# ------------------------------------------------------------------------------------ requests


def _run_out(world: World) -> int:
    with world.desk.look(SYSTEM) as uow:
        due = upkeep.requests_run_out(uow)
    for organization_id, uuid in due:
        with world.desk.begin(system_of(organization_id)) as uow:
            assert upkeep.decline_run_out(uow, uuid)
    return len(due)


def test_a_request_nobody_decides_is_declined_with_a_mail_when_its_time_is_up(
    every_world: World, clock: Clock
) -> None:
    every_world.book(every_world.profile(needs_approval=True), at(9, day=30))
    clock.forward(hours=48, seconds=-1)
    assert _run_out(every_world) == 0
    clock.forward(seconds=1)
    assert _run_out(every_world) == 1
    assert every_world.desk.sql("SELECT status, cancelled_by FROM booking") == [
        ("declined", "system")
    ]
    assert count(every_world, "busy_span") == 0
    with every_world.desk.look(every_world.owner) as uow:
        declined = uow.session.scalars(sa.select(Message).where(Message.template == "declined"))
        told = {(each.audience, each.values["by"]) for each in declined}
    assert told == {("invitee", "system"), ("host", "system")}
    assert _run_out(every_world) == 0


def test_a_request_for_tomorrow_runs_out_when_it_would_begin(world: World, clock: Clock) -> None:
    world.book(world.profile(needs_approval=True), at(9))
    clock.now = at(9) - timedelta(seconds=1)
    assert _run_out(world) == 0
    clock.now = at(9)
    assert _run_out(world) == 1


def test_a_request_decided_in_between_is_left_alone(world: World, clock: Clock) -> None:
    world.book(world.profile(needs_approval=True), at(9, day=30))
    clock.forward(hours=49)
    with world.desk.look(SYSTEM) as uow:
        [(organization_id, uuid)] = upkeep.requests_run_out(uow)
    with world.desk.begin(world.owner) as uow:
        bookings.approve(uow, uuid)
    with world.desk.begin(system_of(organization_id)) as uow:
        assert not upkeep.decline_run_out(uow, uuid)
    assert world.desk.sql("SELECT status FROM booking") == [("confirmed",)]


# ------------------------------------------------------------------------------------ old rows


def test_idempotency_keys_are_kept_for_72_hours(every_world: World, clock: Clock) -> None:
    with every_world.desk.begin(every_world.guest) as uow:
        for number in range(3):
            idempotency.claim(uow, "test", f"key {number}", number)

    def delete() -> int:
        with every_world.desk.begin(SYSTEM) as uow:
            return upkeep.delete_old_keys(uow)

    clock.forward(hours=72)
    assert delete() == 0
    clock.forward(seconds=1)
    assert delete() == 3
    assert delete() == 0


def test_rate_buckets_and_heartbeats_are_kept_for_a_day(every_world: World, clock: Clock) -> None:
    with every_world.desk.begin(SYSTEM) as uow:
        for hours in (1, 25):
            when = uow.now - timedelta(hours=hours)
            uow.session.add(ActivityRate(bucket="b", window_start=when, count=1))
            uow.session.add(ActivityWorker(name=f"w{hours}", beat_at=when))
    with every_world.desk.begin(SYSTEM) as uow:
        assert upkeep.delete_old_activity(uow) == 1
    assert every_world.desk.sql("SELECT name FROM activity_worker") == [("w1",)]
    assert count(every_world, "activity_rate") == 1


# --------------------------------------------------------------------------------------- feeds


def due(world: World) -> list[int]:
    with world.desk.look(SYSTEM) as uow:
        return [feed_id for _, feed_id in upkeep.feeds_due(uow)]


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 15), (1, 30), (2, 60), (5, 480), (8, 1440), (60, 1440)]
)
def test_a_linked_address_is_read_every_quarter_hour_and_more_slowly_while_it_fails(
    world: World, clock: Clock, failures: int, minutes: int
) -> None:
    linked = linked_feed(world, failures=failures).id
    clock.forward(minutes=minutes, seconds=-1)
    assert due(world) == []
    clock.forward(seconds=2)
    assert due(world) == [linked]


def test_an_uploaded_file_is_laid_out_anew_when_the_horizon_has_moved_a_day(
    every_world: World, clock: Clock
) -> None:
    uploaded = linked_feed(every_world, url=None).id
    clock.forward(hours=23)
    assert due(every_world) == []
    clock.forward(hours=2)
    assert due(every_world) == [uploaded]


def test_a_calendar_that_was_never_read_is_due_at_once(every_world: World) -> None:
    waiting = linked_feed(every_world, tried_at=None, expanded_until=None, state=FeedState.WAITING)
    assert due(every_world) == [waiting.id]


def test_the_bookings_left_after_everything_are_those_that_stand(
    world: World, clock: Clock
) -> None:
    profile = world.profile()
    world.book(profile, at(9))
    world.hold(profile, at(10))
    clock.forward(days=40)
    lapse(world)
    clock.forward(days=2)
    with world.desk.begin(SYSTEM) as uow:
        upkeep.delete_lapsed_holds(uow)
    with world.desk.look(world.owner) as uow:
        assert uow.session.scalars(sa.select(Booking.status)).all() == [BookingStatus.CONFIRMED]
