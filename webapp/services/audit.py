"""The audit log: who did what to which thing, filtered, paged, and chained so that changes show.

Entries are written with the change they tell of (``uow.record``) and chained a moment later by
``seal``, so that a booking waits for nothing. Their numbers follow the order of sealing: an entry
that was committed late simply comes later.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain import auditchain
from webapp.domain.auditchain import Link, Walked
from webapp.domain.errors import Invalid
from webapp.domain.permissions import Permission
from webapp.models import AuditChain, AuditEntry, Booking, BookingProfile, User, table_of
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

PAGE = 50
MOST_EXPORTED = 50_000
"""Rows of one export: the newest that match."""
MOST_CHECKED = 50_000
"""How many of the newest entries the console checks at once; ``kalends doctor`` checks them all."""
SEALED_AT_ONCE = 500

_ENTRY, _CHAIN = table_of(AuditEntry), table_of(AuditChain)
_WHY = "sealing is upkeep of every organization; the statement names each"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries: all that are given must hold. ``since`` and ``until`` are UTC, half-open.

    ``actor`` is "user:7" or a role; ``action`` one action or a family ("booking."); ``subject``
    "booking:7" or a kind ("booking").
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is shown. ``actor_name`` is None for nobody who has a name.

    ``number`` is its place in the chain, None until it is sealed; ``people`` are names by
    "user:7" of everybody whom the changes name.
    """

    id: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    subject: str
    subject_name: str | None
    changes: dict[str, Any]
    personal: dict[str, Any]
    was_forgotten: bool
    number: int | None
    people: dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first; ``after`` continues the list, None at its end."""

    entries: tuple[Entry, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the chain found. ``checked`` entries from number ``first`` on.

    ``waiting`` entries are not chained yet. ``broken`` is None when everything is as written.
    """

    first: int
    checked: int
    waiting: int
    head: bytes
    broken: auditchain.Break | None


@use_case(Permission.AUDIT_READ)
def listed(
    uow: UnitOfWork, filters: Filters, *, after: str | None = None, most: int = PAGE
) -> Page:
    """A page of the log, newest first. Raises ``Invalid`` for a cursor that is none."""
    query = _matching(filters)
    if after:
        query = query.where(AuditEntry.id < _read_cursor(after))
    rows = uow.session.scalars(query.order_by(AuditEntry.id.desc()).limit(most + 1)).all()
    shown = rows[:most]
    more = _cursor(shown[-1].id) if len(rows) > most else None
    return Page(tuple(_shown(uow, shown)), more)


@use_case(Permission.AUDIT_READ)
def exported(uow: UnitOfWork, filters: Filters) -> list[Entry]:
    """The newest 50,000 entries that match, newest first."""
    query = _matching(filters).order_by(AuditEntry.id.desc()).limit(MOST_EXPORTED)
    return list(_shown(uow, uow.session.scalars(query).all()))


@use_case(Permission.AUDIT_READ)
def subject_of(uow: UnitOfWork, text: str) -> str:
    """What somebody typed as a filter's subject: "booking #1001" by its reference, else
    "profile 7" or a kind alone.
    """
    kind, _, number = text.strip().lower().replace(":", " ").replace("#", " ").partition(" ")
    kind, number = kind or "booking", number.strip()
    if kind != "booking" or not number.isascii() or not number.isdecimal() or len(number) > 18:
        return f"{kind}:{number}" if number else kind
    query = sa.select(Booking.id).where(Booking.reference == int(number))
    return f"booking:{uow.session.scalar(query) or 0}"


@use_case(Permission.AUDIT_READ)
def one(uow: UnitOfWork, entry_id: int) -> Entry | None:
    """One entry of the organization; None when there is no such."""
    rows = uow.session.scalars(sa.select(AuditEntry).where(AuditEntry.id == entry_id)).all()
    return next(_shown(uow, rows), None)


