"""The jobs that recur: each is one row that every worker makes sure of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from webapp.extensions import db
from webapp.jobs import queue
from webapp.jobs.kinds import KINDS, Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.services import limits, upkeep
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import SYSTEM, begin, house, look, system_of

log = logging.getLogger("kalends.worker")

_MOST_ROUNDS = 200
REFRESH_FEED = "refresh-feed"
"""The kind that reads one linked calendar; payload ``feed_id``."""


def _until_done(step: Callable[[UnitOfWork], int]) -> int:
    """Call ``step`` in units of its own until it finds nothing more to do; how much it did."""
    done = 0
    for _ in range(_MOST_ROUNDS):
        with begin(SYSTEM) as uow:
            some = step(uow)
        done += some
        if not some:
            break
    return done


def lapse_holds(_ticket: Ticket, _tools: Tools) -> bool:
    """Marks holds past their time as lapsed and gives their time back."""
    _report("holds lapsed", _until_done(upkeep.lapse_holds))
    return False


def decline_requests(_ticket: Ticket, _tools: Tools) -> bool:
    """Declines requests that nobody decided in time, with a mail."""
    declined = 0
    with look(SYSTEM) as uow:
        due = upkeep.requests_run_out(uow)
    for organization_id, uuid in due:
        with begin(system_of(organization_id)) as uow:
            declined += upkeep.decline_run_out(uow, uuid)
    _report("requests declined", declined)
    return False


def delete_old_rows(_ticket: Ticket, _tools: Tools) -> bool:
    """Deletes lapsed holds and rate buckets after a day, idempotency keys after 72 hours."""
    _report("lapsed holds deleted", _until_done(upkeep.delete_lapsed_holds))
    _report("idempotency keys deleted", _until_done(upkeep.delete_old_keys))
    _report("rate buckets deleted", _until_done(upkeep.delete_old_activity))
    limits.forget_old(db.engine, house().clock())
    return False


def refresh_feeds(_ticket: Ticket, _tools: Tools) -> bool:
    """Asks for every linked calendar that is due to be read again or laid out further ahead."""
    if REFRESH_FEED not in KINDS:
        return False
    asked = 0
    with look(SYSTEM) as uow:
        due = upkeep.feeds_due(uow)
    for organization_id, feed_id in due:
        with begin(system_of(organization_id)) as uow:
            asked += queue.enqueue_once(
                uow, REFRESH_FEED, dedupe=f"{REFRESH_FEED}:{feed_id}", feed_id=feed_id
            )
    _report("calendars to read", asked)
    return False


def _report(what: str, count: int) -> None:
    if count:
        log.info(what, extra={"count": count})


register("lapse-holds", Kind(lapse_holds, "inside", every=timedelta(seconds=20)))
register("decline-requests", Kind(decline_requests, "inside", every=timedelta(seconds=60)))
register("delete-old-rows", Kind(delete_old_rows, "inside", every=timedelta(minutes=30)))
register("refresh-feeds", Kind(refresh_feeds, "inside", every=timedelta(seconds=60)))
