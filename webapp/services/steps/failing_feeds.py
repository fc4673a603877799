"""What a host is told of their own calendars, by mail: rows in the outbox like every mail."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa

from webapp.models import Calendar, CalendarFeed, Message, MessageState, User
from webapp.models.direct import Insertion
from webapp.services import directory
from webapp.services.steps.letterhead import letterhead
from webapp.services.unit_of_work import UnitOfWork

TELL_AFTER = 3
"""Failed readings in a row before a mail goes out: a server that restarts is nobody's business."""

_NEW_MESSAGE = Insertion(Message)


def tell_of_failing_feed(uow: UnitOfWork, host_id: int, feed: CalendarFeed) -> None:
    """Post one mail per spell of failures to the host whose calendar cannot be read."""
    if feed.failures != TELL_AFTER:
        return
    host = uow.session.scalars(sa.select(User).where(User.id == host_id)).one()
    calendar = uow.session.get_one(Calendar, feed.calendar_id)
    if host.email is None:
        return
    organization = directory.own_organization(uow)
    message_id = _NEW_MESSAGE.add(
        uow.session,
        uuid=uuid4(),
        template="feed-failing",
        audience="host",
        address=host.email,
        values={
            "calendar": calendar.name,
            "problem": feed.error,
            "console_url": f"{uow.settings.base_url}/console/calendars",
            "reader": host.name,
            "locale": host.locale,
            "time_notation": host.time_notation,
            "organization": letterhead(organization),
        },
        state=MessageState.QUEUED,
        created_at=uow.now,
    )
    uow.enqueue("send-message", message_id=message_id)
