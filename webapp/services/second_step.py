"""The half-open state between the first proof and the second: a cookie that is no session."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from webapp.domain.errors import Gone
from webapp.domain.permissions import Permission
from webapp.models import SignInTicket, TicketKind, User
from webapp.services import one_time_codes
from webapp.services.sessions import Proven
from webapp.services.steps import tickets
from webapp.services.unit_of_work import UnitOfWork, use_case

LASTS = timedelta(minutes=10)
MOST_TRIES = 5
_OVER = "That took too long, or there were too many wrong codes. Please sign in again."


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Who has done the first step, and where they want to go."""

    user_id: int
    email: str
    target: str


@use_case(Permission.ACCOUNT)
def hold(uow: UnitOfWork, proven: Proven, target: str = "") -> str:
    """Keep a first proof for ten minutes; the token goes into a cookie of its own."""
    return tickets.hand_out(
        uow,
        TicketKind.SECOND_STEP,
        LASTS,
        user_id=proven.user_id,
        proof=_proof(proven.password_hash),
        new_hash=proven.new_hash,
        target=target,
    )


@use_case(Permission.ACCOUNT)
def waiting(uow: UnitOfWork, token: str) -> HalfOpen | None:
    """Who is between the steps; None when it took too long."""
    found = tickets.find(uow, TicketKind.SECOND_STEP, token)
    user = uow.session.get(User, found.user_id) if found and found.user_id else None
    if found is None or user is None or user.deactivated_at is not None:
        return None
    return HalfOpen(user.id, user.email or "", str(found.payload.get("target") or ""))


@use_case(Permission.ACCOUNT)
def answer(uow: UnitOfWork, token: str, code: str) -> Proven | None:
    """The whole proof when ``code`` is right, None when it is wrong (a try is used up).

    Raises ``Gone`` when the half-open state is over: ten minutes, or five wrong codes.
    """
    found = tickets.find(uow, TicketKind.SECOND_STEP, token)
    user = uow.session.get(User, found.user_id) if found and found.user_id else None
    if found is None or user is None or not _try(uow, found):
        raise Gone(_OVER)
    if found.payload.get("proof") not in (None, _proof(user.password_hash)):
        raise Gone(_OVER)  # the password was changed meanwhile
    if not one_time_codes.use(uow, user.id, code):
        return None
    tickets.take(uow, TicketKind.SECOND_STEP, token)
    checked = user.password_hash if found.payload.get("proof") else None
    return Proven(user.id, checked, found.payload.get("new_hash"), both=True)


def _try(uow: UnitOfWork, found: SignInTicket) -> bool:
    """Use a try up; whether there was one left."""
    left = uow.session.execute(
        sa.update(SignInTicket)
        .where(SignInTicket.id == found.id, SignInTicket.tries < MOST_TRIES)
        .values(tries=SignInTicket.tries + 1)
        .returning(SignInTicket.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return left is not None


def _proof(password_hash: str | None) -> str | None:
    """A mark of the password that was proved, from which it cannot be guessed."""
    return hashlib.sha256(password_hash.encode()).hexdigest() if password_hash else None
