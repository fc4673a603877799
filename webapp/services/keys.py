"""Keys to the JSON surfaces: people's access tokens and the organization's API clients.

Only hashes are kept: a secret is shown once, when it is made. A key that changes its secret may go
on with the old one for some hours, so that programs can be changed one after another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from webapp.domain.permissions import ALWAYS, Caller, Permission, Role
from webapp.models import AccessToken, ApiClient, Membership, User, table_of
from webapp.models.direct import Direct
from webapp.services.steps import idempotency
from webapp.services.unit_of_work import UnitOfWork, use_case

OVERLAP_HOURS = (0, 1, 24)
"""How long the old secret may go on after a change."""
MOST_KEYS = 50
"""Living tokens of a person in an organization, and living clients of an organization."""

Key = TypeVar("Key", AccessToken, ApiClient)
Scopes = frozenset[Permission]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"kal_([0-9A-Za-z]{8})_([0-9A-Za-z]{40})")
_WHY = "who asks is not known yet; the statement names the key"
_EVERYTHING = frozenset(Permission)
_NOBODY = secrets.token_bytes(32)
"""In place of a hash where there is none: no secret has it, the empty one neither."""
_TWICE = "This form was sent twice. The key was made once, and its secret was shown then."


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A fresh access token; ``token`` is never readable again."""

    public_id: str
    token: str


@dataclass(frozen=True, slots=True)
class MadeClient:
    """A fresh API client; ``secret`` is never readable again."""

    client_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Keyholder:
    """Who a key speaks for. ``subject`` names the key in the last-seen notes (``token:7``)."""

    caller: Caller
    subject: str


# ------------------------------------------------------------------------------------- making


@use_case(Permission.ACCOUNT)
def make_own_token(
    uow: UnitOfWork,
    name: str,
    *,
    scopes: Scopes | None = None,
    expires_at: datetime | None = None,
    form_key: str | None = None,
) -> MadeToken:
    """An access token of the caller's own (see ``make_token``).

    Raises ``Conflict`` when ``form_key`` was used before or the caller has very many tokens.
    """
    user_id = uow.caller.user_id
    if user_id is None:
        raise Forbidden("only a person has access tokens")
    if idempotency.claim(uow, "token.made", form_key, {"user": user_id}) is not None:
        raise Conflict(_TWICE)
    living = sa.select(sa.func.count()).select_from(AccessToken)
    _not_too_many(uow, living.where(AccessToken.user_id == user_id, _living(_TOKENS, uow.now)))
    return _make_token(uow, user_id, name, scopes, expires_at)


@use_case(Permission.KEYS_MANAGE)
def make_token(
    uow: UnitOfWork,
    user_id: int,
    name: str,
    *,
    scopes: Scopes | None = None,
    expires_at: datetime | None = None,
) -> MadeToken:
    """An access token of a member, ``kal_<8 id>_<40 random>``: 238 bits.

    ``scopes`` narrows what the role allows (None: nothing is taken away); it cannot hold what the
    caller may not do. Raises ``NotFound`` for somebody who is no member, ``Forbidden`` for an
    owner's token asked for by somebody else than an owner, ``Invalid`` for an empty name, an
    expiry in the past or a scope that is not the caller's.
    """
    role = uow.session.scalar(sa.select(Membership.role).where(Membership.user_id == user_id))
    if role is None:
        raise NotFound("there is no such person here")
    if role is Role.OWNER and uow.caller.role not in (Role.OWNER, Role.SYSTEM):
        raise Forbidden("only an owner may make an owner's token")
    return _make_token(uow, user_id, name, scopes, expires_at)


def _make_token(
    uow: UnitOfWork, user_id: int, name: str, scopes: Scopes | None, expires_at: datetime | None
) -> MadeToken:
    public_id, secret = _random(8), _random(40)
    uow.session.add(
        AccessToken(
            public_id=public_id,
            secret_hash=_hash(secret),
            user_id=user_id,
            name=_label(name),
            scopes=_kept(uow, scopes),
            created_at=uow.now,
            expires_at=_ahead(uow, expires_at),
            made_by=uow.caller.user_id,
        )
    )
    uow.record("token.made", f"token:{public_id}", user_id=user_id)
    uow.session.flush()
    return MadeToken(public_id, f"kal_{public_id}_{secret}")


