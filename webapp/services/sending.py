"""Sending what the outbox holds, in three steps: prepare, send, record.

Only the first and the last are here, each one transaction; nothing is open while the network is
used. Mails go out at least once: a try that nobody could finish is noted as ``unknown`` and made
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict
from webapp.domain.permissions import Permission
from webapp.models import Attempt, Message, MessageState, Outcome
from webapp.services.unit_of_work import UnitOfWork, use_case

INTERRUPTED = "The worker stopped before the outcome could be noted"
_MOST_BROKEN = 2
ONCE = "once_url"
"""The value of a message that holds a link whose secret is kept nowhere else but as a hash."""


class LeaseLost(Conflict):
    """Somebody else took this over meanwhile; what came late is not written."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A try that was noted as begun, with everything needed to write the mail.

    ``number`` counts the tries of the message from 1; ``created_at`` is when the mail was caused.
    """

    message_id: int
    message_uuid: UUID
    attempt_id: int
    number: int
    fence: int
    started_at: datetime
    template: str
    audience: str
    address: str
    values: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An earlier mail about the same booking to the same person has to go first."""

    behind_message_id: int


@use_case(Permission.UPKEEP)
def prepare(uow: UnitOfWork, message_id: int, *, fence: int) -> Prepared | Waiting | None:
    """Note a try at ``message_id``; None when there is nothing left to send.

    ``fence`` is the job's. An earlier try without an outcome was cut off: it becomes
    ``unknown``, and whoever made it can no longer write to it.
    """
    message = uow.session.get(Message, message_id)
    if message is None or message.state is not MessageState.QUEUED:
        return None
    earlier = _earlier(uow, message)
    if earlier is not None:
        return Waiting(earlier)
    uow.session.execute(
        sa.update(Attempt)
        .where(Attempt.message_id == message.id, Attempt.outcome.is_(None))
        .values(outcome=Outcome.UNKNOWN, ended_at=uow.now, answer=INTERRUPTED)
    )
    made = uow.session.scalar(
        sa.select(sa.func.max(Attempt.number)).where(Attempt.message_id == message.id)
    )
    attempt = Attempt(
        message_id=message.id, number=(made or 0) + 1, fence=fence, started_at=uow.now
    )
    uow.session.add(attempt)
    uow.session.flush()
    return Prepared(
        message_id=message.id,
        message_uuid=message.uuid,
        attempt_id=attempt.id,
        number=attempt.number,
        fence=fence,
        started_at=uow.now,
        template=message.template,
        audience=message.audience,
        address=message.address,
        values=dict(message.values),
        created_at=message.created_at,
    )


def _earlier(uow: UnitOfWork, message: Message) -> int | None:
    """A queued message that this one must not overtake: "cancelled" never arrives first."""
    if message.booking_id is None:
        return None
    return uow.session.scalar(
        sa.select(sa.func.min(Message.id)).where(
            Message.booking_id == message.booking_id,
            Message.address == message.address,
            Message.state == MessageState.QUEUED,
            Message.id < message.id,
        )
    )


@use_case(Permission.UPKEEP)
def record(uow: UnitOfWork, prepared: Prepared, outcome: Outcome, answer: str) -> MessageState:
    """Note how a try ended and where the message stands now.

    Raises ``LeaseLost``, and writes nothing, when the try was taken over meanwhile. A message
    whose connection broke twice after the content was passed on is not sent a third time.
    """
    noted = uow.session.execute(
        sa.update(Attempt)
        .where(
            Attempt.id == prepared.attempt_id,
            Attempt.fence == prepared.fence,
            Attempt.outcome.is_(None),
        )
        .values(outcome=outcome, ended_at=uow.now, answer=answer[:500])
        .returning(Attempt.id)
    ).scalar_one_or_none()
    message = uow.session.get(Message, prepared.message_id)
    if noted is None or message is None:
        raise LeaseLost("another worker took this message over")
    if outcome is Outcome.SENT:
        message.state, message.sent_at = MessageState.SENT, uow.now
    elif outcome is Outcome.REFUSED or (outcome is Outcome.UNKNOWN and _broke_often(uow, message)):
        message.state = MessageState.FAILED
    _forget_link(message)
    return message.state


def _forget_link(message: Message) -> None:
    """A link that is good once stands in the outbox only until its mail has gone."""
    if message.state is not MessageState.QUEUED and ONCE in message.values:
        message.values = {name: value for name, value in message.values.items() if name != ONCE}


def _broke_often(uow: UnitOfWork, message: Message) -> bool:
    broken = uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(Attempt)
        .where(
            Attempt.message_id == message.id,
            Attempt.outcome == Outcome.UNKNOWN,
            Attempt.answer != INTERRUPTED,
        )
    )
    return (broken or 0) >= _MOST_BROKEN


@use_case(Permission.UPKEEP)
def give_up(uow: UnitOfWork, message_id: int) -> None:
    """No more tries: the message has failed, and its timeline shows why."""
    message = uow.session.get(Message, message_id)
    if message is None or message.state is not MessageState.QUEUED:
        return
    uow.session.execute(
        sa.update(Attempt)
        .where(Attempt.message_id == message.id, Attempt.outcome.is_(None))
        .values(outcome=Outcome.UNKNOWN, ended_at=uow.now, answer=INTERRUPTED)
    )
    message.state = MessageState.FAILED
    _forget_link(message)


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt as the timeline shows it."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    answer: str


@dataclass(frozen=True, slots=True)
class Sending:
    """One message about a booking and every try at it, oldest first."""

    template: str
    audience: str
    address: str
    state: MessageState
    created_at: datetime
    sent_at: datetime | None
    tries: Sequence[Try]


@use_case(Permission.BOOKING_READ)
def about_booking(uow: UnitOfWork, booking_id: int) -> list[Sending]:
    """Every message about a booking with its tries, in order, for the booking's timeline."""
    rows = uow.session.execute(
        sa.select(Message, Attempt)
        .outerjoin(Attempt, Attempt.message_id == Message.id)
        .where(Message.booking_id == booking_id)
        .order_by(Message.id, Attempt.number)
    )
    found: dict[int, tuple[Message, list[Try]]] = {}
    for message, attempt in rows:
        tries = found.setdefault(message.id, (message, []))[1]
        if attempt is not None:
            tries.append(
                Try(
                    attempt.number,
                    attempt.started_at,
                    attempt.ended_at,
                    attempt.outcome,
                    attempt.answer,
                )
            )
    return [
        Sending(
            message.template,
            message.audience,
            message.address,
            message.state,
            message.created_at,
            message.sent_at,
            tuple(tries),
        )
        for message, tries in found.values()
    ]
