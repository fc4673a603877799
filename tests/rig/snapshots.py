"""The state of a small SQLite database, kept in memory and put into other databases.

Most tests begin with the same organization; writing it through the product each time takes fifty
times as long as copying its pages.
"""

from __future__ import annotations

import atexit
import sqlite3
from typing import Any, cast

import sqlalchemy as sa


def is_new(engine: sa.Engine) -> bool:
    """Whether this is a migrated SQLite database in which nobody has been yet."""
    if engine.dialect.name != "sqlite":
        return False
    anybody = 'SELECT EXISTS (SELECT 1 FROM "user"), EXISTS (SELECT 1 FROM organization)'
    with engine.connect() as connection:
        return tuple(connection.execute(sa.text(anybody)).one()) == (0, 0)


def taken(engine: sa.Engine) -> sqlite3.Connection:
    """All that is committed, in memory."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    atexit.register(kept.close)
    _driver(engine, lambda driver: driver.backup(kept))
    return kept


def put(kept: sqlite3.Connection, engine: sa.Engine) -> None:
    """Make the database what it was when ``kept`` was taken."""
    _driver(engine, kept.backup)


def _driver(engine: sa.Engine, work: Any) -> None:
    with engine.connect() as connection:
        work(cast(sqlite3.Connection, connection.connection.dbapi_connection))
