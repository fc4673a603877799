"""How often somebody may do something, counted by where they come from.

Counts live in the ``activity_*`` tables and are written on a connection of their own, never in a
business transaction; looks at public pages are counted in the memory of each process. Sources are
kept as keyed hashes: the tables hold no address of anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from webapp.domain.errors import Busy, TooMany
from webapp.domain.speech import Sentence
from webapp.models import ActivityRate, ActivitySeen, table_of
from webapp.services.unit_of_work import WRITE

IpAddress = IPv4Address | IPv6Address

_RATES, _SEEN = table_of(ActivityRate), table_of(ActivitySeen)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` times in any ``seconds``, in words for the one who meets it."""

    most: int
    seconds: int
    sentence: str


LIMITS = {
    "hold": Limit(
        10, 3600, Sentence("Too many times were chosen from your network in a short while.")
    ),
    "booking": Limit(
        5, 3600, Sentence("Too many bookings came from your network in a short while.")
    ),
    "manage": Limit(20, 60, Sentence("This link was used very often in a short while.")),
    "sign-in": Limit(30, 60, "Too many sign-ins came from your network in a short while."),
    "forgotten": Limit(10, 3600, "Too many links were asked for from your network."),
    "code": Limit(20, 3600, "Too many codes were tried. Please wait, or use a passkey."),
}
"""Counted in the database, over a sliding window."""

PAGES_PER_MINUTE, PAGES_AT_ONCE = 120, 40
_MOST_SOURCES = 20_000

FREE_TRIES = 5
LONGEST_PAUSE_SECONDS = 60
TRIES_ARE_FORGOTTEN_AFTER = timedelta(minutes=15)


def source_of(address: IpAddress | None, key: bytes) -> str | None:
    """Where a request comes from, as 24 hex digits; None for loopback and local sockets.

    An IPv6 client is its /64, because one household holds that many addresses.
    """
    if address is None:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        address = ip_network((address, 64), strict=False).network_address
    return hidden(str(address), key)


def hidden(text: str, key: bytes) -> str:
    """``text`` as 24 hex digits that say nothing without the installation's key."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:24]


@contextmanager
def _aside(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A short transaction of its own beside the business."""
    with engine.connect() as raw:
        connection = raw.execution_options(kalends_mode=WRITE)
        with connection.begin():
            yield connection


def count(engine: sa.Engine, name: str, source: str | None, now: datetime) -> None:
    """Note one more ``name`` from ``source``; raises ``TooMany`` when it would pass the limit.

    ``source`` None is never limited. What is refused is not counted. When the counts cannot be
    kept, the answer is ``Busy``: a limit that fails open protects nobody.
    """
    if source is None:
        return
    limit = LIMITS[name]
    try:
        wait = _counted(engine, f"{name}:{source}", limit.most, limit.seconds, now)
    except SQLAlchemyError as error:
        raise Busy("the database is busy; please try again") from error
    if wait:
        raise TooMany(limit.sentence, retry_after_seconds=wait)


class _Over(Exception):
    """Rolls the count back; carries the seconds to wait."""


def _counted(engine: sa.Engine, bucket: str, most: int, seconds: int, now: datetime) -> int:
    """Count in the window of ``now``; 0, or how many seconds to wait.

    The window slides: of the one before, the part counts that still lies within ``seconds``.
    """
    epoch = int(now.timestamp())
    start = epoch - epoch % seconds
    passed = epoch - start
    try:
        with _aside(engine) as connection:
            new = _raise(connection, bucket, datetime.fromtimestamp(start, UTC))
            before = connection.execute(
                sa.select(_RATES.c.count).where(
                    _RATES.c.bucket == bucket,
                    _RATES.c.window_start == datetime.fromtimestamp(start - seconds, UTC),
                )
            ).scalar()
            old = int(before or 0)
            if new * seconds + old * (seconds - passed) > most * seconds:
                raise _Over(_wait(new - 1, old, most, seconds, passed))
    except _Over as over:
        return int(over.args[0])
    return 0


def _wait(current: int, old: int, most: int, seconds: int, passed: int) -> int:
    """Seconds until one more would fit, if nothing else comes."""
    room = most - current - 1
    if room >= 0:  # the older window is in the way: it fades by itself
        return max(1, _up(seconds * (old - room), old) - passed)
    # The present window is full: it has to become the older one and fade in turn.
    return max(1, seconds - passed + _up(seconds * (current - most + 1), current))


