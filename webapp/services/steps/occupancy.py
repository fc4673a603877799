"""Taking, keeping and giving back hosts' time: the only code that writes exclusive spans.

The order is always the same: lock the hosts, drop what has lapsed, ask the slot engine about the
one instant, write. The database refuses an overlap besides, whatever this code does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.domain.errors import NotOffered, SlotTaken
from webapp.domain.fairness import Choice
from webapp.domain.required import Required
from webapp.domain.span import FIRST, LAST, Interval, to_minute
from webapp.domain.speech import Sentence
from webapp.models import Booking, BookingStatus, BusySpan, Meeting, SpanKind, table_of
from webapp.models.direct import Direct, Insertion
from webapp.services.steps import choosing, hosts, lapsing
from webapp.services.steps.asking import LIVE_BOOKING
from webapp.services.steps.choosing import EVERYBODY, NOTHING, Chosen, Instead, Wanted
from webapp.services.steps.offering import Offering
from webapp.services.steps.refusing import BOOKED_MEANWHILE, refusal
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_SPAN = table_of(BusySpan)
_MEETING = table_of(Meeting)
_BOOKING = table_of(Booking)
_WHY = "spans belong to hosts, not to organizations"
_NEW_MEETING = Insertion(Meeting)
_NEW_SPAN = Insertion(BusySpan)
_OF_MEETING = sa.update(_SPAN).where(_SPAN.c.meeting_id == sa.bindparam("meeting"))
_KEEP = Direct(_OF_MEETING.values(expires_at=sa.null()), _WHY)
_KEEP_UNTIL = Direct(
    _OF_MEETING.where(_SPAN.c.expires_at < sa.bindparam("until")).values(
        expires_at=sa.bindparam("until")
    ),
    _WHY,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a booking can go: an open meeting to join, or hosts for a new one."""

    profile: Offering
    start: datetime
    duration_minutes: int
    host_ids: tuple[int, ...]
    meeting_id: int | None
    choice: Choice | None = None
    calendar_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def scoreboard(self) -> dict[str, Any] | None:
        """Why these hosts, as it is kept on the booking; None where there was no choice."""
        return self.choice.to_document() if self.choice else None

    @property
    def end(self) -> datetime:
        """When the meeting ends (UTC)."""
        return self.start + timedelta(minutes=self.duration_minutes)


def sole_meeting(uow: UnitOfWork, booking: Booking | None) -> int | None:
    """The meeting whose time is the booking's alone, so that it may count as free for it."""
    if booking is None or booking.meeting_id is None:
        return None
    others = uow.session.scalar(
        below_the_guard(
            sa.select(sa.func.count())
            .select_from(_BOOKING)
            .where(
                _BOOKING.c.meeting_id == booking.meeting_id,
                _BOOKING.c.id != booking.id,
                LIVE_BOOKING,
            ),
            "the booking is the caller's own",
        ),
        {"now": uow.now},
    )
    return None if others else booking.meeting_id


def find_place(
    uow: UnitOfWork,
    profile: Offering,
    start: datetime,
    duration_minutes: int,
    *,
    prefer: Sequence[int] = (),
    wanted: Wanted = EVERYBODY,
    instead: Instead = NOTHING,
    locked: bool = False,
) -> Place:
    """Lock the hosts concerned and find who takes ``start``, or refuse with the reason.

    ``prefer`` are hosts to keep when they can; ``wanted``: whom the caller asks for; ``instead``: a
    meeting given up for it, whose time counts as free. ``locked``: the caller holds all the
    profile's hosts already. Raises ``SlotTaken`` when somebody has the time, ``NotOffered`` when
    the profile does not offer it, ``NotFound`` for a candidate that the profile has not.
    """
    whole_minute(start)
    if "no-check" in uow.settings.race_hooks:
        return _unchecked(profile, start, duration_minutes)
    asked = choosing.narrowed(profile, wanted)
    if not locked and profile.seats == 1 and choosing.has_choice(asked):
        chosen = choosing.choose(uow, asked, wanted, start, duration_minutes, instead)
        return _place(asked, start, duration_minutes, chosen)
    hosts.lock(uow, {*asked.host_ids, *instead.host_ids})
    lapsing.lapse(uow, asked.host_ids, asked.padded(start, duration_minutes))
    answer = choosing.free_at(uow, asked, start, duration_minutes, instead.meeting_id)
    minute = to_minute(start)
    if not answer.is_free(minute):
        raise refusal(answer, minute)
    joined = answer.joinable_at(minute)
    if joined is not None:
        return Place(asked, start, duration_minutes, joined.host_ids, joined.meeting_id)
    chosen = choosing.among_locked(uow, asked, wanted, answer, minute, prefer)
    return _place(asked, start, duration_minutes, chosen)


def whole_minute(start: datetime) -> None:
    """Refuse what can be no start: seconds, and years that nothing is offered in."""
    if not FIRST <= start < LAST or start.second or start.microsecond:
        raise NotOffered(Sentence("That time is not offered"))


def _place(profile: Offering, start: datetime, duration_minutes: int, chosen: Chosen) -> Place:
    return Place(
        profile,
        start,
        duration_minutes,
        chosen.host_ids,
        None,
        chosen.choice,
        chosen.calendar_ids,
    )


def _unchecked(profile: Offering, start: datetime, duration_minutes: int) -> Place:
    """For the race tests alone: the database is left to refuse."""
    first = profile.candidates[0]
    chosen = first.host_ids if first.required is Required.ALL else first.host_ids[:1]
    return Place(profile, start, duration_minutes, chosen, None)


