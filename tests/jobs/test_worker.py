"""The worker itself: its lanes, its recurring jobs, its sign of life, and how it stops."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from tests.jobs.conftest import ToldCourier
from tests.world import Clock, Desk, World, at
from webapp.delivery.courier import Delivery, Parcel
from webapp.jobs import heartbeat, identity, kinds, queue, runner
from webapp.jobs.kinds import KINDS, LEASES, Kind, Tools, of_lane
from webapp.jobs.queue import Ticket
from webapp.work import SYSTEM, begin


@contextmanager
def working(app: Flask, tools: Tools) -> Iterator[threading.Event]:
    """A worker at work in a thread; set the event to stop it."""
    stopping = threading.Event()
    thread = threading.Thread(
        target=runner.run, args=(app, stopping.is_set), kwargs={"tools": tools}
    )
    thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("it never came about")


def names(desk: Desk) -> list[object]:
    return [name for (name,) in desk.sql("SELECT name FROM activity_worker")]


def test_a_running_worker_sends_lapses_and_says_that_it_lives(
    app: Flask, world: World, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    profile = world.profile()
    world.book(profile, at(9))
    world.hold(profile, at(10))
    clock.forward(minutes=8)
    with working(app, tools):
        eventually(lambda: len(courier.parcels) == 2)
        eventually(lambda: world.desk.sql("SELECT count(*) FROM busy_span") == [(1,)])
        eventually(lambda: len(names(world.desk)) == 1)
        beats = world.desk.sql("SELECT count(*) FROM activity_worker WHERE beat_at IS NOT NULL")
        assert beats == [(1,)]
    assert names(world.desk) == []  # it took its name off when it stopped on purpose


def test_a_worker_stops_though_a_mail_server_keeps_it_waiting(
    app: Flask, world: World, tools: Tools
) -> None:
    world.book(world.profile(), at(9))
    reached, release = threading.Event(), threading.Event()

    class Stuck:
        def deliver(self, parcel: Parcel) -> Delivery:
            reached.set()
            release.wait(30)
            return Delivery("retry", "at last")

    stuck = Tools(Stuck(), tools.stationery, tools.chance)
    try:
        with working(app, stuck):
            assert reached.wait(20)
            stuck_profile = world.profile(slug="other")
            world.hold(stuck_profile, at(11))
    finally:
        release.set()


def test_each_recurring_job_has_one_row_however_many_workers_start(
    every_app: Flask, every_desk: Desk
) -> None:
    recurring = sorted(name for name, kind in KINDS.items() if kind.every)
    with every_app.app_context():
        for _ in range(3):
            for lane in LEASES:
                runner.take_up(of_lane(lane))
    assert [kind for (kind,) in every_desk.sql("SELECT kind FROM job ORDER BY kind")] == recurring
    known = {"decline-requests", "delete-old-rows", "lapse-holds", "refresh-feeds"}
    assert known | {"remove-exports"} <= set(recurring)


def test_a_recurring_job_comes_round_again_and_again(
    every_app: Flask, every_world: World, courier: ToldCourier, clock: Clock, tools: Tools
) -> None:
    profile = every_world.profile()
    with every_app.app_context():
        runner.take_up(["lapse-holds"])
        for hour in (9, 10):
            every_world.hold(profile, at(hour))
            clock.forward(minutes=8)
            assert runner.work_once("test", ["lapse-holds"], tools)
            assert not runner.work_once("test", ["lapse-holds"], tools)
            clock.forward(seconds=19)
            assert not runner.work_once("test", ["lapse-holds"], tools)
    statuses = every_world.desk.sql("SELECT status, count(*) FROM booking GROUP BY status")
    assert statuses == [("lapsed", 2)]
    assert every_world.desk.sql("SELECT count(*) FROM job WHERE kind = 'lapse-holds'") == [(1,)]


def test_the_whole_round_of_upkeep_runs(
    app: Flask, world: World, tools: Tools, clock: Clock
) -> None:
    world.book(world.profile(needs_approval=True), at(9))
    clock.forward(days=3)
    with app.app_context():
        runner.take_up(of_lane("inside"))
    assert runner.drain(app, tools=tools) >= 4
    assert world.desk.sql("SELECT status FROM booking") == [("declined",)]
    assert world.desk.sql("SELECT count(*) FROM message WHERE state <> 'sent'") == [(0,)]


# ------------------------------------------------------------------------------------- failing


@pytest.fixture
def kind_of_job(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make a kind known for one test."""

    def add(name: str, handler: kinds.Handler, **more: Any) -> None:
        made = Kind(handler, "outside", **more)
        monkeypatch.setitem(KINDS, name, made)

    return add


def _enqueue(app: Flask, kind: str) -> None:
    with app.app_context(), begin(SYSTEM) as uow:
        uow.enqueue(kind)