@use_case(Permission.AUDIT_READ)
def actors(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Everybody who did something that is in the log, as ("user:7", "Ada Berg"), by name."""
    known = sa.select(AuditEntry.actor).distinct()
    found = [actor for actor in uow.session.scalars(known) if actor.startswith("user:")]
    names = _names(uow, set(found))
    return sorted(
        ((actor, names.get(actor) or actor) for actor in found), key=lambda pair: pair[1].casefold()
    )


def _matching(filters: Filters) -> sa.Select[AuditEntry]:
    query = sa.select(AuditEntry)
    if filters.actor:
        query = query.where(AuditEntry.actor == filters.actor)
    if filters.action.endswith("."):
        query = query.where(AuditEntry.action.startswith(filters.action, autoescape=True))
    elif filters.action:
        query = query.where(AuditEntry.action == filters.action)
    if ":" in filters.subject:
        query = query.where(AuditEntry.subject == filters.subject)
    elif filters.subject:
        kind = f"{filters.subject}:"
        query = query.where(AuditEntry.subject.startswith(kind, autoescape=True))
    if filters.since:
        query = query.where(AuditEntry.at >= filters.since)
    if filters.until:
        query = query.where(AuditEntry.at < filters.until)
    return query


def _shown(uow: UnitOfWork, rows: Sequence[AuditEntry]) -> Iterator[Entry]:
    told = {row.id: _told(row.changes) for row in rows}
    named = {row.actor for row in rows} | {row.subject for row in rows}
    names = _names(uow, named.union(*told.values()) if told else named)
    for row in rows:
        personal = {k: v for k, v in (row.personal or {}).items() if k != auditchain.SALT}
        yield Entry(
            id=row.id,
            at=row.at,
            actor=row.actor,
            actor_name=names.get(row.actor),
            action=row.action,
            subject=row.subject,
            subject_name=names.get(row.subject),
            changes=dict(row.changes),
            personal=personal,
            was_forgotten=row.personal is None and row.personal_digest is not None,
            number=row.chain_number,
            people={name: names[name] for name in told[row.id] if name in names},
        )


def _told(changes: Any) -> set[str]:
    """The people whom changes name: "user:7", and lists of hosts by number."""
    if isinstance(changes, dict):
        return set().union(*(_told(each) for each in changes.values()))
    if isinstance(changes, list):
        return {f"user:{each}" for each in changes if isinstance(each, int)}
    return {changes} if isinstance(changes, str) and changes.startswith("user:") else set()


def _names(uow: UnitOfWork, subjects: set[str]) -> dict[str, str]:
    """What "user:7" and the like are called: who acted here is known here, also after leaving."""
    ids: dict[str, set[int]] = {"user": set(), "booking": set(), "profile": set()}
    for subject in subjects:
        kind, _, number = subject.partition(":")
        if kind in ids and number.isascii() and number.isdecimal() and len(number) < 19:
            ids[kind].add(int(number))
    names: dict[str, str] = {}
    for kind, column, words in (
        ("user", User.name, "{}"),
        ("booking", Booking.reference, "booking #{}"),
        ("profile", BookingProfile.name, "the profile “{}”"),
    ):
        if ids[kind]:
            key = column.class_.id
            rows = uow.session.execute(sa.select(key, column).where(key.in_(sorted(ids[kind]))))
            names |= {f"{kind}:{number}": words.format(name) for number, name in rows if name}
    return names


def _cursor(entry_id: int) -> str:
    return base64.urlsafe_b64encode(str(entry_id).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> int:
    try:
        plain = base64.urlsafe_b64decode(text[:40] + "=" * (-len(text[:40]) % 4)).decode("ascii")
        return min(int(plain), 2**62) if plain.isdecimal() else _no_page()
    except (binascii.Error, ValueError):
        return _no_page()


def _no_page() -> int:
    raise Invalid("That page of the list does not exist.", field="after")


# ------------------------------------------------------------------------------------ the chain


@use_case(Permission.UPKEEP)
def unsealed(uow: UnitOfWork) -> list[int]:
    """Organizations with entries that are not chained yet."""
    waiting = sa.select(_ENTRY.c.organization_id).where(_ENTRY.c.chain_number.is_(None)).distinct()
    return list(uow.session.scalars(below_the_guard(waiting.limit(100), _WHY)))


@use_case(Permission.UPKEEP)
def seal(uow: UnitOfWork) -> int:
    """Chain the organization's new entries, at most 500; how many.

    The chain's own row is locked first, so that two workers chain one after the other.
    """
    end = _locked_end(uow)
    rows = uow.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.chain_number.is_(None))
        .order_by(AuditEntry.id)
        .limit(SEALED_AT_ONCE)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        end.number += 1
        end.hash = auditchain.link_hash(
            end.hash,
            number=end.number,
            entry_id=row.id,
            organization_id=row.organization_id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            changes=row.changes,
            personal_digest=row.personal_digest,
        )
        row.chain_number, row.chain_hash = end.number, end.hash
    if rows:
        end.sealed_at = uow.now
    uow.session.flush()
    return len(rows)


def _locked_end(uow: UnitOfWork) -> AuditChain:
    kind = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    first = {
        "organization_id": uow.organization_id,
        "number": 0,
        "hash": auditchain.START,
        "sealed_at": uow.now,
    }
    insert = kind.insert(_CHAIN).values(first).on_conflict_do_nothing()
    uow.session.execute(below_the_guard(insert, _WHY))
    lock = sa.update(AuditChain).values(number=AuditChain.number)
    uow.session.execute(lock.execution_options(synchronize_session=False))
    found = sa.select(AuditChain).execution_options(populate_existing=True)
    return uow.session.scalars(found).one()


@use_case(Permission.AUDIT_READ)
def head(uow: UnitOfWork) -> tuple[int, bytes]:
    """The chain's last number and hash: what to write down elsewhere to hold it against."""
    end = uow.session.scalars(sa.select(AuditChain)).one_or_none()
    return (end.number, end.hash) if end is not None else (0, auditchain.START)


@use_case(Permission.AUDIT_READ)
def verify(uow: UnitOfWork, *, most: int | None = MOST_CHECKED) -> Verdict:
    """Recompute the chain over its newest ``most`` entries (None: all) and compare."""
    number, last = head(uow)
    skipped = max(0, number - most) if most is not None else 0
    before = auditchain.START
    if skipped:
        kept = sa.select(AuditEntry.chain_hash).where(AuditEntry.chain_number == skipped)
        before = uow.session.scalar(kept) or auditchain.START
    walked = auditchain.walk(_links(uow, skipped), after=skipped, previous=before)
    waiting = uow.session.scalar(
        sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.chain_number.is_(None))
    )
    return Verdict(
        first=skipped + 1,
        checked=walked.count,
        waiting=waiting or 0,
        head=last,
        broken=walked.broken or _torn_off(walked, skipped, number, last),
    )


