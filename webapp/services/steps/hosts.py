"""Locking hosts: whoever changes a host's time holds the host's row first."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from webapp.models import User, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork

_RAISE = Direct(
    sa.update(table_of(User))
    .where(table_of(User).c.id == sa.bindparam("host"))
    .values(revision=table_of(User).c.revision + 1),
    "hosts belong to no organization",
)


def lock(uow: UnitOfWork, host_ids: Iterable[int]) -> None:
    """Take the rows of ``host_ids`` in ascending order until the unit ends.

    Raising the revision is the lock (never FOR UPDATE, which would block inserts that refer to
    the host) and tells every kept page that the host's time has changed.
    """
    if "no-lock" in uow.settings.race_hooks:
        return
    for host_id in sorted(set(host_ids)):
        _RAISE.change(uow.session, host=host_id)
