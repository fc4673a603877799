"""Invitations: a link by mail that makes somebody a member, good once and for seven days.

Whoever holds the token has read the mail; nobody else learns whether the address has an account.
Somebody who has one only ever gets a membership, and only after proving who they are.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.domain.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooMany
from webapp.domain.permissions import Permission, Role
from webapp.models import Invitation, Membership, Message, MessageState, Organization, User
from webapp.services import directory, people
from webapp.services.people import check_role
from webapp.services.steps import person, tickets
from webapp.services.steps.contact import clean_email, email_key
from webapp.services.steps.letterhead import letterhead
from webapp.services.steps.notices import iso
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

GOOD_FOR = timedelta(days=7)
PAUSE = timedelta(minutes=1)
"""Before the same mail is sent again."""
MOST_OPEN = 200
_WHY = "who holds an invitation belongs to no organization yet; the statement names the token"


class InvitationGone(Gone):
    """A link that was good once. ``how`` is "accepted", "revoked" or "expired"."""

    def __init__(self, how: str, organization: str) -> None:
        super().__init__(f"This invitation was {how}." if how != "expired" else "It has expired.")
        self.how = how
        self.organization = organization


class Account(StrEnum):
    """What the invited address has: nothing yet, an account, or one that was closed.

    ``HOMELESS`` is an account without any organization: it cannot sign in before it joins one.
    """

    NONE = "none"
    OPEN = "open"
    HOMELESS = "homeless"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation as the team page shows it; times are UTC. ``mail`` is how it fared."""

    uuid: UUID
    email: str
    role: Role
    by_name: str
    sent_at: datetime
    expires_at: datetime
    has_expired: bool
    mail: MessageState | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the holder of a token is offered; ``account`` is what their address has already."""

    organization_name: str
    organization_slug: str
    email: str
    role: Role
    by_name: str
    zone: str
    expires_at: datetime
    account: Account


@dataclass(frozen=True, slots=True)
class Accepted:
    """Who joined what."""

    user_id: int
    organization_id: int


# ---------------------------------------------------------------------------------- the team's side


@use_case(Permission.PEOPLE_MANAGE)
def invite(uow: UnitOfWork, email: str, role: Role = Role.MEMBER) -> Invitation:
    """Invite an address as a member or an admin, by mail.

    Raises ``Invalid`` for what is no address or role, ``Conflict`` for somebody who is here or was
    invited already, ``Forbidden``, and ``TooMany`` with 200 open invitations.
    """
    check_role(uow.caller, role)
    if role is Role.OWNER:
        raise Invalid("Invite them as an admin; ownership is handed over later.", field="role")
    address = email_key(clean_email(email))
    _is_new_here(uow, address)
    invitation = Invitation(
        uuid=uuid4(),
        email=address,
        role=role,
        token_hash=b"",
        invited_by=uow.caller.user_id,
        created_at=uow.now,
        sent_at=uow.now,
        expires_at=uow.now,
    )
    uow.session.add(invitation)
    _send(uow, invitation)
    uow.record(
        "invitation.sent",
        f"invitation:{invitation.id}",
        role=role.value,
        personal={"email": address},
    )
    return invitation


def _is_new_here(uow: UnitOfWork, address: str) -> None:
    here = sa.select(User.id).join(Membership, Membership.user_id == User.id)
    if uow.session.scalar(here.where(User.email == address)) is not None:
        raise Conflict("They are in the team already.", field="email")
    open_ones = uow.session.scalars(sa.select(Invitation.email).where(*_open(uow.now))).all()
    if address in open_ones:
        raise Conflict("They are invited already; you can send it again below.", field="email")
    if len(open_ones) >= MOST_OPEN:
        raise TooMany(
            f"{MOST_OPEN} invitations wait to be accepted. Revoke some first.",
            retry_after_seconds=3600,
        )


def _open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )


@use_case(Permission.PEOPLE_MANAGE)
def resend(uow: UnitOfWork, uuid: UUID) -> None:
    """Send the mail again with a new link, good for seven days from now; the old link ends.

    Raises ``NotFound``, ``Gone`` when it was accepted or revoked, and ``TooMany`` within a minute.
    """
    invitation = _found(uow, uuid)
    check_role(uow.caller, invitation.role)
    if uow.now - invitation.sent_at < PAUSE:
        raise TooMany("It was sent a moment ago. Wait a minute.", retry_after_seconds=60)
    _send(uow, invitation)
    uow.record("invitation.resent", f"invitation:{invitation.id}")


@use_case(Permission.PEOPLE_MANAGE)
def revoke(uow: UnitOfWork, uuid: UUID) -> None:
    """End an invitation: its link says so from now on. Raises ``NotFound`` and ``Gone``."""
    invitation = _found(uow, uuid)
    invitation.revoked_at = uow.now
    uow.record("invitation.revoked", f"invitation:{invitation.id}")


def _found(uow: UnitOfWork, uuid: UUID) -> Invitation:
    found = uow.session.scalars(
        sa.select(Invitation)
        .where(Invitation.uuid == uuid)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such invitation.")
    if found.accepted_at or found.revoked_at:
        how = "accepted" if found.accepted_at else "revoked"
        raise InvitationGone(how, "")
    return found


@use_case(Permission.PEOPLE_MANAGE)
def waiting(uow: UnitOfWork) -> list[Invited]:
    """Invitations that nobody has accepted, expired ones too, the newest first."""
    rows = uow.session.execute(
        sa.select(Invitation, User.name, Message.state)
        .outerjoin(User, User.id == Invitation.invited_by)
        .outerjoin(Message, Message.id == Invitation.message_id)
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
        .limit(MOST_OPEN * 2)
    )
    return [
        Invited(
            uuid=found.uuid,
            email=found.email,
            role=found.role,
            by_name=by_name or "",
            sent_at=found.sent_at,
            expires_at=found.expires_at,
            has_expired=found.expires_at <= uow.now,
            mail=state,
        )
        for found, by_name, state in rows
    ]


def _send(uow: UnitOfWork, invitation: Invitation) -> None:
    """A new token, and the mail that brings it, in the same transaction."""
    token = secrets.token_urlsafe(32)
    invitation.token_hash = tickets.hash_of(token)
    invitation.sent_at = uow.now
    invitation.expires_at = uow.now + GOOD_FOR
    organization = directory.own_organization(uow)
    by = uow.session.get(User, uow.caller.user_id) if uow.caller.user_id else None
    message = Message(
        uuid=uuid4(),
        template="invitation",
        audience="invited",
        address=invitation.email,
        values={
            "organization": letterhead(organization),
            "locale": by.locale if by is not None else "en",
            "inviter": by.name if by is not None else organization.name,
            "role": invitation.role.value,
            "until": iso(invitation.expires_at),
            "zone": organization.zone,
            "once_url": f"{uow.settings.base_url}/auth/invitations/{token}",
        },
        state=MessageState.QUEUED,
        created_at=uow.now,
    )
    uow.session.add(message)
    uow.session.flush()
    invitation.message_id = message.id
    uow.session.flush()
    uow.enqueue("send-message", message_id=message.id)


# ------------------------------------------------------------------------------- the invited's side


@use_case(Permission.UPKEEP)
def offered(uow: UnitOfWork, token: str) -> Offer:
    """What a link offers. Raises ``NotFound`` for no token of ours, ``InvitationGone``."""
    row = _row(uow, token)
    if row is None:
        raise NotFound("The link may have been cut short. Open it from the mail again.")
    invitation, organization, by_name = row
    if how := _how_gone(invitation, uow.now):
        raise InvitationGone(how, organization.name)
    return Offer(
        organization_name=organization.name,
        organization_slug=organization.slug,
        email=invitation.email,
        role=invitation.role,
        by_name=by_name or organization.name,
        zone=organization.zone,
        expires_at=invitation.expires_at,
        account=_account(uow, invitation.email),
    )


def _row(uow: UnitOfWork, token: str) -> Any:
    if not token or len(token) > tickets.LONGEST:
        return None
    return uow.session.execute(
        below_the_guard(
            sa.select(Invitation, Organization, User.name)
            .join(Organization, Organization.id == Invitation.organization_id)
            .outerjoin(User, User.id == Invitation.invited_by)
            .where(Invitation.token_hash == tickets.hash_of(token)),
            _WHY,
        )
    ).one_or_none()


def _how_gone(invitation: Invitation, now: datetime) -> str:
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "expired" if invitation.expires_at <= now else ""


def _account(uow: UnitOfWork, email: str) -> Account:
    user = uow.session.scalars(sa.select(User).where(User.email == email)).one_or_none()
    if user is None:
        return Account.NONE
    if user.deactivated_at is not None:
        return Account.CLOSED
    return Account.OPEN if person.organizations_of(uow, user.id) else Account.HOMELESS


@use_case(Permission.UPKEEP)
def accept_new(
    uow: UnitOfWork, token: str, *, name: str, zone: str, password_hash: str
) -> Accepted:
    """Make the account that was invited and join; the token is used up by it.

    ``password_hash`` comes from ``services.passwords.hash_password``, called before the unit.
    Raises ``Invalid`` by field, ``Conflict`` when the address has an account by now,
    ``InvitationGone``, ``NotFound``.
    """
    invitation = _take(uow, token)
    if _account(uow, invitation.email) is not Account.NONE:
        raise Conflict("This address has an account by now. Sign in to accept.")
    try:
        with person.speaking_for(uow, invitation.organization_id) as within:
            made = people.create_person(
                within,
                name,
                invitation.email,
                role=invitation.role,
                zone=zone,
                password_hash=password_hash,
            )
    except IntegrityError as error:
        raise Conflict("This address has an account by now. Sign in to accept.") from error
    return _joined(uow, invitation, made.id)


@use_case(Permission.UPKEEP)
def accept(uow: UnitOfWork, token: str, user_id: int) -> Accepted:
    """Join with the account that ``user_id`` has just proved to be theirs.

    Raises ``Forbidden`` unless the invitation was sent to that very address, ``Conflict`` for
    somebody who is in the team, ``InvitationGone``, ``NotFound``. A refusal uses nothing up.
    """
    invitation = _take(uow, token)
    user = person.living(uow, user_id)
    if user.email != invitation.email:
        raise Forbidden("This invitation was sent to another address.")
    with person.speaking_for(uow, invitation.organization_id) as within:
        people.join(within, user.id, invitation.role)
    return _joined(uow, invitation, user.id)


def _take(uow: UnitOfWork, token: str) -> Invitation:
    """Use the token up: of two who bring it at once, one gets it."""
    if token and len(token) <= tickets.LONGEST:
        taken = below_the_guard(
            sa.update(Invitation)
            .where(Invitation.token_hash == tickets.hash_of(token), *_open(uow.now))
            .values(accepted_at=uow.now)
            .returning(Invitation)
            .execution_options(populate_existing=True, synchronize_session=False),
            _WHY,
        )
        found: Invitation | None = uow.session.scalar(taken)
        if found is not None:
            return found
    offered(uow, token)  # says why not
    raise Conflict("Somebody else is using this link at this moment.")


def _joined(uow: UnitOfWork, invitation: Invitation, user_id: int) -> Accepted:
    with person.speaking_for(uow, invitation.organization_id, by=user_id) as within:
        invitation.accepted_by = user_id
        within.record("invitation.accepted", f"invitation:{invitation.id}", who=f"user:{user_id}")
    return Accepted(user_id, invitation.organization_id)
