"""What must be true of every database that Kalends has written, whatever happened to it.

``check`` looks at rows alone: no clock, no service. Every test that hurts a database asks it after.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from webapp.models import (
    Attempt,
    Base,
    Booking,
    BookingProfile,
    BookingStatus,
    BusySpan,
    Event,
    EventStatus,
    Job,
    Meeting,
    Message,
    MessageState,
    Outcome,
    Placement,
    User,
    table_of,
)

Row = sa.Row[Any]

STANDING = (BookingStatus.PENDING, BookingStatus.CONFIRMED)
LIVE = (BookingStatus.HELD, *STANDING)

OVERLAPS = sa.text(
    "SELECT a.host_id, a.id, b.id FROM busy_span a JOIN busy_span b ON a.host_id = b.host_id "
    "AND a.id < b.id AND a.start_at < b.end_at AND b.start_at < a.end_at "
    "WHERE a.exclusive AND b.exclusive"
)
"""Pairs of exclusive spans of one host that share time, buffers included."""


def check(engine: sa.Engine) -> list[str]:
    """Every broken invariant as a sentence; an empty list when all is well."""
    with engine.connect() as connection:
        rows = _read(connection)
        found = [
            f"host {host}: the exclusive spans {one} and {other} overlap"
            for host, one, other in connection.execute(OVERLAPS)
        ]
    for law in LAWS:
        found.extend(law(rows))
    return found


def overlaps(engine: sa.Engine) -> int:
    """How many pairs of exclusive spans of one host overlap."""
    with engine.connect() as connection:
        return len(connection.execute(OVERLAPS).all())


@dataclass
class Rows:
    """A whole database in memory, with what the laws ask for most."""

    bookings: list[Row]
    meetings: dict[int, Row]
    spans: list[Row]
    placements: list[Row]
    profiles: dict[int, Row]
    messages: list[Row]
    attempts: list[Row]
    jobs: list[Row]
    events: list[Row]
    addresses: dict[int, str | None]
    spans_of: dict[int, list[Row]] = field(default_factory=dict)
    bookings_of: dict[int, list[Row]] = field(default_factory=dict)


def _read(connection: sa.Connection) -> Rows:
    def every(model: type[Base]) -> list[Row]:
        return list(connection.execute(sa.select(table_of(model))).all())

    rows = Rows(
        bookings=every(Booking),
        meetings={row.id: row for row in every(Meeting)},
        spans=every(BusySpan),
        placements=every(Placement),
        profiles={row.id: row for row in every(BookingProfile)},
        messages=every(Message),
        attempts=every(Attempt),
        jobs=every(Job),
        events=every(Event),
        addresses={row.id: row.email for row in every(User)},
    )
    rows.spans_of = _grouped(rows.spans, lambda span: span.meeting_id)
    rows.bookings_of = _grouped(rows.bookings, lambda booking: booking.meeting_id)
    return rows


def _grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _twice(keys: Iterable[Hashable]) -> list[Hashable]:
    return [key for key, count in Counter(keys).items() if count > 1]


# ------------------------------------------------------------------------------ time that is taken


def _meetings_have_their_spans(rows: Rows) -> Iterator[str]:
    """A meeting with people has one exclusive span per host around it; an empty one has none."""
    for meeting in rows.meetings.values():
        spans = rows.spans_of.get(meeting.id, [])
        hosts = sorted(span.host_id for span in spans)
        if meeting.taken == 0 and spans:
            yield f"meeting {meeting.id} is empty and still has {len(spans)} spans"
        if meeting.taken > 0 and hosts != sorted(meeting.host_ids):
            yield f"meeting {meeting.id} takes hosts {meeting.host_ids}, its spans {hosts}"
        for span in spans:
            if not span.exclusive:
                yield f"span {span.id} of meeting {meeting.id} is not exclusive"
            if span.start_at > meeting.start_at or span.end_at < meeting.end_at:
                yield f"span {span.id} does not cover its meeting {meeting.id}"
        if len({(span.start_at, span.end_at, span.expires_at) for span in spans}) > 1:
            yield f"the spans of meeting {meeting.id} differ"


def _no_span_is_an_orphan(rows: Rows) -> Iterator[str]:
    for span in rows.spans:
        if span.exclusive and span.meeting_id not in rows.meetings:
            yield f"the exclusive span {span.id} belongs to no meeting"


def _spans_last_as_long_as_their_bookings(rows: Rows) -> Iterator[str]:
    for meeting_id, spans in rows.spans_of.items():
        if meeting_id is None:
            continue
        people = [b for b in rows.bookings_of.get(meeting_id, []) if b.status in LIVE]
        stands = any(booking.status in STANDING for booking in people)
        ends = [b.expires_at for b in people if b.expires_at is not None]
        for span in spans:
            if stands and span.expires_at is not None:
                yield f"span {span.id} lapses although a booking of its meeting stands"
            if not stands and span.expires_at is None:
                yield f"span {span.id} stays although nothing but holds needs it"
            if not stands and span.expires_at and ends and span.expires_at < max(ends):
                yield f"span {span.id} lapses before the last hold of its meeting"


def _seats_are_counted(rows: Rows) -> Iterator[str]:
    for meeting in rows.meetings.values():
        live = sum(b.status in LIVE for b in rows.bookings_of.get(meeting.id, []))
        if meeting.taken != live:
            yield f"meeting {meeting.id} counts {meeting.taken} seats, {live} bookings are live"
        if not 0 <= meeting.taken <= meeting.seats:
            yield f"meeting {meeting.id} has {meeting.taken} of {meeting.seats} seats taken"


# ---------------------------------------------------------------------------------------- bookings


def _bookings_agree_with_their_meetings(rows: Rows) -> Iterator[str]:
    for booking in rows.bookings:
        if booking.status not in LIVE:
            continue
        meeting = rows.meetings.get(booking.meeting_id)
        if meeting is None:
            yield f"booking {booking.id} is {booking.status} without a meeting"
            continue
        theirs = (meeting.start_at, meeting.end_at, meeting.profile_id, meeting.organization_id)
        own = (booking.start_at, booking.end_at, booking.profile_id, booking.organization_id)
        if own != theirs:
            yield f"booking {booking.id} says {own}, its meeting {meeting.id} says {theirs}"
        if rows.profiles[booking.profile_id].organization_id != booking.organization_id:
            yield f"booking {booking.id} and its profile belong to different organizations"


def _bookings_look_as_their_status_says(rows: Rows) -> Iterator[str]:
    for booking in rows.bookings:
        held, standing = booking.status is BookingStatus.HELD, booking.status in STANDING
        if held != (booking.expires_at is not None):
            yield f"booking {booking.id} is {booking.status} and expires at {booking.expires_at}"
        if standing and (booking.reference is None or not booking.name):
            yield f"booking {booking.id} stands without a reference or a name"
        if (booking.status is BookingStatus.PENDING) != (booking.decide_by is not None):
            yield f"booking {booking.id} is {booking.status}, to decide by {booking.decide_by}"
    numbers = [(b.organization_id, b.reference) for b in rows.bookings if b.reference is not None]
    yield from (f"the reference {number} was given twice" for number in _twice(numbers))


def _one_open_placement_each(rows: Rows) -> Iterator[str]:
    """A booking that stands has one open placement, where it is; no other has any."""
    open_ = _grouped(
        (placement for placement in rows.placements if placement.closed_at is None),
        lambda placement: placement.booking_id,
    )
    for booking in rows.bookings:
        found = open_.get(booking.id, [])
        if len(found) != int(booking.status in STANDING):
            yield f"booking {booking.id} is {booking.status} with {len(found)} open placements"
        for placement in found:
            there = (placement.meeting_id, placement.start_at, placement.end_at)
            if there != (booking.meeting_id, booking.start_at, booking.end_at):
                yield f"the placement of booking {booking.id} is elsewhere"


def _calendars_show_the_meetings(rows: Rows) -> Iterator[str]:
    """A meeting with a booking that stands is in each host's calendar once, at its time."""
    events = _grouped(
        (event for event in rows.events if event.status is not EventStatus.CANCELLED),
        lambda event: event.meeting_id,
    )
    for meeting in rows.meetings.values():
        stands = any(b.status in STANDING for b in rows.bookings_of.get(meeting.id, []))
        shown = events.get(meeting.id, [])
        if len(shown) != (len(meeting.host_ids) if stands else 0):
            yield f"meeting {meeting.id} of hosts {meeting.host_ids} has {len(shown)} entries"
        for event in shown:
            if (event.start_at, event.end_at) != (meeting.start_at, meeting.end_at):
                yield f"the entry {event.id} is not where its meeting {meeting.id} is"


