"""A team larger than is read from spans, and both ways of asking about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.world import Desk, World, at
from webapp.domain.grouping import Answer, Page
from webapp.domain.matrix_answer import MatrixAnswer
from webapp.domain.permissions import Caller, Role
from webapp.domain.span import Interval
from webapp.models import Account, BusySpan, SpanKind
from webapp.services import people
from webapp.services.steps import hosts, masks, matrix, offering
from webapp.services.steps.matrix import Asking

ANY = Asking()
SYSTEM = Caller(None, Role.SYSTEM)
WINDOW = Interval(at(0), at(0) + timedelta(days=6))
NAMES = [f"p{number}" for number in range(12)]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    matrix.forget()
    yield
    matrix.forget()


@pytest.fixture
def team(world: World) -> World:
    """The small world with twelve more hosts, more than are read from spans."""
    return grown(world)


@pytest.fixture
def every_team(every_world: World) -> World:
    """The same, once on SQLite and once on PostgreSQL."""
    return grown(every_world)


def grown(world: World) -> World:
    with world.desk.begin(world.owner) as uow:
        for name in NAMES:
            made = people.create_person(uow, name, f"{name}@example.org", zone="Europe/Berlin")
            world.hosts[name] = made.id
            world.accounts[name] = uow.session.scalars(
                sa.select(Account.id).where(Account.host_id == made.id)
            ).one()
    return world


def busy(world: World, name: str, hour: int, minutes: int = 60, **more: object) -> int:
    """Take time of a host the way everybody does: locked, and in one unit."""
    start = at(hour, day=int(more.pop("day", 24)))
    with world.desk.begin(world.owner) as uow:
        hosts.lock(uow, [world.hosts[name]])
        span = BusySpan(
            host_id=world.hosts[name],
            start_at=start,
            end_at=start + timedelta(minutes=minutes),
            kind=SpanKind.EVENT,
            **more,
        )
        uow.session.add(span)
        uow.session.flush()
        return span.id


def asked(
    world: World, profile_id: int, how: Asking = ANY, window: Interval = WINDOW
) -> tuple[Answer, Answer]:
    """The kept answer and the one from spans, in one unit."""
    with world.desk.look(world.guest) as uow:
        kept = matrix.answer(uow, profile_id, window, 30, how)
        profile = offering.load(uow, profile_id=profile_id)
        assert profile is not None
        return kept, matrix.by_spans(uow, profile, window, 30, how)


def agree(world: World, profile_id: int, how: Asking = ANY) -> list[dict[str, Any]]:
    """Both ways say the same; what they say."""
    kept, spans = asked(world, profile_id, how)
    assert isinstance(kept, MatrixAnswer)
    names = {c.key: c.key for c in kept._matrix.layout.candidates}
    said = json.loads(kept.text(Page(), names)[0])
    assert said == json.loads(spans.text(Page(), names)[0])
    assert (kept.starts, kept.held) == (spans.starts, spans.held)
    return list(said)


def free_at(said: list[dict[str, Any]], hour: int) -> list[int]:
    stamp = at(hour).strftime("%Y-%m-%dT%H:%M:%SZ")
    return next((list(i["accountIds"]) for i in said if i["start"] == stamp), [])


def fill(desk: Desk) -> int:
    with desk.begin(SYSTEM) as uow:
        return masks.fill(uow)
