"""A program at the group booking surface, with the keys of a small organization."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api.group_booking.published import FIELDS_IN_ERRORS, check
from tests.conftest import make_settings
from tests.world import MONDAY, Clock, Desk, World, build_world, open_desk
from webapp.app import create_app
from webapp.domain.permissions import Permission
from webapp.extensions import db
from webapp.services import keys
from webapp.services.steps import matrix
from webapp.settings import Settings

ROOT = "/v1/book"


def basic(client_id: str, secret: str) -> dict[str, str]:
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


@dataclass
class Program:
    """Somebody who calls the surface with one key; every answer is held against its schema."""

    client: FlaskClient
    headers: dict[str, str]
    client_id: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: object,
    ) -> TestResponse:
        """One request; ``body`` as text is sent as it is, with curl's own content type."""
        raw = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        answer = self.client.open(
            ROOT + path,
            method=method,
            data=raw,
            content_type=None if raw is None else "application/x-www-form-urlencoded",
            headers={**self.headers, **(headers or {})},
            query_string={name: str(value) for name, value in query.items()},
        )
        assert answer.mimetype == "application/json", answer.data[:200]
        if answer.status_code == 200:
            check(method, ROOT + path, answer.get_json())
        else:
            assert set(answer.get_json()) == FIELDS_IN_ERRORS
        return answer

    def done(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The same where it must work: what was answered."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == 200, answer.text[:400]
        return answer.get_json()

    def refused(self, status: int, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The same where it must not: the faults by field, "" for the code."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == status, answer.text[:400]
        told = answer.get_json()
        return {"": told["code"]} | {each["field"]: each["message"] for each in told["details"]}

    def profile(self, name: str = "demo", **said: object) -> int:
        """Make a group profile; its id."""
        made: int = self.done("POST", "/group/profiles", {"name": name, **said})["id"]
        return made


@dataclass
class House:
    """One application for all tests here, and the file that its database begins as."""

    app: Flask
    world: World
    clock: Clock
    path: Path
    begins: Path

    def restored(self) -> House:
        """The same as it was made: database, clock, and nothing kept of earlier tests."""
        with self.app.app_context():
            db.engine.dispose()
        self.world.desk.engine.dispose()
        shutil.copy(self.begins, self.path)
        self.clock.now = MONDAY
        for name in [each for each in self.app.extensions if each.startswith("kalends-")]:
            del self.app.extensions[name]
        matrix.forget()
        return self


@pytest.fixture(scope="package")
def house(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Making an application takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("house")
    path, begins, clock = folder / "kalends.sqlite3", folder / "begins.sqlite3", Clock()
    shutil.copy(migrated_sqlite, path)
    settings = make_settings(f"sqlite:///{path}", folder)
    with open_desk(settings, clock) as desk:
        made = build_world(desk)
        desk.engine.dispose()
        shutil.copy(path, begins)
        app = create_app(settings, clock)
        yield House(app, made, clock, path, begins)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def world(house: House) -> World:
    """The small world, as new."""
    return house.restored().world


@pytest.fixture
def desk(world: World) -> Desk:
    """Units of work on its database."""
    return world.desk


@pytest.fixture
def clock(house: House, world: World) -> Clock:
    """The clock of all of them."""
    return house.clock


@pytest.fixture
def settings(world: World) -> Settings:
    """What they were made with."""
    return world.desk.settings


@pytest.fixture
def app(house: House, world: World) -> Flask:
    """The application on that database."""
    return house.app


@pytest.fixture
def program(client: FlaskClient, world: World) -> Program:
    """A program of the whole organization."""
    with world.desk.begin(world.owner) as uow:
        made = keys.make_client(uow, "Program")
    return Program(client, basic(made.client_id, made.secret), made.client_id)


def person(
    client: FlaskClient, world: World, name: str, scopes: frozenset[Permission] | None = None
) -> Program:
    """A program that acts as somebody, by an access token."""
    with world.desk.begin(world.owner) as uow:
        token = keys.make_token(uow, world.hosts[name], "Script", scopes=scopes).token
    return Program(client, {"Authorization": f"Bearer {token}"})
