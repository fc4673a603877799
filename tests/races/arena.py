"""Where the races are run: four hosts, profiles that fight for their time, and the guard off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from tests import invariants
from tests.races.web import Site
from tests.world import Clock, Desk, disposing, found_organization, open_desk
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours
from webapp.extensions import prepare_engine
from webapp.models import Account
from webapp.services import people, profiles
from webapp.services.profiles import ProfileDraft
from webapp.settings import Settings

SLUG = "arena"
HOSTS = ("ada", "bela", "chris", "dora")
STEP = 10
DURATIONS = (15, 25, 30, 40, 60)
OPENS, CLOSES = 360, 1080
"""Minutes after midnight, every day of the week."""

PROFILES: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("ada", ("ada",), {}),
    ("bela", ("bela",), {"buffer_before_minutes": 5, "buffer_after_minutes": 10}),
    ("chris", ("chris",), {"buffer_after_minutes": 15}),
    ("dora", ("dora",), {"buffer_before_minutes": 10, "needs_approval": True}),
    ("anyone", HOSTS, {}),
    ("early", ("ada", "bela"), {"buffer_before_minutes": 15}),
    ("late", ("bela", "chris", "dora"), {"buffer_before_minutes": 5, "buffer_after_minutes": 5}),
    ("pair", ("ada", "dora"), {"required": Required.ALL, "buffer_after_minutes": 5}),
    ("class", ("chris",), {"seats": 3}),
)
"""Slug, hosts, choices."""


@dataclass(frozen=True)
class Arena:
    """An installation on which attempts are made; ``first`` is where their time begins (UTC)."""

    site: Site
    first: datetime
    settings: Settings


def build_arena(site: Site, days: int = 3) -> Arena:
    """Fill a migrated database with one organization that works every day, 6 to 18 in UTC.

    ``days`` is how many days the attempts reach over; no more are offered, so that the page
    behind a 409 is quickly made.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    first = datetime.combine(now.date() + timedelta(days=2), time(OPENS // 60), UTC)
    with desk_at(site, now) as desk:
        organization_id, owner_id = found_organization(desk, SLUG, "Ada Berg", "ada@example.org")
        with desk.begin(Caller(organization_id, Role.OWNER, owner_id)) as uow:
            for name in HOSTS[1:]:
                people.create_person(uow, f"{name.title()} Host", f"{name}@example.org")
            accounts = list(uow.session.scalars(sa.select(Account.id).order_by(Account.host_id)))
            for slug, hosts, choices in PROFILES:
                chosen = tuple(accounts[HOSTS.index(name)] for name in hosts)
                profiles.create(uow, _draft(slug, chosen, days, choices))
    return Arena(site, first, desk.settings)


def _draft(
    slug: str, accounts: tuple[int, ...], days: int, choices: dict[str, Any]
) -> ProfileDraft:
    return ProfileDraft(
        slug=slug,
        name=slug.title(),
        durations=DURATIONS,
        step_minutes=STEP,
        horizon_days=days + 3,
        hours=WorkHours("UTC", (((OPENS, CLOSES),),) * 7, ()),
        accounts=accounts,
        **choices,
    )


@contextmanager
def engine_of(site: Site) -> Iterator[sa.Engine]:
    """An engine on the installation's database, prepared as the product prepares it."""
    with disposing(sa.create_engine(site.database_url)) as engine:
        prepare_engine(engine)
        yield engine


@contextmanager
def desk_at(site: Site, now: datetime) -> Iterator[Desk]:
    """Units of work on the installation, at one moment."""
    settings = Settings(data_dir=site.data_dir, database_url=site.database_url)
    with open_desk(settings, Clock(now)) as desk:
        yield desk


def aftermath(site: Site) -> tuple[int, list[str]]:
    """How many pairs of spans overlap, and what else is broken."""
    with engine_of(site) as engine:
        return invariants.overlaps(engine), invariants.check(engine)


def drop_the_guard(site: Site) -> None:
    """Take away what makes the database itself refuse overlapping exclusive spans."""
    engine = sa.create_engine(site.database_url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(sa.text("DROP TRIGGER busy_span_refuse_insert"))
            connection.execute(sa.text("DROP TRIGGER busy_span_refuse_update"))
        else:
            drop = "ALTER TABLE busy_span DROP CONSTRAINT ex_busy_span_overlap"
            connection.execute(sa.text(drop))
    engine.dispose()
