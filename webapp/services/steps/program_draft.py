"""What a program says of a profile, laid over what was decided before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple, TypedDict

from webapp.domain.errors import Invalid
from webapp.domain.periods import Period, in_days
from webapp.domain.questions import OWN, shown_description, variables
from webapp.domain.workhours import Hours, WorkHours
from webapp.services.steps.profile_draft import ProfileDraft, kind_of_place

DURATION_MINUTES, STEP_MINUTES, NOTICE_MINUTES = 30, 15, 60
COVERS = in_days(60)
"""What a profile gets of which a program said nothing."""

_SUBJECT = "subject"
"""Marks a question that stands in the subject alone."""


class Weekly(NamedTuple):
    """Seven days of hours, Monday first, on the clocks of ``zone`` (an IANA name)."""

    zone: str
    days: tuple[Hours, ...]


class Said(TypedDict, total=False):
    """What a program may say of a profile; what is left out stays, None takes it back.

    ``overrides`` are sorted by date; times are aware, lengths in minutes.
    """

    slug: str
    duration_minutes: int | None
    buffer_after_minutes: int | None
    step_minutes: int | None
    notice_minutes: int | None
    active_from: datetime | None
    active_until: datetime | None
    covers: Period | None
    subject: str | None
    description: str | None
    location: str | None
    weekly: Weekly | None
    overrides: tuple[tuple[date, Hours], ...] | None
    context: str | None
    start_conference: bool | None
    open_meeting_url: str | None
    client_org_id: str | None


_PLAIN: Mapping[str, Any] = {
    "buffer_after_minutes": 0,
    "step_minutes": STEP_MINUTES,
    "notice_minutes": NOTICE_MINUTES,
    "active_from": None,
    "active_until": None,
    "subject": "",
    "description": "",
    "open_meeting_url": "",
}
"""Fields that are the same in a profile, and what None comes to."""


def fresh(slug: str, zone: str) -> ProfileDraft:
    """The profile of which nothing is said but its address."""
    return ProfileDraft(
        slug=slug,
        name=slug,
        durations=(DURATION_MINUTES,),
        step_minutes=STEP_MINUTES,
        notice_minutes=NOTICE_MINUTES,
        horizon_days=COVERS.days,
        zone=zone,
    )


def drafted(before: ProfileDraft, said: Said) -> ProfileDraft:
    """``before`` with everything that was said; raises ``Invalid`` for dates without hours."""
    given: Mapping[str, Any] = said
    plain = {
        name: instead if given[name] is None else given[name]
        for name, instead in _PLAIN.items()
        if name in given
    }
    after = replace(before, slug=said.get("slug", before.slug), **plain)
    if "duration_minutes" in said:
        after = replace(after, durations=_durations(before, said["duration_minutes"]))
    if "covers" in said:
        after = replace(after, horizon_days=(said["covers"] or COVERS).days)
    if "location" in said and (place := said["location"] or "") != before.location:
        after = replace(after, location=place, location_kind=kind_of_place(place))
    hours = _hours(before.hours, said)
    after = replace(after, hours=hours, questions=_questions(before, after))
    if said.get("weekly") is not None and hours is not None:
        after = replace(after, zone=hours.zone)
    if before.name == _title(before):  # nobody gave it a name of its own
        after = replace(after, name=_title(after))
    return after


def _durations(before: ProfileDraft, minutes: int | None) -> tuple[int, ...]:
    """The first length is the one that programs see; others stay."""
    first = minutes or DURATION_MINUTES
    return (first, *(each for each in before.durations[1:] if each != first))


def _title(draft: ProfileDraft) -> str:
    return shown_description(draft.subject).strip()[:120].strip() or draft.slug


def _hours(before: WorkHours | None, said: Said) -> WorkHours | None:
    hours = before
    if "weekly" in said:
        weekly = said["weekly"]
        if weekly is None:
            hours = None
        else:
            hours = WorkHours(weekly.zone, weekly.days, before.overrides if before else ())
    if "overrides" in said:
        overrides = said["overrides"] or ()
        if hours is not None:
            hours = replace(hours, overrides=overrides)
        elif overrides:
            told = "Dates with hours of their own need work hours, which name their time zone"
            raise Invalid(told, field="overrides")
    return hours


def _questions(before: ProfileDraft, after: ProfileDraft) -> tuple[dict[str, Any], ...]:
    """What is declared beside the texts: nothing for variables that are gone from them, and those
    that stand in the subject alone."""
    named = variables(after.description)
    gone = set(variables(before.description)) - set(named)
    kept = [
        each
        for each in after.questions
        if each.get("from") != _SUBJECT and each.get("name") not in gone
    ]
    known = {*named, *(each.get("name") for each in kept)}
    return (
        *kept,
        *(
            {"name": name, "from": _SUBJECT}
            for name in variables(after.subject)
            if name not in known and name.lower() not in OWN
        ),
    )
