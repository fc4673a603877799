"""What every test may ask for: a database of its own, a clock that stands, the small world."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rig import compiled
from tests.rig.postgres import PostgresServer
from tests.world import Clock, Desk, World, build_world, open_desk
from webapp import migrations
from webapp.settings import Settings

pytest_plugins = ["tests.rig.fixtures"]
compiled.share()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="many more random cases")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly migrated SQLite file; tests copy it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    migrations.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The name of a freshly migrated PostgreSQL database; tests clone it."""
    return postgres_server.template("migrated", migrations.migrate)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "kalends.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database(template=request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop(url)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a migrated, empty SQLite database."""
    path = tmp_path / "kalends.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> Clock:
    """A clock that stands on a Monday morning."""
    return Clock()


def make_settings(url: str, tmp_path: Path, **more: object) -> Settings:
    """Settings of a test's own data folder."""
    values: dict[str, object] = {"data_dir": tmp_path / "data", "database_url": url}
    return Settings(**(values | {"log_level": "WARNING"} | more))


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """Settings on an empty SQLite database."""
    return make_settings(sqlite_url, tmp_path)


@pytest.fixture
def desk(settings: Settings, clock: Clock) -> Iterator[Desk]:
    """Units of work on SQLite."""
    with open_desk(settings, clock) as made:
        yield made


@pytest.fixture
def world(desk: Desk) -> World:
    """The small world on SQLite."""
    return build_world(desk)


@pytest.fixture
def every_desk(any_database: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """Units of work, once on SQLite and once on PostgreSQL."""
    with open_desk(make_settings(any_database, tmp_path), clock) as made:
        yield made


@pytest.fixture
def every_world(every_desk: Desk) -> World:
    """The small world, once on SQLite and once on PostgreSQL."""
    return build_world(every_desk)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """The web application on the same database and clock as ``desk`` and ``world``."""
    from webapp.app import create_app  # service tests need no web
    from webapp.extensions import db

    made = create_app(settings, clock)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def every_app(every_desk: Desk, clock: Clock) -> Iterator[Flask]:
    """The application, once on SQLite and once on PostgreSQL."""
    from webapp.app import create_app
    from webapp.extensions import db

    made = create_app(every_desk.settings, clock)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without script: it keeps cookies and follows nothing by itself."""
    return app.test_client()