@use_case(Permission.KEYS_MANAGE)
def make_client(
    uow: UnitOfWork,
    name: str,
    *,
    scopes: Scopes | None = None,
    expires_at: datetime | None = None,
    form_key: str | None = None,
) -> MadeClient:
    """A program's key that acts for the whole organization: id and ``kas_<40 random>``.

    Raises ``Conflict`` and ``Invalid`` as ``make_own_token`` does.
    """
    asked = {"user": uow.caller.user_id}
    if idempotency.claim(uow, "client.made", form_key, asked) is not None:
        raise Conflict(_TWICE)
    living = sa.select(sa.func.count()).select_from(ApiClient)
    _not_too_many(uow, living.where(_living(_CLIENTS, uow.now)))
    client_id, secret = f"kac_{_random(20)}", f"kas_{_random(40)}"
    uow.session.add(
        ApiClient(
            client_id=client_id,
            secret_hash=_hash(secret),
            name=_label(name),
            scopes=_kept(uow, scopes),
            created_at=uow.now,
            expires_at=_ahead(uow, expires_at),
            made_by=uow.caller.user_id,
        )
    )
    uow.record("client.made", f"client:{client_id}")
    uow.session.flush()
    return MadeClient(client_id, secret)


# --------------------------------------------------------------------------- another secret


@use_case(Permission.ACCOUNT)
def rotate_own_token(uow: UnitOfWork, public_id: str, *, overlap_hours: int = 0) -> MadeToken:
    """Give an own token another secret; the old one works for ``overlap_hours`` more.

    Nobody does this with somebody else's token: it would show them the secret. A secret that was
    still going on from an earlier change ends now. Raises ``NotFound``, ``Invalid`` for another
    overlap than 0, 1 or 24, ``Conflict`` for a token that has ended.
    """
    found = _own_token(uow, public_id)
    secret = _random(40)
    _another_secret(uow, found, secret, overlap_hours)
    uow.record("token.rotated", f"token:{public_id}", overlap_hours=overlap_hours)
    return MadeToken(public_id, f"kal_{public_id}_{secret}")


@use_case(Permission.KEYS_MANAGE)
def rotate_client(uow: UnitOfWork, client_id: str, *, overlap_hours: int = 0) -> MadeClient:
    """Give a client another secret, as ``rotate_own_token`` does for tokens."""
    found, secret = _client(uow, client_id), f"kas_{_random(40)}"
    _another_secret(uow, found, secret, overlap_hours)
    uow.record("client.rotated", f"client:{client_id}", overlap_hours=overlap_hours)
    return MadeClient(client_id, secret)


def _another_secret(uow: UnitOfWork, key: Key, secret: str, overlap_hours: int) -> None:
    if overlap_hours not in OVERLAP_HOURS:
        raise Invalid("The old secret goes on for 0, 1 or 24 hours.", field="overlap")
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= uow.now):
        raise Conflict("This key has ended. Make another one instead.")
    stays = overlap_hours > 0
    key.old_secret_hash = key.secret_hash if stays else None
    key.old_secret_until = uow.now + timedelta(hours=overlap_hours) if stays else None
    key.secret_hash = _hash(secret)
    key.rotated_at = uow.now


# ------------------------------------------------------------------------------------- ending


@use_case(Permission.ACCOUNT)
def revoke_own_token(uow: UnitOfWork, public_id: str) -> None:
    """End one of the caller's own tokens at once and for good; raises ``NotFound``."""
    _revoke(uow, _own_token(uow, public_id), "token.revoked", f"token:{public_id}")


@use_case(Permission.KEYS_MANAGE)
def revoke_token(uow: UnitOfWork, public_id: str) -> None:
    """End anybody's token at once and for good."""
    found = uow.session.scalar(sa.select(AccessToken).where(AccessToken.public_id == public_id))
    if found is None:
        raise NotFound("there is no such token")
    _revoke(uow, found, "token.revoked", f"token:{public_id}")


@use_case(Permission.KEYS_MANAGE)
def revoke_client(uow: UnitOfWork, client_id: str) -> None:
    """End a client at once and for good."""
    _revoke(uow, _client(uow, client_id), "client.revoked", f"client:{client_id}")


def _revoke(uow: UnitOfWork, key: Key, action: str, subject: str) -> None:
    if key.revoked_at is None:
        key.revoked_at = uow.now
        key.old_secret_hash = key.old_secret_until = None
        uow.record(action, subject)


def _own_token(uow: UnitOfWork, public_id: str) -> AccessToken:
    own = sa.select(AccessToken).where(
        AccessToken.public_id == public_id, AccessToken.user_id == uow.caller.user_id
    )
    found = uow.session.scalar(own)
    if found is None:
        raise NotFound("there is no such token")
    return found


def _client(uow: UnitOfWork, client_id: str) -> ApiClient:
    found = uow.session.scalar(sa.select(ApiClient).where(ApiClient.client_id == client_id))
    if found is None:
        raise NotFound("there is no such client")
    return found


# ----------------------------------------------------------------------------------- checking


