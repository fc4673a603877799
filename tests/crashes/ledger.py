"""What was acknowledged to visitors, held against what the database and the mail server have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from tests import invariants
from tests.rig.smtp import MailServer
from webapp.models import Booking, BookingStatus, Message, MessageState, table_of

_BOOKING, _MESSAGE = table_of(Booking), table_of(Message)
_NEVER_BOOKED = (BookingStatus.HELD, BookingStatus.LAPSED)


@dataclass
class Ledger:
    """Acknowledged steps by the visitor's address, in order: "booked", "moved", "cancelled"."""

    steps: dict[str, list[str]] = field(default_factory=dict)

    def note(self, email: str, step: str) -> None:
        """The visitor was told that ``step`` is done."""
        self.steps.setdefault(email, []).append(step)

    def differences(self, engine: sa.Engine, mails: MailServer, kills: int) -> list[str]:
        """Everything that is not as the visitors were told, as sentences."""
        with engine.connect() as connection:
            bookings = connection.execute(sa.select(_BOOKING)).all()
            messages = connection.execute(sa.select(_MESSAGE)).all()
        return [
            *invariants.check(engine),
            *self._bookings(bookings),
            *self._messages(bookings, messages),
            *_deliveries(messages, mails, kills),
        ]

    def _bookings(self, bookings: list[sa.Row[tuple[object, ...]]]) -> list[str]:
        """Each acknowledged booking is there once, as it was last said to be; and no other."""
        made = [b for b in bookings if b.status not in _NEVER_BOOKED]
        counted = Counter(b.email for b in made)
        found = [
            f"{email} was told of one booking and has {counted[email]}"
            for email in self.steps.keys() | counted.keys()
            if counted[email] != int(email in self.steps)
        ]
        for booking in made:
            ended = "cancelled" in self.steps.get(booking.email, [])
            if ended != (booking.status is BookingStatus.CANCELLED):
                found.append(f"the booking of {booking.email} is {booking.status}")
        return found

    def _messages(
        self,
        bookings: list[sa.Row[tuple[object, ...]]],
        messages: list[sa.Row[tuple[object, ...]]],
    ) -> list[str]:
        """Each acknowledged step caused one mail to the invitee and one to the host."""
        whose = {booking.id: booking.email for booking in bookings}
        written = Counter(
            (whose[m.booking_id], m.audience, m.template.replace("requested", "booked"))
            for m in messages
        )
        wanted = Counter(
            (email, audience, step)
            for email, steps in self.steps.items()
            for step in steps
            for audience in ("invitee", "host")
        )
        return [
            f"{key}: {written[key]} mails were written, {wanted[key]} should be"
            for key in written.keys() | wanted.keys()
            if written[key] != wanted[key]
        ]


def _deliveries(
    messages: list[sa.Row[tuple[object, ...]]], mails: MailServer, kills: int
) -> list[str]:
    """Each mail arrived, and at most one of them once more for every process that was killed."""
    arrived = Counter(
        str(delivery.message["Message-ID"]).strip("<>").partition("@")[0]
        for delivery in mails.deliveries
    )
    found = [
        f"the mail {message.template} to {message.address} is {message.state}, "
        f"it arrived {arrived[str(message.uuid)]} times"
        for message in messages
        if message.state is not MessageState.SENT or arrived[str(message.uuid)] == 0
    ]
    again = mails_again(messages, mails)
    if again > kills:
        found.append(f"{again} mails arrived again after {kills} kills")
    return found


def mails_again(messages: list[sa.Row[tuple[object, ...]]], mails: MailServer) -> int:
    """How many deliveries there were beyond one of each mail."""
    return len(mails.deliveries) - len(messages)