def _torn_off(walked: Walked, skipped: int, number: int, last: bytes) -> auditchain.Break | None:
    reached = skipped + walked.count
    if reached == number and walked.last == last:
        return None
    why = "The log does not end where its last sealing ended."
    return auditchain.Break(min(reached, number) + 1, None, why)


def _links(uow: UnitOfWork, after: int) -> Iterator[Link]:
    """The chained entries in order, some hundred at a time."""
    names = ("id", "organization_id", "at", "actor", "action", "subject", "changes")
    columns = [getattr(AuditEntry, name) for name in names]
    while True:
        rows = uow.session.execute(
            sa.select(
                AuditEntry.chain_number.label("number"),
                *columns,
                AuditEntry.personal,
                AuditEntry.personal_digest,
                AuditEntry.chain_hash.label("hash"),
            )
            .where(AuditEntry.chain_number > after)
            .order_by(AuditEntry.chain_number)
            .limit(1000)
        ).all()
        yield from (Link(**row._mapping) for row in rows)
        if len(rows) < 1000:
            return
        after = rows[-1].number


@use_case(Permission.UPKEEP)
def forget(uow: UnitOfWork, subject: str) -> int:
    """Forget the personal parts of what was noted about ``subject``; the chain still holds."""
    rows = uow.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.subject == subject, AuditEntry.personal.is_not(None))
    ).all()
    for row in rows:
        row.personal = None
    uow.session.flush()
    return len(rows)
