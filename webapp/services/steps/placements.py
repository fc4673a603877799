"""Where a booking stood: a placement is opened when it comes to a time and closed when it goes."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa

from webapp.domain.span import Interval
from webapp.models import Actor, Booking, Meeting, Placement
from webapp.models.direct import Insertion
from webapp.services.unit_of_work import UnitOfWork

_NEW = Insertion(Placement)


def open_placement(uow: UnitOfWork, booking: Booking, meeting: Meeting, time: Interval) -> None:
    """The booking stands in ``meeting`` at ``time`` from now on."""
    _NEW.add(
        uow.session,
        booking_id=booking.id,
        meeting_id=meeting.id,
        invitee_uuid=uuid4(),
        event_uuid=uuid4() if meeting.seats == 1 else meeting.uuid,
        start_at=time.start,
        end_at=time.end,
        opened_at=uow.now,
    )


def close_placement(uow: UnitOfWork, booking: Booking, by: Actor, reason: str) -> None:
    """The booking leaves where it stood, by whom and why."""
    uow.session.execute(
        sa.update(Placement)
        .where(Placement.booking_id == booking.id, Placement.closed_at.is_(None))
        .values(closed_at=uow.now, closed_by=by, reason=reason)
        .execution_options(synchronize_session=False)
    )
