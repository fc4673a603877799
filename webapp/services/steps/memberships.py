"""Places in an organization: found, counted and changed one after the other."""

from __future__ import annotations

import sqlalchemy as sa

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Role
from webapp.models import Invitation, Membership, Organization
from webapp.services.unit_of_work import UnitOfWork


def membership_of(uow: UnitOfWork, user_id: int) -> Membership:
    """The person's place in the caller's organization; raises ``NotFound``."""
    found = uow.session.scalar(
        sa.select(Membership)
        .where(Membership.user_id == user_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such person here.")
    return found


def lock_team(uow: UnitOfWork) -> None:
    """Let changes of roles happen one after the other, so that an owner is always left."""
    uow.session.execute(
        sa.update(Organization)
        .where(Organization.id == uow.organization_id)
        .values(revision=Organization.revision)
        .execution_options(synchronize_session=False)
    )


def another_owner(uow: UnitOfWork, user_id: int) -> None:
    """Raise ``Conflict`` unless somebody but ``user_id`` owns the organization too."""
    others = sa.select(Membership.id).where(
        Membership.role == Role.OWNER, Membership.user_id != user_id
    )
    if uow.session.scalar(others.limit(1)) is None:
        raise Conflict("An organization always has an owner. Hand it over to somebody else first.")


def withdraw_invitations(uow: UnitOfWork, user_id: int) -> None:
    """Revoke what somebody invited and nobody has accepted yet."""
    uow.session.execute(
        sa.update(Invitation)
        .where(
            Invitation.invited_by == user_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )
