"""A profile in words: the editor's one-line summaries, and what two people made of one profile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from webapp.blueprints.booking.manner import length
from webapp.blueprints.booking.wording import listed
from webapp.blueprints.console.profiles_entry import PLACES, UNITS
from webapp.blueprints.console.profiles_rows import KIND_WORDS, QuestionRow, stored_questions
from webapp.domain.colour import derive
from webapp.domain.hours_words import said
from webapp.domain.required import Required
from webapp.domain.workhours import WEEKDAYS
from webapp.domain.zones import zone
from webapp.services.profiles import ProfileDraft

SECTIONS = (
    ("what", "What"),
    ("who", "Who"),
    ("when", "When"),
    ("where", "Where"),
    ("questions", "Questions"),
    ("limits", "Limits"),
    ("look", "Look"),
    ("advanced", "Advanced"),
)
SECTION_OF = {
    **dict.fromkeys(("name", "description", "durations"), "what"),
    **dict.fromkeys(("accounts", "groups", "required", "seats"), "who"),
    **dict.fromkeys(("zone", "step_minutes", "horizon_days", "hours_kind", "hours_dates"), "when"),
    **dict.fromkeys(("hours_zone", "active_from", "active_until"), "when"),
    **dict.fromkeys((f"hours_{day}" for day in WEEKDAYS), "when"),
    **dict.fromkeys(("location_kind", "location"), "where"),
    **dict.fromkeys(("questions", "asks_phone"), "questions"),
    **dict.fromkeys(("buffer_before_minutes", "buffer_after_minutes", "notice"), "limits"),
    **dict.fromkeys(("limit_per_day", "limit_per_week", "needs_approval"), "limits"),
    **dict.fromkeys(("own_colors", "primary_color", "secondary_color", "empty_text"), "look"),
    **dict.fromkeys(("slug", "secret", "subject", "hold_minutes"), "advanced"),
}
"""Where each field stands, so that a section with an error is open."""
FIELD_OF = {"notice_minutes": "notice", "hours": "hours_kind", "start": "durations"}
"""Fields of a draft that the form calls otherwise."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people left different: yours is in the form, theirs is saved."""

    label: str
    yours: str
    theirs: str


def count(number: int, one: str, many: str) -> str:
    """ "1 time", "14 times"."""
    return f"{number} {one if number == 1 else many}"


def common_times(number: int, hosts: int) -> str:
    """What the choice of people comes to, in a sentence."""
    kind = "common time" if hosts > 1 else "time"
    if not number:
        return f"No {kind}s in the next 7 days."
    return f"{count(number, kind, kind + 's')} in the next 7 days."


def minutes(number: int) -> str:
    """ "45 minutes", "2 hours", "3 days"."""
    for _, words, size in reversed(UNITS):
        if number and number % size == 0:
            return f"{number // size} {words if number != size else words[:-1]}"
    return "none"


def summaries(
    draft: ProfileDraft, names: Mapping[int, str], groups: list[str], today: date
) -> dict[str, str]:
    """One line for each section; ``names`` are the hosts' by account, ``groups`` the ticked."""
    return {
        "what": f"{draft.name or 'No name'}, {_lengths(draft.durations)}",
        "who": _who(draft, names, groups),
        "when": _when(draft, today),
        "where": _where(draft),
        "questions": _questions(draft),
        "limits": _limits(draft),
        "look": "Colours of its own" if draft.primary_color else "The organization’s colours",
        "advanced": f"/{draft.slug}, {'secret' if draft.secret else 'listed'}",
    }


def _lengths(durations: tuple[int, ...]) -> str:
    if len(durations) == 1:
        return length(durations[0])
    return f"{listed(tuple(str(each) for each in durations), 'or')} minutes"


def _who(draft: ProfileDraft, names: Mapping[int, str], groups: list[str]) -> str:
    who = tuple(names.get(each, "somebody") for each in draft.accounts) + tuple(groups)
    if not who:
        return "Nobody yet"
    if len(who) > 3:
        who = (*who[:2], f"{len(who) - 2} more")
    together = "Everyone: " if draft.required is Required.ALL else "Any one of "
    seats = f", {draft.seats} seats" if draft.seats > 1 else ""
    is_all = draft.required is Required.ALL
    text = listed(who) if is_all else " or ".join([", ".join(who[:-1]), who[-1]])
    return (f"{together}{text}" if len(who) > 1 else who[0]) + seats


def _when(draft: ProfileDraft, today: date) -> str:
    hours = said(draft.hours, today) if draft.hours else "Hosts’ own hours"
    ahead = count(draft.horizon_days, "day", "days")
    return f"{hours}, every {minutes(draft.step_minutes)}, {ahead} ahead"


def _where(draft: ProfileDraft) -> str:
    words = dict(PLACES)[draft.location_kind]
    return f"{words}: {draft.location}" if draft.location else words


def _questions(draft: ProfileDraft) -> str:
    asked = ("Name", "e-mail") + (("phone",) if draft.asks_phone else ())
    if draft.questions:
        return f"{', '.join(asked)} and {len(draft.questions)} more"
    return listed(asked)


def _limits(draft: ProfileDraft) -> str:
    parts = []
    if draft.buffer_before_minutes or draft.buffer_after_minutes:
        kept = f"{draft.buffer_before_minutes} and {draft.buffer_after_minutes}"
        parts.append(f"{kept} minutes kept free around")
    if draft.notice_minutes:
        parts.append(f"notice {minutes(draft.notice_minutes)}")
    if draft.limit_per_day:
        parts.append(f"{draft.limit_per_day} a day")
    if draft.limit_per_week:
        parts.append(f"{draft.limit_per_week} a week")
    if draft.needs_approval:
        parts.append("approved by hand")
    return ", ".join(parts).capitalize() if parts else "None"


