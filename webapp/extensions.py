"""The Flask extensions, made once and bound in ``create_app``, and how transactions begin."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from htmx_flask import Htmx
from sqlalchemy import event

from webapp.models import Base
from webapp.services.unit_of_work import WRITE

db = SQLAlchemy(metadata=Base.metadata)
htmx = Htmx()
login = LoginManager()


def prepare_engine(engine: sa.Engine) -> None:
    """Teach an engine how units begin: who reads cannot write, who writes takes the lock first."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "begin", _postgresql_begin)


def _sqlite_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def reading_connection(engine: sa.Engine) -> sa.Connection:
    """A connection in a transaction that the database refuses writes in; closing it rolls back.

    Begun at the driver: SQLAlchemy's own transaction costs as much as three statements, and
    is there as soon as the session asks for one.
    """
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        _sqlite_begin(connection)
    else:
        connection.begin()
    return connection


def _sqlite_begin(connection: sa.Connection) -> None:
    # A deferred BEGIN that reads and then writes loses races with "database is locked".
    driver: Any = connection.connection.dbapi_connection
    writes = connection.get_execution_options().get("kalends_mode") == WRITE
    if driver.in_transaction and not writes:
        return  # a session joins a reading connection
    if connection.info.get("kalends_writes") is not writes:
        # Only when it changes: each change makes SQLite prepare every statement anew.
        driver.execute("PRAGMA query_only=0" if writes else "PRAGMA query_only=1")
        connection.info["kalends_writes"] = writes
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql_begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("kalends_mode") == WRITE:
        connection.exec_driver_sql("SET LOCAL lock_timeout='3s'; SET LOCAL statement_timeout='5s'")
    else:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
