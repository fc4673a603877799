"""Somebody else's calendar file read into busy time.

One bad event never loses the others: it becomes a Problem with its line. Only what is no calendar
at all, or goes beyond the limits of a file, is refused whole, so that older data can stay.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from webapp.domain import zones as known_zones
from webapp.domain.contentlines import (
    CalendarRefused,
    Component,
    Problem,
    Problems,
    plain_value,
    read_components,
)
from webapp.domain.errors import Invalid
from webapp.domain.icsevents import Draft, Unreadable, read_event, read_length, read_periods
from webapp.domain.icszones import FileZones, NamedZone, named_zone
from webapp.domain.recurrence import MAX_WINDOW, Override, Series, WindowRefused, occurrences
from webapp.domain.rrule import Rule, RuleRefused, parse_rule
from webapp.domain.rulewalk import Budget, BudgetSpent
from webapp.domain.span import Interval, to_minute, to_minute_up

MAX_REPEATED = 10_000
MAX_STEPS = 2_000_000
MAX_DURATION = timedelta(days=31)
MAX_ALL_DAY = timedelta(days=366)
SHORTEST_REACH = timedelta(days=1)

__all__ = [
    "BusyTime",
    "CalendarRefused",
    "CalendarReport",
    "ImportedEvent",
    "Problem",
    "read_calendar",
]


@dataclass(frozen=True, slots=True)
class BusyTime:
    """Taken time: epoch minutes UTC, half-open, rounded outward, inside the window asked for.

    ``summary`` is empty for private events.
    """

    uid: str
    start_minute: int
    end_minute: int
    summary: str


@dataclass(frozen=True, slots=True)
class ImportedEvent:
    """One VEVENT: a single event, the head of a series, or one changed occurrence.

    ``start`` and ``end`` are UTC instants, or days (end exclusive) when ``all_day``.
    ``recurrence_id`` is the value as written, empty for all but changed occurrences; ``zone``
    the zone's name; ``blocks`` whether its time is taken.
    """

    uid: str
    recurrence_id: str
    summary: str
    start: date | datetime
    end: date | datetime
    zone: str
    all_day: bool
    transparent: bool
    status: str
    rrule: str
    sequence: int
    private: bool
    blocks: bool


@dataclass(frozen=True, slots=True)
class CalendarReport:
    """What a calendar file holds for a window.

    ``zone`` is the zone used for floating times and whole days. Spans are complete up to
    ``covered_until`` (UTC): the window's end, or less when the events repeat too often.
    ``refresh_minutes`` is how often the file asks to be read again. ``problems_left_out`` counts
    what was not listed.
    """

    name: str
    zone: str
    events: list[ImportedEvent]
    spans: list[BusyTime]
    problems: list[Problem]
    problems_left_out: int
    covered_until: datetime
    refresh_minutes: int | None


def read_calendar(
    data: bytes, *, default_zone: str, window: Interval, owner_emails: Collection[str] = ()
) -> CalendarReport:
    """Everything in a calendar file, and the busy time inside ``window`` (UTC, at most 400 days).

    ``default_zone`` is the host's IANA zone, for files that name none. ``owner_emails`` are the
    host's addresses: invitations they declined do not block. Raises CalendarRefused (an Invalid
    with a sentence for people) for what is no calendar or too large; Invalid for an unknown zone.
    """
    if window.end - window.start > MAX_WINDOW:
        raise WindowRefused(f"At most {MAX_WINDOW.days} days are laid out at once.")
    problems = Problems()
    calendars = read_components(data, problems)
    if not calendars:
        raise CalendarRefused("not_a_calendar", "The calendar breaks off before its first event.")
    zone = _calendar_zone(calendars, default_zone, problems)
    zones = FileZones(zone, calendars, window, problems)
    owners = frozenset(address.strip().casefold() for address in owner_emails)
    drafts = _drafts(calendars, zones, owners, problems)
    fixed = _free_busy(calendars, zones, problems)
    spans, reach = _spans(_families(drafts, problems), window, problems)
    spans += [span for span in (_busy("", s, e, "", reach) for s, e in fixed) if span]
    spans.sort(key=lambda span: (span.start_minute, span.end_minute, span.uid))
    return CalendarReport(
        name=_calendar_name(calendars),
        zone=zone.name,
        events=[_imported(draft) for draft in drafts],
        spans=spans,
        problems=problems.kept,
        problems_left_out=problems.left_out,
        covered_until=reach.end,
        refresh_minutes=_refresh_minutes(calendars),
    )


def _calendar_zone(calendars: list[Component], default: str, problems: Problems) -> NamedZone:
    fallback = NamedZone(known_zones.zone(default), default)
    line = calendars[0].first("X-WR-TIMEZONE")
    if line is None or not line.value:
        return fallback
    found = named_zone(line.value)
    if found is None:
        sentence = f"The calendar's own time zone is not known; {default} was used."
        problems.add("unknown_zone", sentence, line.number)
    return found or fallback


def _calendar_name(calendars: list[Component]) -> str:
    line = calendars[0].first("X-WR-CALNAME") or calendars[0].first("NAME")
    return plain_value(line.value) if line is not None else ""


def _refresh_minutes(calendars: list[Component]) -> int | None:
    line = calendars[0].first("REFRESH-INTERVAL") or calendars[0].first("X-PUBLISHED-TTL")
    if line is None:
        return None
    try:
        days, length = read_length(line.value)
    except Unreadable:
        return None
    return min(1440 * days + int(length // timedelta(minutes=1)), 366 * 1440)


def _drafts(
    calendars: list[Component], zones: FileZones, owners: frozenset[str], problems: Problems
) -> list[Draft]:
    found = []
    for calendar in calendars:
        for part in calendar.parts:
            if part.name != "VEVENT":
                continue
            try:
                found.append(read_event(part, zones, owners, problems))
            except Unreadable as refusal:
                uid = part.first("UID")
                name = uid.value if uid is not None else ""
                problems.add("unreadable_event", refusal.message, part.number, name)
    return found


def _free_busy(
    calendars: list[Component], zones: FileZones, problems: Problems
) -> list[tuple[datetime, datetime]]:
    """Blocks of a VFREEBUSY; all kinds of busy count (RFC 5545 3.2.9)."""
    found: list[tuple[datetime, datetime]] = []
    parts = (part for c in calendars for part in c.parts if part.name == "VFREEBUSY")
    for line in (line for part in parts for line in part.lines if line.name == "FREEBUSY"):
        if line.parameters().get("FBTYPE", "BUSY").upper() == "FREE":
            continue
        try:
            found += read_periods(line, zones, zones.default)
        except Unreadable as refusal:
            problems.add("bad_date", refusal.message, line.number)
    return found


@dataclass(slots=True)
class _Family:
    """The events of one UID: heads of series or single events, and changed occurrences."""

    heads: list[Draft]
    changes: dict[object, Draft]


def _families(drafts: list[Draft], problems: Problems) -> list[_Family]:
    families: dict[str, _Family] = {}
    for draft in drafts:
        family = families.setdefault(draft.uid, _Family([], {}))
        if draft.recurrence_id is not None:
            earlier = family.changes.get(draft.recurrence_id)
            if earlier is None or earlier.sequence <= draft.sequence:
                family.changes[draft.recurrence_id] = draft
            continue
        newest = family.heads[0].sequence if family.heads else -1
        if draft.sequence > newest:
            family.heads = [draft]
        elif draft.sequence == newest and not _same(draft, family.heads[-1]):
            family.heads.append(draft)
            sentence = "Several events share one UID; the times of all of them count."
            problems.once("duplicate_uid", sentence, draft.line, draft.uid)
    return list(families.values())


def _same(one: Draft, other: Draft) -> bool:
    return replace(one, line=0) == replace(other, line=0)


def _spans(
    families: list[_Family], window: Interval, problems: Problems
) -> tuple[list[BusyTime], Interval]:
    """Busy time as far as the budget reaches: what is near counts more than what is far."""
    series = [_Laid(family, problems) for family in families]
    reach = window
    while True:
        budget = Budget(MAX_REPEATED, MAX_STEPS)
        try:
            found = [span for laid in series for span in laid.spans(reach, budget, problems)]
        except BudgetSpent:
            half = (reach.end - reach.start) / 2
            if budget.steps < 0 or half < SHORTEST_REACH:
                raise CalendarRefused(
                    "too_much_work",
                    "The repeating events of this calendar are too many to lay out.",
                ) from None
            reach = Interval(reach.start, reach.start + half)
            continue
        if reach.end != window.end:
            sentence = (
                f"The events repeat so often that times after {reach.end:%Y-%m-%d} are left out."
            )
            problems.add("not_covered", sentence)
        return found, reach


class _Laid:
    """One family ready to be laid out, as often as need be."""

    def __init__(self, family: _Family, problems: Problems) -> None:
        self.family = family
        self.changes = list(family.changes.values())
        self.pairs: list[tuple[Draft, Series]] = []
        self.fixed: list[Draft] = [] if family.heads else self.changes
        self.told = False
        for head in family.heads:
            if not (head.rules or head.rdates or head.periods or self.changes):
                self.fixed.append(head)
                continue
            try:
                self.pairs += [(head, series) for series in self._series(head, problems)]
            except Invalid as refusal:
                problems.add("series_refused", refusal.message, head.line, head.uid)
                self.fixed = [head, *self.changes]
        for draft in self.fixed:
            _tell_length(draft, problems)

    def _series(self, head: Draft, problems: Problems) -> list[Series]:
        rules = [rule for rule in (_rule(text, head, problems) for text in head.rules) if rule]
        # Where events share a UID, the changes belong to the first of them.
        changes = () if self.pairs else enumerate(self.changes)
        overrides = tuple(_override(draft, place, problems) for place, draft in changes)
        days, duration = _length(head, problems)
        made = [
            Series(
                start=head.start,
                duration=duration,
                zone=head.zone.zone,
                rule=rules[0] if rules else None,
                days=days,
                rdates=tuple(head.rdates),
                exdates=tuple(head.exdates),
                overrides=overrides,
            )
        ]
        # More than one rule is out of use but allowed; the changes belong to the first.
        made += [replace(made[0], rule=rule, rdates=(), overrides=()) for rule in rules[1:4]]
        return made

    def spans(self, window: Interval, budget: Budget, problems: Problems) -> list[BusyTime]:
        """The blocking times inside the window; raises BudgetSpent."""
        found = [_span_of(draft, window) for draft in self.fixed if draft.blocks]
        for head, series in self.pairs:
            try:
                laid = occurrences(series, window, budget)
            except BudgetSpent:
                raise
            except Invalid as refusal:
                if not self.told:
                    problems.add("series_refused", refusal.message, head.line, head.uid)
                self.told = True
                laid = []
                found += [
                    _span_of(draft, window) for draft in (head, *self.changes) if draft.blocks
                ]
            for occurrence in laid:
                shown = self.changes[occurrence.override.key] if occurrence.override else head
                if shown.blocks:
                    title = "" if shown.private else shown.summary
                    found.append(_busy(head.uid, occurrence.start, occurrence.end, title, window))
            for start, end in head.periods if head.blocks else ():
                found.append(
                    _busy(head.uid, start, end, "" if head.private else head.summary, window)
                )
        return [span for span in found if span is not None]


def _rule(text: str, head: Draft, problems: Problems) -> Rule | None:
    try:
        return parse_rule(text)
    except RuleRefused as refusal:
        sentence = f"{refusal.message} Only its first event counts."
        problems.add("rule_refused", sentence, head.line, head.uid)
        return None


def _override(draft: Draft, place: int, problems: Problems) -> Override:
    assert draft.recurrence_id is not None
    days, duration = _length(draft, problems)
    return Override(
        recurrence_id=draft.recurrence_id,
        start=draft.start,
        duration=duration,
        zone=draft.zone.zone,
        days=days,
        this_and_future=draft.this_and_future,
        removed=draft.status == "CANCELLED",
        key=place,
    )


def _length(draft: Draft, problems: Problems) -> tuple[int, timedelta]:
    """How long each event of a series lasts, cut to the limit."""
    most = MAX_DURATION if isinstance(draft.start, datetime) else MAX_ALL_DAY
    if draft.duration + timedelta(days=draft.days) <= most:
        return draft.days, draft.duration
    sentence = f"A repeated event lasts longer than {most.days} days; it was cut to that."
    problems.add("too_long", sentence, draft.line, draft.uid)
    return most.days, timedelta()


def _tell_length(draft: Draft, problems: Problems) -> None:
    most = MAX_DURATION if isinstance(draft.start, datetime) else MAX_ALL_DAY
    if draft.blocks and draft.duration + timedelta(days=draft.days) > most:
        sentence = f"The event lasts longer than {most.days} days; all of it is taken."
        problems.add("too_long", sentence, draft.line, draft.uid)


def _span_of(draft: Draft, window: Interval) -> BusyTime | None:
    title = "" if draft.private else draft.summary
    return _busy(draft.uid, draft.begins, draft.end, title, window)


def _busy(
    uid: str, start: datetime, end: datetime, summary: str, window: Interval
) -> BusyTime | None:
    """The part inside the window; nothing for events without length."""
    first, last = max(start, window.start), min(end, window.end)
    if last <= first:
        return None
    return BusyTime(uid, to_minute(first), to_minute_up(last), summary)


def _imported(draft: Draft) -> ImportedEvent:
    all_day = not isinstance(draft.start, datetime)
    return ImportedEvent(
        uid=draft.uid,
        recurrence_id=draft.recurrence_text,
        summary=draft.summary,
        start=draft.start if all_day else draft.begins,
        end=draft.start + timedelta(days=draft.days) if all_day else draft.end,
        zone=draft.zone.name,
        all_day=all_day,
        transparent=draft.transparent,
        status=draft.status,
        rrule=draft.rules[0] if draft.rules else "",
        sequence=draft.sequence,
        private=draft.private,
        blocks=draft.blocks,
    )
