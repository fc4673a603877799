"""Long work: asked for, looked at, cancelled, begun again; and how its worker notes progress.

What it does is in ``exports`` and ``erasing``; ``jobs.long_work`` runs it slice by slice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Gone, NotFound
from webapp.domain.permissions import Permission
from webapp.models import LongWork, User, WorkKind, WorkState
from webapp.services.sending import LeaseLost
from webapp.services.steps import idempotency
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

JOB = "long-work"
"""The kind of job that does it; payload ``work_id`` and ``turn``."""
FILE_KEPT = timedelta(days=7)
PAGE = 20
ACTIVE = (WorkState.WAITING, WorkState.RUNNING)
_WHOLE = "upkeep of the whole installation, by age alone"
_GIVEN_UP = "It stopped several times and was given up. What it had done is kept."


@dataclass(frozen=True, slots=True)
class WorkCard:
    """One piece of long work as people see it; times are UTC.

    ``has_file``: there is a file to download until ``file_until``. ``result`` is counts by name.
    """

    uuid: UUID
    number: int
    kind: WorkKind
    state: WorkState
    started_by: str
    done_count: int
    total: int
    result: dict[str, Any]
    error: str
    has_file: bool
    file_bytes: int
    file_until: datetime | None
    is_active: bool
    is_stopping: bool
    can_retry: bool
    created_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """What the worker needs to know of a piece at hand."""

    id: int
    turn: int
    uuid: UUID
    kind: WorkKind
    asked: dict[str, Any]
    place: dict[str, Any]
    result: dict[str, Any]
    done_count: int
    total: int
    is_stopping: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What one slice came to: where the next begins, and how far the work has come."""

    place: dict[str, Any]
    done_count: int
    total: int
    result: dict[str, Any] = field(default_factory=dict)
    is_finished: bool = False
    file_name: str | None = None
    file_bytes: int | None = None


# ------------------------------------------------------------------------------------- asking


@use_case(Permission.DATA_MANAGE)
def start(
    uow: UnitOfWork,
    kind: WorkKind,
    *,
    asked: dict[str, Any] | None = None,
    form_key: str | None = None,
) -> UUID:
    """Ask for ``kind``; the worker takes it up in a moment. The same form twice starts it once.

    Raises ``Conflict`` while the same is being done already.
    """
    scope = f"work.{kind.value}"
    before = idempotency.claim(uow, scope, form_key, {"user": uow.caller.user_id})
    if before is not None:
        return UUID(before["uuid"])
    active = sa.select(LongWork).where(LongWork.kind == kind, LongWork.state.in_(ACTIVE))
    if any(work.asked == (asked or {}) for work in uow.session.scalars(active)):
        raise Conflict("This is being done already. Look at how far it has come.")
    work = LongWork(
        uuid=uuid4(),
        kind=kind,
        started_by=uow.caller.user_id,
        asked=asked or {},
        created_at=uow.now,
    )
    uow.session.add(work)
    uow.session.flush()
    _enqueue(uow, work)
    uow.record(f"{kind.value}.asked", f"work:{work.uuid}")
    idempotency.settle(uow, scope, form_key, uuid=str(work.uuid))
    return work.uuid


@use_case(Permission.DATA_MANAGE)
def cancel(uow: UnitOfWork, uuid: UUID) -> None:
    """Stop it: at once when nobody has begun, else after the slice at hand.

    Raises ``NotFound``, and ``Conflict`` when it is over.
    """
    work = _of(uow, uuid)
    if work.state not in ACTIVE:
        raise Conflict("It is over already.")
    work.cancel_asked_at = work.cancel_asked_at or uow.now
    if work.state is WorkState.WAITING:
        _end(uow, work, WorkState.CANCELLED)
    uow.record(f"{work.kind.value}.cancelled", f"work:{work.uuid}")


