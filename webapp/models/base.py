"""The database's own floor: the declarative base, UTC time, and the organization guard."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    registry,
    with_loader_criteria,
)
from sqlalchemy.types import TypeDecorator

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in, UTC stored, an aware datetime out; a naive one is a bug."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table is made of."""

    # A registry, not a type_annotation_map attribute: Flask-SQLAlchemy reads this class.
    registry = registry(
        type_annotation_map={
            datetime: UtcDateTime(),
            int: BigId,
            UUID: sa.Uuid(),
            dict[str, Any]: sa.JSON(),
            list[Any]: sa.JSON(),
        }
    )
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(model: type[Base]) -> sa.Table:
    """The table of a model, for statements that go below the ORM."""
    return cast(sa.Table, model.__table__)


def words(kind: type[StrEnum]) -> sa.Enum:
    """A column of an enum's words, kept as text so that a new word needs no migration."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


class OrganizationScoped:
    """Rows that belong to one organization and are never seen from another."""

    organization_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )


class ScopeMissing(RuntimeError):
    """Code reached for an organization's rows without saying which organization. A bug."""


@event.listens_for(Session, "do_orm_execute")
def _confine(state: ORMExecuteState) -> None:
    """Give each ORM statement the organization of the unit; refuse what skips the guard.

    ``execution_options(unscoped="why")`` states that a statement names its organization itself
    or is about all of them.
    """
    if state.is_column_load or "unscoped" in state.execution_options:
        return
    if not state.is_orm_statement:
        raise ScopeMissing('raw SQL skips the guard; say why: execution_options(unscoped="...")')
    if state.is_insert:
        raise ScopeMissing("add objects to the session; bulk inserts skip the guard")
    organization_id = state.session.info.get("organization_id")
    if organization_id is None:
        if any(issubclass(mapper.class_, OrganizationScoped) for mapper in state.all_mappers):
            raise ScopeMissing(str(state.statement)[:80])
        # Relationships and joins may still reach scoped rows: they find none.
        state.statement = state.statement.options(
            with_loader_criteria(OrganizationScoped, lambda _: sa.false(), include_aliases=True)
        )
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            OrganizationScoped,
            lambda cls: cls.organization_id == organization_id,
            include_aliases=True,
        )
    )


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, _: UOWTransaction, __: object) -> None:
    """Stamp new rows with the unit's organization and refuse to write another's."""
    organization_id = session.info.get("organization_id")
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, OrganizationScoped):
            continue
        if row.organization_id is None and row in session.new:
            row.organization_id = organization_id
        if organization_id is None or row.organization_id != organization_id:
            raise ScopeMissing(f"{type(row).__name__} written from outside its organization")
