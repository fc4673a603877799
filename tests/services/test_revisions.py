"""What kept pages are kept under never stands still when something was changed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.world import World
from webapp.models import Organization
from webapp.services import organizations
from webapp.services.unit_of_work import UnitOfWork


def test_two_changes_of_the_settings_at_once_count_twice(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, read = revision(every_world), organizations._own

    def read_before_somebody_else_wrote(uow: UnitOfWork) -> Organization:
        own = read(uow)
        uow.session.connection().execute(sa.text("UPDATE organization SET revision = revision + 1"))
        return own

    monkeypatch.setattr(organizations, "_own", read_before_somebody_else_wrote)
    with every_world.desk.begin(every_world.owner) as uow:
        organizations.change_colours(uow, primary="#102030", secondary="#405060")
    assert revision(every_world) == before + 2


def revision(world: World) -> int:
    return int(world.desk.sql("SELECT revision FROM organization")[0][0])
