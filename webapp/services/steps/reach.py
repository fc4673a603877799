"""Whose hours a caller may see and change: their own, or with the right to it anybody's here."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Permission
from webapp.models import Membership, User
from webapp.services.unit_of_work import UnitOfWork

_MEMBERS = sa.select(User).join(Membership, Membership.user_id == User.id)


def host(uow: UnitOfWork, host_id: int) -> User:
    """The host with that id. Raises ``NotFound`` for one who is not of this organization.

    ``Forbidden`` for somebody else's when the caller may only change their own.
    """
    return _allowed(uow, uow.session.scalars(_MEMBERS.where(User.id == host_id)).one_or_none())


def host_by_uuid(uow: UnitOfWork, uuid: UUID) -> User:
    """The same, by the public id."""
    return _allowed(uow, uow.session.scalars(_MEMBERS.where(User.uuid == uuid)).one_or_none())


def may_change_others(uow: UnitOfWork) -> bool:
    """Whether the caller may change hours that are not their own."""
    return uow.caller.may(Permission.SCHEDULES_MANAGE)


def _allowed(uow: UnitOfWork, found: User | None) -> User:
    if found is None or found.deactivated_at is not None:
        raise NotFound("there is no such person here")
    if found.id != uow.caller.user_id and not may_change_others(uow):
        raise Forbidden("You can change your own hours only.")
    return found
