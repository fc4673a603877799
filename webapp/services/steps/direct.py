"""Statements of the hot path: compiled once, run on the unit's own driver connection.

A page view asks the database five things, and building a result object for each costs more than
the answers. These go below the ORM and SQLAlchemy's result layer both, so they name their
organization themselves, say why, and select numbers and text only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class epoch_minute(FunctionElement[int]):  # noqa: N801 - an SQL function's name
    """Whole minutes since 1970 of a UTC column, rounded down; ``epoch_minute(c, 59)`` rounds up."""

    type = sa.Integer()
    name = "epoch_minute"
    inherit_cache = True


@compiles(epoch_minute, "sqlite")
def _sqlite_minute(element: epoch_minute, compiler: SQLCompiler, **kw: Any) -> str:
    column, *up = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"(CAST(strftime('%s', {column}) AS INTEGER) + {up[0] if up else 0}) / 60"


@compiles(epoch_minute, "postgresql")
def _postgresql_minute(element: epoch_minute, compiler: SQLCompiler, **kw: Any) -> str:
    column, *up = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"CAST(floor((extract(epoch FROM {column}) + {up[0] if up else 0}) / 60) AS BIGINT)"


class Direct:
    """One SELECT, ready to run. Its values are numbers, text and aware datetimes."""

    def __init__(self, statement: sa.Select[Any], why: str) -> None:
        self._statement = statement
        self.why = why
        self._compiled: dict[str, tuple[str, list[str] | None, dict[str, Any]]] = {}
        self._reading: dict[str, list[tuple[str, Any]]] = {}

    def _for(self, dialect: sa.Dialect) -> tuple[str, list[str] | None, dict[str, Any]]:
        kept = self._compiled.get(dialect.name)
        if kept is None:
            made = self._statement.compile(
                dialect=dialect, compile_kwargs={"render_postcompile": True}
            )
            assert isinstance(made, SQLCompiler)
            names = list(made.positiontup) if made.positional and made.positiontup else None
            kept = (str(made), names, dict(made.params))
            self._compiled[dialect.name] = kept
        return kept

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """Every row, as the driver gives it."""
        connection = _connection(session)
        text, given = self._bound(connection.dialect, values)
        driver: Any = connection.connection.dbapi_connection
        return list(driver.execute(text, given).fetchall())

    def named(self, session: Session, **values: Any) -> list[dict[str, Any]]:
        """Every row by column, with the Python values that the columns' types promise."""
        readers = self._readers(_connection(session).dialect)
        return [
            {
                name: value if read is None or value is None else read(value)
                for (name, read), value in zip(readers, row, strict=True)
            }
            for row in self.rows(session, **values)
        ]

    def _readers(self, dialect: sa.Dialect) -> list[tuple[str, Any]]:
        kept = self._reading.get(dialect.name)
        if kept is None:
            kept = [
                (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
                for column in self._statement.selected_columns
            ]
            self._reading[dialect.name] = kept
        return kept

    def aside(self, engine: sa.Engine, **values: Any) -> list[Any]:
        """The same outside any unit, on a connection borrowed for this one statement.

        For questions that one row answers completely; a unit costs five times as much.
        """
        text, given = self._bound(engine.dialect, values)
        connection: Any = engine.raw_connection()
        try:
            return list(connection.dbapi_connection.execute(text, given).fetchall())
        finally:
            connection.close()

    def _bound(self, dialect: sa.Dialect, values: dict[str, Any]) -> tuple[str, Any]:
        text, names, fixed = self._for(dialect)
        if names is None:
            return text, {name: values.get(name, value) for name, value in fixed.items()}
        return text, [_stamp(values[n]) if n in values else fixed[n] for n in names]


def _connection(session: Session) -> sa.Connection:
    """The unit's connection; asking the session for it each time costs as much as a statement."""
    return session.info.get("connection") or session.connection()


def _stamp(value: Any) -> Any:
    """A UTC datetime as SQLAlchemy writes it on SQLite; comparing the text compares time."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
