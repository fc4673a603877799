"""A draft found by its public id: briefly, to know whom to lock, and whole, under the locks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.models import Booking, BookingStatus, Meeting, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork

_BY_PUBLIC_ID = (
    sa.select(Booking, Meeting)
    .outerjoin(Meeting, Meeting.id == Booking.meeting_id)
    .where(Booking.public_id == sa.bindparam("public_id"))
    .execution_options(populate_existing=True)
)

_BRIEFLY = Direct(
    sa.select(
        table_of(Booking).c.status,
        table_of(Booking).c.profile_id,
        table_of(Booking).c.expires_at,
        table_of(Meeting).c.host_ids,
    )
    .select_from(table_of(Booking))
    .outerjoin(table_of(Meeting), table_of(Meeting).c.id == table_of(Booking).c.meeting_id)
    .where(
        table_of(Booking).c.public_id == sa.bindparam("public_id"),
        table_of(Booking).c.organization_id == sa.bindparam("organization"),
    ),
    "the statement names its organization",
)


_SAFE = timedelta(minutes=1)
"""Longer than anybody waits for a lock, and than two machines' clocks differ."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What has to be known of a draft before its hosts can be locked."""

    status: BookingStatus
    profile_id: int
    host_ids: list[int]
    expires_at: datetime | None

    def is_safe(self, now: datetime) -> bool:
        """Whether its time is held and will be until we have its locks, by anybody's clock."""
        if self.status is not BookingStatus.HELD or self.expires_at is None:
            return False
        return self.expires_at > now + _SAFE


def brief(uow: UnitOfWork, public_id: str) -> Brief:
    """What is known of the draft without loading it; raises ``NotFound``."""
    found = _BRIEFLY.named(uow.session, public_id=public_id, organization=uow.organization_id)
    if not found:
        raise NotFound("there is no such booking")
    row = found[0]
    return Brief(row["status"], row["profile_id"], row["host_ids"] or [], row["expires_at"])


def with_meeting(uow: UnitOfWork, public_id: str) -> tuple[Booking, Meeting | None]:
    """The booking and the meeting it stands in, read afresh; raises ``NotFound``."""
    found = uow.session.execute(_BY_PUBLIC_ID, {"public_id": public_id}).one_or_none()
    if found is None:
        raise NotFound("there is no such booking")
    return found[0], found[1]


def booking_of(uow: UnitOfWork, public_id: str) -> Booking:
    """The booking behind a public id, read afresh; raises ``NotFound``."""
    return with_meeting(uow, public_id)[0]
