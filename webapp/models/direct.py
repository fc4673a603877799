"""Statements of the hot path: compiled once, run on the unit's own driver connection.

A page view asks the database five things and a booking writes a dozen rows; building a result
object or a unit-of-work plan for each costs more than the database's own work. These go below the
ORM and SQLAlchemy's result layer both, so they name their organization themselves and say why.
What they write is not in the session: whoever needs the object takes ``Insertion.attached``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from webapp.models.base import Base, OrganizationScoped, ScopeMissing, UtcDateTime, table_of

M = TypeVar("M", bound=Base)
Process = Callable[[Any], Any] | None


class epoch_minute(FunctionElement[int]):  # noqa: N801 - an SQL function's name
    """Whole minutes since 1970 of a UTC column, rounded down; ``epoch_minute(c, 59)`` rounds up."""

    type = sa.Integer()
    name = "epoch_minute"
    inherit_cache = True


@compiles(epoch_minute, "sqlite")
def _sqlite_minute(element: epoch_minute, compiler: SQLCompiler, **kw: Any) -> str:
    column, *up = [compiler.process(clause, **kw) for clause in element.clauses]
    if sqlite3.sqlite_version_info >= (3, 38):  # half as dear
        return f"(unixepoch({column}) + {up[0] if up else 0}) / 60"
    return f"(CAST(strftime('%s', {column}) AS INTEGER) + {up[0] if up else 0}) / 60"


@compiles(epoch_minute, "postgresql")
def _postgresql_minute(element: epoch_minute, compiler: SQLCompiler, **kw: Any) -> str:
    column, *up = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"CAST(floor((extract(epoch FROM {column}) + {up[0] if up else 0}) / 60) AS BIGINT)"


class _Ready:
    """A statement compiled for one dialect: its text and what stands at each of its places."""

    def __init__(self, made: SQLCompiler, dialect: sa.Dialect) -> None:
        self.text = str(made)
        self.dialect = dialect
        self.named = not made.positional
        names = list(made.positiontup or ()) if made.positional else list(made.params)
        self.places: list[tuple[str, Process, Any]] = []
        for name in names:
            bind = made.binds[name]
            process = _writer(bind.type, dialect)
            fixed = None if bind.required else bind.effective_value
            self.places.append((name, process, _written(process, fixed)))

    def bound(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them: a mapping or a sequence."""
        if self.named:
            return {
                name: _written(process, values[name]) if name in values else fixed
                for name, process, fixed in self.places
            }
        return [
            _written(process, values[name]) if name in values else fixed
            for name, process, fixed in self.places
        ]

    def run(self, driver: Any, values: dict[str, Any]) -> Any:
        """The driver's cursor after the statement; its errors are SQLAlchemy's."""
        dbapi: Any = self.dialect.loaded_dbapi
        try:
            return driver.execute(self.text, self.bound(values))
        except dbapi.Error as error:
            raise DBAPIError.instance(
                self.text, None, error, dbapi.Error, hide_parameters=True, dialect=self.dialect
            ) from error


def _written(process: Process, value: Any) -> Any:
    return value if process is None or value is None else process(value)


