"""The worker: claims due jobs, runs them, and says every few seconds that it lives."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta

from flask import Flask

from webapp.delivery.letters import Stationery
from webapp.delivery.route import courier_for
from webapp.domain.errors import Busy
from webapp.jobs import (
    feeds,
    heartbeat,
    holidays,
    identity,
    keeping,
    long_work,
    masks,
    queue,
    send,
    sign_in,
    upkeep,
)
from webapp.jobs.kinds import KINDS, LEASES, Lane, Tools, of_lane
from webapp.jobs.queue import Ticket
from webapp.services.sending import LeaseLost
from webapp.work import SYSTEM, begin, house, look

__all__ = [
    "drain",
    "feeds",
    "holidays",
    "keeping",
    "long_work",
    "masks",
    "run",
    "send",
    "sign_in",
    "upkeep",
    "work_once",
]

log = logging.getLogger("kalends.worker")

POLL_SECONDS = 0.25
BEAT_SECONDS = 5.0
STOP_WITHIN_SECONDS = 3.0
"""How long a stopping worker waits for the job at hand; a lease covers what is left behind."""
_LONGEST_NAP_SECONDS = 30.0


def tools_for(app: Flask) -> Tools:
    """What the handlers of this application work with."""
    settings = house(app).settings
    return Tools(courier_for(settings), Stationery(settings), _chance)


def _chance() -> float:
    return secrets.randbelow(1 << 30) / (1 << 30)


def run(app: Flask, stop: Callable[[], bool], *, tools: Tools | None = None) -> None:
    """Work until ``stop()`` says so; returns within ``STOP_WITHIN_SECONDS`` of that.

    A job at hand that takes longer is left to its lease, as after a crash.
    """
    tools = tools or tools_for(app)
    name, stopping = identity.new_name(), threading.Event()
    log.info("worker started", extra={"worker": name})
    threads = [
        threading.Thread(target=_loop, args=(app, name, lane, tools, stopping), daemon=True)
        for lane in LEASES
    ]
    threads.append(threading.Thread(target=_beat, args=(app, name, stopping), daemon=True))
    for thread in threads:
        thread.start()
    pause = threading.Event()
    while not stop() and all(thread.is_alive() for thread in threads):
        pause.wait(0.1)
    stopping.set()
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = sum(thread.is_alive() for thread in threads)
    log.info("worker stopped", extra={"worker": name, "left_behind": left})


def _beat(app: Flask, name: str, stopping: threading.Event) -> None:
    """Say that the worker lives, until told to stop; then take its name off."""
    stopped = False
    while not stopped:
        try:
            heartbeat.beat(app, name)
        except Exception:
            log.exception("no heartbeat", extra={"worker": name})
        stopped = stopping.wait(BEAT_SECONDS)
    try:
        heartbeat.leave(app, name)
    except Exception:
        log.exception("the heartbeat stays behind", extra={"worker": name})


def _loop(app: Flask, name: str, lane: Lane, tools: Tools, stopping: threading.Event) -> None:
    """Run the jobs of a lane until told to stop; whatever goes wrong, go on after a pause."""
    nap, ready, who = POLL_SECONDS, False, f"{name}/{lane}"
    while not stopping.is_set():
        try:
            with app.app_context():
                ready = ready or take_up(of_lane(lane))
                busy = work_once(who, of_lane(lane), tools, lease=LEASES[lane])
            nap = POLL_SECONDS
        except Busy:
            busy = False
        except LeaseLost:
            log.warning("a job was taken over", extra={"worker": who})
            busy = True
        except Exception:
            log.exception("a job failed", extra={"worker": who})
            busy, nap = False, min(nap * 2, _LONGEST_NAP_SECONDS)
        if not busy:
            stopping.wait(nap)


def take_up(kinds: Collection[str]) -> bool:
    """Set free what dead workers of this machine held, and make sure that each recurring kind
    has its one row. Needs an application context.
    """
    with begin(SYSTEM) as uow:
        freed = queue.free_leases(uow, lambda who: identity.is_dead(who.rpartition("/")[0]))
        for name in kinds:
            if KINDS[name].every is not None:
                queue.enqueue_once(uow, name, dedupe=f"every:{name}")
    if freed:
        log.info("leases of dead workers ended", extra={"count": freed})
    return True


def work_once(
    who: str, kinds: Collection[str], tools: Tools, *, lease: timedelta = timedelta(seconds=60)
) -> bool:
    """Claim and run one job of ``kinds``; False when none is due. Needs an application context.

    A job that fails is pushed on before its exception is raised again, so that a poisoned one
    never stands in the way of the next.
    """
    with look(SYSTEM) as uow:
        if not queue.is_due(uow, kinds):
            return False
    with begin(SYSTEM) as uow:
        ticket = queue.claim(uow, who, kinds, lease=lease)
    if ticket is None:
        return False
    kind = KINDS[ticket.kind]
    try:
        tired = kind.every is None and ticket.tries > kind.most_tries
        handler = kind.give_up if tired and kind.give_up else kind.handler
        settled = _bury(ticket) if tired and not kind.give_up else handler(ticket, tools)
    except LeaseLost:
        raise
    except Exception as error:
        _push_on(ticket, tools, error)
        raise
    if not settled:
        _settle(ticket)
    return True


def _settle(ticket: Ticket) -> None:
    every = KINDS[ticket.kind].every
    with begin(SYSTEM) as uow:
        if every is None:
            queue.finish(uow, ticket)
        else:
            queue.next_round(uow, ticket, uow.now + every, error=None)


def _push_on(ticket: Ticket, tools: Tools, error: Exception) -> None:
    """After a failure: later, or never again. The text of the error stays out of the logs."""
    kind = KINDS[ticket.kind]
    said = f"{type(error).__name__}: {error}"
    with begin(SYSTEM) as uow:
        if kind.every is not None:
            queue.next_round(uow, ticket, uow.now + kind.every, error=said)
        elif ticket.tries >= kind.most_tries and kind.give_up is None:
            queue.bury(uow, ticket, said)
        else:
            pause = queue.pause_after(ticket.tries, tools.chance)
            queue.put_off(uow, ticket, uow.now + pause, error=said)


def _bury(ticket: Ticket) -> bool:
    with begin(SYSTEM) as uow:
        queue.bury(uow, ticket, "every try ended in a crash")
    return True


def drain(app: Flask, *, tools: Tools | None = None, most: int = 1000) -> int:
    """Run what is due now, one after the other, in this thread; how many jobs that were.

    For commands and tests: nothing recurs by itself here, and a failing job raises.
    """
    tools, who = tools or tools_for(app), f"{identity.new_name()}/drain"
    with app.app_context():
        for done in range(most):
            if not work_once(who, list(KINDS), tools):
                return done
    return most
