"""Erasing a person leaves no trace of them, and nobody else loses anything."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browser.rows import rows
from tests.jobs.long import (
    GRACE,
    claim,
    drain,
    erase,
    files,
    graces_booking,
    overslept,
    remove_old,
    state_of,
    system,
    traces,
    work_of,
)
from tests.world import Desk, World, at, build_world
from webapp.domain.errors import Conflict, Invalid
from webapp.jobs import long_work as job
from webapp.jobs import runner
from webapp.jobs.kinds import Tools
from webapp.models import (
    LongWork,
    WorkState,
)
from webapp.services import erasing, export_files, group_booking, long_work
from webapp.services.group_booking import Order
from webapp.services.holds import Details
from webapp.services.sending import LeaseLost


def test_a_slice_of_an_erasing_that_comes_late_erases_nothing(
    world: World, app: Flask, tools: Tools
) -> None:
    known = graces_booking(world)
    uuid = erase(world)
    with app.app_context():
        late, work = overslept(world)
        claim(world, "two")
        before = rows(world.desk.engine)
        with pytest.raises(LeaseLost):
            job._erase(late, work)
    assert rows(world.desk.engine) == before
    assert known in str(before)
    assert state_of(world, uuid).state is WorkState.WAITING


def test_erasing_leaves_no_trace_in_any_column_of_any_table(
    every_world: World, every_app: Flask, tools: Tools
) -> None:
    world = every_world
    name = graces_booking(world)
    drain(every_app, tools)
    where = traces(world, name, GRACE)
    assert {"booking", "message", "meeting", "event", "booking_note", "placement"} <= where
    assert "audit_entry" in where
    counts = world.desk.sql("SELECT count(*) FROM booking")
    uuid = erase(world)
    drain(every_app, tools)
    assert traces(world, name, "hopper", GRACE, "my life", "likes tea") == set()
    assert traces(world, "otto@example.org", "friend@example.org")
    assert world.desk.sql("SELECT count(*) FROM booking") == counts
    result = state_of(world, uuid).result
    assert (result["bookings"], result["notes"], result["guests"]) == (1, 1, 1)
    assert result["messages"] >= 4
    said = world.desk.sql("SELECT action, subject FROM audit_entry WHERE action LIKE 'erase.%'")
    assert sorted(said) == [("erase.asked", f"work:{uuid}"), ("erase.done", f"work:{uuid}")]


def test_erasing_takes_the_files_of_mails_and_of_exports_along(world: World, app: Flask) -> None:
    graces_booking(world)
    export = work_of(world)
    runner.drain(app)  # mails go to the outbox folder
    outbox = world.desk.settings.outbox_dir
    assert any(GRACE in path.read_text() for path in outbox.iterdir())
    kept = sum(GRACE.lower() not in path.read_text().lower() for path in outbox.iterdir())
    erase(world)
    runner.drain(app)
    left = [path.read_text() for path in files(world.desk.settings.data_dir / "outbox")]
    assert not any("To: Grace" in text for text in left)
    assert len(left) >= kept
    assert files(export_files.folder(world.desk.settings)) == []
    assert not state_of(world, export).has_file


def test_the_times_of_an_erased_booking_stay_and_its_links_are_dead(
    world: World, app: Flask, tools: Tools
) -> None:
    graces_booking(world)
    times = "SELECT id, start_at, end_at, status, reference, profile_id FROM booking ORDER BY id"
    before = world.desk.sql(times)
    versions = dict(world.desk.sql("SELECT id, token_version FROM booking"))
    erase(world)
    drain(app, tools)
    assert world.desk.sql(times) == before
    erased = world.desk.sql("SELECT id, name, token_version FROM booking WHERE email = ''")
    assert [(row[1], row[2] - versions[row[0]]) for row in erased] == [("Erased person", 1)]


def test_an_erasing_begins_only_when_the_address_was_typed_twice_and_nothing_lies_ahead(
    world: World,
) -> None:
    world.book(world.profile(), at(9), "Grace")
    with world.desk.begin(world.owner) as uow:
        with pytest.raises(Invalid):
            erasing.start(uow, "grace@example.org", "gracie@example.org")
        with pytest.raises(Conflict):
            erasing.start(uow, "grace@example.org", "grace@example.org")
        with pytest.raises(Conflict):
            erasing.find(uow, "bela@harbour.example.org")  # of the team
        with pytest.raises(Invalid):
            erasing.find(uow, "grace")
        assert erasing.find(uow, "Grace@Example.org").ahead == 1
    world.desk.clock.forward(days=2)
    with world.desk.begin(world.owner) as uow:
        assert erasing.start(uow, "grace@example.org", "grace@example.org")
        with pytest.raises(Conflict):
            erasing.start(uow, "grace@example.org", "grace@example.org")
    assert world.desk.sql("SELECT count(*) FROM long_work") == [(1,)]


def test_what_is_booked_while_an_erasing_runs_stands_and_is_told(
    world: World, app: Flask, tools: Tools
) -> None:
    uuid = erase(world, "grace@example.org")
    world.book(world.profile(), at(9), "Grace")
    drain(app, tools)
    assert state_of(world, uuid).result["ahead"] == 1
    assert world.desk.sql("SELECT name FROM booking") == [("Grace",)]


def test_another_organizations_bookings_of_the_same_person_stay(
    world: World, app: Flask, tools: Tools
) -> None:
    other = build_world(world.desk, slug="elsewhere")
    other.book(other.profile(), at(9), "Grace")
    erase(world, "grace@example.org")
    drain(app, tools)
    assert world.desk.sql("SELECT email FROM booking") == [("grace@example.org",)]


def test_whom_a_failed_erasing_was_about_is_forgotten_after_a_week(
    world: World, desk: Desk, app: Flask, tools: Tools
) -> None:
    uuid = erase(world, "grace@example.org")
    with desk.begin(system(world)) as uow:
        work = uow.session.scalars(sa.select(LongWork).where(LongWork.uuid == uuid)).one()
        long_work.give_up(uow, work.id, work.turn)
    assert state_of(world, uuid).can_retry
    desk.clock.forward(days=7)
    with app.app_context():
        remove_old(tools)
    assert not state_of(world, uuid).can_retry
    assert traces(world, "grace@example.org") == set()


def test_a_time_that_a_program_keeps_for_the_person_is_given_back(
    every_world: World, every_app: Flask, tools: Tools
) -> None:
    world = every_world
    profile = world.profile("ada")
    order = Order(at(9), at(9, 30), Details("Grace Hopper", GRACE))
    with world.desk.begin(world.owner) as uow:
        group_booking.book(uow, profile, order, reserve_minutes=600)
    uuid = erase(world)
    drain(every_app, tools)
    assert traces(world, "hopper", GRACE) == set()
    result = state_of(world, uuid).result
    assert (result["bookings"], result["ahead"]) == (1, 0)
    assert world.desk.sql("SELECT status FROM booking") == [("lapsed",)]
    assert world.desk.sql("SELECT taken FROM meeting") == [(0,)]
    assert world.desk.sql("SELECT id FROM busy_span") == []
    assert world.book(profile, at(9))
