"""Signing in with OpenID Connect: who the provider says somebody is, and whose account that is.

Authorization code with PKCE (S256), state and nonce, through Authlib; every request to the
provider goes by the egress client. Somebody is known by issuer and subject together, never by a
mail address alone (OpenID Connect Core 1.0, 5.7).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from webapp.delivery.openid_provider import Identity
from webapp.domain.errors import Conflict, Invalid, NotFound, Unauthenticated
from webapp.domain.permissions import Permission
from webapp.models import OpenIdIdentity, TicketKind, User
from webapp.services.sessions import Proven
from webapp.services.steps import person, tickets, ways_in
from webapp.services.steps.contact import email_key
from webapp.services.unit_of_work import UnitOfWork, use_case

LASTS = timedelta(minutes=10)
SIGN_IN, LINK, AGAIN = "sign-in", "link", "again"
"""What somebody goes to the provider for."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody on their way to the provider. ``token`` stays in the browser's cookie; ``state``,
    ``nonce`` and ``verifier`` go with the requests.
    """

    token: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Return:
    """Somebody back from the provider; ``session_id`` and ``user_id`` when they were signed in."""

    purpose: str
    nonce: str
    verifier: str
    target: str
    session_id: int | None
    user_id: int | None


@use_case(Permission.ACCOUNT)
def depart(
    uow: UnitOfWork,
    purpose: str,
    *,
    target: str = "",
    session_id: int | None = None,
    user_id: int | None = None,
) -> Departure:
    """Note that this browser goes to the provider; it has ten minutes to come back."""
    state, nonce, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 48))
    token = tickets.hand_out(
        uow,
        TicketKind.OPENID,
        LASTS,
        user_id=user_id,
        session_id=session_id,
        purpose=purpose,
        state=tickets.hash_of(state).hex(),
        nonce=nonce,
        verifier=verifier,
        target=target,
    )
    return Departure(token, state, nonce, verifier)


@use_case(Permission.ACCOUNT)
def arrive(uow: UnitOfWork, token: str, state: str) -> Return | None:
    """Who comes back; used up by this, whatever follows. None: never left, too late, or again."""
    found = tickets.take(uow, TicketKind.OPENID, token)
    if found is None or found.payload["state"] != tickets.hash_of(state).hex():
        return None
    kept = found.payload
    return Return(
        kept["purpose"],
        kept["nonce"],
        kept["verifier"],
        kept["target"],
        found.session_id,
        found.user_id,
    )


@use_case(Permission.ACCOUNT)
def prove(uow: UnitOfWork, identity: Identity) -> Proven:
    """Whose account this identity opens.

    With ``openid_match_mail`` an account with the same, verified address is linked by this. Raises
    ``Unauthenticated`` when it opens none.
    """
    row = uow.session.scalar(_by_identity(identity))
    if row is None and uow.settings.openid_match_mail:
        row = _matched(uow, identity)
    if row is None:
        raise Unauthenticated(
            "No account here is linked with that sign-in. Sign in as you did before, and link it "
            "on your account page."
        )
    row.used_at, row.label = uow.now, _label(identity)
    return Proven(row.user_id, None, None)


@use_case(Permission.ACCOUNT)
def prove_same(uow: UnitOfWork, user_id: int, identity: Identity) -> Proven:
    """The person's own identity, shown again; ``Invalid`` for anybody else's."""
    row = uow.session.scalar(_by_identity(identity))
    if row is None or row.user_id != user_id:
        raise Invalid("That was another account at the provider.")
    return Proven(user_id, None, None)


@use_case(Permission.ACCOUNT)
def link(uow: UnitOfWork, user_id: int, identity: Identity) -> None:
    """Let the person sign in with this identity from now on.

    Raises ``Conflict`` when it belongs to another account, or the person has one of this issuer.
    """
    known = uow.session.scalar(_by_identity(identity))
    if known is not None and known.user_id == user_id:
        return
    if known is not None:
        raise Conflict("That sign-in is linked with another account already.")
    if linked(uow, user_id, identity.issuer) is not None:
        raise Conflict("You have linked another account of this provider. Unlink it first.")
    _add(uow, person.living(uow, user_id), identity)


@use_case(Permission.ACCOUNT)
def linked(uow: UnitOfWork, user_id: int, issuer: str) -> str | None:
    """What the person's identity at ``issuer`` is called (an address as a rule), None without."""
    return uow.session.scalar(
        sa.select(OpenIdIdentity.label).where(
            OpenIdIdentity.user_id == user_id, OpenIdIdentity.issuer == issuer
        )
    )


@use_case(Permission.ACCOUNT)
def unlink(uow: UnitOfWork, user_id: int, issuer: str) -> None:
    """Forget the person's identity at ``issuer``; ``Conflict`` when it is the only way in."""
    user = ways_in.lock(uow, user_id)
    row = uow.session.scalar(
        sa.select(OpenIdIdentity).where(
            OpenIdIdentity.user_id == user_id, OpenIdIdentity.issuer == issuer
        )
    )
    if row is None:
        raise NotFound("No such sign-in is linked.")
    ways_in.one_stays(uow, user_id)
    uow.session.delete(row)
    person.note(uow, user_id, "openid.unlinked", issuer=issuer)
    person.tell(uow, user, "sign-in-changed", change="openid-unlinked")


def _by_identity(identity: Identity) -> sa.Select[OpenIdIdentity]:
    return (
        sa.select(OpenIdIdentity)
        .join(User, User.id == OpenIdIdentity.user_id)
        .where(
            OpenIdIdentity.issuer == identity.issuer,
            OpenIdIdentity.subject == identity.subject,
            User.deactivated_at.is_(None),
        )
    )


def _matched(uow: UnitOfWork, identity: Identity) -> OpenIdIdentity | None:
    """The account with the provider's verified address, linked now; None when there is none."""
    if not identity.email or not identity.email_verified:
        return None
    user = uow.session.scalar(
        sa.select(User).where(
            User.email == email_key(identity.email),
            User.deactivated_at.is_(None),
            User.is_room.is_(False),
        )
    )
    if user is None or linked(uow, user.id, identity.issuer) is not None:
        return None
    return _add(uow, user, identity)


def _add(uow: UnitOfWork, user: User, identity: Identity) -> OpenIdIdentity:
    row = OpenIdIdentity(
        user_id=user.id,
        issuer=identity.issuer,
        subject=identity.subject,
        label=_label(identity),
        created_at=uow.now,
    )
    uow.session.add(row)
    person.note(uow, user.id, "openid.linked", issuer=identity.issuer)
    person.tell(uow, user, "sign-in-changed", change="openid-linked")
    return row


def _label(identity: Identity) -> str:
    return (identity.email or identity.subject)[:254]
