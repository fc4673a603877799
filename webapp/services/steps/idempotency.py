"""Once per key: a form sent twice, or a request tried again, does its work once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.errors import Invalid, KeyReused
from webapp.models import IdempotencyKey, table_of
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_TABLE = table_of(IdempotencyKey)
_WHY = "the statement names its organization"


def claim(uow: UnitOfWork, scope: str, key: str | None, request: Any) -> dict[str, Any] | None:
    """Take ``key`` for this request, or give what the first request with it came to.

    The row goes in first, in the effect's own transaction: a twin waits for it and then finds
    the result; a refused request keeps nothing. None means: go ahead (and ``settle``).

    Raises ``KeyReused`` when the key came back with another request, ``Invalid`` for a key
    longer than 255 characters.
    """
    if not key:
        return None
    if len(key) > 255:
        raise Invalid("an idempotency key has at most 255 characters", field="key")
    body = json.dumps(request, sort_keys=True, default=str)
    digest = hashlib.sha256(body.encode()).digest()
    row = {
        "organization_id": uow.organization_id,
        "scope": scope,
        "key": key,
        "request_hash": digest,
        "result": {},
        "created_at": uow.now,
    }
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(_TABLE).values(row).on_conflict_do_nothing().returning(_TABLE.c.id)
    if uow.session.execute(below_the_guard(insert, _WHY)).scalar() is not None:
        return None
    kept = uow.session.execute(
        below_the_guard(
            sa.select(_TABLE.c.request_hash, _TABLE.c.result).where(
                _TABLE.c.organization_id == uow.organization_id,
                _TABLE.c.scope == scope,
                _TABLE.c.key == key,
            ),
            _WHY,
        )
    ).one()
    if kept.request_hash != digest:
        raise KeyReused("this key was already used for another request", field="key")
    return dict(kept.result)


def settle(uow: UnitOfWork, scope: str, key: str | None, **result: Any) -> None:
    """Write down, in the effect's transaction, what the request came to."""
    if not key:
        return
    uow.session.execute(
        below_the_guard(
            sa.update(_TABLE)
            .where(
                _TABLE.c.organization_id == uow.organization_id,
                _TABLE.c.scope == scope,
                _TABLE.c.key == key,
            )
            .values(result=result),
            _WHY,
        )
    )
