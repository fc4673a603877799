"""What only looks cannot write: the database itself refuses, whichever way it is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tests.world import World
from webapp.domain.permissions import Caller
from webapp.models import BookingProfile, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import look

_TABLE = table_of(BookingProfile)
_RENAME = Direct(sa.update(_TABLE).values(name="Renamed"), "it has to be refused anyhow")


def below(uow: UnitOfWork) -> None:
    _RENAME.change(uow.session)


def through(uow: UnitOfWork) -> None:
    uow.session.execute(sa.update(BookingProfile).values(name="Renamed"))


def flushed(uow: UnitOfWork) -> None:
    uow.session.scalars(sa.select(BookingProfile)).one().name = "Renamed"
    uow.session.flush()


@pytest.mark.parametrize("write", [below, through, flushed])
def test_a_reading_unit_refuses_to_write(
    every_app: Flask, every_world: World, write: Callable[[UnitOfWork], None]
) -> None:
    every_world.profile()
    with every_app.app_context():
        with pytest.raises(DBAPIError), look(every_world.guest) as uow:
            write(uow)
        with look(every_world.guest) as uow:
            names = uow.session.scalars(sa.select(BookingProfile.name)).all()
    assert names == ["Intro call"]


def test_a_unit_that_nobody_came_to_yet_sees_no_organizations_rows(
    app: Flask, world: World
) -> None:
    world.profile()
    with app.app_context(), look(Caller(None, world.guest.role)) as uow:
        seen = uow.visiting(world.organization_id)
        assert seen.organization_id == world.organization_id
        assert uow.session.scalars(sa.select(BookingProfile.name)).all() == ["Intro call"]