def _writer(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Process:
    if dialect.name == "sqlite" and isinstance(kind, UtcDateTime):
        return _stamp
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _stamp(value: datetime) -> str:
    """A UTC datetime as SQLAlchemy writes it on SQLite; comparing the text compares time."""
    ahead = value.utcoffset()
    if ahead is None:
        raise ValueError("a datetime without a zone reached the database")
    return (value - ahead).replace(tzinfo=None).isoformat(" ", "microseconds")


class Direct:
    """One statement, ready to run. Values read are numbers, text and aware datetimes."""

    def __init__(self, statement: sa.Select[Any] | sa.UpdateBase, why: str) -> None:
        self._statement = statement
        self.why = why
        self._compiled: dict[str, _Ready] = {}
        self._reading: dict[str, list[tuple[str, Process]]] = {}

    def _for(self, dialect: sa.Dialect) -> _Ready:
        kept = self._compiled.get(dialect.name)
        if kept is None:
            made = self._statement.compile(
                dialect=dialect, compile_kwargs={"render_postcompile": True}
            )
            assert isinstance(made, SQLCompiler)
            kept = self._compiled[dialect.name] = _Ready(made, dialect)
        return kept

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """Every row, as the driver gives it."""
        connection = connection_of(session)
        ready = self._for(connection.dialect)
        return list(ready.run(_driver(connection), values).fetchall())

    def change(self, session: Session, **values: Any) -> int:
        """Run an UPDATE or DELETE; how many rows it touched."""
        connection = connection_of(session)
        ready = self._for(connection.dialect)
        return int(ready.run(_driver(connection), values).rowcount)

    def named(self, session: Session, **values: Any) -> list[dict[str, Any]]:
        """Every row by column, with the Python values that the columns' types promise."""
        readers = self._readers(connection_of(session).dialect)
        return [_named(readers, row) for row in self.rows(session, **values)]

    def _readers(self, dialect: sa.Dialect) -> list[tuple[str, Process]]:
        kept = self._reading.get(dialect.name)
        if kept is None:
            assert isinstance(self._statement, sa.Select)
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
        ready = self._for(engine.dialect)
        connection: Any = engine.raw_connection()
        try:
            return list(ready.run(connection.dbapi_connection, values).fetchall())
        finally:
            connection.close()

    def named_aside(self, engine: sa.Engine, **values: Any) -> list[dict[str, Any]]:
        """``aside`` by column, with the Python values that the columns' types promise."""
        readers = self._readers(engine.dialect)
        return [_named(readers, row) for row in self.aside(engine, **values)]


def _named(readers: list[tuple[str, Process]], row: Any) -> dict[str, Any]:
    return {
        name: value if read is None or value is None else read(value)
        for (name, read), value in zip(readers, row, strict=True)
    }


class Insertion(Generic[M]):
    """New rows of one table, with the model's defaults and the unit's organization."""

    def __init__(self, model: type[M]) -> None:
        self._model = model
        table = table_of(model)
        self._scoped = issubclass(model, OrganizationScoped)
        self._defaults = {
            column.name: column.default for column in table.columns if column.name != "id"
        }
        self._statement = sa.insert(table).returning(table.c.id)
        self._compiled: dict[str, _Ready] = {}

    def add(self, session: Session, **values: Any) -> int:
        """Write the row; its id. Raises ``ScopeMissing`` like the guard of the session does."""
        self._write(session, values)
        return int(values["id"])

    def attached(self, session: Session, **values: Any) -> M:
        """Write the row; its object, loaded, as if it had been read by this session."""
        self._write(session, values)
        made = self._model(**values)
        make_transient_to_detached(made)
        session.add(made)
        return made

    def _write(self, session: Session, values: dict[str, Any]) -> None:
        self._complete(session, values)
        connection = connection_of(session)
        ready = self._compiled.get(connection.dialect.name)
        if ready is None:
            made = self._statement.compile(
                dialect=connection.dialect, column_keys=list(self._defaults)
            )
            assert isinstance(made, SQLCompiler)
            ready = self._compiled[connection.dialect.name] = _Ready(made, connection.dialect)
        values["id"] = ready.run(_driver(connection), values).fetchone()[0]

    def _complete(self, session: Session, values: dict[str, Any]) -> None:
        unknown = values.keys() - self._defaults.keys()
        if unknown:
            raise TypeError(f"{self._model.__name__} has no {', '.join(sorted(unknown))}")
        if self._scoped:
            organization_id = session.info.get("organization_id")
            values.setdefault("organization_id", organization_id)
            if organization_id is None or values["organization_id"] != organization_id:
                raise ScopeMissing(f"{self._model.__name__} written from outside its organization")
        for name, default in self._defaults.items():
            if name not in values:
                values[name] = _default(default)


class Rewriting(Generic[M]):
    """An UPDATE of some columns of one loaded object, without the session's plan for a flush."""

    def __init__(self, model: type[M], *names: str) -> None:
        table = table_of(model)
        self._names = frozenset(names)
        self._statement = Direct(
            sa.update(table)
            .where(table.c.id == sa.bindparam("_id"))
            .values({name: sa.bindparam(f"_{name}", type_=table.c[name].type) for name in names}),
            "the object was loaded through the guard",
        )

    def write(self, session: Session, row: M, **values: Any) -> None:
        """Write exactly the columns named; ``row`` has them too, and is as clean as before."""
        if values.keys() != self._names:
            raise TypeError(f"give {', '.join(sorted(self._names))}")
        bound = {f"_{name}": value for name, value in values.items()}
        # The base has no id to speak of: each table types its own.
        self._statement.change(session, _id=row.id, **bound)  # type: ignore[attr-defined]
        for name, value in values.items():
            set_committed_value(row, name, value)


def _default(default: Any) -> Any:
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A part of the unit that an exception undoes alone, with the locks it took.

    The session sets the savepoint when it is next asked for its connection, and the statements of
    this module never ask: they would run before it, and stay.
    """
    with session.begin_nested():
        session.connection()
        yield


def connection_of(session: Session) -> sa.Connection:
    """The unit's connection; asking the session for it each time costs as much as a statement."""
    return session.info.get("connection") or session.connection()


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection
