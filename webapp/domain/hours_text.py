"""Hours as people type them: "9-12, 13-17", "9am-5pm", "09:00–12:00 and 13:00 to 17:00"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.domain.errors import Invalid
from webapp.domain.workhours import MOST_INTERVALS, MOST_OVERNIGHT_MINUTES, Hours
from webapp.domain.zones import DAY

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_TEXT = 4000
NOON = 720

_TIME = (
    r"(?:(?P<{0}_word>noon|midday|midnight)"
    r"|(?:(?P<{0}_hour>\d{{1,2}})\s?[:.h]\s?(?P<{0}_minute>\d{{2}})"
    r"|(?P<{0}_joined>\d{{4}})"
    r"|(?P<{0}_alone>\d{{1,2}})h?)"
    r"\s?(?:(?P<{0}_half>[ap])\.?(?:m\.?)?(?![a-z])|o'?clock|uhr)?)"
)
_INTERVAL = re.compile(
    rf"{_TIME.format('start')}\s*(?:-+|\bto\b|\buntil\b|\btill\b)\s*{_TIME.format('end')}(?![\w:])"
)
_BETWEEN = re.compile(r"(?:[\s,;&+/]|\band\b)*")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−~"), "-")


@dataclass(frozen=True, slots=True)
class TypedHours:
    """What was read for one date, in minutes after local midnight.

    ``next_day`` is what goes on after midnight. ``notes`` say what was made of what was typed,
    where that is not plain.
    """

    hours: Hours
    next_day: Hours = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class TypedWeek:
    """Seven days, Monday first; ``errors`` by weekday number, empty when ``weekly`` is good."""

    weekly: tuple[Hours, ...] = ((),) * 7
    notes: list[str] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)


def clock(minute: int) -> str:
    """ "09:00" of minutes after midnight; "24:00" at its end."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def span(start: int, end: int) -> str:
    """ "09:00–17:00"."""
    return f"{clock(start)}–{clock(end)}"


def read_hours(text: str, name: str) -> TypedHours:
    """The intervals in ``text``; ``name`` ("Monday", "24 Dec") begins every sentence about them.

    Overlapping intervals become one, with a note; touching ones stay two. An interval past
    midnight of at most 12 hours goes on in ``next_day``, with a note. Raises ``Invalid`` for
    what is no time, ends before it starts, has no length, or is too much.
    """
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"{name}: that is too long for hours of a day.")
    notes: list[str] = []
    today: list[tuple[int, int]] = []
    later: list[tuple[int, int]] = []
    for start, end in _intervals(text, name):
        if start < end:
            today.append((start, end))
            continue
        today.append((start, DAY))
        later.append((0, end))
        notes.append(
            f"{name}: {span(start, end)} goes past midnight, so it was split:"
            f" {span(start, DAY)} and, the day after, {span(0, end)}."
        )
    hours = _merged(today, name, notes)
    return TypedHours(hours, _merged(later, name, notes), tuple(notes))


def read_week(days: Sequence[str | None]) -> TypedWeek:
    """Seven texts, Monday first; None is a day that is off.

    What goes on after midnight joins the next day's hours, Sunday's Monday's.
    """
    week = TypedWeek()
    found: list[list[tuple[int, int]]] = [[] for _ in NAMES]
    for index, text in enumerate(days):
        if text is None:
            continue
        try:
            typed = read_hours(text, NAMES[index])
        except Invalid as refusal:
            week.errors[index] = refusal.message
            continue
        found[index] += typed.hours
        found[(index + 1) % 7] += typed.next_day
        week.notes += typed.notes
    settled = list(week.weekly)
    for index, hours in enumerate(found):
        try:
            settled[index] = _merged(hours, NAMES[index], week.notes)
        except Invalid as refusal:
            week.errors[index] = refusal.message
    week.weekly = tuple(settled)
    return week


def _intervals(text: str, name: str) -> list[tuple[int, int]]:
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold()
    at = _skip(plain, 0)
    found: list[tuple[int, int]] = []
    while at < len(plain):
        match = _INTERVAL.match(plain, at)
        if match is None:
            raise Invalid(
                f"{name}: “{_shown(plain[at:])}” is not a span of time. Type hours like 9-12,"
                " 13-17."
            )
        found.append(_interval(match, name))
        if len(found) > 2 * MOST_INTERVALS:
            raise Invalid(f"{name}: at most {MOST_INTERVALS} intervals a day.")
        at = _skip(plain, match.end())
    if not found:
        raise Invalid(f"{name} has no hours yet. Type some, like 9-12, 13-17, or switch it off.")
    return found


def _skip(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _shown(text: str) -> str:
    kept = "".join(c if c.isprintable() else " " for c in text).strip()
    return kept if len(kept) <= 30 else kept[:30] + "…"


def _interval(match: re.Match[str], name: str) -> tuple[int, int]:
    start, start_half = _minute(match, "start", name)
    end, end_half = _minute(match, "end", name)
    if start_half is None and end_half is not None and start < NOON:
        start = _halved(start, end_half) if _halved(start, end_half) < end else start
    elif start_half is not None and end_half is None and end <= start < end + NOON < DAY:
        end += NOON
    end = end or DAY
    if start == DAY:
        start = 0
    if start == end:
        raise Invalid(f"{name}: {span(start, end)} has no length.")
    if end < start and end + DAY - start > MOST_OVERNIGHT_MINUTES:
        better = f" Did you mean {span(start, end + NOON)}?" if start < end + NOON <= DAY else ""
        raise Invalid(f"{name}: {span(start, end)} ends before it starts.{better}")
    return start, end


def _minute(match: re.Match[str], edge: str, name: str) -> tuple[int, str | None]:
    """Minutes after midnight, and "a" or "p" where the half of the day was said."""
    part = {key: match[f"{edge}_{key}"] for key in ("word", "hour", "minute", "joined", "alone")}
    if part["word"]:
        return (NOON if part["word"] != "midnight" else 0 if edge == "start" else DAY), "said"
    if part["joined"]:
        hour, minute = int(part["joined"][:2]), int(part["joined"][2:])
    else:
        hour, minute = int(part["hour"] or part["alone"]), int(part["minute"] or 0)
    half: str | None = match[f"{edge}_half"]
    if minute > 59 or hour * 60 + minute > DAY or (half and not 1 <= hour <= 12):
        raise Invalid(f"{name}: “{_shown(match[0])}” has a time that does not exist.")
    value = hour * 60 + minute
    return (_halved(value, half) if half else value), half


def _halved(minute: int, half: str) -> int:
    """A time on a clock of twelve hours, in the half that "a" or "p" names."""
    if half not in "ap":
        return minute
    return minute % NOON + (NOON if half == "p" else 0)


def _merged(intervals: list[tuple[int, int]], name: str, notes: list[str]) -> Hours:
    """Sorted, overlapping ones joined with a note."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start < found[-1][1]:
            before = found[-1]
            joined = (before[0], max(before[1], end))
            found[-1] = joined
            notes.append(
                f"{name}: {span(*before)} and {span(start, end)} overlap, so they became"
                f" {span(*joined)}."
            )
        else:
            found.append((start, end))
    if len(found) > MOST_INTERVALS:
        raise Invalid(f"{name}: at most {MOST_INTERVALS} intervals a day.")
    return tuple(found)
