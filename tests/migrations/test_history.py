"""The database's history: every step up and down, with rows in it, and the guard still standing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.rig.postgres import PostgresServer
from tests.world import disposing
from webapp import migrations


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'history.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    yield url
    server.drop(url)


def values_of(table: sa.Table, number: int) -> dict[str, object]:
    """A row's values, made up from the column types; foreign keys point at row 1."""
    made: dict[str, object] = {}
    for column in table.columns:
        kind = column.type
        if column.foreign_keys and column.nullable:
            made[column.name] = None
        elif column.foreign_keys:
            made[column.name] = 1
        elif column.primary_key and isinstance(kind, sa.Integer | sa.BigInteger):
            made[column.name] = number
        elif isinstance(kind, sa.Boolean):
            made[column.name] = False
        elif isinstance(kind, sa.Integer | sa.BigInteger):
            made[column.name] = 1
        elif isinstance(kind, sa.DateTime):
            hour = 10 if column.name == "end_at" else 9
            made[column.name] = datetime(2026, 11, 23, hour, tzinfo=UTC)
        elif isinstance(kind, sa.JSON):
            made[column.name] = {}
        elif isinstance(kind, sa.LargeBinary):
            made[column.name] = bytes([number])
        elif isinstance(kind, sa.Uuid):
            made[column.name] = UUID(int=number)
        elif not column.nullable:
            made[column.name] = f"x{number}"
    return made


def fill(connection: sa.Connection, filled: set[str]) -> None:
    """Put one row into each table that has appeared since, parents first."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if table.name in filled or table.name == "alembic_version":
            continue
        values = values_of(table, 1)
        if table.name == "profile_candidate":
            values["account_id"] = 1
        connection.execute(sa.insert(table).values(**values))
        filled.add(table.name)
    connection.commit()


def test_the_models_and_the_migrated_database_are_the_same(any_database: str) -> None:
    assert migrations.drift(any_database) == []


def test_every_step_goes_up_with_rows_and_none_is_lost(empty_database: str) -> None:
    filled: set[str] = set()
    with disposing(sa.create_engine(empty_database)) as engine:
        for revision in migrations.revisions():
            migrations.migrate(empty_database, revision)
            with engine.connect() as connection:
                before = set(filled)
                fill(connection, filled)
                for name in before:
                    count = connection.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar()
                    assert count == 1, f"{revision} lost the row of {name}"
        refuses_an_overlap(engine)


def test_every_step_goes_down_again(empty_database: str) -> None:
    migrations.migrate(empty_database)
    for revision in [*reversed(migrations.revisions()[:-1]), "base"]:
        migrations.migrate(empty_database, revision)
    with disposing(sa.create_engine(empty_database)) as engine:
        assert set(sa.inspect(engine).get_table_names()) == {"alembic_version"}
    migrations.migrate(empty_database)


def refuses_an_overlap(engine: sa.Engine) -> None:
    """Insert and update of an overlapping exclusive span fail; a touching one goes in."""
    row = (
        "INSERT INTO busy_span (id, host_id, start_at, end_at, kind, exclusive) VALUES "
        "(:id, 1, :start, :end, 'booking', true)"
    )
    day = "2027-01-04 {}:00.000000"
    if engine.dialect.name == "postgresql":
        day += "+00"
    with engine.connect() as connection:
        for number, start, end in ((101, "09:00", "10:00"), (102, "10:00", "11:00")):
            values = {"id": number, "start": day.format(start), "end": day.format(end)}
            connection.execute(sa.text(row), values)
        connection.commit()
        overlapping = {"id": 103, "start": day.format("09:59"), "end": day.format("10:01")}
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.text(row), overlapping)
        connection.rollback()
        later = {"start": day.format("09:30")}
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(
                sa.text("UPDATE busy_span SET start_at = :start WHERE id = 102"), later
            )
        connection.rollback()
        assert migrations.guard_stands(connection)


def test_the_guard_is_missed_when_it_is_gone(any_database: str) -> None:
    with disposing(sa.create_engine(any_database)) as engine, engine.begin() as connection:
        assert migrations.guard_stands(connection)
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER busy_span_refuse_update")
        else:
            connection.exec_driver_sql("ALTER TABLE busy_span DROP CONSTRAINT ex_busy_span_overlap")
        assert not migrations.guard_stands(connection)
