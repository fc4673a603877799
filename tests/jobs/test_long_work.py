"""Long work: killed, doubled or cancelled, it comes to the same."""

from __future__ import annotations

import signal
import stat

import pytest
from flask import Flask

from tests.jobs.long import (
    GRACE,
    busy,
    claim,
    contents,
    drain,
    erase,
    graces_booking,
    overslept,
    remove_old,
    state_of,
    system,
    table,
    traces,
    work_of,
)
from tests.jobs.test_kill import run_workers
from tests.world import World, at, build_world
from webapp.domain.errors import Conflict, Forbidden
from webapp.domain.ics import read_calendar
from webapp.domain.permissions import Caller, Role
from webapp.domain.span import Interval
from webapp.jobs import long_work as job
from webapp.jobs import runner
from webapp.jobs.kinds import Tools
from webapp.models import (
    Base,
    OrganizationScoped,
    WorkKind,
    WorkState,
)
from webapp.services import erasing, export_files, exports, keys, long_work
from webapp.services.sending import LeaseLost
from webapp.services.unit_of_work import UnitOfWork


def test_an_export_holds_every_row_of_every_table_of_the_organization(
    every_world: World, every_app: Flask, monkeypatch: pytest.MonkeyPatch, tools: Tools
) -> None:
    world = every_world
    monkeypatch.setattr(exports, "ROWS", 3)  # some tables take several slices
    busy(world)
    other = build_world(world.desk, slug="elsewhere")
    busy(other)
    uuid = work_of(world)
    drain(every_app, tools)
    card = state_of(world, uuid)
    assert card.state is WorkState.DONE
    files = contents(world, uuid)
    mine = f"WHERE organization_id = {world.organization_id}"
    for name in exports.tables():
        wanted = world.desk.sql(f'SELECT count(*) FROM "{name}" {mine}')[0][0]
        late = {"audit_entry": 1, "message": 0, "attempt": 0}  # written while it was made
        assert wanted - len(table(files, name)) in (0, late.get(name, 0)), name
    assert {row["name"] for row in table(files, "people")} == {
        "Ada Berg",
        "Bela Cruz",
        "Chris Dahl",
    }
    assert b"elsewhere" not in b"".join(files.values())
    assert [row["slug"] for row in table(files, "organization")] == ["harbour"]
    week = Interval(at(0, day=22), at(0, day=29))
    calendar = read_calendar(files["bookings.ics"], default_zone="UTC", window=week)
    assert [event.status for event in calendar.events].count("CANCELLED") == 1
    assert len(calendar.events) == 4
    readme = files["README.md"].decode()
    assert "| booking.json | 4 |" in readme
    for key in exports.LEFT_OUT | exports.SECRET:
        assert f"`{key}`" in readme


def test_an_export_holds_no_secret(world: World, app: Flask, tools: Tools) -> None:
    with world.desk.begin(world.owner) as uow:
        token = keys.make_token(uow, world.hosts["ada"], "Script").token
        client = keys.make_client(uow, "Till").secret
    busy(world)
    uuid = work_of(world)
    drain(app, tools)
    whole = b"".join(contents(world, uuid).values()).decode()
    hashes = world.desk.sql(
        "SELECT lower(hex(secret_hash)) FROM access_token "
        "UNION SELECT lower(hex(secret_hash)) FROM api_client"
    )
    for secret in (token[13:], client, "password_hash", *(str(row[0]) for row in hashes)):
        assert secret not in whole
    assert "/m/" not in whole, "a link with which an invitee changes a booking"


def test_the_file_is_the_owners_alone_and_goes_after_a_week(
    world: World, app: Flask, tools: Tools
) -> None:
    uuid = work_of(world)
    drain(app, tools)
    path = export_files.folder(world.desk.settings) / f"{uuid}.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(path.parent.iterdir()) == [path], "no parts are left"
    with app.app_context():
        world.desk.clock.forward(days=7, seconds=-1)
        remove_old(tools)
        assert path.exists()
        assert state_of(world, uuid).has_file
        world.desk.clock.forward(seconds=1)
        assert not state_of(world, uuid).has_file
        remove_old(tools)
    assert not path.exists()


