"""A mail that is ready to go, for the tests of the ways on which it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from webapp.delivery.courier import Parcel

PARCEL = Parcel(
    message_uuid=UUID(int=7),
    number=1,
    at=datetime(2026, 11, 12, 8, 0, tzinfo=UTC),
    sender="bookings@example.org",
    recipient="ada@example.com",
    content=b"Subject: Hi\r\n\r\nHello\r\n.\r\n..two\r\nend\r\n",
)
