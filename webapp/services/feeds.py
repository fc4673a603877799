"""Calendars that hosts link by file or address: read, laid out, and written as busy time.

A linked calendar is read in steps, so that no transaction is open while the network is used or a
file is parsed: ``prepare`` (a reading unit), fetching, ``lay_out`` (no unit), ``record`` (a writing
unit, under the host's lock). A reading that fails changes the report and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.delivery.addresses import AddressRules, read_url
from webapp.domain import ics
from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.ics import CalendarReport
from webapp.domain.permissions import Permission
from webapp.domain.recurrence import MAX_WINDOW
from webapp.domain.span import Interval
from webapp.models import (
    Account,
    AccountKind,
    Calendar,
    CalendarFeed,
    FeedState,
    Job,
    User,
)
from webapp.services.steps import failing_feeds, hosts, imported
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case
from webapp.settings import Settings

LARGEST = 16 * 1024 * 1024
MOST_LINKED = 20
JOB = "refresh-feed"
_LONGEST_URL = 2000
_SHOWN_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """One linked calendar about to be read. ``content`` is None when it has to be fetched first.

    ``window`` is what has to be laid out: from the start of today (UTC), 400 days.
    ``is_stale``: the window has moved on since it was last laid out.
    """

    feed_id: int
    host_id: int
    url: str | None
    etag: str | None
    content: bytes | None
    zone: str
    owner_emails: tuple[str, ...]
    window: Interval
    is_stale: bool


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A calendar file that could be read: its bytes, what it says, and that as rows."""

    content: bytes
    report: CalendarReport
    rows: imported.Rows


def lay_out(
    content: bytes, *, zone: str, window: Interval, owner_emails: tuple[str, ...] = ()
) -> LaidOut:
    """Read a calendar file; some seconds for the largest, so never inside a unit.

    ``zone`` is the host's, for files that name none. Raises ``Invalid`` (``CalendarRefused``)
    with a sentence for people when it is no calendar, or too large.
    """
    if len(content) > LARGEST:
        raise Invalid("A calendar file has at most 16 MiB.", field="file")
    report = ics.read_calendar(content, default_zone=zone, window=window, owner_emails=owner_emails)
    return LaidOut(content, report, imported.rows_of(report))


def window_of(now: datetime) -> Interval:
    """What is laid out at ``now``: 400 days from the start of today, UTC."""
    start = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return Interval(start, start + MAX_WINDOW)


@use_case(Permission.CALENDAR_LINK)
def link_file(
    uow: UnitOfWork, host_id: int, *, name: str, file_name: str, laid_out: LaidOut
) -> UUID:
    """Link an uploaded file, already laid out, to a host; its events take time from now on."""
    feed = _link(uow, host_id, name or laid_out.report.name or file_name, laid_out.report.zone)
    feed.file_name = _short(file_name, 200) or "calendar.ics"
    uow.session.flush()
    _write(uow, host_id, feed, laid_out, None)
    return _uuid_of(uow, feed)


@use_case(Permission.CALENDAR_LINK)
def link_url(uow: UnitOfWork, host_id: int, *, name: str, url: str) -> UUID:
    """Link the calendar at an address; the worker reads it in a moment.

    Raises ``Invalid`` for what is no such address, or one that is never asked.
    """
    address = clean_url(url, uow.settings)
    host = uow.session.get(User, host_id)
    place = urlsplit(address).hostname or address
    feed = _link(uow, host_id, name or place, host.zone if host else "UTC")
    feed.url = address
    uow.session.flush()
    _enqueue(uow, feed)
    return _uuid_of(uow, feed)


def clean_url(text: str, settings: Settings) -> str:
    """``text`` as an address that may be asked, as far as its form tells; ``webcal`` is https.

    Raises ``Invalid(field="url")``. Names are judged again by what they resolve to, at each fetch.
    """
    target = read_url(text)
    rules = AddressRules(settings.egress_allow, own_addresses(settings))
    rules.check_url(target)
    if target.literal is not None:
        rules.check(target, [target.literal])
    if len(target.url) > _LONGEST_URL:
        raise Invalid("An address has at most 2,000 characters.", field="url")
    return target.url


