"""The events of a calendar file laid out as taken time, near times first when they are too many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webapp.domain.contentlines import CalendarRefused, Problems
from webapp.domain.errors import Invalid
from webapp.domain.icsevents import Draft
from webapp.domain.recurrence import Override, Series, occurrences
from webapp.domain.rrule import Rule, RuleRefused, parse_rule
from webapp.domain.rulewalk import Budget, BudgetSpent
from webapp.domain.span import Interval, to_minute, to_minute_up

MAX_REPEATED = 10_000
MAX_STEPS = 2_000_000
MAX_DURATION = timedelta(days=31)
MAX_ALL_DAY = timedelta(days=366)
SHORTEST_REACH = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class BusyTime:
    """Taken time: epoch minutes UTC, half-open, rounded outward, inside the window asked for.

    ``summary`` is empty for private events.
    """

    uid: str
    start_minute: int
    end_minute: int
    summary: str


@dataclass(slots=True)
class Family:
    """The events of one UID: heads of series or single events, and changed occurrences."""

    heads: list[Draft]
    changes: dict[object, Draft]


def families_of(drafts: list[Draft], problems: Problems) -> list[Family]:
    """The events by UID, of every one the newest version (SEQUENCE, RFC 5545 3.8.7.4)."""
    families: dict[str, Family] = {}
    for draft in drafts:
        family = families.setdefault(draft.uid, Family([], {}))
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


def busy_spans(
    families: list[Family], window: Interval, problems: Problems
) -> tuple[list[BusyTime], Interval]:
    """Busy time as far as the budget reaches: what is near counts more than what is far."""
    series = [_Laid(family, problems) for family in families]
    reach, steps = window, MAX_STEPS
    while True:
        budget = Budget(MAX_REPEATED, steps)
        try:
            found = [span for laid in series for span in laid.spans(reach, budget, problems)]
        except BudgetSpent:
            nearer = timedelta(days=((reach.end - reach.start) * 3 // 4).days)
            if budget.steps < 0 or nearer < SHORTEST_REACH:
                raise CalendarRefused(
                    "too_much_work",
                    "The repeating events of this calendar are too many to lay out.",
                ) from None
            reach, steps = Interval(reach.start, reach.start + nearer), budget.steps
            continue
        if reach.end != window.end:
            sentence = (
                f"The events repeat so often that times after {reach.end:%Y-%m-%d} are left out."
            )
            problems.add("not_covered", sentence)
        return found, reach


class _Laid:
    """One family ready to be laid out, as often as need be."""

    def __init__(self, family: Family, problems: Problems) -> None:
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
                self.fixed += [head, *(() if self.pairs else self.changes)]
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
                    found.append(
                        busy_time(head.uid, occurrence.start, occurrence.end, title, window)
                    )
            for start, end in head.periods if head.blocks else ():
                found.append(
                    busy_time(head.uid, start, end, "" if head.private else head.summary, window)
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
    return busy_time(draft.uid, draft.begins, draft.end, title, window)


def busy_time(
    uid: str, start: datetime, end: datetime, summary: str, window: Interval
) -> BusyTime | None:
    """The part inside the window; nothing for events without length."""
    first, last = max(start, window.start), min(end, window.end)
    if last <= first:
        return None
    return BusyTime(uid, to_minute(first), to_minute_up(last), summary)