def test_every_table_of_an_organization_is_exported_or_left_out_with_a_reason() -> None:
    assert set(exports.LEFT_OUT) & set(exports.tables()) == set()
    scoped = {
        kind.__tablename__ for kind in OrganizationScoped.__subclasses__() if issubclass(kind, Base)
    }
    assert scoped == set(exports.tables()) | set(exports.LEFT_OUT)
    for model in exports.tables().values():
        numbers = [column.type.python_type for column in model.__table__.primary_key.columns]
        assert numbers == [int], "rows are read in the order of one number"


def test_an_export_whose_worker_is_killed_between_slices_comes_to_the_same(
    world: World, app: Flask, tools: Tools
) -> None:
    busy(world)
    drain(app, tools)  # the mails, so that only the export is left to do
    whole = work_of(world)
    drain(app, tools)
    cut = work_of(world)
    # A worker's second writing unit is its first slice.
    assert run_workers(world.desk, "committed:2", "-") == [-signal.SIGKILL, 0]
    assert state_of(world, cut).state is WorkState.DONE
    first, second = contents(world, whole), contents(world, cut)
    for files in (first, second):
        for name in ("audit_entry.json", "README.md"):
            files.pop(name)  # the second export is itself in the log
    assert first == second


class Killed(BaseException):
    """What a worker's death looks like from inside: nothing after it runs."""


def die_at(monkeypatch: pytest.MonkeyPatch, point: str, number: int) -> None:
    """Let the process die when it comes past ``point`` for the ``number``-th time."""
    passed: list[str] = []

    def failpoint(_: UnitOfWork, name: str) -> None:
        passed.append(name)
        if passed.count(point) == number and name == point:
            raise Killed

    monkeypatch.setattr(UnitOfWork, "failpoint", failpoint)