# ------------------------------------------------------------------------------------------- mails


def _mails_are_written_once(rows: Rows) -> Iterator[str]:
    """One mail per booking, reader and change, with rising SEQUENCE (RFC 5546 2.1.4)."""
    keys = [(*_reader(message), message.values.get("sequence")) for message in rows.messages]
    yield from (f"two mails say the same: {key}" for key in _twice(keys))
    for reader, messages in _grouped(rows.messages, _reader).items():
        ordered = sorted(messages, key=lambda message: message.id)
        numbers = [message.values.get("sequence", 0) for message in ordered]
        if numbers != sorted(numbers):
            yield f"SEQUENCE does not rise for {reader}: {numbers}"
    told = {m.booking_id for m in rows.messages if m.audience == "invitee"}
    for booking in rows.bookings:
        if booking.status not in (BookingStatus.HELD, BookingStatus.LAPSED):
            if booking.email and booking.id not in told:
                yield f"nobody told the invitee of booking {booking.id}"
        elif booking.id in told:
            yield f"a mail went to the invitee of booking {booking.id}, which is {booking.status}"


def _reader(message: Row) -> tuple[int | None, str, str]:
    return message.booking_id, message.audience, message.address


def _each_host_knows(rows: Rows) -> Iterator[str]:
    """The last mail to a host says that a booking stands exactly when it takes the host's time."""
    last: dict[int, dict[str, str]] = defaultdict(dict)
    for message in sorted(rows.messages, key=lambda message: message.id):
        if message.audience == "host":
            last[message.booking_id][message.address] = message.template
    for booking in rows.bookings:
        if booking.status not in STANDING or booking.meeting_id not in rows.meetings:
            continue
        taken = {rows.addresses[host] for host in rows.meetings[booking.meeting_id].host_ids}
        told = {who for who, what in last[booking.id].items() if what not in _ENDS}
        if told != taken - {None}:
            yield f"booking {booking.id} takes {taken}, and {told} believe so"


