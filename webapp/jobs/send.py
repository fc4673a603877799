"""The job that sends one mail: prepare, send, record."""

from __future__ import annotations

import logging
from datetime import timedelta

from webapp.delivery.courier import Delivery, Parcel
from webapp.domain.errors import Busy, Refusal
from webapp.domain.mail import Undeliverable, compose
from webapp.jobs import queue
from webapp.jobs.kinds import Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.models import MessageState, Outcome
from webapp.services import sending
from webapp.services.sending import Prepared, Waiting
from webapp.work import begin, system_of

log = logging.getLogger("kalends.worker")

MOST_TRIES = 30
"""With the pauses of the queue some ten hours on average, at most twenty."""
ASK_AGAIN = timedelta(seconds=15)
"""How long a mail waits before asking whether the one before it has gone out."""
_NOTE_TRIES = 5


def send_message(ticket: Ticket, tools: Tools) -> bool:
    """Sends one mail of the outbox, at least once, and notes how the try ended."""
    message_id = ticket.payload["message_id"]
    with begin(system_of(ticket.organization_id)) as uow:
        prepared = sending.prepare(uow, message_id, fence=ticket.fence)
        if prepared is None:
            queue.finish(uow, ticket)
            return True
        if isinstance(prepared, Waiting):
            queue.make_way(uow, ticket, uow.now + ASK_AGAIN)
            return True
    uow.failpoint("message-prepared")
    delivery = _deliver(prepared, tools)
    if delivery.outcome == "sent":
        uow.failpoint("message-sent")
    state = _note(ticket, prepared, delivery, tools)
    log.info(
        "mail",
        extra={
            "message_id": str(prepared.message_uuid),
            "template": prepared.template,
            "audience": prepared.audience,
            "attempt": prepared.number,
            "outcome": delivery.outcome,
            "state": state.value,
        },
    )
    return True


def _deliver(prepared: Prepared, tools: Tools) -> Delivery:
    """Write the mail and hand it over; no transaction is open. Never raises."""
    try:
        letter = tools.stationery.write(
            prepared.template,
            prepared.audience,
            prepared.address,
            prepared.values,
            message_uuid=prepared.message_uuid,
            written_at=prepared.created_at,
        )
        parcel = Parcel(
            message_uuid=prepared.message_uuid,
            number=prepared.number,
            at=prepared.started_at,
            sender=letter.sender.address,
            recipient=letter.recipient.address,
            content=compose(letter),
        )
    except (Undeliverable, Refusal) as error:
        return Delivery("refused", f"Not sent: {error}")
    except Exception as error:
        # A bug or a broken row: noted like any other failure, so that it holds up nobody else.
        log.exception("a mail could not be written", extra={"template": prepared.template})
        return Delivery("retry", f"The mail could not be written: {type(error).__name__}")
    return tools.courier.deliver(parcel)


def _note(ticket: Ticket, prepared: Prepared, delivery: Delivery, tools: Tools) -> MessageState:
    """Record the outcome and settle the job in one unit, and mean it: a busy database is asked
    again, because forgetting that a mail was sent sends it twice.
    """
    for left in reversed(range(_NOTE_TRIES)):
        try:
            with begin(system_of(ticket.organization_id)) as uow:
                outcome = Outcome(delivery.outcome)
                state = sending.record(uow, prepared, outcome, delivery.answer)
                if state is not MessageState.QUEUED:
                    queue.finish(uow, ticket)
                elif ticket.tries >= MOST_TRIES:
                    sending.give_up(uow, prepared.message_id)
                    queue.finish(uow, ticket)
                    state = MessageState.FAILED
                else:
                    pause = queue.pause_after(ticket.tries, tools.chance)
                    queue.put_off(uow, ticket, uow.now + pause, error=delivery.answer)
            uow.failpoint("message-recorded")
            return state
        except Busy:
            if not left:
                raise
    raise AssertionError("unreachable")


def _give_up(ticket: Ticket, _tools: Tools) -> bool:
    """Marks a message as failed whose tries ended in crashes."""
    with begin(system_of(ticket.organization_id)) as uow:
        sending.give_up(uow, ticket.payload["message_id"])
        queue.finish(uow, ticket)
    return True


register("send-message", Kind(send_message, "mail", most_tries=MOST_TRIES, give_up=_give_up))
