"""Signing in and out: sessions that live on the server and can be revoked at any moment.

Signing in takes three steps, so that no password is hashed while the database waits: read the
``credentials``, ``prove`` the password outside any unit, and ``open_session``.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa

from webapp.domain.errors import Invalid, Unauthenticated
from webapp.domain.permissions import Caller, Permission, Role
from webapp.models import ActivitySeen, BrowserSession, Membership, Organization, User
from webapp.services import passwords
from webapp.services.steps.contact import clean_email, email_key
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=14)
_LONGEST_PASSWORD = 1024
_WHY = "who signs in belongs to no organization yet; the statement names the person"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signing in is checked against; ``user_id`` None when there is no such account."""

    email: str
    user_id: int | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody who knew their password. ``new_hash`` replaces a hash of older costs."""

    user_id: int
    password_hash: str
    new_hash: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A living session: the person, and the organization they are looking at."""

    session_id: int
    user_id: int
    user_name: str
    user_email: str
    user_zone: str
    organization_id: int
    organization_name: str
    organization_slug: str
    organization_zone: str
    role: Role
    csrf_key: str
    seen_at: datetime

    @property
    def caller(self) -> Caller:
        """Who asks, for the units of work of this request."""
        return Caller(self.organization_id, self.role, self.user_id)


@use_case(Permission.ACCOUNT)
def credentials(uow: UnitOfWork, email: str) -> Credentials:
    """What ``email`` has to prove; the same shape for an address nobody has."""
    try:
        address = email_key(clean_email(email))
    except Invalid:
        return Credentials("", None, None)
    found = uow.session.execute(
        sa.select(User.id, User.password_hash).where(
            User.email == address, User.deactivated_at.is_(None), User.is_room.is_(False)
        )
    ).one_or_none()
    if found is None or found.password_hash is None:
        return Credentials(address, None, None)
    return Credentials(address, found.id, found.password_hash)


def prove(who: Credentials, password: str) -> Proven:
    """Check the password; some 100 ms, to be called outside any unit of work.

    Raises ``Unauthenticated`` with the same words for a wrong password and an unknown person,
    after the same work, and ``TooMany`` when too many are being checked at once.
    """
    if len(password) > _LONGEST_PASSWORD:
        password = ""  # nobody's, and not worth hashing a megabyte for
    right = passwords.verify(who.password_hash, password)
    if not right or who.user_id is None or who.password_hash is None:
        raise Unauthenticated("The e-mail address or the password is not right.")
    outdated = passwords.is_outdated(who.password_hash)
    new_hash = passwords.hash_password(password) if outdated else None
    return Proven(who.user_id, who.password_hash, new_hash)


@use_case(Permission.ACCOUNT)
def open_session(uow: UnitOfWork, proven: Proven, user_agent: str = "") -> str:
    """A new session; the token (256 bits) goes into the cookie and is kept only as a hash.

    Raises ``Unauthenticated`` when the account was closed, lost its last membership or changed its
    password since it was proven.
    """
    user = uow.session.get(User, proven.user_id, populate_existing=True)
    if user is None or user.deactivated_at or user.password_hash != proven.password_hash:
        raise Unauthenticated("The e-mail address or the password is not right.")
    organization_id = uow.session.execute(
        below_the_guard(
            sa.select(Membership.organization_id)
            .where(Membership.user_id == user.id)
            .order_by(Membership.id)
            .limit(1),
            _WHY,
        )
    ).scalar()
    if organization_id is None:
        raise Unauthenticated("This account belongs to no organization any more.")
    if proven.new_hash:
        user.password_hash = proven.new_hash
    token = secrets.token_urlsafe(32)
    uow.session.add(
        BrowserSession(
            token_hash=hash_of(token),
            user_id=user.id,
            organization_id=organization_id,
            csrf_key=secrets.token_urlsafe(32),
            user_agent="".join(c for c in user_agent if c.isprintable())[:200],
            created_at=uow.now,
            expires_at=uow.now + ABSOLUTE,
        )
    )
    return token


@use_case(Permission.ACCOUNT)
def signed_in(uow: UnitOfWork, token: str) -> SignedIn | None:
    """The living session behind a cookie, or None.

    It lives until 8 hours without a request, 14 days in all, sign-out, and only while the person
    is a member of the organization and not deactivated: all of it is asked at each request.
    """
    if not token or len(token) > 100:
        return None
    row = uow.session.execute(_living(hash_of(token), uow.now)).one_or_none()
    if row is None or uow.now >= row.seen_at + IDLE:
        return None
    return SignedIn(**row._mapping)


@use_case(Permission.ACCOUNT)
def close_session(uow: UnitOfWork, token: str) -> None:
    """Sign out: the token is worthless from now on. An unknown token is nothing to complain of."""
    uow.session.execute(
        sa.update(BrowserSession)
        .where(BrowserSession.token_hash == hash_of(token), BrowserSession.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )


@use_case(Permission.ACCOUNT)
def close_all(uow: UnitOfWork, user_id: int) -> int:
    """End every session of a person; how many there were."""
    ended = uow.session.execute(
        sa.update(BrowserSession)
        .where(BrowserSession.user_id == user_id, BrowserSession.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    return int(cast("sa.CursorResult[object]", ended).rowcount)


def hash_of(token: str) -> bytes:
    """How a token of 256 random bits is kept; a fast hash is right for it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _living(token_hash: bytes, now: datetime) -> sa.Executable:
    """One statement for everything that must hold for a session to live."""
    seen = sa.func.coalesce(ActivitySeen.seen_at, BrowserSession.created_at)
    statement = (
        sa.select(
            BrowserSession.id.label("session_id"),
            User.id.label("user_id"),
            User.name.label("user_name"),
            User.email.label("user_email"),
            User.zone.label("user_zone"),
            Organization.id.label("organization_id"),
            Organization.name.label("organization_name"),
            Organization.slug.label("organization_slug"),
            Organization.zone.label("organization_zone"),
            Membership.role,
            BrowserSession.csrf_key,
            sa.type_coerce(seen, ActivitySeen.seen_at.type).label("seen_at"),
        )
        .join(User, User.id == BrowserSession.user_id)
        .join(Organization, Organization.id == BrowserSession.organization_id)
        .join(
            Membership,
            sa.and_(Membership.user_id == User.id, Membership.organization_id == Organization.id),
        )
        .outerjoin(
            ActivitySeen,
            ActivitySeen.subject == sa.literal("session:") + sa.cast(BrowserSession.id, sa.String),
        )
        .where(
            BrowserSession.token_hash == token_hash,
            BrowserSession.revoked_at.is_(None),
            BrowserSession.expires_at > now,
            User.deactivated_at.is_(None),
        )
    )
    return below_the_guard(statement, _WHY)
