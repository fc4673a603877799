"""All rows of a database, as they are or with everything random renamed, to compare databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

import sqlalchemy as sa

Rows = dict[str, list[tuple[object, ...]]]

_RANDOM = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # a UUID
    # A token or a digest. Digits alone do not tell one: 22 drawn letters have none in 1 of 40.
    r"|(?=[\w-]*[A-Za-z])(?:(?=[\w-]*[0-9])|(?=[\w-]*[a-z])(?=[\w-]*[A-Z]))[\w-]{20,}"
)
_PORT = re.compile(r"127\.0\.0\.1:\d+")


def rows(engine: sa.Engine) -> Rows:
    """Every row of every table but those that only count looks (``activity_*``)."""
    tables = sa.MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        return {
            name: [tuple(row) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]
            for name in sorted(tables.tables)
            if not name.startswith("activity_")
        }


def canonical(engine: sa.Engine) -> Rows:
    """The rows with whatever is random called by the order in which it first appears."""
    numbers: Iterator[int] = count(1)
    names: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        key = found.group().replace("-", "").lower()
        if key not in names:
            names[key] = f"<{next(numbers)}>"
        return names[key]

    def plain(value: object) -> object:
        if isinstance(value, bytes):
            return f"{len(value)} bytes"
        if isinstance(value, str):
            return _RANDOM.sub(rename, _PORT.sub("host", value))
        return value

    return {
        table: [tuple(plain(value) for value in row) for row in found]
        for table, found in rows(engine).items()
    }
