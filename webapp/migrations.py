"""Bringing a database to a revision, and proving that its guard against double booking stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.config import Config

GUARDS = {
    "sqlite": ("busy_span_refuse_insert", "busy_span_refuse_update"),
    "postgresql": ("ex_busy_span_overlap",),
}
"""What refuses two overlapping exclusive spans, by dialect."""


def _folder() -> Path:
    """The revisions: inside the wheel, or beside the package in a checkout."""
    inside = Path(__file__).parent / "_migrations"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "migrations"


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """Every revision, oldest first: the history is one line, numbered by its file names."""
    names = (path.name for path in (_folder() / "versions").glob("*.py"))
    return sorted(name[:4] for name in names if re.match(r"\d{4}_", name))


def current_revision(connection: sa.Connection) -> str | None:
    """Where the database stands; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def migrate(url: str, target: str = "head") -> bool:
    """Bring the database at ``url`` up (or, for an older ``target``, down) to a revision.

    Whether anything had to be done. A new SQLite file is readable by its owner only.
    """
    steps = revisions()
    wanted = steps[-1] if target == "head" else target
    _keep_private(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            now = current_revision(connection)
            if now == wanted:
                return False
            connection.rollback()
            _move(connection, steps, now, wanted)
            connection.commit()
            return True
    finally:
        engine.dispose()


def _move(connection: sa.Connection, steps: list[str], now: str | None, wanted: str) -> None:
    from alembic import command

    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.rollback()
    down = wanted == "base" or (
        now is not None and wanted in steps and steps.index(wanted) < steps.index(now)
    )
    (command.downgrade if down else command.upgrade)(_config(connection), wanted)


def _keep_private(url: str) -> None:
    path = sa.make_url(url).database if url.startswith("sqlite:") else None
    if path and path != ":memory:" and not Path(path).exists():
        Path(path).touch(mode=0o600)


def drift(url: str) -> list[Any]:
    """Differences between the models and a migrated database: none, or a migration is missing."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from webapp.models import Base

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, Base.metadata))
    finally:
        engine.dispose()


def is_current(connection: sa.Connection) -> bool:
    """Whether the database is at the newest revision."""
    return current_revision(connection) == revisions()[-1]


def guard_stands(connection: sa.Connection) -> bool:
    """Whether the database itself still refuses two overlapping exclusive spans of a host."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='busy_span'"
    else:
        query = "SELECT conname FROM pg_constraint WHERE conrelid='busy_span'::regclass"
    found = {row[0] for row in connection.exec_driver_sql(query)}
    return found.issuperset(GUARDS[connection.dialect.name])
