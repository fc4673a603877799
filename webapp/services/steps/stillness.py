"""Telling that nothing at all has been written since the last look, without asking each row.

What many hosts' answers are kept under is the sum of their revisions; adding up a thousand rows
takes as long as the answer. Databases can say cheaply that nobody wrote anything: then the sum is
what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from webapp.models.direct import connection_of
from webapp.services.unit_of_work import WRITE, UnitOfWork

T = TypeVar("T")

_KEPT = "kalends_still"
_MOST = 512


def only_reads(uow: UnitOfWork) -> bool:
    """Whether the unit cannot see anything that is not committed, such as its own changes."""
    options = connection_of(uow.session).get_execution_options()
    return bool(options.get("kalends_mode") != WRITE)


def unless_written(uow: UnitOfWork, key: Hashable, read: Callable[[], T]) -> T:
    """What ``read`` said last for ``key`` on this connection, or says now if anybody has written.

    For units that only read, and for what depends on rows alone, never on the time.
    """
    if not only_reads(uow):
        return read()
    info = connection_of(uow.session).info
    mark = _mark(uow)
    known: tuple[Hashable, dict[Hashable, Any]] | None = info.get(_KEPT)
    if known is None or known[0] != mark or len(known[1]) > _MOST:
        known = info[_KEPT] = (mark, {})
    if key not in known[1]:
        known[1][key] = read()
    kept: T = known[1][key]
    return kept


def _mark(uow: UnitOfWork) -> Hashable:
    """Equal on one connection only while the database is the same.

    SQLite: ``data_version`` changes with every commit of another connection, ``total_changes``
    with every change of our own. PostgreSQL: a snapshot is described alike only while no writing
    transaction has begun or ended.
    """
    connection = connection_of(uow.session)
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        version = driver.execute("PRAGMA data_version").fetchone()[0]
        return version, driver.total_changes
    row = driver.execute("SELECT pg_current_snapshot()::text").fetchone()
    return str(row[0])
