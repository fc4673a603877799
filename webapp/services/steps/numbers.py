"""Numbers made for people, one after another within an organization."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from webapp.models import Counter, table_of
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_TABLE = table_of(Counter)


def next_number(uow: UnitOfWork, name: str, *, first: int = 1) -> int:
    """The next number called ``name``; the counter's row is locked until the unit ends."""
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(_TABLE).values(
        organization_id=uow.organization_id, name=name, value=first
    )
    statement = insert.on_conflict_do_update(
        index_elements=["organization_id", "name"], set_={"value": _TABLE.c.value + 1}
    ).returning(_TABLE.c.value)
    named = below_the_guard(statement, "the statement names its organization")
    return int(uow.session.execute(named).scalar_one())
