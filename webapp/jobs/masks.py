"""The job that makes masks again after the time behind them has changed."""

from __future__ import annotations

import logging
from datetime import timedelta

from webapp.jobs.kinds import Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.services import mask_upkeep
from webapp.work import SYSTEM, begin

log = logging.getLogger("kalends.worker")

_MOST_UNITS = 40
"""Units of fifty hosts in one go; the rest waits for the next."""


def make_masks(_ticket: Ticket, _tools: Tools) -> bool:
    """Makes masks of taken time for hosts of large profiles where they are missing."""
    made = 0
    for _ in range(_MOST_UNITS):
        with begin(SYSTEM) as uow:
            filled = mask_upkeep.fill_masks(uow)
        made += filled
        if not filled:
            break
    with begin(SYSTEM) as uow:
        mask_upkeep.delete_old_masks(uow)
    if made:
        log.info("masks made", extra={"count": made})
    return False


register("make-masks", Kind(make_masks, "inside", every=timedelta(minutes=2)))
