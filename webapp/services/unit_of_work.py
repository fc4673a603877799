"""One use of the system: who asks, at which instant, in which transaction."""

from __future__ import annotations

import functools
import logging
import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from webapp.domain import auditchain
from webapp.domain.errors import Busy, Forbidden
from webapp.domain.permissions import Caller, Permission, Role
from webapp.models import AuditEntry, Job
from webapp.models.direct import Insertion
from webapp.settings import Keys, Settings

LOG = logging.getLogger("kalends.database")
P = ParamSpec("P")
R = TypeVar("R")

READ, WRITE = "read", "write"
"""What a unit may do; the engine's listener begins the transaction accordingly."""


_JOB = Insertion(Job)
_AUDIT = Insertion(AuditEntry)

_PASSED: Counter[str] = Counter()
"""How often this process came past each failpoint that a test named."""


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """Everything a service function may touch.

    ``now`` is read once, when the work begins (UTC): two timestamps written by one piece of work
    are equal, and a test sets time by passing a datetime.
    """

    session: Session
    caller: Caller
    now: datetime
    settings: Settings
    keys: Keys

    @property
    def organization_id(self) -> int:
        """The caller's organization; a use case that needs one is never called without."""
        if self.caller.organization_id is None:
            raise RuntimeError("this unit of work has no organization")
        return self.caller.organization_id

    def visiting(self, organization_id: int) -> UnitOfWork:
        """The same unit as a visitor of that organization, once an address has led there."""
        self.session.info["organization_id"] = organization_id
        return replace(self, caller=Caller(organization_id, Role.GUEST))

    def enqueue(
        self,
        kind: str,
        *,
        run_at: datetime | None = None,
        dedupe: str | None = None,
        **payload: Any,
    ) -> None:
        """Ask for work after commit; the request is a row of this same transaction."""
        _JOB.add(
            self.session,
            organization_id=self.caller.organization_id,
            kind=kind,
            payload=payload,
            run_at=run_at or self.now,
            dedupe=dedupe,
            created_at=self.now,
        )

    def record(
        self,
        action: str,
        subject: str,
        *,
        personal: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Note in the audit log that the caller did ``action`` to ``subject`` (``booking:7``).

        ``changes`` stay for ever, so they name nobody; whose name or address belongs to the
        story stands in ``personal``, which can be forgotten without breaking the chain.
        """
        who = f"user:{self.caller.user_id}" if self.caller.user_id else self.caller.role.value
        kept = personal and {**personal, auditchain.SALT: secrets.token_hex(16)}
        _AUDIT.add(
            self.session,
            at=self.now,
            actor=who,
            action=action,
            subject=subject,
            changes=changes,
            personal=kept,
            personal_digest=auditchain.digest_of(kept) if kept else None,
        )

    def failpoint(self, name: str) -> None:
        """Die here with SIGKILL when a test named this point (see ``failpoints.NAMES``)."""
        wanted, _, nth = self.settings.failpoint.partition(":")
        if wanted == name:
            _PASSED[name] += 1
            if _PASSED[name] >= int(nth or 1):
                os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def unit_of_work(
    session: Session, caller: Caller, now: datetime, settings: Settings, keys: Keys, *, mode: str
) -> Iterator[UnitOfWork]:
    """Commit on the way out of a writing unit, roll back on any exception. The only committer.

    Raises ``Busy`` when the database could not take the write in time (SQLite's lock, a
    PostgreSQL deadlock or lock timeout): nothing was written.
    """
    session.info["organization_id"] = caller.organization_id
    uow = UnitOfWork(session, caller, now, settings, keys)
    try:
        connection = session.connection(execution_options={"kalends_mode": mode})
        session.info["connection"] = connection
        if mode == WRITE:
            uow.failpoint("begun")
        yield uow
        if mode == WRITE:
            session.flush()
            uow.failpoint("before-commit")
            session.commit()
            uow.failpoint("committed")
        # What was only read is rolled back by closing, once.
    except OperationalError as error:
        session.rollback()
        if _is_contention(error):
            raise Busy("the database is busy; please try again") from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("organization_id", None)
        session.info.pop("connection", None)
        session.close()


@contextmanager
def reading_unit(
    connect: Callable[[], sa.Connection],
    caller: Caller,
    now: datetime,
    settings: Settings,
    keys: Keys,
) -> Iterator[UnitOfWork]:
    """A unit that only reads; ``connect`` gives a connection whose transaction refuses writes.

    What most pages ask goes below the ORM, so the session is merely bound to the connection: one
    that nobody uses costs nothing. Raises ``Busy`` like ``unit_of_work``.
    """
    connection = connect()
    session = Session(connection)
    session.info.update(organization_id=caller.organization_id, connection=connection)
    try:
        yield UnitOfWork(session, caller, now, settings, keys)
    except OperationalError as error:
        if _is_contention(error):
            raise Busy("the database is busy; please try again") from error
        raise
    finally:
        if session.in_transaction():
            session.close()
        connection.close()  # which rolls back


_CONTENTION = {"40001", "40P01", "55P03", "57014"}
"""Serialization failure, deadlock, lock not available, statement timeout."""


def _is_contention(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or "locked"
    contended = state in _CONTENTION or "database is locked" in str(error.orig)
    if contended:
        LOG.warning("gave up waiting for the database: %s", state)
    return contended


USE_CASES: dict[str, Permission] = {}
"""Every use case and what it takes to call it; filled by ``use_case``."""


def use_case(
    permission: Permission,
) -> Callable[[Callable[Concatenate[UnitOfWork, P], R]], Callable[Concatenate[UnitOfWork, P], R]]:
    """Mark a public service function and state, once for all surfaces, what calling it takes."""

    def mark(
        function: Callable[Concatenate[UnitOfWork, P], R],
    ) -> Callable[Concatenate[UnitOfWork, P], R]:
        @functools.wraps(function)
        def guarded(uow: UnitOfWork, *args: P.args, **kwargs: P.kwargs) -> R:
            if not uow.caller.may(permission):
                raise Forbidden(f"this needs the permission {permission.value}")
            return function(uow, *args, **kwargs)

        USE_CASES[f"{function.__module__}.{function.__qualname__}"] = permission
        return cast(Callable[Concatenate[UnitOfWork, P], R], guarded)

    return mark


def below_the_guard(statement: sa.Executable, why: str) -> sa.Executable:
    """A statement that names its organization itself (or needs none); ``why`` is said aloud."""
    return statement.execution_options(unscoped=why)
