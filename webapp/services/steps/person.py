"""What happens to a person's sign-in: the audit log of each of their organizations, and a mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.models import Membership, Message, MessageState, Organization, User
from webapp.services.steps.letterhead import letterhead
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_WHY = "people belong to no organization; the statement names the person"


def living(uow: UnitOfWork, user_id: int) -> User:
    """The person; ``NotFound`` when the account was closed."""
    user = uow.session.get(User, user_id)
    if user is None or user.deactivated_at is not None or user.is_room:
        raise NotFound("There is no such account.")
    return user


def note(uow: UnitOfWork, user_id: int, action: str, **changes: Any) -> None:
    """Record ``action`` in the audit log of every organization the person belongs to."""
    for organization_id in organizations_of(uow, user_id):
        with speaking_for(uow, organization_id, by=user_id) as within:
            within.record(action, f"user:{user_id}", **changes)


def tell(
    uow: UnitOfWork, user: User, template: str, *, address: str | None = None, **values: Any
) -> None:
    """Post ``template`` to the person, in the name of the organization they joined first.

    ``address`` is another address of theirs; somebody who belongs nowhere gets no mail.
    """
    recipient = address or user.email
    found = organizations_of(uow, user.id)
    if recipient is None or not found:
        return
    organization = uow.session.get_one(Organization, found[0])
    message = Message(
        uuid=uuid4(),
        template=template,
        audience="host",
        address=recipient,
        values={
            "reader": user.name,
            "console_url": f"{uow.settings.base_url}/console/account/security",
            "locale": user.locale,
            "zone": user.zone,
            "organization": letterhead(organization),
            **values,
        },
        state=MessageState.QUEUED,
        created_at=uow.now,
    )
    with speaking_for(uow, organization.id) as within:
        within.session.add(message)
        within.session.flush()
        within.enqueue("send-message", message_id=message.id)


def organizations_of(uow: UnitOfWork, user_id: int) -> list[int]:
    """Where the person is a member, the first joined first."""
    return list(
        uow.session.scalars(
            below_the_guard(
                sa.select(Membership.organization_id)
                .where(Membership.user_id == user_id)
                .order_by(Membership.id),
                _WHY,
            )
        )
    )


@contextmanager
def speaking_for(
    uow: UnitOfWork, organization_id: int, *, by: int | None = None
) -> Iterator[UnitOfWork]:
    """The same transaction, writing rows of that organization.

    ``by`` is who did it where the unit does not say (nobody is signed in yet).
    """
    before = uow.session.info.get("organization_id")
    uow.session.flush()
    uow.session.info["organization_id"] = organization_id
    try:
        caller = replace(
            uow.caller, organization_id=organization_id, user_id=uow.caller.user_id or by
        )
        yield replace(uow, caller=caller)
        uow.session.flush()
    finally:
        uow.session.info["organization_id"] = before
