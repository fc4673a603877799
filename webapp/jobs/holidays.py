"""The job that keeps public holidays laid out further ahead than anything is offered."""

from __future__ import annotations

import logging
from datetime import timedelta

from webapp.jobs.kinds import Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.services import holidays_of
from webapp.work import SYSTEM, begin, look, system_of

log = logging.getLogger("kalends.worker")


def renew_holidays(_ticket: Ticket, _tools: Tools) -> bool:
    """Lays out the public holidays that hosts keep for the year to come."""
    with look(SYSTEM) as uow:
        due = holidays_of.due(uow)
    changed = 0
    for organization_id, holidays_id in due:
        with begin(system_of(organization_id)) as uow:
            changed += holidays_of.renew(uow, holidays_id)
    if changed:
        log.info("holidays laid out", extra={"count": changed})
    return False


register("renew-holidays", Kind(renew_holidays, "inside", every=timedelta(hours=6)))
