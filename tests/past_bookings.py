"""Bookings written straight into the tables, at any time and made at any time before."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from webapp.models import Booking, BookingStatus, Meeting


def write_booking(
    session: Session,
    number: int,
    *,
    profile: int,
    start: datetime,
    hosts: list[int],
    made: datetime,
    end: datetime | None = None,
    status: BookingStatus = BookingStatus.CONFIRMED,
    missed: bool = False,
) -> None:
    """One booking, of half an hour unless ``end`` says otherwise; ``missed``: nobody came.

    ``number`` is its own within the database. No mail, no calendar entry and no busy time.
    """
    end = end or start + timedelta(minutes=30)
    meeting = Meeting(
        uuid=uuid4(),
        subject="x",
        profile_id=profile,
        host_ids=hosts,
        start_at=start,
        end_at=end,
        created_at=made,
    )
    session.add(meeting)
    session.flush()
    session.add(
        Booking(
            uuid=uuid4(),
            public_id=f"past-{number}",
            profile_id=profile,
            meeting_id=meeting.id,
            status=status,
            zone="UTC",
            start_at=start,
            end_at=end,
            no_show_at=end if missed else None,
            created_at=made,
            updated_at=made,
        )
    )
