"""Stored masks: dropped by the database with any change behind them, made again by the worker."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.services.teams import (
    NAMES,
    SYSTEM,
    agree,
    busy,
    every_team,
    fill,
    nothing_kept,
    team,
)
from tests.world import Desk, World, at
from webapp.models import BusyMask, BusySpan, SpanKind, User
from webapp.services.steps import hosts, masks, matrix

__all__ = ["every_team", "nothing_kept", "team"]


def stored(desk: Desk) -> dict[tuple[int, int], bytes]:
    with Session(desk.engine) as session:
        rows = session.execute(
            sa.select(BusyMask.host_id, BusyMask.piece, BusyMask.bits).execution_options(
                unscoped="a test looks"
            )
        )
        return {(host_id, piece): bits for host_id, piece, bits in rows}


def test_masks_are_made_for_hosts_of_large_profiles_and_read_again(team: World) -> None:
    profile_id = team.profile(*NAMES)
    team.profile("ada", slug="small")
    busy(team, "p1", 9)
    assert fill(team.desk) == len(NAMES)
    assert fill(team.desk) == 0
    made = stored(team.desk)
    assert {host_id for host_id, _ in made} == {team.hosts[name] for name in NAMES}
    assert [key for key, bits in made.items() if bits] == [
        key for key in made if key[0] == team.hosts["p1"]
    ][:1]
    agree(team, profile_id)


def test_the_database_drops_a_mask_with_any_change_behind_it(every_team: World) -> None:
    team = every_team
    team.profile(*NAMES)
    rnd = Random(5)
    far = at(9) + timedelta(days=60)
    for change in ("insert", "update", "move", "hold", "keep", "delete", "cascade"):
        fill(team.desk)
        before = stored(team.desk)
        span_id = busy(team, "p1", rnd.randrange(8, 15)) if change != "insert" else 0
        fill(team.desk)
        host_id = team.hosts["p1"]
        with team.desk.begin(team.owner) as uow:
            hosts.lock(uow, [host_id])
            if change == "insert":
                uow.session.add(BusySpan(host_id=host_id, start_at=at(9), end_at=at(10),
                                         kind=SpanKind.EVENT))  # fmt: skip
            else:
                span = uow.session.get_one(BusySpan, span_id)
                if change == "update":
                    span.end_at += timedelta(minutes=5)
                elif change == "move":
                    span.start_at, span.end_at = far, far + timedelta(hours=1)
                elif change in ("hold", "keep"):
                    span.expires_at = at(23)
                elif change == "delete":
                    uow.session.delete(span)
                else:
                    uow.session.delete(uow.session.get_one(User, host_id))
        gone = before.keys() - stored(team.desk).keys()
        assert {host for host, _ in gone} == {host_id}, change
        wanted = {"move": 2, "cascade": len([k for k in before if k[0] == host_id])}
        assert len(gone) == wanted.get(change, 1), change


def test_only_held_time_leaves_masks_alone(team: World) -> None:
    team.profile(*NAMES)
    fill(team.desk)
    before = stored(team.desk)
    busy(team, "p1", 9, expires_at=at(9))
    assert stored(team.desk) == before


def test_answers_are_right_with_all_some_and_no_masks(every_team: World) -> None:
    team = every_team
    profile_id = team.profile(*NAMES)
    rnd = Random(8)
    for name in NAMES:
        for day in (24, 25, 26, 27):
            busy(team, name, rnd.randrange(7, 15), rnd.randrange(1, 200), day=day)
    without = agree(team, profile_id)
    matrix.forget()
    with team.desk.begin(SYSTEM) as uow:
        masks.fill(uow, most=10)
    assert agree(team, profile_id) == without
    fill(team.desk)
    matrix.forget()
    assert agree(team, profile_id) == without
    with team.desk.begin(SYSTEM) as uow:
        uow.session.execute(
            sa.delete(BusyMask).where(BusyMask.host_id.in_([team.hosts["p1"], team.hosts["p7"]]))
        )
    matrix.forget()
    assert agree(team, profile_id) == without


def test_masks_of_time_that_is_over_go(team: World) -> None:
    team.profile(*NAMES)
    fill(team.desk)
    many = len(stored(team.desk))
    team.desk.clock.forward(days=61)
    with team.desk.begin(SYSTEM) as uow:
        assert masks.drop_old(uow) > 0
        assert masks.drop_old(uow) == 0
    assert 0 < len(stored(team.desk)) < many
