"""Opening units of work on this application: its session, its clock, its settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Flask, current_app

from webapp.domain.permissions import Caller, Role
from webapp.extensions import db, reading_connection
from webapp.services import directory
from webapp.services.unit_of_work import WRITE, UnitOfWork, reading_unit, unit_of_work
from webapp.settings import Keys, Settings

Clock = Callable[[], datetime]

SYSTEM = Caller(None, Role.SYSTEM)
"""The installation itself, before or beside any organization."""


def wall_clock() -> datetime:
    """The real time; the only place that reads it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """What an application was built with."""

    settings: Settings
    keys: Keys
    clock: Clock


def house(app: Flask | None = None) -> House:
    """The settings, keys and clock of ``app`` (by default the current one)."""
    built: House = (app or current_app).extensions["kalends"]
    return built


def look(caller: Caller) -> AbstractContextManager[UnitOfWork]:
    """A reading unit for ``caller``: the database refuses writes in it. Serves every GET."""
    here = house()
    connect = partial(reading_connection, db.engine)
    return reading_unit(connect, caller, here.clock(), here.settings, here.keys)


def begin(caller: Caller) -> AbstractContextManager[UnitOfWork]:
    """A writing unit for ``caller``: commits on leaving, does nothing on an exception."""
    here = house()
    return unit_of_work(db.session(), caller, here.clock(), here.settings, here.keys, mode=WRITE)


def system_of(organization_id: int | None) -> Caller:
    """The background's caller within one organization."""
    return Caller(organization_id, Role.SYSTEM)


def visitor(slug: str) -> Caller:
    """Somebody on the public pages of the organization at ``/<slug>``; raises ``NotFound``.

    The number behind an address is kept: pages check the address again in their own unit
    (``directory.own_organization``), so a renamed organization is not found under its old one.
    """
    known: dict[str, int] = current_app.extensions.setdefault("kalends-slugs", {})
    organization_id = known.get(slug)
    if organization_id is None:
        with look(Caller(None, Role.GUEST)) as uow:
            organization_id = directory.organization_by_slug(uow, slug).id
        known[slug] = organization_id
    return Caller(organization_id, Role.GUEST)