_ENDS = ("cancelled", "declined")


def _mails_are_queued_or_ended(rows: Rows) -> Iterator[str]:
    jobs = Counter(job.payload["message_id"] for job in rows.jobs if job.kind == "send-message")
    for message in rows.messages:
        wanted = int(message.state is MessageState.QUEUED)
        if jobs.pop(message.id, 0) != wanted:
            yield f"message {message.id} is {message.state} and has not {wanted} jobs"
    yield from (f"a job wants to send message {gone}, which is not there" for gone in jobs)


def _attempts_are_accounted_for(rows: Rows) -> Iterator[str]:
    tries = _grouped(rows.attempts, lambda attempt: attempt.message_id)
    for message in rows.messages:
        made = sorted(tries.get(message.id, []), key=lambda attempt: attempt.number)
        if [attempt.number for attempt in made] != list(range(1, len(made) + 1)):
            yield f"the attempts at message {message.id} are not numbered from one"
        if sum(attempt.outcome is None for attempt in made) > 1:
            yield f"message {message.id} has two attempts under way"
        sent = any(attempt.outcome is Outcome.SENT for attempt in made)
        if sent != (message.state is MessageState.SENT):
            yield f"message {message.id} is {message.state}, an attempt was sent: {sent}"


LAWS: tuple[Callable[[Rows], Iterator[str]], ...] = (
    _meetings_have_their_spans,
    _no_span_is_an_orphan,
    _spans_last_as_long_as_their_bookings,
    _seats_are_counted,
    _bookings_agree_with_their_meetings,
    _bookings_look_as_their_status_says,
    _one_open_placement_each,
    _calendars_show_the_meetings,
    _mails_are_written_once,
    _each_host_knows,
    _mails_are_queued_or_ended,
    _attempts_are_accounted_for,
)
