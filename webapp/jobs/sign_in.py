"""The jobs of signing in: links for forgotten passwords, and old tickets going away."""

from __future__ import annotations

import logging
from datetime import timedelta

from webapp.jobs.kinds import Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.services import password_reset
from webapp.work import SYSTEM, begin

log = logging.getLogger("kalends.worker")

_MOST_ROUNDS = 200


def send_password_reset(ticket: Ticket, _tools: Tools) -> bool:
    """Posts a link for a new password to whoever has the address, if anybody has."""
    with begin(SYSTEM) as uow:
        password_reset.send(uow, ticket.payload["email"])
    return False


def delete_old_tickets(_ticket: Ticket, _tools: Tools) -> bool:
    """Deletes links and half-done sign-ins a day after they ended."""
    for _ in range(_MOST_ROUNDS):
        with begin(SYSTEM) as uow:
            if not password_reset.delete_old_tickets(uow):
                break
    return False


register(password_reset.JOB, Kind(send_password_reset, "inside"))
register("delete-old-tickets", Kind(delete_old_tickets, "inside", every=timedelta(hours=1)))