def occupy(uow: UnitOfWork, place: Place, *, expires_at: datetime | None) -> Meeting:
    """Write the meeting and its spans, or take a seat in the open one.

    ``expires_at`` None keeps the time; a time lets it lapse. Raises ``SlotTaken`` when the
    database refuses.
    """
    if place.meeting_id is not None:
        return _join(uow, place, expires_at)
    profile = place.profile
    meeting = _NEW_MEETING.attached(
        uow.session,
        uuid=uuid4(),
        profile_id=profile.id,
        subject=profile.name,
        start_at=place.start,
        end_at=place.end,
        seats=profile.seats,
        taken=1,
        host_ids=list(place.host_ids),
        calendar_ids=dict(place.calendar_ids),
        created_at=uow.now,
    )
    padded = profile.padded(place.start, place.duration_minutes)
    _insert(uow, meeting.id, place.host_ids, padded, expires_at)
    return meeting


def _insert(
    uow: UnitOfWork,
    meeting_id: int,
    host_ids: Iterable[int],
    padded: Interval,
    expires_at: datetime | None,
) -> None:
    with _refused_by_the_database():
        for host_id in sorted(host_ids):
            _NEW_SPAN.add(
                uow.session,
                host_id=host_id,
                start_at=padded.start,
                end_at=padded.end,
                kind=SpanKind.BOOKING,
                exclusive=True,
                expires_at=expires_at,
                meeting_id=meeting_id,
            )


@contextmanager
def _refused_by_the_database() -> Iterator[None]:
    """Turn the database's refusal of an overlap into ``SlotTaken``; the unit rolls back."""
    try:
        yield
    except IntegrityError as error:
        said = str(error.orig)
        if "busy_span overlap" in said or "ex_busy_span_overlap" in said:
            raise SlotTaken(BOOKED_MEANWHILE) from error
        raise


def _join(uow: UnitOfWork, place: Place, expires_at: datetime | None) -> Meeting:
    meeting = uow.session.get(Meeting, place.meeting_id, populate_existing=True)
    if meeting is None:
        raise SlotTaken(BOOKED_MEANWHILE)
    lapsing.drop_lapsed_seats(uow, [meeting.id])
    uow.session.refresh(meeting)
    if meeting.taken >= meeting.seats:
        raise SlotTaken(Sentence("The last seat was booked by someone else a moment ago"))
    meeting.taken += 1
    keep_spans(uow, meeting.id, expires_at)
    return meeting


def keep_spans(uow: UnitOfWork, meeting_id: int, expires_at: datetime | None) -> None:
    """Let a meeting's spans stay (None) or last at least until ``expires_at``."""
    if expires_at is None:
        _KEEP.change(uow.session, meeting=meeting_id)
    else:
        _KEEP_UNTIL.change(uow.session, meeting=meeting_id, until=expires_at)


def release(uow: UnitOfWork, booking: Booking) -> bool:
    """Give back the booking's place; the spans go with the last one. Hosts are locked by now.

    Answers whether anybody else's booking stands in the meeting; held seats do not stand yet.
    """
    meeting = uow.session.get(Meeting, booking.meeting_id or 0, populate_existing=True)
    if meeting is None:
        return False
    lapsing.drop_lapsed_seats(uow, [meeting.id])  # what is left after this one, if any, is live
    uow.session.refresh(meeting)
    meeting.taken = max(0, meeting.taken - 1)
    uow.session.flush()
    if meeting.taken == 0:
        lapsing.delete_spans(uow, [meeting.id])
        return False
    return _stands_or_expires(uow, meeting.id, booking)


def _stands_or_expires(uow: UnitOfWork, meeting_id: int, left: Booking) -> bool:
    """Whether a booking but ``left`` stands; if not, the spans go when the last hold does."""
    live = uow.session.execute(
        below_the_guard(
            sa.select(_BOOKING.c.status, _BOOKING.c.expires_at).where(
                _BOOKING.c.meeting_id == meeting_id, _BOOKING.c.id != left.id, LIVE_BOOKING
            ),
            "the meeting is the caller's own",
        ),
        {"now": uow.now},
    ).all()
    if any(status is not BookingStatus.HELD for status, _ in live):
        return True
    last = max((expires_at for _, expires_at in live), default=uow.now)
    change = sa.update(_SPAN).where(_SPAN.c.meeting_id == meeting_id).values(expires_at=last)
    uow.session.execute(below_the_guard(change, _WHY))
    return False


def shift(uow: UnitOfWork, meeting: Meeting, place: Place) -> None:
    """Move a meeting of one seat to ``place``: spans are updated, never inserted first.

    Raises ``SlotTaken`` when the database refuses.
    """
    padded = place.profile.padded(place.start, place.duration_minutes)
    same = sorted(place.host_ids) == sorted(meeting.host_ids)
    with _refused_by_the_database():
        if same:
            uow.session.execute(
                below_the_guard(
                    sa.update(_SPAN)
                    .where(_SPAN.c.meeting_id == meeting.id)
                    .values(start_at=padded.start, end_at=padded.end),
                    _WHY,
                )
            )
        else:
            lapsing.delete_spans(uow, [meeting.id])
            _insert(uow, meeting.id, place.host_ids, padded, None)
    meeting.start_at, meeting.end_at = place.start, place.end
    kept = {host: at for host, at in meeting.calendar_ids.items() if int(host) in place.host_ids}
    meeting.host_ids, meeting.calendar_ids = list(place.host_ids), kept | dict(place.calendar_ids)