@use_case(Permission.DATA_MANAGE)
def retry(uow: UnitOfWork, uuid: UUID) -> None:
    """Begin again where it stopped; a cancelled export begins anew.

    Raises ``NotFound``, and ``Conflict`` when it has not failed or its question was forgotten.
    """
    work = _of(uow, uuid)
    if not _can_retry(work):
        raise Conflict("This cannot be begun again.")
    if work.state is WorkState.CANCELLED:
        work.place, work.result, work.done_count = {}, {}, 0
    work.state, work.error, work.turn = WorkState.WAITING, "", work.turn + 1
    work.cancel_asked_at = work.ended_at = None
    _enqueue(uow, work)
    uow.record(f"{work.kind.value}.retried", f"work:{work.uuid}")


def _enqueue(uow: UnitOfWork, work: LongWork) -> None:
    uow.enqueue(JOB, work_id=work.id, turn=work.turn)


def _can_retry(work: LongWork) -> bool:
    if work.kind is WorkKind.EXPORT:
        return work.state in (WorkState.FAILED, WorkState.CANCELLED)
    return work.state is WorkState.FAILED and bool(work.asked)


# ------------------------------------------------------------------------------------ looking


@use_case(Permission.DATA_MANAGE)
def listed(uow: UnitOfWork, *, before: int | None = None) -> tuple[list[WorkCard], int | None]:
    """A page of the organization's long work, newest first, and where the next page begins."""
    query = sa.select(LongWork, User.name).outerjoin(User, User.id == LongWork.started_by)
    if before is not None:
        query = query.where(LongWork.id < before)
    rows = uow.session.execute(query.order_by(LongWork.id.desc()).limit(PAGE + 1)).all()
    cards = [_card(work, name, uow.now) for work, name in rows[:PAGE]]
    return cards, cards[-1].number if len(rows) > PAGE else None


@use_case(Permission.DATA_MANAGE)
def card(uow: UnitOfWork, uuid: UUID) -> WorkCard:
    """One piece of long work; raises ``NotFound``."""
    work = _of(uow, uuid)
    named = sa.select(User.name).where(User.id == work.started_by)
    return _card(work, uow.session.scalar(named), uow.now)


@use_case(Permission.DATA_MANAGE)
def file_of(uow: UnitOfWork, uuid: UUID) -> str:
    """The name of its file in the folder of exports; raises ``NotFound``, ``Gone`` when it went."""
    work = _of(uow, uuid)
    if work.state is not WorkState.DONE or work.kind is not WorkKind.EXPORT:
        raise NotFound("There is no file here.")
    if not work.file_name or work.file_until is None or work.file_until <= uow.now:
        raise Gone("The file is gone; files are kept for 7 days. Make another export.")
    return work.file_name


def _of(uow: UnitOfWork, uuid: UUID) -> LongWork:
    found = uow.session.scalar(sa.select(LongWork).where(LongWork.uuid == uuid))
    if found is None:
        raise NotFound("there is no such work")
    return found


def _card(work: LongWork, started_by: str | None, now: datetime) -> WorkCard:
    until = work.file_until
    return WorkCard(
        uuid=work.uuid,
        number=work.id,
        kind=work.kind,
        state=work.state,
        started_by=started_by or "Somebody who has left",
        done_count=min(work.done_count, work.total),
        total=work.total,
        result=dict(work.result),
        error=work.error,
        has_file=bool(work.file_name) and until is not None and until > now,
        file_bytes=work.file_bytes or 0,
        file_until=until,
        is_active=work.state in ACTIVE,
        is_stopping=work.state in ACTIVE and work.cancel_asked_at is not None,
        can_retry=_can_retry(work),
        created_at=work.created_at,
        begun_at=work.begun_at,
        ended_at=work.ended_at,
    )


# ------------------------------------------------------------------------------------ working


