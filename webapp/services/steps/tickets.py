"""Tickets: secrets that are good once and for minutes, handed out and taken back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from webapp.models import SignInTicket, TicketKind
from webapp.services.unit_of_work import UnitOfWork

LONGEST = 100
"""No ticket of ours is longer; anything else is not looked up."""


def hand_out(
    uow: UnitOfWork,
    kind: TicketKind,
    lasts: timedelta,
    *,
    user_id: int | None = None,
    session_id: int | None = None,
    **payload: Any,
) -> str:
    """A new ticket's secret (256 bits); the row keeps only its hash."""
    token = secrets.token_urlsafe(32)
    uow.session.add(
        SignInTicket(
            token_hash=hash_of(token),
            kind=kind,
            user_id=user_id,
            session_id=session_id,
            payload=payload,
            created_at=uow.now,
            expires_at=uow.now + lasts,
        )
    )
    uow.session.flush()
    return token


def find(uow: UnitOfWork, kind: TicketKind, token: str) -> SignInTicket | None:
    """The ticket while it is good, without using it up."""
    if not token or len(token) > LONGEST:
        return None
    return uow.session.scalar(
        sa.select(SignInTicket).where(
            SignInTicket.token_hash == hash_of(token),
            SignInTicket.kind == kind,
            SignInTicket.used_at.is_(None),
            SignInTicket.expires_at > uow.now,
        )
    )


def take(uow: UnitOfWork, kind: TicketKind, token: str) -> SignInTicket | None:
    """Use the ticket up: of two who bring it at once, one gets it."""
    if not token or len(token) > LONGEST:
        return None
    return uow.session.scalar(
        sa.update(SignInTicket)
        .where(
            SignInTicket.token_hash == hash_of(token),
            SignInTicket.kind == kind,
            SignInTicket.used_at.is_(None),
            SignInTicket.expires_at > uow.now,
        )
        .values(used_at=uow.now)
        .returning(SignInTicket)
        .execution_options(populate_existing=True, synchronize_session=False)
    )


def withdraw(uow: UnitOfWork, user_id: int, *kinds: TicketKind) -> None:
    """No ticket of these kinds that the person may still have is good any more."""
    uow.session.execute(
        sa.update(SignInTicket)
        .where(
            SignInTicket.user_id == user_id,
            SignInTicket.kind.in_(kinds),
            SignInTicket.used_at.is_(None),
        )
        .values(used_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def hash_of(token: str) -> bytes:
    """How a secret of 256 random bits is kept; a fast hash is right for it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
