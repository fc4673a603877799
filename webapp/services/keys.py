"""Keys to the JSON surfaces: people's access tokens and the organization's API clients.

Only hashes are kept: a key is shown once, when it is made.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.domain.errors import Invalid, NotFound, Unauthenticated
from webapp.domain.permissions import Caller, Permission, Role
from webapp.models import AccessToken, ApiClient, Membership, User
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"kal_([0-9A-Za-z]{8})_([0-9A-Za-z]{40})")
_WHY = "who asks is not known yet; the statement names the key"
_NOBODY = hashlib.sha256(b"").digest()


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


@use_case(Permission.KEYS_MANAGE)
def make_token(
    uow: UnitOfWork,
    user_id: int,
    name: str,
    *,
    scopes: frozenset[Permission] | None = None,
    expires_at: datetime | None = None,
) -> MadeToken:
    """An access token of a member, ``kal_<8 id>_<40 random>``: 238 bits.

    ``scopes`` narrows what the role allows (None: nothing is taken away). Raises ``NotFound`` for
    somebody who is no member, ``Invalid`` for an empty name or an expiry in the past.
    """
    member = sa.select(Membership.id).where(Membership.user_id == user_id)
    if uow.session.scalar(member) is None:
        raise NotFound("there is no such person here")
    if expires_at is not None and expires_at <= uow.now:
        raise Invalid("The key would have expired already.", field="expires_at")
    public_id, secret = _random(8), _random(40)
    uow.session.add(
        AccessToken(
            public_id=public_id,
            secret_hash=_hash(secret),
            user_id=user_id,
            name=_label(name),
            scopes=None if scopes is None else sorted(scopes),
            created_at=uow.now,
            expires_at=expires_at,
        )
    )
    uow.record("token.made", f"token:{public_id}", user_id=user_id)
    uow.session.flush()
    return MadeToken(public_id, f"kal_{public_id}_{secret}")


@use_case(Permission.KEYS_MANAGE)
def revoke_token(uow: UnitOfWork, public_id: str) -> None:
    """End a token at once and for good."""
    found = uow.session.scalar(sa.select(AccessToken).where(AccessToken.public_id == public_id))
    if found is None:
        raise NotFound("there is no such token")
    found.revoked_at = found.revoked_at or uow.now
    uow.record("token.revoked", f"token:{public_id}")


@use_case(Permission.KEYS_MANAGE)
def make_client(uow: UnitOfWork, name: str) -> MadeClient:
    """A program's key that acts for the whole organization: id and ``kas_<40 random>``."""
    client_id, secret = f"kac_{_random(20)}", f"kas_{_random(40)}"
    uow.session.add(
        ApiClient(
            client_id=client_id, secret_hash=_hash(secret), name=_label(name), created_at=uow.now
        )
    )
    uow.record("client.made", f"client:{client_id}")
    uow.session.flush()
    return MadeClient(client_id, secret)


@use_case(Permission.KEYS_MANAGE)
def revoke_client(uow: UnitOfWork, client_id: str) -> None:
    """End a client at once and for good."""
    found = uow.session.scalar(sa.select(ApiClient).where(ApiClient.client_id == client_id))
    if found is None:
        raise NotFound("there is no such client")
    found.revoked_at = found.revoked_at or uow.now
    uow.record("client.revoked", f"client:{client_id}")


@use_case(Permission.ACCOUNT)
def by_token(uow: UnitOfWork, text: str) -> Keyholder:
    """Who the access token ``text`` speaks for; ``Unauthenticated`` for everything else.

    The person must still be a member of the token's organization.
    """
    shape = _TOKEN.fullmatch(text)
    public_id, secret = shape.groups() if shape else ("", "")
    row = uow.session.execute(
        below_the_guard(
            sa.select(
                AccessToken.id,
                AccessToken.secret_hash,
                AccessToken.organization_id,
                AccessToken.user_id,
                AccessToken.scopes,
                Membership.role,
            )
            .join(User, User.id == AccessToken.user_id)
            .join(
                Membership,
                sa.and_(
                    Membership.user_id == AccessToken.user_id,
                    Membership.organization_id == AccessToken.organization_id,
                ),
            )
            .where(
                AccessToken.public_id == public_id,
                AccessToken.revoked_at.is_(None),
                sa.or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > uow.now),
                User.deactivated_at.is_(None),
            ),
            _WHY,
        )
    ).one_or_none()
    if not hmac.compare_digest(row.secret_hash if row else _NOBODY, _hash(secret)) or row is None:
        raise Unauthenticated("The access token is invalid.")
    known = frozenset(Permission)
    scopes = known if row.scopes is None else known & frozenset(row.scopes)
    caller = Caller(row.organization_id, row.role, row.user_id, scopes)
    return Keyholder(caller, f"token:{row.id}")


@use_case(Permission.ACCOUNT)
def by_client(uow: UnitOfWork, client_id: str, secret: str) -> Keyholder:
    """Who an API client's id and secret speak for; ``Unauthenticated`` for everything else."""
    row = uow.session.execute(
        below_the_guard(
            sa.select(ApiClient.id, ApiClient.secret_hash, ApiClient.organization_id).where(
                ApiClient.client_id == client_id, ApiClient.revoked_at.is_(None)
            ),
            _WHY,
        )
    ).one_or_none()
    if not hmac.compare_digest(row.secret_hash if row else _NOBODY, _hash(secret)) or row is None:
        raise Unauthenticated("The client id or its secret is invalid.")
    return Keyholder(Caller(row.organization_id, Role.API_CLIENT), f"client:{row.id}")


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _label(name: str) -> str:
    label = " ".join(name.split())
    if not label or len(label) > 80 or not label.isprintable():
        raise Invalid("A key's name has 1 to 80 characters on one line.", field="name")
    return label