@use_case(Permission.UPKEEP)
def at_hand(uow: UnitOfWork, work_id: int, turn: int) -> Work | None:
    """The piece to do the next slice of; None when that ``turn`` of it is over or it is gone."""
    work = uow.session.get(LongWork, work_id)
    if work is None or work.turn != turn or work.state not in ACTIVE:
        return None
    return Work(
        id=work.id,
        turn=work.turn,
        uuid=work.uuid,
        kind=work.kind,
        asked=dict(work.asked),
        place=dict(work.place),
        result=dict(work.result),
        done_count=work.done_count,
        total=work.total,
        is_stopping=work.cancel_asked_at is not None,
        created_at=work.created_at,
    )


@use_case(Permission.UPKEEP)
def record(uow: UnitOfWork, at: Work, step: Step) -> None:
    """Note what a slice of ``at`` came to, in the transaction of the slice.

    Raises ``LeaseLost``, so that the slice never happened, when its turn is over.
    """
    work = _mine(uow, at)
    work.state, work.begun_at = WorkState.RUNNING, work.begun_at or uow.now
    work.place, work.result = step.place, step.result
    work.done_count, work.total = step.done_count, step.total
    if not step.is_finished:
        return
    if step.file_name is not None:
        work.file_name, work.file_bytes = step.file_name, step.file_bytes
        work.file_until = uow.now + FILE_KEPT
    _end(uow, work, WorkState.DONE)
    uow.record(f"{work.kind.value}.done", f"work:{work.uuid}", counts=step.result)


@use_case(Permission.UPKEEP)
def stop(uow: UnitOfWork, at: Work) -> None:
    """End a piece that was cancelled; what its slices did stays done. Raises ``LeaseLost``."""
    _end(uow, _mine(uow, at), WorkState.CANCELLED)


def _mine(uow: UnitOfWork, at: Work) -> LongWork:
    work = uow.session.get(LongWork, at.id, populate_existing=True)
    if work is None or work.turn != at.turn or work.state not in ACTIVE:
        raise LeaseLost("this turn of the work is over")
    return work


@use_case(Permission.UPKEEP)
def give_up(uow: UnitOfWork, work_id: int, turn: int) -> None:
    """End a piece whose every try crashed; it can be begun again by hand."""
    work = uow.session.get(LongWork, work_id)
    if work is not None and work.turn == turn and work.state in ACTIVE:
        work.error = _GIVEN_UP
        _end(uow, work, WorkState.FAILED)


def _end(uow: UnitOfWork, work: LongWork, state: WorkState) -> None:
    work.state, work.ended_at = state, uow.now
    if state is not WorkState.FAILED:
        work.asked, work.place = {}, {}  # whom an erasing was about is forgotten with its end


@use_case(Permission.UPKEEP)
def forget_old(uow: UnitOfWork) -> int:
    """Let go of files past their time, and of whom an erasing was about that failed a week ago.

    How many pieces that were; the files themselves go with ``export_files.sweep``.
    """
    old = uow.now - FILE_KEPT
    gone = uow.session.execute(
        below_the_guard(
            sa.update(LongWork)
            .where(LongWork.file_until <= uow.now)
            .values(file_name=None, file_until=None, file_bytes=None)
            .returning(LongWork.id)
            .execution_options(synchronize_session=False),
            _WHOLE,
        )
    ).all()
    uow.session.execute(
        below_the_guard(
            sa.update(LongWork)
            .where(LongWork.state == WorkState.FAILED, LongWork.ended_at <= old)
            .values(asked={}, place={})
            .execution_options(synchronize_session=False),
            _WHOLE,
        )
    )
    return len(gone)


@use_case(Permission.UPKEEP)
def files_in_use(uow: UnitOfWork) -> frozenset[str]:
    """What is kept in the folder of exports: names of files to download, and the uuids of work
    that is not done yet.
    """
    unfinished = LongWork.state.in_((*ACTIVE, WorkState.FAILED))
    kept = sa.select(LongWork.file_name, LongWork.uuid).where(
        sa.or_(LongWork.file_name.is_not(None), unfinished)
    )
    found = uow.session.execute(below_the_guard(kept, _WHOLE))
    return frozenset(name or str(uuid) for name, uuid in found)