@pytest.mark.parametrize("point", ["before-commit", "committed"])
def test_work_that_died_anywhere_is_finished_by_the_next_worker(
    world: World, app: Flask, tools: Tools, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    name = graces_booking(world)
    world.book(world.profile(), at(9))
    drain(app, tools)
    world.desk.clock.forward(days=3)
    export = work_of(world)
    deaths = _die_often(world, app, tools, monkeypatch, point)
    files = contents(world, export)
    erasing_uuid = erase(world)
    deaths += _die_often(world, app, tools, monkeypatch, point)
    assert deaths >= 8
    assert len(table(files, "booking")) == 3
    assert files["bookings.ics"].count(b"BEGIN:VEVENT") == 3
    ids = [row["id"] for row in table(files, "message")]
    assert len(ids) == len(set(ids)) == world.desk.sql("SELECT max(id) FROM message")[0][0]
    card = state_of(world, erasing_uuid)
    assert card.state is WorkState.DONE
    assert (card.result["bookings"], card.result["guests"]) == (1, 1)
    assert card.result["messages"] >= 4
    assert card.done_count == card.total == 3
    assert traces(world, name, GRACE) == set()


def _die_often(
    world: World, app: Flask, tools: Tools, monkeypatch: pytest.MonkeyPatch, point: str
) -> int:
    """Work until everything is done, each worker dying a little later than the one before."""
    deaths = 0
    for number in range(1, 12):
        with monkeypatch.context() as patch:
            patch.setattr(exports, "ROWS", 8)
            patch.setattr(erasing, "ROWS", 1)
            die_at(patch, point, number)
            try:
                drain(app, tools)
                return deaths
            except Killed:
                deaths += 1
        world.desk.clock.forward(minutes=6)  # past the lease
    raise AssertionError("it never comes to an end")


def test_two_workers_do_not_double_a_slice(world: World, app: Flask, tools: Tools) -> None:
    """The first sleeps over its lease in the middle of a slice; a second one finishes the work."""
    busy(world)
    drain(app, tools)
    uuid = work_of(world)
    with app.app_context():
        late, work = overslept(world)
        drain(app, tools)
        done = contents(world, uuid)
        with pytest.raises(LeaseLost):
            job._export(late, work)
    assert contents(world, uuid) == done
    assert state_of(world, uuid).state is WorkState.DONE
    assert world.desk.sql("SELECT count(*) FROM audit_entry WHERE action = 'export.done'") == [(1,)]


def test_cancelling_stops_before_the_next_slice_and_leaves_no_file(
    world: World, app: Flask, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SLICES_A_TURN", 1)
    monkeypatch.setattr(exports, "ROWS", 3)
    busy(world)
    uuid = work_of(world)
    with app.app_context():
        while state_of(world, uuid).state is WorkState.WAITING:
            assert runner.work_once("one/drain", [long_work.JOB], tools)
        begun = state_of(world, uuid)
        assert 0 < begun.done_count < begun.total
        with world.desk.begin(world.owner) as uow:
            long_work.cancel(uow, uuid)
        assert state_of(world, uuid).is_stopping
    drain(app, tools)
    card = state_of(world, uuid)
    assert card.state is WorkState.CANCELLED
    assert card.done_count == begun.done_count
    folder = export_files.folder(world.desk.settings)
    assert list(folder.iterdir()) == []
    with world.desk.begin(world.owner) as uow:
        with pytest.raises(Conflict):
            long_work.cancel(uow, uuid)
        long_work.retry(uow, uuid)
    drain(app, tools)
    assert state_of(world, uuid).state is WorkState.DONE
    assert len(table(contents(world, uuid), "booking")) == 4


def test_what_was_cancelled_and_begun_again_is_done_by_one_job_alone(
    world: World, app: Flask, tools: Tools
) -> None:
    busy(world)
    uuid = work_of(world)
    with world.desk.begin(world.owner) as uow:
        long_work.cancel(uow, uuid)
        long_work.retry(uow, uuid)
    assert world.desk.sql("SELECT count(*) FROM job WHERE kind = 'long-work'") == [(2,)]
    drain(app, tools)
    assert state_of(world, uuid).state is WorkState.DONE
    assert world.desk.sql("SELECT count(*) FROM job WHERE kind = 'long-work'") == [(0,)]
    assert len(table(contents(world, uuid), "booking")) == 4


def test_a_slice_of_a_turn_that_was_cancelled_meanwhile_is_not_recorded(
    world: World, app: Flask, tools: Tools
) -> None:
    busy(world)
    uuid = work_of(world)
    with app.app_context():
        ticket = claim(world, "one")
        with world.desk.look(system(world)) as uow:
            work = long_work.at_hand(uow, ticket.payload["work_id"], 0)
        assert work is not None
        with world.desk.begin(world.owner) as uow:
            long_work.cancel(uow, uuid)
            long_work.retry(uow, uuid)
        with pytest.raises(LeaseLost):
            job._export(ticket, work)
    assert state_of(world, uuid).done_count == 0
    drain(app, tools)
    assert len(table(contents(world, uuid), "booking")) == 4


def test_work_that_always_crashes_is_given_up_and_says_so(
    world: World, app: Flask, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("the disk is full")

    monkeypatch.setitem(job._SLICES, WorkKind.EXPORT, broken)
    uuid = work_of(world)
    for _ in range(job.MOST_TRIES):
        with app.app_context(), pytest.raises(RuntimeError):
            runner.work_once("one/drain", [long_work.JOB], tools)
        world.desk.clock.forward(hours=1)
    drain(app, tools)
    card = state_of(world, uuid)
    assert (card.state, card.can_retry) == (WorkState.FAILED, True)
    assert "given up" in card.error
    monkeypatch.undo()
    with world.desk.begin(world.owner) as uow:
        long_work.retry(uow, uuid)
    drain(app, tools)
    assert state_of(world, uuid).state is WorkState.DONE


def test_only_those_who_manage_data_ask_for_long_work(world: World) -> None:
    member = Caller(world.organization_id, Role.MEMBER, world.hosts["bela"])
    with world.desk.begin(member) as uow:
        with pytest.raises(Forbidden):
            long_work.start(uow, WorkKind.EXPORT)
        with pytest.raises(Forbidden):
            erasing.find(uow, GRACE)
