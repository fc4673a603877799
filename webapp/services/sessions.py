"""Signing in and out: sessions that live on the server and can be revoked at any moment.

Signing in takes three steps, so that no password is hashed while the database waits: read the
``credentials``, ``prove`` the password outside any unit, and ``open_session``. Who has one-time
codes switched on is asked for one before a session opens (``SecondStepNeeded``).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa

from webapp.domain.errors import Invalid, NotFound, Unauthenticated
from webapp.domain.permissions import Caller, Permission, Role
from webapp.models import ActivitySeen, BrowserSession, Membership, Organization, User
from webapp.services import passwords
from webapp.services.steps import person, tickets, ways_in
from webapp.services.steps.contact import clean_email, email_key
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=14)
PROVEN_FOR = timedelta(minutes=10)
"""How long a proof of who one is serves for dangerous actions."""
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
    """Somebody who proved who they are.

    ``password_hash`` is what a password was checked against, None for other proofs; ``new_hash``
    replaces a hash of older costs. ``both``: this proof counts as both steps of signing in.
    """

    user_id: int
    password_hash: str | None
    new_hash: str | None
    both: bool = False


class SecondStepNeeded(Unauthenticated):
    """The first proof was right, and this person has asked to be asked for a second one."""

    code = "second_step"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A living session: the person, and the organization they are looking at."""

    session_id: int
    user_id: int
    user_name: str
    user_email: str
    user_zone: str
    user_locale: str
    user_time_notation: str
    organization_id: int
    organization_name: str
    organization_slug: str
    organization_zone: str
    role: Role
    csrf_key: str
    seen_at: datetime
    proven_at: datetime | None

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
    password since it was proven, and ``SecondStepNeeded`` when one proof is not enough.
    """
    user = still_proven(uow, proven)
    if not proven.both and ways_in.ways_of(uow, user.id).codes:
        raise SecondStepNeeded("Enter a code from your phone.")
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
            proven_at=uow.now,
        )
    )
    return token


@use_case(Permission.ACCOUNT)
def still_proven(uow: UnitOfWork, proven: Proven) -> User:
    """The person, while what they proved still holds; raises ``Unauthenticated``."""
    user = uow.session.get(User, proven.user_id, populate_existing=True)
    changed = proven.password_hash is not None and (
        user is None or user.password_hash != proven.password_hash
    )
    if user is None or user.deactivated_at or changed:
        raise Unauthenticated("The e-mail address or the password is not right.")
    return user


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
def close_all(uow: UnitOfWork, user_id: int, *, but: int | None = None) -> int:
    """End every session of a person (``but`` one, by its id); how many there were."""
    statement = sa.update(BrowserSession).where(
        BrowserSession.user_id == user_id, BrowserSession.revoked_at.is_(None)
    )
    if but is not None:
        statement = statement.where(BrowserSession.id != but)
    ended = uow.session.execute(
        statement.values(revoked_at=uow.now).execution_options(synchronize_session=False)
    )
    return int(cast("sa.CursorResult[object]", ended).rowcount)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a person's signed-in browsers, as they see it; times are UTC."""

    id: int
    user_agent: str
    created_at: datetime
    seen_at: datetime


@use_case(Permission.ACCOUNT)
def sessions_of(uow: UnitOfWork, user_id: int) -> list[OpenSession]:
    """The living sessions of a person, the one used last first; at most a hundred."""
    statement = (
        sa.select(
            BrowserSession.id,
            BrowserSession.user_agent,
            BrowserSession.created_at,
            sa.type_coerce(_seen(), ActivitySeen.seen_at.type).label("seen_at"),
        )
        .outerjoin(ActivitySeen, ActivitySeen.subject == _subject())
        .where(
            BrowserSession.user_id == user_id,
            BrowserSession.revoked_at.is_(None),
            BrowserSession.expires_at > uow.now,
            _seen() > uow.now - IDLE,
        )
        .order_by(_seen().desc(), BrowserSession.id.desc())
        .limit(100)
    )
    return [OpenSession(*row) for row in uow.session.execute(statement)]


@use_case(Permission.ACCOUNT)
def revoke(uow: UnitOfWork, user_id: int, session_id: int) -> None:
    """End one of the person's own sessions; ``NotFound`` for anybody else's."""
    found = uow.session.scalar(
        sa.select(BrowserSession).where(
            BrowserSession.id == session_id, BrowserSession.user_id == user_id
        )
    )
    if found is None:
        raise NotFound("There is no such session.")
    if found.revoked_at is None:
        found.revoked_at = uow.now
        person.note(uow, user_id, "session.revoked", session=session_id)


@use_case(Permission.ACCOUNT)
def revoke_others(uow: UnitOfWork, user_id: int, session_id: int) -> int:
    """End every session of the person but this one; how many there were."""
    ended = close_all(uow, user_id, but=session_id)
    if ended:
        person.note(uow, user_id, "sessions.revoked", count=ended)
    return ended


@use_case(Permission.ACCOUNT)
def proven_recently(uow: UnitOfWork, session_id: int) -> bool:
    """Whether the person behind this session proved who they are within ``PROVEN_FOR``."""
    proven_at = uow.session.execute(
        sa.select(BrowserSession.proven_at).where(BrowserSession.id == session_id)
    ).scalar()
    return proven_at is not None and uow.now < proven_at + PROVEN_FOR


@use_case(Permission.ACCOUNT)
def renew(uow: UnitOfWork, session_id: int) -> str:
    """A new token for a session whose person has just proved who they are again.

    The old token is worthless from now on: whoever had copied it has nothing.
    """
    found = uow.session.get_one(BrowserSession, session_id)
    token = secrets.token_urlsafe(32)
    found.token_hash, found.proven_at = hash_of(token), uow.now
    return token


def hash_of(token: str) -> bytes:
    """How a token of 256 random bits is kept; a fast hash is right for it."""
    return tickets.hash_of(token)


def _subject() -> sa.ColumnElement[str]:
    """How the last-seen notes name a session."""
    return sa.literal("session:") + sa.cast(BrowserSession.id, sa.String)


def _seen() -> sa.ColumnElement[datetime]:
    return sa.func.coalesce(ActivitySeen.seen_at, BrowserSession.created_at)


def _living(token_hash: bytes, now: datetime) -> sa.Executable:
    """One statement for everything that must hold for a session to live."""
    statement = (
        sa.select(
            BrowserSession.id.label("session_id"),
            User.id.label("user_id"),
            User.name.label("user_name"),
            User.email.label("user_email"),
            User.zone.label("user_zone"),
            User.locale.label("user_locale"),
            User.time_notation.label("user_time_notation"),
            Organization.id.label("organization_id"),
            Organization.name.label("organization_name"),
            Organization.slug.label("organization_slug"),
            Organization.zone.label("organization_zone"),
            Membership.role,
            BrowserSession.csrf_key,
            sa.type_coerce(_seen(), ActivitySeen.seen_at.type).label("seen_at"),
            BrowserSession.proven_at,
        )
        .join(User, User.id == BrowserSession.user_id)
        .join(Organization, Organization.id == BrowserSession.organization_id)
        .join(
            Membership,
            sa.and_(Membership.user_id == User.id, Membership.organization_id == Organization.id),
        )
        .outerjoin(ActivitySeen, ActivitySeen.subject == _subject())
        .where(
            BrowserSession.token_hash == token_hash,
            BrowserSession.revoked_at.is_(None),
            BrowserSession.expires_at > now,
            User.deactivated_at.is_(None),
        )
    )
    return below_the_guard(statement, _WHY)