def own_addresses(settings: Settings) -> list[str]:
    """Where this installation itself answers; it is never asked for a calendar."""
    own = urlsplit(settings.base_url)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return [f"{host}:{settings.port}", f"{own.hostname}:{own.port}" if own.port else own.netloc]


@use_case(Permission.CALENDAR_LINK)
def replace_file(
    uow: UnitOfWork, uuid: UUID, host_id: int, *, file_name: str, laid_out: LaidOut
) -> None:
    """Put a newer file in the place of an uploaded one; everything changes at once."""
    _, feed = _own(uow, uuid, host_id)
    if feed.url is not None:
        raise Conflict("this calendar is read from its address")
    feed.file_name = _short(file_name, 200) or feed.file_name
    _write(uow, host_id, feed, laid_out, None)


@use_case(Permission.CALENDAR_LINK)
def ask_again(uow: UnitOfWork, uuid: UUID, host_id: int) -> None:
    """Have the worker read this calendar now instead of at its time."""
    _, feed = _own(uow, uuid, host_id)
    feed.state = FeedState.WAITING if feed.url else feed.state
    uow.session.flush()  # the feed's row is locked from here on: no twin adds the job too
    moved = uow.session.execute(
        sa.update(Job)
        .where(Job.dedupe == _key(feed))
        .values(run_at=uow.now, tries=0)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    if moved.scalar() is None:
        _enqueue(uow, feed)


@use_case(Permission.CALENDAR_LINK)
def remove(uow: UnitOfWork, uuid: UUID, host_id: int) -> None:
    """Take the calendar away with its events and the time they took."""
    calendar, feed = _own(uow, uuid, host_id)
    hosts.lock(uow, [host_id])
    imported.clear(uow, calendar.id)
    uow.session.execute(
        sa.delete(Job).where(Job.dedupe == _key(feed)).execution_options(synchronize_session=False)
    )
    uow.session.delete(feed)
    uow.session.flush()
    uow.session.delete(calendar)
    uow.record("calendar.removed", f"calendar:{calendar.id}")


# ------------------------------------------------------------------------ reading, by the worker


@use_case(Permission.UPKEEP)
def prepare(uow: UnitOfWork, feed_id: int) -> Reading | None:
    """What is needed to read a linked calendar; None when it was removed meanwhile."""
    row = uow.session.execute(
        sa.select(CalendarFeed, Account.host_id, User.zone, User.email)
        .join(Calendar, Calendar.id == CalendarFeed.calendar_id)
        .join(Account, Account.id == Calendar.account_id)
        .join(User, User.id == Account.host_id)
        .where(CalendarFeed.id == feed_id)
    ).one_or_none()
    if row is None:
        return None
    feed, host_id, zone, email = row
    window = window_of(uow.now)
    stale = feed.expanded_until is None or feed.expanded_until < window.end
    return Reading(
        feed_id=feed_id,
        host_id=host_id,
        url=feed.url,
        etag=feed.etag,
        content=feed.content if stale or feed.url is None else None,
        zone=zone,
        owner_emails=(email,) if email else (),
        window=window,
        is_stale=stale,
    )


@use_case(Permission.UPKEEP)
def record(uow: UnitOfWork, reading: Reading, laid_out: LaidOut, etag: str | None = None) -> None:
    """Put what was read in the place of what was there, in this one transaction."""
    feed = _feed(uow, reading.feed_id)
    if feed is not None:
        _write(uow, reading.host_id, feed, laid_out, etag)


@use_case(Permission.UPKEEP)
def record_unchanged(uow: UnitOfWork, reading: Reading, etag: str | None = None) -> None:
    """The calendar says what it said: only note that it was asked."""
    feed = _feed(uow, reading.feed_id)
    if feed is None:
        return
    feed.state, feed.error, feed.failures = FeedState.FRESH, None, 0
    feed.etag = _short(etag, 200) or feed.etag
    feed.tried_at = feed.read_at = uow.now


@use_case(Permission.UPKEEP)
def record_failure(uow: UnitOfWork, reading: Reading, sentence: str) -> None:
    """It could not be read: say why. The time it took so far stays taken."""
    feed = _feed(uow, reading.feed_id)
    if feed is None:
        return
    feed.state, feed.error = FeedState.FAILING, _short(sentence, 300)
    feed.failures += 1
    feed.tried_at = uow.now
    failing_feeds.tell_of_failing_feed(uow, reading.host_id, feed)


# ------------------------------------------------------------------------------------- the rows


def _link(uow: UnitOfWork, host_id: int, name: str, zone: str) -> CalendarFeed:
    """The account of linked calendars (one per host), a calendar in it, and its feed."""
    hosts.lock(uow, [host_id])
    account = uow.session.scalar(
        sa.select(Account).where(Account.host_id == host_id, Account.kind == AccountKind.ICS)
    )
    if account is None:
        account = Account(
            host_id=host_id,
            kind=AccountKind.ICS,
            name="Linked calendars",
            writable=False,
            created_at=uow.now,
        )
        uow.session.add(account)
        uow.session.flush()
    linked = sa.select(sa.func.count(Calendar.id)).where(Calendar.account_id == account.id)
    if (uow.session.scalar(linked) or 0) >= MOST_LINKED:
        raise Conflict(f"You have {MOST_LINKED} linked calendars; remove one first.")
    calendar = Calendar(
        uuid=uuid4(),
        account_id=account.id,
        name=clean_line(_short(name, 120), field="name", what="a name", most=120),
        zone=zone[:64],
        primary=False,
        blocks=True,
        created_at=uow.now,
    )
    uow.session.add(calendar)
    uow.session.flush()
    feed = CalendarFeed(
        calendar_id=calendar.id, state=FeedState.WAITING, problems=[], created_at=uow.now
    )
    uow.session.add(feed)
    uow.record("calendar.linked", f"calendar:{calendar.id}")
    return feed


def _write(
    uow: UnitOfWork, host_id: int, feed: CalendarFeed, laid_out: LaidOut, etag: str | None
) -> None:
    report = laid_out.report
    if feed.content_hash != laid_out.rows.digest:
        # Only what means something else is written: many servers stamp each answer anew.
        hosts.lock(uow, [host_id])
        imported.replace(uow, host_id, feed.calendar_id, laid_out.rows)
        feed.content_hash = laid_out.rows.digest
    feed.content = laid_out.content
    feed.etag = _short(etag, 200)
    feed.state, feed.error, feed.failures = FeedState.FRESH, None, 0
    feed.problems = _problems(report)
    feed.events_read = len(report.events)
    # The window asked for, not the part covered: what repeats too often is told as a problem.
    feed.expanded_until = window_of(uow.now).end
    feed.tried_at = feed.read_at = uow.now


def _problems(report: CalendarReport) -> list[dict[str, str]]:
    shown = [
        {
            "code": problem.code,
            "where": f"line {problem.line}" if problem.line else "",
            "sentence": problem.sentence,
        }
        for problem in report.problems[:_SHOWN_PROBLEMS]
    ]
    left_out = len(report.problems) - len(shown) + report.problems_left_out
    if left_out:
        shown.append({"code": "more", "where": "", "sentence": f"{left_out} more like these."})
    return shown


def _feed(uow: UnitOfWork, feed_id: int) -> CalendarFeed | None:
    return uow.session.scalar(
        sa.select(CalendarFeed)
        .where(CalendarFeed.id == feed_id)
        .execution_options(populate_existing=True)
    )


def _own(uow: UnitOfWork, uuid: UUID, host_id: int) -> tuple[Calendar, CalendarFeed]:
    row = uow.session.execute(
        sa.select(Calendar, CalendarFeed)
        .join(Account, Account.id == Calendar.account_id)
        .join(CalendarFeed, CalendarFeed.calendar_id == Calendar.id)
        .where(Calendar.uuid == uuid, Account.host_id == host_id)
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such linked calendar")
    return row[0], row[1]


def _uuid_of(uow: UnitOfWork, feed: CalendarFeed) -> UUID:
    calendar = uow.session.get(Calendar, feed.calendar_id)
    assert calendar is not None
    return calendar.uuid


def _key(feed: CalendarFeed) -> str:
    return f"{JOB}:{feed.id}"


def _enqueue(uow: UnitOfWork, feed: CalendarFeed) -> None:
    uow.enqueue(JOB, dedupe=_key(feed), feed_id=feed.id)


def _short(text: str | None, most: int) -> str:
    return "".join(c for c in text or "" if c.isprintable())[:most].strip()
