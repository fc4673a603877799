"""Worlds that are copied are like worlds that are built, and do not share what is added to them."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.world import Clock, Desk, World, at, build_world


def everything(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()
            for (name,) in names.all()
        }


def test_a_copied_world_has_the_rows_of_one_that_was_built(desk: Desk, world: World) -> None:
    copied = everything(desk.engine)
    other = build_world(desk, "hill")  # not empty any more, so it is built
    assert other.organization_id != world.organization_id
    built = everything(desk.engine)
    assert built["user"] == 2 * copied["user"] == 6
    assert all(built[name] in (count, 2 * count) for name, count in copied.items())


def test_what_is_added_to_one_world_is_in_no_other(world: World) -> None:
    assert "zed" not in world.hosts
    world.hosts["zed"] = world.accounts["zed"] = 0


test_and_the_other_way_round = test_what_is_added_to_one_world_is_in_no_other


def test_a_world_of_another_time_is_built_for_itself(desk: Desk, clock: Clock) -> None:
    clock.now = at(9)
    build_world(desk)
    assert desk.sql("SELECT created_at FROM organization")[0][0].startswith("2026-11-24 09:00")