def test_a_poisoned_job_is_pushed_on_and_the_next_one_runs(
    app: Flask, desk: Desk, tools: Tools, clock: Clock, kind_of_job: Callable[..., None]
) -> None:
    done: list[int] = []

    def poison(ticket: Ticket, tools: Tools) -> bool:
        raise ZeroDivisionError("poison")

    def healthy(ticket: Ticket, tools: Tools) -> bool:
        done.append(ticket.id)
        return False

    kind_of_job("poison", poison, most_tries=3)
    kind_of_job("healthy", healthy)
    _enqueue(app, "poison")
    _enqueue(app, "healthy")
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            runner.work_once("test", ["poison", "healthy"], tools)
        assert runner.work_once("test", ["poison", "healthy"], tools)
        assert done == [2]
        for pause in (5, 10):
            clock.forward(seconds=pause)
            with pytest.raises(ZeroDivisionError):
                runner.work_once("test", ["poison"], tools)
        clock.forward(days=9)
        assert not runner.work_once("test", ["poison"], tools)
    assert desk.sql("SELECT tries, error FROM job") == [(3, "ZeroDivisionError: poison")]


def test_a_recurring_job_that_fails_comes_round_all_the_same(
    app: Flask, desk: Desk, tools: Tools, clock: Clock, kind_of_job: Callable[..., None]
) -> None:
    def poison(ticket: Ticket, tools: Tools) -> bool:
        raise ZeroDivisionError("poison")

    kind_of_job("poison", poison, every=LEASES["inside"])
    with app.app_context():
        runner.take_up(["poison"])
        for _ in range(20):
            with pytest.raises(ZeroDivisionError):
                runner.work_once("test", ["poison"], tools)
            clock.forward(minutes=1)
    assert desk.sql("SELECT tries, error FROM job") == [(0, "ZeroDivisionError: poison")]


def test_a_job_whose_every_try_killed_its_worker_is_buried(
    app: Flask, desk: Desk, tools: Tools, clock: Clock, kind_of_job: Callable[..., None]
) -> None:
    ran: list[int] = []

    def deadly(ticket: Ticket, tools: Tools) -> bool:
        ran.append(ticket.tries)
        return False

    kind_of_job("deadly", deadly, most_tries=2)
    _enqueue(app, "deadly")
    with app.app_context():
        for _ in range(2):
            with begin(SYSTEM) as uow:
                assert queue.claim(uow, "dies", ["deadly"], lease=LEASES["outside"])
            clock.forward(minutes=5)
        assert runner.work_once("test", ["deadly"], tools)
        assert not runner.work_once("test", ["deadly"], tools)
    assert ran == []
    assert desk.sql("SELECT error FROM job") == [("every try ended in a crash",)]


def test_a_job_of_a_kind_this_version_does_not_know_waits_for_one_that_does(
    app: Flask, desk: Desk, tools: Tools
) -> None:
    _enqueue(app, "from-the-future")
    assert runner.drain(app, tools=tools) == 0
    assert desk.sql("SELECT tries FROM job") == [(0,)]


def test_every_kind_of_job_says_what_it_does_and_belongs_to_a_lane() -> None:
    for kind in KINDS.values():
        assert kind.says.endswith(".")
        assert kind.lane in LEASES
    assert sorted(KINDS) == sorted(name for lane in LEASES for name in of_lane(lane))


def test_a_kind_is_known_under_one_handler_only() -> None:
    with pytest.raises(ValueError, match="known already"):
        kinds.register("send-message", KINDS["send-message"])


# ---------------------------------------------------------------------------------- who it is


def test_a_worker_that_ended_is_known_to_be_dead_and_others_are_not() -> None:
    own = identity.new_name()
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    place, _, rest = own.rpartition("/")
    place = place.rpartition("/")[0]
    assert len(own) <= 50
    assert not identity.is_dead(own)
    assert identity.is_dead(f"{place}/{child.pid}/{rest}") == (os.name == "posix")
    for unknown in (f"elsewhere/1/{child.pid}/{rest}", "", "x", "drain", f"{place}/x/{rest}"):
        assert not identity.is_dead(unknown)


def test_a_worker_that_starts_takes_over_what_its_dead_predecessor_held(
    app: Flask, world: World, tools: Tools, courier: ToldCourier
) -> None:
    world.book(world.profile(), at(9))
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    place, _, rest = identity.new_name().rpartition("/")
    dead = f"{place.rpartition('/')[0]}/{child.pid}/{rest}/mail"
    with app.app_context():
        with begin(SYSTEM) as uow:
            assert queue.claim(uow, dead, of_lane("mail"), lease=LEASES["mail"])
        with begin(SYSTEM) as uow:
            assert queue.claim(uow, identity.new_name(), of_lane("mail"), lease=LEASES["mail"])
        runner.take_up(of_lane("mail"))
    runner.drain(app, tools=tools)
    assert len(courier.parcels) == 1  # the other one is held by a worker that lives


def test_a_heartbeat_is_one_row_a_worker(every_app: Flask, every_desk: Desk, clock: Clock) -> None:
    for _ in range(3):
        heartbeat.beat(every_app, "one")
        clock.forward(seconds=5)
    heartbeat.beat(every_app, "two")
    assert sorted(map(str, names(every_desk))) == ["one", "two"]
    heartbeat.leave(every_app, "one")
    assert names(every_desk) == ["two"]
