"""What keys there are: the caller's own tokens, everybody's, and the organization's clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.models import AccessToken, ActivitySeen, ApiClient, User
from webapp.services.unit_of_work import UnitOfWork, use_case

PAGE = 50
ENDED_SHOWN = timedelta(days=30)
"""How long a key is still listed after its end."""


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A key as lists show it: everything but its secret; times are UTC.

    ``id`` is the visible part (``kal_<8>`` or the client's id), ``ref`` what addresses name it by.
    ``scopes`` None: everything its holder may do. ``old_until``: the secret before the last change
    works until then.
    """

    number: int
    ref: str
    id: str
    name: str
    holder: str
    made_by: str
    is_own: bool
    scopes: frozenset[Permission] | None
    created_at: datetime
    seen_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    rotated_at: datetime | None
    old_until: datetime | None
    is_living: bool


@use_case(Permission.ACCOUNT)
def own_tokens(uow: UnitOfWork) -> list[KeyCard]:
    """The caller's own tokens in this organization, newest first."""
    return _tokens(uow, AccessToken.user_id == uow.caller.user_id)


@use_case(Permission.ACCOUNT)
def own_token(uow: UnitOfWork, public_id: str) -> KeyCard | None:
    """One of the caller's own tokens, or None."""
    own = sa.and_(AccessToken.user_id == uow.caller.user_id, AccessToken.public_id == public_id)
    return next(iter(_tokens(uow, own)), None)


@use_case(Permission.KEYS_MANAGE)
def all_tokens(uow: UnitOfWork, *, before: int | None = None) -> tuple[list[KeyCard], int | None]:
    """A page of everybody's tokens, newest first, and the number that the next page begins before.

    ``before`` is such a number; None begins with the newest.
    """
    which = sa.true() if before is None else AccessToken.id < before
    found = _tokens(uow, which, most=PAGE + 1)
    shown = found[:PAGE]
    return shown, shown[-1].number if len(found) > PAGE else None


@use_case(Permission.KEYS_MANAGE)
def token(uow: UnitOfWork, public_id: str) -> KeyCard | None:
    """Anybody's token, or None."""
    return next(iter(_tokens(uow, AccessToken.public_id == public_id)), None)


@use_case(Permission.KEYS_MANAGE)
def clients(uow: UnitOfWork) -> list[KeyCard]:
    """The organization's API clients, newest first."""
    return _clients(uow, sa.true())


@use_case(Permission.KEYS_MANAGE)
def client(uow: UnitOfWork, client_id: str) -> KeyCard | None:
    """One API client, or None."""
    return next(iter(_clients(uow, ApiClient.client_id == client_id)), None)


def _recent(key: Any, now: datetime) -> sa.ColumnElement[bool]:
    ended = now - ENDED_SHOWN
    return sa.and_(
        sa.or_(key.revoked_at.is_(None), key.revoked_at > ended),
        sa.or_(key.expires_at.is_(None), key.expires_at > ended),
    )


def _tokens(
    uow: UnitOfWork, which: sa.ColumnElement[bool], *, most: int | None = None
) -> list[KeyCard]:
    found = uow.session.scalars(
        sa.select(AccessToken)
        .where(which, _recent(AccessToken, uow.now))
        .order_by(AccessToken.id.desc())
        .limit(most)
    ).all()
    names = _names(uow, {key.user_id for key in found} | {key.made_by or 0 for key in found})
    seen = _seen(uow, [f"token:{key.id}" for key in found])
    return [
        _card(
            uow,
            key,
            ref=key.public_id,
            id=f"kal_{key.public_id}",
            holder=names.get(key.user_id, ""),
            made_by=names.get(key.made_by or 0, ""),
            is_own=key.user_id == uow.caller.user_id,
            seen_at=seen.get(f"token:{key.id}"),
        )
        for key in found
    ]


def _clients(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> list[KeyCard]:
    found = uow.session.scalars(
        sa.select(ApiClient).where(which, _recent(ApiClient, uow.now)).order_by(ApiClient.id.desc())
    ).all()
    names = _names(uow, {key.made_by or 0 for key in found})
    seen = _seen(uow, [f"client:{key.id}" for key in found])
    return [
        _card(
            uow,
            key,
            ref=key.client_id,
            id=key.client_id,
            holder="",
            made_by=names.get(key.made_by or 0, ""),
            is_own=True,
            seen_at=seen.get(f"client:{key.id}"),
        )
        for key in found
    ]


def _card(uow: UnitOfWork, key: AccessToken | ApiClient, **rest: Any) -> KeyCard:
    known = frozenset(Permission)
    old_until = key.old_secret_until
    return KeyCard(
        number=key.id,
        name=key.name,
        scopes=None if key.scopes is None else known & frozenset(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        rotated_at=key.rotated_at,
        old_until=old_until if old_until is not None and old_until > uow.now else None,
        is_living=key.revoked_at is None and (key.expires_at is None or key.expires_at > uow.now),
        **rest,
    )


def _names(uow: UnitOfWork, ids: set[int]) -> dict[int, str]:
    rows = uow.session.execute(sa.select(User.id, User.name).where(User.id.in_(sorted(ids))))
    return {row.id: row.name for row in rows}


def _seen(uow: UnitOfWork, subjects: Sequence[str]) -> dict[str, datetime]:
    rows = uow.session.execute(
        sa.select(ActivitySeen.subject, ActivitySeen.seen_at).where(
            ActivitySeen.subject.in_(subjects)
        )
    )
    return {row.subject: row.seen_at for row in rows}
