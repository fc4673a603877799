"""Statements below the session keep its rules: organization, time, defaults, errors."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.world import World, at, build_world
from webapp.domain.permissions import Caller, Role
from webapp.models import AuditEntry, BusySpan, Meeting, ScopeMissing, SpanKind, table_of
from webapp.models.direct import Direct, Insertion, Rewriting, savepoint

MEETING = Insertion(Meeting)
ENTRY = Insertion(AuditEntry)


def facts(**more: object) -> dict[str, object]:
    return {
        "uuid": uuid4(),
        "subject": "Grüße, “Ada” %s ?",
        "start_at": at(9),
        "end_at": at(10),
        "host_ids": [3, 1],
        "created_at": at(8),
    } | more


def columns(meeting: Meeting) -> dict[str, object]:
    return {column.name: getattr(meeting, column.name) for column in table_of(Meeting).columns}


def test_an_attached_row_equals_the_row_that_is_read_back(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow:
        made = MEETING.attached(uow.session, **facts())
        written = columns(made)
        assert made not in uow.session.dirty
        assert made not in uow.session.new
    with every_world.desk.look(every_world.owner) as uow:
        assert columns(uow.session.get_one(Meeting, written["id"])) == written
    assert written["seats"] == 1, "the model's own default"
    assert written["organization_id"] == every_world.organization_id


def test_a_rewritten_row_has_the_new_values_here_and_in_the_database(every_world: World) -> None:
    rename = Rewriting(Meeting, "subject", "host_ids")
    with every_world.desk.begin(every_world.owner) as uow:
        made = MEETING.attached(uow.session, **facts())
        rename.write(uow.session, made, subject="New", host_ids=[2])
        assert (made.subject, made.host_ids) == ("New", [2])
        assert made not in uow.session.dirty
        number = made.id
    with every_world.desk.look(every_world.owner) as uow:
        read = uow.session.get_one(Meeting, number)
        assert (read.subject, read.host_ids) == ("New", [2])


def test_a_rewriting_takes_all_its_columns_and_no_others(world: World) -> None:
    rename = Rewriting(Meeting, "subject")
    with world.desk.begin(world.owner) as uow:
        made = MEETING.attached(uow.session, **facts())
        for values in ({}, {"subject": "New", "seats": 2}):
            with pytest.raises(TypeError):
                rename.write(uow.session, made, **values)


def test_a_row_for_another_organization_or_for_none_is_not_written(world: World) -> None:
    other = build_world(world.desk, "hill")
    entry = {"at": at(8), "actor": "x", "action": "x", "subject": "x"}
    with world.desk.begin(world.owner) as uow, pytest.raises(ScopeMissing):
        ENTRY.add(uow.session, organization_id=other.organization_id, **entry)
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow, pytest.raises(ScopeMissing):
        ENTRY.add(uow.session, **entry)


def test_a_column_that_does_not_exist_is_refused(world: World) -> None:
    with world.desk.begin(world.owner) as uow, pytest.raises(TypeError, match="sbject"):
        MEETING.add(uow.session, sbject="typo", **facts())


def test_a_time_without_a_zone_is_refused(every_world: World) -> None:
    naive = datetime(2026, 11, 24, 9)  # noqa: DTZ001 - what must not come through
    with (
        every_world.desk.begin(every_world.owner) as uow,
        pytest.raises((ValueError, sa.exc.StatementError), match="zone"),
    ):
        MEETING.add(uow.session, **facts(start_at=naive))


def test_the_databases_refusals_are_sqlalchemys_errors_without_what_was_bound(
    every_world: World,
) -> None:
    spans = Insertion(BusySpan)
    host = every_world.hosts["ada"]
    secret = {"host_id": host, "start_at": at(9), "end_at": at(9), "kind": SpanKind.BOOKING}
    with pytest.raises(IntegrityError) as found, every_world.desk.begin(every_world.owner) as uow:
        spans.add(uow.session, **secret)
    assert "09:00" not in str(found.value).split("[SQL", 1)[-1]


def test_a_statement_that_fails_otherwise_is_an_operational_error_too(world: World) -> None:
    broken = Direct(sa.select(sa.literal_column("nothing()")), "a test")
    with pytest.raises(OperationalError), world.desk.look(world.owner) as uow:
        broken.rows(uow.session)


def test_a_look_cannot_write_below_the_session_either(every_world: World) -> None:
    with pytest.raises(sa.exc.DBAPIError), every_world.desk.look(every_world.owner) as uow:
        MEETING.add(uow.session, **facts())


def test_a_change_says_how_many_rows_it_touched(every_world: World) -> None:
    table = table_of(Meeting)
    rename = Direct(
        sa.update(table).where(table.c.start_at == sa.bindparam("start")).values(subject="x"),
        "a test",
    )
    with every_world.desk.begin(every_world.owner) as uow:
        MEETING.add(uow.session, **facts())
        assert rename.change(uow.session, start=at(9)) == 1
        assert rename.change(uow.session, start=at(10)) == 0


def test_a_savepoint_that_goes_back_takes_the_statements_below_the_session_along(
    every_world: World,
) -> None:
    rename = Rewriting(Meeting, "subject")
    with every_world.desk.begin(every_world.owner) as uow:
        made = MEETING.attached(uow.session, **facts(subject="Before"))
        number = made.id
        with pytest.raises(LookupError), savepoint(uow.session):
            rename.write(uow.session, made, subject="Within")
            raise LookupError
    with every_world.desk.look(every_world.owner) as uow:
        assert uow.session.get_one(Meeting, number).subject == "Before"


def test_a_savepoint_that_ends_well_keeps_what_was_written(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow, savepoint(uow.session):
        number = MEETING.add(uow.session, **facts(subject="Within"))
    with every_world.desk.look(every_world.owner) as uow:
        assert uow.session.get_one(Meeting, number).subject == "Within"
