"""The queue: rows of ``job``, claimed under a lease, done at least once.

A claim raises the row's fence; whoever comes late with an older fence changes nothing. A worker
that dies leaves a lease behind, and when that has run out the next one takes the job over. A job
that recurs is one row that never goes: its ``dedupe`` key keeps it single, and whoever claims it
puts it off to the next time, so that no process has to be the leader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.span import LAST
from webapp.models import Job
from webapp.services.sending import LeaseLost
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

BURIED = LAST
"""``run_at`` of a job that nobody will try again; the row stays, to be seen."""

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claimed job. ``tries`` counts claims from 1; ``fence`` proves that the claim is ours."""

    id: int
    organization_id: int | None
    kind: str
    payload: dict[str, Any]
    tries: int
    fence: int
    run_at: datetime


def _free(now: datetime, kinds: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Job.run_at <= now,
        sa.or_(Job.leased_until.is_(None), Job.leased_until <= now),
        Job.kind.in_(kinds),
    )


def is_due(uow: UnitOfWork, kinds: Collection[str]) -> bool:
    """Whether there is a job of ``kinds`` to claim; asked in a reading unit, before locking."""
    found = uow.session.scalar(sa.select(Job.id).where(_free(uow.now, kinds)).limit(1))
    return found is not None


def claim(uow: UnitOfWork, who: str, kinds: Collection[str], *, lease: timedelta) -> Ticket | None:
    """Take the longest due job of ``kinds`` for ``who``, or None when there is none.

    Two workers never get the same one: SQLite's writer is alone anyway, PostgreSQL skips rows
    that another worker is about to take.
    """
    first = (
        sa.select(Job.id)
        .where(_free(uow.now, kinds))
        .order_by(Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite's dialect leaves it out
    )
    taken = (
        sa.update(Job)
        .where(Job.id == first.scalar_subquery())
        .values(
            fence=Job.fence + 1,
            tries=Job.tries + 1,
            leased_until=uow.now + lease,
            leased_by=who,
        )
        .returning(
            *(Job.id, Job.organization_id, Job.kind, Job.payload, Job.tries, Job.fence, Job.run_at)
        )
        .execution_options(synchronize_session=False)
    )
    row = uow.session.execute(taken).one_or_none()
    return None if row is None else Ticket(*row)


def free_leases(uow: UnitOfWork, is_dead: Callable[[str], bool]) -> int:
    """End the leases of workers that are known to be dead; how many jobs that sets free."""
    held = sa.select(Job.leased_by).where(Job.leased_until > uow.now).distinct()
    dead = [name for name in uow.session.scalars(held) if name is not None and is_dead(name)]
    freed = (
        sa.update(Job)
        .where(Job.leased_by.in_(dead))
        .values(leased_until=None, leased_by=None)
        .returning(Job.id)
    )
    return len(uow.session.execute(freed.execution_options(synchronize_session=False)).all())


def finish(uow: UnitOfWork, ticket: Ticket) -> None:
    """The job is done: its row goes. Raises ``LeaseLost`` when somebody else has it now."""
    done = sa.delete(Job).where(Job.id == ticket.id, Job.fence == ticket.fence).returning(Job.id)
    _only_once(uow, done.execution_options(synchronize_session=False))


def put_off(uow: UnitOfWork, ticket: Ticket, until: datetime, *, error: str | None = None) -> None:
    """Try again at ``until``, and count this try. Raises ``LeaseLost``."""
    _change(uow, ticket, run_at=until, leased_until=None, leased_by=None, error=_cut(error))


def renew(uow: UnitOfWork, ticket: Ticket, lease: timedelta) -> None:
    """Go on with a long job: the lease begins anew, and so does the count of tries. ``LeaseLost``
    when somebody else has it now; in the transaction of a slice it undoes the whole slice.
    """
    _change(uow, ticket, leased_until=uow.now + lease, tries=0)


def make_way(uow: UnitOfWork, ticket: Ticket, until: datetime) -> None:
    """Come back at ``until`` as if nothing had been tried. Raises ``LeaseLost``."""
    _change(uow, ticket, run_at=until, leased_until=None, leased_by=None, tries=ticket.tries - 1)


def next_round(uow: UnitOfWork, ticket: Ticket, until: datetime, *, error: str | None) -> None:
    """A recurring job's row moves to its next time, with a clean count. Raises ``LeaseLost``."""
    _change(
        uow, ticket, run_at=until, leased_until=None, leased_by=None, tries=0, error=_cut(error)
    )


def bury(uow: UnitOfWork, ticket: Ticket, error: str) -> None:
    """No more tries; the row stays with what went wrong. Raises ``LeaseLost``."""
    _change(
        uow,
        ticket,
        run_at=BURIED,
        leased_until=None,
        leased_by=None,
        dedupe=None,
        error=_cut(error),
    )


def buried(uow: UnitOfWork) -> int:
    """How many jobs were given up."""
    return (
        uow.session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.run_at >= BURIED))
        or 0
    )


def enqueue_once(
    uow: UnitOfWork, kind: str, *, dedupe: str, run_at: datetime | None = None, **payload: Any
) -> bool:
    """Ask for work unless a job of that ``dedupe`` key waits already; whether it was added."""
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Job).values(
        organization_id=uow.caller.organization_id,
        kind=kind,
        payload=payload,
        run_at=run_at or uow.now,
        tries=0,
        fence=0,
        dedupe=dedupe,
        created_at=uow.now,
    )
    once = insert.on_conflict_do_nothing(index_elements=["dedupe"]).returning(Job.id)
    added = uow.session.execute(below_the_guard(once, "jobs are claimed for every organization"))
    return added.scalar() is not None


def pause_after(tries: int, chance: Callable[[], float]) -> timedelta:
    """How long to wait after the ``tries``-th failure: exponential, with full jitter.

    Between nothing and 5, 10, 20, ... seconds, at most an hour: workers that failed together
    do not come back together. ``chance`` gives numbers from 0 to 1.
    """
    most = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * (1 << min(max(tries, 1) - 1, 20)))
    return timedelta(seconds=most * chance())


def _change(uow: UnitOfWork, ticket: Ticket, **values: Any) -> None:
    change = (
        sa.update(Job)
        .where(Job.id == ticket.id, Job.fence == ticket.fence)
        .values(**values)
        .returning(Job.id)
    )
    _only_once(uow, change.execution_options(synchronize_session=False))


def _only_once(uow: UnitOfWork, statement: sa.Executable) -> None:
    if uow.session.execute(statement).scalar_one_or_none() is None:
        raise LeaseLost("another worker took this job over")


def _cut(error: str | None) -> str | None:
    return None if error is None else error[:500]
