"""Numbers made for people, one after another within an organization."""

from __future__ import annotations

from types import ModuleType

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.models import Counter, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork

_TABLE = table_of(Counter)


def _raising(dialect: ModuleType) -> Direct:
    insert = dialect.insert(_TABLE).values(
        organization_id=sa.bindparam("organization"),
        name=sa.bindparam("called"),
        value=sa.bindparam("first"),
    )
    raised = insert.on_conflict_do_update(
        index_elements=["organization_id", "name"], set_={"value": _TABLE.c.value + 1}
    )
    return Direct(raised.returning(_TABLE.c.value), "the statement names its organization")


_RAISE = {"postgresql": _raising(postgresql), "sqlite": _raising(sqlite)}


def next_number(uow: UnitOfWork, name: str, *, first: int = 1) -> int:
    """The next number called ``name``; the counter's row is locked until the unit ends."""
    raising = _RAISE[uow.session.get_bind().dialect.name]
    values = {"organization": uow.organization_id, "called": name, "first": first}
    return int(raising.rows(uow.session, **values)[0][0])