_USER, _MEMBER = table_of(User), table_of(Membership)
_TOKENS, _CLIENTS = table_of(AccessToken), table_of(ApiClient)
_NOW: sa.BindParameter[datetime] = sa.bindparam("now")


def _living(table: sa.Table, now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    return table.c.revoked_at.is_(None) & (
        table.c.expires_at.is_(None) | (table.c.expires_at > now)
    )


def _secrets(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    return [table.c.secret_hash, table.c.old_secret_hash, table.c.old_secret_until]


_BY_TOKEN = Direct(
    sa.select(
        _TOKENS.c.id,
        _TOKENS.c.organization_id,
        _TOKENS.c.user_id,
        _TOKENS.c.scopes,
        _MEMBER.c.role,
        *_secrets(_TOKENS),
    )
    .join(_USER, _USER.c.id == _TOKENS.c.user_id)
    .join(
        _MEMBER,
        (_MEMBER.c.user_id == _TOKENS.c.user_id)
        & (_MEMBER.c.organization_id == _TOKENS.c.organization_id),
    )
    .where(
        _TOKENS.c.public_id == sa.bindparam("key"),
        _living(_TOKENS, _NOW),
        _USER.c.deactivated_at.is_(None),
    ),
    _WHY,
)
_BY_CLIENT = Direct(
    sa.select(
        _CLIENTS.c.id, _CLIENTS.c.organization_id, _CLIENTS.c.scopes, *_secrets(_CLIENTS)
    ).where(_CLIENTS.c.client_id == sa.bindparam("key"), _living(_CLIENTS, _NOW)),
    _WHY,
)


def by_token(engine: sa.Engine, text: str, now: datetime) -> Keyholder:
    """Who the access token ``text`` speaks for; ``Unauthenticated`` for everything else.

    Asked before there is a unit, because nobody is known yet. The person must still be a member
    of the token's organization.
    """
    shape = _TOKEN.fullmatch(text)
    public_id, secret = shape.groups() if shape else ("", "")
    row = _proven(engine, _BY_TOKEN, public_id, secret, now)
    if row is None:
        raise Unauthenticated("The access token is invalid.")
    caller = Caller(row["organization_id"], row["role"], row["user_id"], _scopes(row["scopes"]))
    return Keyholder(caller, f"token:{row['id']}")


def by_client(engine: sa.Engine, client_id: str, secret: str, now: datetime) -> Keyholder:
    """Who an API client's id and secret speak for; ``Unauthenticated`` for everything else."""
    row = _proven(engine, _BY_CLIENT, client_id, secret, now)
    if row is None:
        raise Unauthenticated("The client id or its secret is invalid.")
    caller = Caller(row["organization_id"], Role.API_CLIENT, scopes=_scopes(row["scopes"]))
    return Keyholder(caller, f"client:{row['id']}")


def _proven(
    engine: sa.Engine, keys: Direct, name: str, secret: str, now: datetime
) -> dict[str, Any] | None:
    """The key's row if ``secret`` is its own, or its old one in time; no faster where there is
    no key."""
    rows = keys.named_aside(engine, key=name, now=now)
    given, own, old = _hash(secret), _NOBODY, _NOBODY
    for row in rows:
        own = row["secret_hash"]
        if row["old_secret_until"] is not None and row["old_secret_until"] > now:
            old = row["old_secret_hash"]
    fits = hmac.compare_digest(own, given) | hmac.compare_digest(old, given)
    return rows[0] if rows and fits else None


def _scopes(kept: list[str] | None) -> Scopes:
    return _EVERYTHING if kept is None else _EVERYTHING & frozenset(kept)


# ------------------------------------------------------------------------------------- shapes


def _kept(uow: UnitOfWork, scopes: Scopes | None) -> list[str] | None:
    if scopes is None:
        return None
    if uow.caller.role is not Role.SYSTEM and not scopes <= uow.caller.allowed:
        raise Invalid("A key cannot do more than you may.", field="scopes")
    if not scopes - ALWAYS:
        raise Invalid("Choose at least one thing that the key may do.", field="scopes")
    return sorted(scopes | ALWAYS)


def _ahead(uow: UnitOfWork, expires_at: datetime | None) -> datetime | None:
    if expires_at is not None and expires_at <= uow.now:
        raise Invalid("The key would have expired already.", field="expires_at")
    return expires_at


def _not_too_many(uow: UnitOfWork, counted: sa.Select[int]) -> None:
    if (uow.session.scalar(counted) or 0) >= MOST_KEYS:
        raise Conflict(f"There are {MOST_KEYS} keys already. Revoke one that nobody needs.")


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _label(name: str) -> str:
    label = " ".join(name.split())
    if not label or len(label) > 80 or not label.isprintable():
        raise Invalid("A key's name has 1 to 80 characters on one line.", field="name")
    return label
