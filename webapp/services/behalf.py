"""Booking for somebody: the public page's own use cases in one step, by a host on the telephone."""

from __future__ import annotations

from datetime import datetime

from webapp.domain.permissions import Permission
from webapp.models import Booking
from webapp.services import holds
from webapp.services.holds import Details
from webapp.services.unit_of_work import UnitOfWork, use_case


@use_case(Permission.BOOKING_CHANGE)
def book(
    uow: UnitOfWork,
    profile_id: int,
    start: datetime,
    details: Details,
    *,
    duration_minutes: int,
    key: str | None = None,
) -> Booking:
    """Hold ``start`` (UTC) and confirm it with ``details`` in one transaction.

    Nothing stays held when the details are refused. Raises what ``holds.hold`` and
    ``holds.confirm`` raise; a repeated ``key`` gives the first booking again.
    """
    draft = holds.hold(
        uow,
        profile_id,
        start,
        duration_minutes=duration_minutes,
        zone_name=details.zone,
        key=key,
    )
    return holds.confirm(uow, draft.public_id, details, key=key)