def _up(number: int, by: int) -> int:
    """``number / by``, rounded up."""
    return -(-number // by)


def _raise(connection: sa.Connection, bucket: str, start: datetime) -> int:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(_RATES).values(bucket=bucket, window_start=start, count=1)
    statement = insert.on_conflict_do_update(
        index_elements=["bucket", "window_start"], set_={"count": _RATES.c.count + 1}
    ).returning(_RATES.c.count)
    return int(connection.execute(statement).scalar_one())


@dataclass(slots=True)
class PageMeter:
    """Looks at public pages per source, in this process's memory: 120 a minute, 40 at once."""

    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, source: str | None, now: datetime) -> None:
        """Note one look; raises ``TooMany`` when ``source`` has none left."""
        if source is None:
            return
        at, rate = now.timestamp(), PAGES_PER_MINUTE / 60
        with self._lock:
            left, since = self._left.pop(source, (float(PAGES_AT_ONCE), at))
            left = min(float(PAGES_AT_ONCE), left + max(0.0, at - since) * rate)
            self._left[source] = (left - 1 if left >= 1 else left, at)
            if len(self._left) > _MOST_SOURCES:
                self._left.popitem(last=False)
        if left < 1:
            raise TooMany(
                Sentence("This page was opened very often from your network in a short while."),
                retry_after_seconds=max(1, math.ceil((1 - left) / rate)),
            )


# ----------------------------------------------------------------------- passwords of an account


def before_password(engine: sa.Engine, account: str, source: str | None, now: datetime) -> None:
    """Note a try at ``account``'s password; raises ``TooMany`` when it comes too soon.

    After five failures within a quarter of an hour each further try waits, 1 s growing to 60 s,
    but **per source**: whoever comes from elsewhere always has a first try, so that nobody can
    lock somebody else out. Counted before the password is checked, so that tries at the same time
    do not slip through together; ``after_password`` takes a right one back.
    """
    place = f"try:{account[:24]}:{(source or 'here')[:24]}"
    try:
        with _aside(engine) as connection:
            seen = sa.select(_SEEN.c.seen_at).where(_SEEN.c.subject == place)
            last = connection.execute(seen).scalar()
            pause = _pause(_failures(connection, account, now))
            if last is not None and now < last + pause:
                wait = math.ceil((last + pause - now).total_seconds())
                raise TooMany(
                    "Too many tries at this account. Please wait a moment.",
                    retry_after_seconds=max(1, wait),
                )
            _raise(connection, f"tries:{account}", _quarter(now))
            _note(connection, place, now)
    except SQLAlchemyError as error:
        raise Busy("the database is busy; please try again") from error


def after_password(engine: sa.Engine, account: str) -> None:
    """The password was right: the account's failures are forgotten."""
    with _aside(engine) as connection:
        connection.execute(sa.delete(_RATES).where(_RATES.c.bucket == f"tries:{account}"))


def _quarter(now: datetime) -> datetime:
    seconds = int(TRIES_ARE_FORGOTTEN_AFTER.total_seconds())
    epoch = int(now.timestamp())
    return datetime.fromtimestamp(epoch - epoch % seconds, UTC)


def _failures(connection: sa.Connection, account: str, now: datetime) -> int:
    since = _quarter(now) - TRIES_ARE_FORGOTTEN_AFTER
    total = sa.select(sa.func.sum(_RATES.c.count)).where(
        _RATES.c.bucket == f"tries:{account}", _RATES.c.window_start >= since
    )
    return int(connection.execute(total).scalar() or 0)


def _pause(failures: int) -> timedelta:
    if failures < FREE_TRIES:
        return timedelta(0)
    return timedelta(seconds=min(LONGEST_PAUSE_SECONDS, 2 ** min(10, failures - FREE_TRIES)))


# --------------------------------------------------------------------------------- last seen


class SeenNotes:
    """Last-seen times of sessions and keys, written at most once a minute each.

    Losing one costs nothing but a number, so a busy database is no reason to fail.
    """

    EVERY = timedelta(minutes=1)

    def __init__(self) -> None:
        self._written: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, engine: sa.Engine, subject: str, now: datetime) -> bool:
        """``subject`` (``session:7``) was seen; whether it was written down."""
        with self._lock:
            last = self._written.get(subject)
            if last is not None and last <= now < last + self.EVERY:
                return False
            self._written[subject] = now
            self._written.move_to_end(subject)
            if len(self._written) > _MOST_SOURCES:
                self._written.popitem(last=False)
        try:
            with _aside(engine) as connection:
                _note(connection, subject, now)
        except SQLAlchemyError:
            return False
        return True


def _note(connection: sa.Connection, subject: str, now: datetime) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(_SEEN).values(subject=subject, seen_at=now)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["subject"], set_={"seen_at": now})
    )


def forget_old(engine: sa.Engine, now: datetime) -> None:
    """Upkeep: drop counts older than two hours and notes older than 30 days."""
    with _aside(engine) as connection:
        connection.execute(
            sa.delete(_RATES).where(_RATES.c.window_start < now - timedelta(hours=2))
        )
        connection.execute(
            sa.delete(_SEEN).where(
                sa.or_(
                    _SEEN.c.seen_at < now - timedelta(days=30),
                    sa.and_(
                        _SEEN.c.subject.startswith("try:"),
                        _SEEN.c.seen_at < now - timedelta(hours=1),
                    ),
                )
            )
        )
