"""A new password for whoever forgot theirs: a link by mail, good for 30 minutes and once.

Asking does the same work for every address: one row for the worker. Only the worker looks whether
somebody has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from webapp.domain.errors import Gone
from webapp.domain.permissions import Permission
from webapp.models import SignInTicket, TicketKind, User
from webapp.services import account
from webapp.services.steps import person, tickets
from webapp.services.steps.contact import clean_email, email_key
from webapp.services.unit_of_work import UnitOfWork, use_case

JOB = "send-password-reset"
LASTS = timedelta(minutes=30)
MOST_AN_HOUR = 3
"""More mails than this nobody is sent, whoever asks for them."""
_USED = "This link was used already or is older than 30 minutes. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Forgetful:
    """Whose password is to be set by a link."""

    user_id: int
    name: str
    email: str


@use_case(Permission.ACCOUNT)
def ask(uow: UnitOfWork, email: str) -> None:
    """Have a link sent to ``email`` if anybody signs in with it; says nothing about whether.

    Raises ``Invalid`` for what is no address at all.
    """
    uow.enqueue(JOB, email=email_key(clean_email(email)))


@use_case(Permission.UPKEEP)
def send(uow: UnitOfWork, email: str) -> bool:
    """Post the link to the person with this address; whether there was anybody to send it to."""
    user = uow.session.scalar(
        sa.select(User).where(
            User.email == email, User.deactivated_at.is_(None), User.is_room.is_(False)
        )
    )
    if user is None or _sent(uow, user.id) >= MOST_AN_HOUR:
        return False
    token = tickets.hand_out(uow, TicketKind.RESET, LASTS, user_id=user.id)
    url = f"{uow.settings.base_url}/auth/reset/{token}"
    person.note(uow, user.id, "password.reset_asked")
    person.tell(uow, user, "password-reset", console_url=url)
    return True


@use_case(Permission.ACCOUNT)
def forgetful(uow: UnitOfWork, token: str) -> Forgetful:
    """Whose link this is, while it is good; raises ``Gone``."""
    found = tickets.find(uow, TicketKind.RESET, token)
    user = uow.session.get(User, found.user_id) if found and found.user_id else None
    if user is None or user.deactivated_at is not None:
        raise Gone(_USED)
    return Forgetful(user.id, user.name, user.email or "")


@use_case(Permission.ACCOUNT)
def set_new(uow: UnitOfWork, token: str, new_hash: str) -> None:
    """Use the link up: the new password holds, and every session of the person ends.

    ``new_hash`` comes from ``passwords.hash_password``, called before the unit. Whoever is asked
    for one-time codes is asked for one at the next sign-in, too. Raises ``Gone``.
    """
    found = tickets.take(uow, TicketKind.RESET, token)
    if found is None or found.user_id is None:
        raise Gone(_USED)
    account.set_password(uow, found.user_id, new_hash)


@use_case(Permission.UPKEEP)
def delete_old_tickets(uow: UnitOfWork) -> int:
    """Upkeep: drop tickets of every kind a day after they ended; how many, at most 500."""
    old = (
        sa.select(SignInTicket.id)
        .where(SignInTicket.expires_at < uow.now - timedelta(days=1))
        .limit(500)
    )
    gone = uow.session.execute(
        sa.delete(SignInTicket)
        .where(SignInTicket.id.in_(old))
        .returning(SignInTicket.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def check_new(who: Forgetful, password: str, repeated: str) -> None:
    """Raise ``Invalid`` unless ``password`` may be theirs."""
    account.check_new_password(password, repeated, (who.name, who.email))


def _sent(uow: UnitOfWork, user_id: int) -> int:
    query = sa.select(sa.func.count()).where(
        SignInTicket.user_id == user_id,
        SignInTicket.kind == TicketKind.RESET,
        SignInTicket.created_at > uow.now - timedelta(hours=1),
    )
    return int(uow.session.execute(query).scalar_one())
