"""Bringing a database to a revision, and proving that its guard against double booking stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

GUARDS = {
    "sqlite": ("busy_span_refuse_insert", "busy_span_refuse_update"),
    "postgresql": ("ex_busy_span_overlap",),
}
"""What refuses two overlapping exclusive spans, by dialect."""


def _folder() -> Path:
    """The revisions: inside the wheel, or beside the package in a checkout."""
    inside = Path(__file__).parent / "_migrations"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "migrations"


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


def revisions() -> list[str]:
    """Every revision, oldest first."""
    walked = ScriptDirectory.from_config(_config()).walk_revisions()
    return [script.revision for script in reversed(list(walked))]


def migrate(url: str, target: str = "head") -> None:
    """Bring the database at ``url`` up (or, for an older ``target``, down) to a revision."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            steps = revisions()
            now = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
            down = target == "base" or (
                now is not None and target in steps and steps.index(target) < steps.index(now)
            )
            (command.downgrade if down else command.upgrade)(_config(connection), target)
            connection.commit()
    finally:
        engine.dispose()


def drift(url: str) -> list[Any]:
    """Differences between the models and a migrated database: none, or a migration is missing."""
    from alembic.autogenerate import compare_metadata

    from webapp.models import Base

    engine = _engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, Base.metadata))
    finally:
        engine.dispose()


def is_current(connection: sa.Connection) -> bool:
    """Whether the database is at the newest revision."""
    return MigrationContext.configure(connection).get_current_revision() == revisions()[-1]


def guard_stands(connection: sa.Connection) -> bool:
    """Whether the database itself still refuses two overlapping exclusive spans of a host."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='busy_span'"
    else:
        query = "SELECT conname FROM pg_constraint WHERE conrelid='busy_span'::regclass"
    found = {row[0] for row in connection.exec_driver_sql(query)}
    return found.issuperset(GUARDS[connection.dialect.name])
