"""The jobs that keep the audit log whole and personal data no longer than agreed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from webapp.jobs.kinds import Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.services import audit, retention
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import SYSTEM, begin, look, system_of

log = logging.getLogger("kalends.worker")

_MOST_ROUNDS = 100


def seal_audit(_ticket: Ticket, _tools: Tools) -> bool:
    """Chains new entries of the audit log, and writes each chain's end into the log file."""
    with look(SYSTEM) as uow:
        waiting = audit.unsealed(uow)
    for organization_id in waiting:
        sealed = _until_done(organization_id, audit.seal)
        with look(system_of(organization_id)) as uow:
            number, end = audit.head(uow)
        log.info(
            "audit log sealed",
            extra={
                "organization_id": organization_id,
                "count": sealed,
                "number": number,
                "hash": end.hex(),
            },
        )
    return False


def keep_no_longer(_ticket: Ticket, _tools: Tools) -> bool:
    """Forgets invitees of old bookings where an organization asks for it, and old invitations."""
    with look(SYSTEM) as uow:
        organizations = retention.keeping(uow)
    for organization_id in organizations:
        count = _until_done(organization_id, retention.forget_invitees)
        if count:
            log.info("invitees forgotten", extra={"count": count})
    with begin(SYSTEM) as uow:
        retention.delete_old_invitations(uow)
    return False


def _until_done(organization_id: int, step: Callable[[UnitOfWork], int]) -> int:
    """Call ``step`` in units of its own until it finds nothing more to do; how much it did."""
    done = 0
    for _ in range(_MOST_ROUNDS):
        with begin(system_of(organization_id)) as uow:
            some = step(uow)
        done += some
        if not some:
            break
    return done


register("seal-audit", Kind(seal_audit, "inside", every=timedelta(seconds=60)))
register("keep-no-longer", Kind(keep_no_longer, "inside", every=timedelta(minutes=30)))
