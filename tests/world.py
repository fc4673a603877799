"""The small world that tests start from: one organization, its hosts, one profile; and time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.rig import snapshots
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.extensions import prepare_engine
from webapp.models import Account, BookingProfile, HostGroup, User
from webapp.services import holds, people, profiles
from webapp.services.holds import Details
from webapp.services.profiles import ProfileDraft
from webapp.services.unit_of_work import READ, WRITE, UnitOfWork, unit_of_work
from webapp.settings import Keys, Settings

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""When tests begin: a Monday morning, 07:00 in Berlin."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        """Move on by a ``timedelta``'s arguments."""
        self.now += timedelta(**step)


@dataclass
class Desk:
    """Units of work without any web: what a service test works at."""

    engine: sa.Engine
    settings: Settings
    keys: Keys
    clock: Clock

    def _unit(self, caller: Caller, mode: str) -> AbstractContextManager[UnitOfWork]:
        session = Session(self.engine, expire_on_commit=False)
        return unit_of_work(session, caller, self.clock(), self.settings, self.keys, mode=mode)

    def begin(self, caller: Caller) -> AbstractContextManager[UnitOfWork]:
        return self._unit(caller, WRITE)

    def look(self, caller: Caller) -> AbstractContextManager[UnitOfWork]:
        return self._unit(caller, READ)

    def hooked(self, *hooks: str) -> Desk:
        """The same desk with test hooks switched on."""
        values = self.settings.model_dump() | {"race_hooks": frozenset(hooks)}
        return replace(self, settings=Settings(**values))

    def sql(self, statement: str, **values: object) -> list[sa.Row[*tuple[Any, ...]]]:
        """Rows of a plain statement, on a connection of its own."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values).all())


@dataclass
class World:
    """One organization in Berlin with hosts Ada, Bela and Chris, and what they offer."""

    desk: Desk
    organization_id: int
    slug: str
    hosts: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)

    @property
    def guest(self) -> Caller:
        return Caller(self.organization_id, Role.GUEST)

    @property
    def owner(self) -> Caller:
        return Caller(self.organization_id, Role.OWNER, self.hosts["ada"])

    def profile(self, *who: str, groups: tuple[int, ...] = (), **choices: Any) -> int:
        """Make a booking profile served by ``who`` (Ada by default); gives its id."""
        chosen: dict[str, Any] = {
            "slug": "intro",
            "name": "Intro call",
            "durations": (30,),
            "step_minutes": 30,
            "zone": "Europe/Berlin",
        } | choices
        served = who or (() if groups else ("ada",))
        accounts = tuple(self.accounts[name] for name in served)
        with self.desk.begin(self.owner) as uow:
            draft = ProfileDraft(**chosen, accounts=accounts, groups=groups)
            return profiles.create(uow, draft).id

    def group(self, *who: str, required: Required = Required.ONE) -> int:
        with self.desk.begin(self.owner) as uow:
            members = [self.accounts[name] for name in who]
            group: HostGroup = profiles.create_group(uow, "Group", members, required=required)
            return group.id

    def hold(self, profile_id: int, start: datetime, **more: Any) -> str:
        """Hold ``start``; gives the draft's public id."""
        asked: dict[str, Any] = {"duration_minutes": 30, "zone_name": "Europe/Berlin"} | more
        with self.desk.begin(self.guest) as uow:
            return holds.hold(uow, profile_id, start, **asked).public_id

    def book(self, profile_id: int, start: datetime, name: str = "Grace", **more: Any) -> str:
        """Hold and confirm ``start``; gives the booking's uuid as text."""
        return self.confirmed(self.hold(profile_id, start, **more), name)

    def confirmed(self, public_id: str, name: str = "Grace") -> str:
        """Confirm what is held; gives the booking's uuid as text."""
        with self.desk.begin(self.guest) as uow:
            details = Details(name, f"{name.lower()}@example.org", second_ok=True)
            return str(holds.confirm(uow, public_id, details).uuid)


def found_organization(
    desk: Desk, slug: str, name: str, email: str, zone: str = "UTC"
) -> tuple[int, int]:
    """A new organization and the person it belongs to; gives the ids of both."""
    with desk.begin(Caller(None, Role.SYSTEM)) as uow:
        organization, owner = people.create_owner(
            uow,
            organization_name=slug.title(),
            organization_slug=slug,
            name=name,
            email=email,
            password_hash="none",
            zone=zone,
        )
        return organization.id, owner.id


def build_world(desk: Desk, slug: str = "harbour", zone: str = "Europe/Berlin") -> World:
    """An organization with three hosts who work Monday to Friday, 9 to 17 in Berlin."""
    key, is_new = (slug, zone, desk.clock()), snapshots.is_new(desk.engine)
    if is_new and key in _KNOWN:
        state, known = _KNOWN[key]
        snapshots.put(state, desk.engine)
        return _copied(known, desk)
    made = _built(desk, slug, zone)
    if is_new:
        _KNOWN[key] = (snapshots.taken(desk.engine), _copied(made, desk))
    return made


def _copied(known: World, desk: Desk) -> World:
    """The same world at another desk; what is added to one is not in the other."""
    return replace(known, desk=desk, hosts={**known.hosts}, accounts={**known.accounts})


_KNOWN: dict[tuple[str, str, datetime], tuple[Connection, World]] = {}
"""Worlds that were built in an empty database: what it held then, and their numbers."""


def _built(desk: Desk, slug: str, zone: str) -> World:
    email = f"ada@{slug}.example.org"
    organization_id, ada = found_organization(desk, slug, "Ada Berg", email, zone)
    hosts = {"ada": ada}
    with desk.begin(Caller(organization_id, Role.OWNER, hosts["ada"])) as uow:
        for name in ("Bela Cruz", "Chris Dahl"):
            first = name.split()[0].lower()
            made = people.create_person(uow, name, f"{first}@{slug}.example.org", zone=zone)
            hosts[first] = made.id
        accounts = {
            name: uow.session.scalars(sa.select(Account.id).where(Account.host_id == host_id)).one()
            for name, host_id in hosts.items()
        }
    return World(desk, organization_id, slug, hosts, accounts)


def at(hour: int, minute: int = 0, *, day: int = 24, month: int = 11) -> datetime:
    """An instant of the tests' week, in UTC; by default on Tuesday 24 November 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def overlaps(desk: Desk) -> int:
    """How many pairs of exclusive spans of one host overlap: always none, or the guard failed."""
    found = desk.sql(
        "SELECT count(*) FROM busy_span a JOIN busy_span b ON a.host_id = b.host_id "
        "AND a.id < b.id AND a.start_at < b.end_at AND b.start_at < a.end_at "
        "WHERE a.exclusive AND b.exclusive"
    )
    return int(found[0][0])


@contextmanager
def disposing(engine: sa.Engine) -> Iterator[sa.Engine]:
    """Give back the engine's connections at the end."""
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def open_desk(settings: Settings, clock: Clock) -> Iterator[Desk]:
    """Units of work on the database of ``settings``, prepared as the product prepares it."""
    with disposing(sa.create_engine(settings.database_url)) as engine:
        prepare_engine(engine)
        yield Desk(engine, settings, Keys.of(settings.data_dir), clock)


__all__ = ["MONDAY", "BookingProfile", "Clock", "Desk", "User", "World", "at", "build_world"]
