"""Kept matrices: always what the spans say, in every process, at every moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from tests.services.teams import (
    NAMES,
    WINDOW,
    agree,
    asked,
    busy,
    every_team,
    fill,
    free_at,
    grown,
    nothing_kept,
    team,
)
from tests.world import World, at, build_world, disposing
from webapp.domain.errors import NotFound
from webapp.domain.matrix_answer import MatrixAnswer
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.extensions import prepare_engine
from webapp.models import BusySpan, Meeting, Schedule, SpanKind
from webapp.services import holds
from webapp.services.holds import Details
from webapp.services.steps import hosts, masks, matrix
from webapp.services.steps.kept_matrices import Shelf
from webapp.services.steps.matrix import Asking
from webapp.services.unit_of_work import UnitOfWork

__all__ = ["every_team", "nothing_kept", "team"]


def test_a_change_of_one_host_is_seen_by_every_process_at_once(every_team: World) -> None:
    team = every_team
    profile_id, account = team.profile(*NAMES), team.accounts["p3"]
    with disposing(sa.create_engine(team.desk.settings.database_url)) as engine:
        prepare_engine(engine)  # what is kept is kept by engine: this is another process
        other = replace(team, desk=replace(team.desk, engine=engine))
        for world in (team, other):
            assert account in free_at(agree(world, profile_id), 9)
        span_id = busy(other, "p3", 9)
        for world in (team, other):
            assert account not in free_at(agree(world, profile_id), 9)
        with team.desk.begin(team.owner) as uow:
            hosts.lock(uow, [team.hosts["p3"]])
            uow.session.delete(uow.session.get_one(BusySpan, span_id))
        for world in (team, other):
            assert account in free_at(agree(world, profile_id), 9)


def test_only_the_columns_that_moved_are_read_again(
    team: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = team.profile(*NAMES)
    agree(team, profile_id)
    read: list[int] = []
    of_hosts = masks.of_hosts

    def watched(uow: UnitOfWork, host_ids: Collection[int], numbers: range) -> dict[int, bytes]:
        read.extend(host_ids)
        return of_hosts(uow, host_ids, numbers)

    monkeypatch.setattr(masks, "of_hosts", watched)
    monkeypatch.setattr(masks, "of_profile", None)
    busy(team, "p5", 10)
    busy(team, "bela", 10)  # serves elsewhere
    agree(team, profile_id)
    agree(team, profile_id)
    assert read == [team.hosts["p5"]]


def test_new_hours_zones_limits_and_candidates_are_seen(team: World) -> None:
    profile_id = team.profile(*NAMES, limit_per_day=1)
    said = agree(team, profile_id)
    with team.desk.begin(team.owner) as uow:
        hosts.lock(uow, [team.hosts["p1"]])
        schedule = uow.session.scalars(
            sa.select(Schedule).where(Schedule.host_id == team.hosts["p1"])
        ).one()
        schedule.hours = {"zone": "Asia/Kathmandu", "weekly": {"tue": [["15:00", "18:00"]]}}
    later = agree(team, profile_id)
    assert later != said
    assert team.accounts["p1"] not in free_at(later, 13)
    team.book(profile_id, at(9))
    taken = agree(team, profile_id)
    assert len(free_at(taken, 14)) == len(free_at(later, 14)) - 1, "one has reached the limit"


def test_a_hold_lapses_on_the_second_and_one_s_own_is_left_out(every_team: World) -> None:
    team = every_team
    profile_id = team.profile(*NAMES, required=Required.ALL, limit_per_day=1)
    agree(team, profile_id)
    draft = team.hold(profile_id, at(9))
    kept, spans = asked(team, profile_id)
    assert kept.held == spans.held
    assert at(9).timestamp() // 60 not in kept.starts
    with team.desk.look(team.guest) as uow:
        meeting_id = uow.session.scalars(
            sa.select(Meeting.id).order_by(Meeting.id.desc()).limit(1)
        ).one()
    own = agree(team, profile_id, Asking(leave_out=meeting_id))
    assert free_at(own, 9)
    team.desk.clock.forward(minutes=7, seconds=59)
    assert not free_at(agree(team, profile_id), 9)
    team.desk.clock.forward(seconds=1)
    assert free_at(agree(team, profile_id), 9), "nothing was written, only time passed"
    assert draft


def test_a_booking_that_is_moved_counts_as_free(team: World) -> None:
    profile_id = team.profile(*NAMES, required=Required.ALL, limit_per_day=1)
    team.book(profile_id, at(9))
    assert not free_at(agree(team, profile_id), 9)
    with team.desk.look(team.guest) as uow:
        meeting_id = uow.session.scalars(sa.select(Meeting.id)).one()
    assert free_at(agree(team, profile_id, Asking(leave_out=meeting_id)), 9)


def test_named_candidates_groups_and_the_unreadable(team: World) -> None:
    both = team.group("p1", "p2", required=Required.ALL)
    one = team.group("p2", "p3")
    profile_id = team.profile(*NAMES, groups=(both, one))
    busy(team, "p2", 9)
    key = f"account:{team.accounts['p2']}"
    for how in (
        Asking(),
        Asking(required=Required.ALL),
        Asking(keys=frozenset({key, f"group:{one}"})),
        Asking(keys=frozenset({key, f"group:{both}"}), required=Required.ALL),
        Asking(unreadable=frozenset({team.hosts["p1"], team.hosts["p3"]})),
    ):
        agree(team, profile_id, how)
    said = agree(team, profile_id, Asking(keys=frozenset({key})))
    assert not free_at(said, 9)
    with pytest.raises(NotFound):
        asked(team, profile_id, Asking(keys=frozenset({"account:999999"})))
    with pytest.raises(NotFound):
        asked(team, 999_999)


def test_another_organization_s_profile_is_not_there(team: World) -> None:
    profile_id = team.profile(*NAMES)
    agree(team, profile_id)
    other = build_world(team.desk, "hill")
    with team.desk.look(other.guest) as uow, pytest.raises(NotFound):
        matrix.answer(uow, profile_id, WINDOW, 30)


def test_few_hosts_odd_minutes_and_locked_units_are_answered_from_spans(team: World) -> None:
    few, odd = team.profile("p1", "p2"), team.profile(*NAMES, slug="odd", step_minutes=7)
    many = team.profile(*NAMES, slug="many")
    for profile_id in (few, odd):
        kept, spans = asked(team, profile_id)
        assert not isinstance(kept, MatrixAnswer)
        assert kept.starts == spans.starts
    with team.desk.begin(team.guest) as uow:
        assert not isinstance(matrix.answer(uow, many, WINDOW, 30), MatrixAnswer)


def test_what_was_rolled_back_is_never_kept(team: World) -> None:
    profile_id = team.profile(*NAMES)
    before = agree(team, profile_id)
    with pytest.raises(ZeroDivisionError), team.desk.begin(team.guest) as uow:
        hosts.lock(uow, [team.hosts["p1"]])
        start, end = at(9), at(10)
        uow.session.add(BusySpan(host_id=team.hosts["p1"], start_at=start, end_at=end,
                                 kind=SpanKind.EVENT))  # fmt: skip
        uow.session.flush()
        matrix.answer(uow, profile_id, WINDOW, 30)
        raise ZeroDivisionError
    assert agree(team, profile_id) == before
    busy(team, "p2", 11)  # raises the sum of revisions to what it was in there
    agree(team, profile_id)


def test_a_longer_window_is_kept_once_and_serves_its_days(team: World) -> None:
    profile_id = team.profile(*NAMES)
    day = Interval(at(0), at(0) + timedelta(days=1))
    assert asked(team, profile_id)[0].starts
    kept, spans = asked(team, profile_id, window=day)
    assert kept.starts == spans.starts
    shelf = matrix._SHELVES.of(team.desk.engine)
    assert len(shelf) == 1


def test_random_days_of_an_office(world: World) -> None:
    """Bookings, holds, events, cancelled meetings: the kept answer follows every one of them."""
    grown(world)
    profile_id = world.profile(*NAMES, limit_per_day=3, buffer_after_minutes=15)
    rnd, spans = Random(12), list[int]()
    for turn in range(25):
        kind = rnd.randrange(5)
        if kind == 0:
            spans.append(busy(world, rnd.choice(NAMES), rnd.randrange(7, 15), rnd.randrange(5, 99)))
        elif kind == 1 and spans:
            with world.desk.begin(world.owner) as uow:
                span = uow.session.get_one(BusySpan, spans.pop())
                hosts.lock(uow, [span.host_id])
                uow.session.delete(span)
        elif kind == 2:
            fill(world.desk)
        elif kind == 3:
            world.desk.clock.forward(minutes=rnd.randrange(1, 12))
        else:
            free = asked(world, profile_id)[0].starts
            draft = world.hold(profile_id, at(0) + timedelta(minutes=rnd.choice(free) - minute0()))
            if rnd.random() < 0.6:
                with world.desk.begin(world.guest) as uow:
                    name = f"Guest {turn}"
                    details = Details(name, f"g{turn}@example.org", second_ok=True)
                    holds.confirm(uow, draft, details)
        agree(world, profile_id)


def minute0() -> int:
    return int(at(0).timestamp()) // 60


class Thing:
    """Something to keep."""

    def __init__(self, first: int, last: int, nbytes: int = 10) -> None:
        self.days, self.nbytes = (first, last), nbytes


def test_a_shelf_keeps_what_was_used_last_within_its_bound() -> None:
    shelf: Shelf[Thing] = Shelf(most_bytes=30)
    a, b, c, d = Thing(0, 9), Thing(0, 9), Thing(0, 9), Thing(0, 9)
    for key, thing in (("a", a), ("b", b), ("c", c)):
        shelf.put(key, thing)
    assert shelf.find("a", 2, 3) is a
    shelf.put("d", d)
    assert [shelf.find(key, 0, 9) for key in "abcd"] == [a, None, c, d]
    assert shelf.find("a", 8, 10) is None
    wide = Thing(0, 20, 100)
    shelf.put("a", wide)
    assert len(shelf) == 1, "one thing is kept however large"
    assert shelf.find("a", 8, 10) is wide