# ----------------------------------------------------------------------------- two people at once

_LABELS = {
    "name": "Name",
    "description": "Description",
    "durations": "Lengths",
    "required": "How many of them",
    "accounts": "People",
    "seats": "Seats",
    "hours": "Hours",
    "step_minutes": "A time every",
    "zone": "Time zone",
    "horizon_days": "Days ahead",
    "active_from": "Open from",
    "active_until": "Open until",
    "location_kind": "Where",
    "location": "Place",
    "questions": "Questions",
    "asks_phone": "Phone number",
    "buffer_before_minutes": "Kept free before",
    "buffer_after_minutes": "Kept free after",
    "notice_minutes": "Notice",
    "limit_per_day": "Bookings a day",
    "limit_per_week": "Bookings a week",
    "needs_approval": "Approval",
    "primary_color": "Main colour",
    "secondary_color": "Second colour",
    "empty_text": "When there are no times",
    "slug": "Web address",
    "secret": "Secret",
    "subject": "Title in calendars",
    "hold_minutes": "Time is kept",
}


@dataclass(frozen=True, slots=True)
class Merge:
    """Two people's drafts put together: ``draft`` has theirs wherever you left a field alone.

    ``taken`` are the labels of those fields, ``left`` the fields that both changed.
    """

    draft: ProfileDraft
    taken: tuple[str, ...]
    left: tuple[Difference, ...]


def stamps(draft: ProfileDraft) -> str:
    """A short mark for each field: what the form showed, to tell later what was touched."""
    return json.dumps({name: _stamp(name, draft) for name in _LABELS}, separators=(",", ":"))


def _stamp(name: str, draft: ProfileDraft) -> str:
    value: Any = getattr(draft, name)
    if name == "accounts":
        value = sorted(value)
    elif name == "questions":
        value = stored_questions(draft.description, value)
    return hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:8]


def merged(
    yours: ProfileDraft,
    theirs: ProfileDraft,
    seen: str,
    names: Mapping[int, str],
    today: date,
) -> Merge:
    """Your draft and theirs put together, by the ``stamps`` of what your form showed at first."""
    try:
        marks = json.loads(seen)
    except (ValueError, RecursionError):
        marks = {}
    if not isinstance(marks, dict):
        marks = {}
    changed = [name for name in _LABELS if _stamp(name, yours) != _stamp(name, theirs)]
    untouched = [name for name in changed if marks.get(name) == _stamp(name, yours)]
    whole = replace(yours, **{name: getattr(theirs, name) for name in untouched})
    both = {
        name: _LABELS[name]
        for name in changed
        if name not in untouched and marks.get(name) != _stamp(name, theirs)
    }
    left = _differences(both, yours, theirs, names, today)
    return Merge(whole, tuple(_LABELS[name] for name in untouched), tuple(left))


def _differences(
    labels: Mapping[str, str],
    yours: ProfileDraft,
    theirs: ProfileDraft,
    names: Mapping[int, str],
    today: date,
) -> list[Difference]:
    return [
        Difference(label, *(_said(name, draft, names, today) for draft in (yours, theirs)))
        for name, label in labels.items()
    ]


def _said(name: str, draft: ProfileDraft, names: Mapping[int, str], today: date) -> str:
    value: Any = getattr(draft, name)
    if name == "hours":
        return said(value, today) if value else "The hosts’ own"
    if name == "accounts":
        return ", ".join(sorted(names.get(each, "somebody") for each in value)) or "nobody"
    if name == "durations":
        return _lengths(value)
    if name == "questions":
        return (
            "; ".join(_asked(row) for row in stored_questions(draft.description, value)) or "none"
        )
    if name == "location_kind":
        return dict(PLACES)[value]
    if name == "required":
        return "Everyone together" if value is Required.ALL else "Any one of them"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(zone(draft.zone)).strftime("%d %b %Y, %H:%M")
    if name.endswith("_minutes"):
        return minutes(value)
    return str(value) if value not in (None, "") else "nothing"


def _asked(row: QuestionRow) -> str:
    parts = [dict(KIND_WORDS).get(row.kind, row.kind).lower(), *row.options.splitlines()]
    return f"{row.label} ({', '.join(parts)}{', needed' if row.required else ''})"


# --------------------------------------------------------------------------------------- contrast


@dataclass(frozen=True, slots=True)
class Contrast:
    """How the two colours are used, with the ratios of WCAG 2.2, and what was adjusted."""

    lines: tuple[str, ...]


def contrast(primary: str, secondary: str) -> Contrast | None:
    """What becomes of two colours; None while one is no colour."""
    try:
        brand = derive(primary, secondary)
    except ValueError:
        return None
    ink = "black" if brand.on_primary == "#000000" else "white"
    lines = [f"Buttons: {ink} on {brand.primary}, contrast {brand.on_primary_ratio:.1f}."]
    for mode, ratio, mixed, text, towards in (
        ("light", brand.light_ratio, brand.light_mixed, brand.light_text, "darkened"),
        ("dark", brand.dark_ratio, brand.dark_mixed, brand.dark_text, "lightened"),
    ):
        made = f"{towards} by {mixed} % to {text}" if mixed else f"{text} as it is"
        lines.append(f"Links in {mode} mode: {made}, contrast {ratio:.1f}.")
    if brand.light_accent_outlined or brand.dark_accent_outlined:
        lines.append("The second colour is faint, so it gets an outline.")
    return Contrast(tuple(lines))
