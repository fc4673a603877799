"""What an owner decides about a profile, and whether it makes sense."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from webapp.domain.errors import FormInvalid, Invalid
from webapp.domain.questions import KINDS
from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours
from webapp.domain.zones import zone
from webapp.models import LocationKind
from webapp.services.steps.contact import clean_line

MOST_DURATIONS = 8
LONGEST_MINUTES = 24 * 60
LONGEST_DESCRIPTION = 5000
MOST_QUESTIONS = 30
MOST_OPTIONS = 50

_SLUG = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
RESERVED_SLUGS = {"m", "verify", "hold", "b"}
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}\Z")
_LINK = re.compile(r"https?://[^\s<>\"']{1,480}\Z")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,39}\Z")
_NEEDS_PLACE = {
    LocationKind.PHONE: "Enter the phone number that people call",
    LocationKind.ADDRESS: "Enter the address",
    LocationKind.LINK: "Enter the link, like https://meet.example.org/room",
}


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """What an owner decides about a profile; minutes unless said otherwise."""

    slug: str
    name: str
    durations: tuple[int, ...]
    step_minutes: int = 15
    zone: str = "UTC"
    description: str = ""
    questions: tuple[dict[str, Any], ...] = ()
    subject: str = ""
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    notice_minutes: int = 0
    horizon_days: int = 60
    active_from: datetime | None = None
    active_until: datetime | None = None
    limit_per_day: int | None = None
    limit_per_week: int | None = None
    seats: int = 1
    hold_minutes: int = 8
    hours: WorkHours | None = None
    location_kind: LocationKind = LocationKind.TEXT
    location: str = ""
    required: Required = Required.ONE
    asks_phone: bool = False
    needs_approval: bool = False
    secret: bool = False
    paused: bool = False
    position: int = 0
    primary_color: str | None = None
    secondary_color: str | None = None
    empty_text: str = ""
    open_meeting_url: str = ""
    accounts: tuple[int, ...] = field(default=())
    groups: tuple[int, ...] = field(default=())


_RANGES = (
    ("step_minutes", 1, LONGEST_MINUTES, "The step in minutes"),
    ("buffer_before_minutes", 0, 720, "A buffer in minutes"),
    ("buffer_after_minutes", 0, 720, "A buffer in minutes"),
    ("notice_minutes", 0, 365 * 1440, "The notice in minutes"),
    ("horizon_days", 1, 365, "The horizon in days"),
    ("seats", 1, 1000, "The number of seats"),
    ("hold_minutes", 2, 15, "The hold in minutes"),
)


def checked(draft: ProfileDraft) -> ProfileDraft:
    """The draft with its text cleaned for keeping.

    Raises ``FormInvalid`` with a sentence for every field that makes no sense.
    """
    errors: dict[str, str] = {}

    def attempt(check: Callable[[], Any], instead: Any) -> Any:
        try:
            return check()
        except Invalid as refusal:
            errors.setdefault(refusal.field or "form", refusal.message)
            return instead

    cleaned = replace(
        draft,
        slug=attempt(lambda: _slug(draft.slug), draft.slug),
        name=attempt(lambda: clean_line(draft.name, field="name", what="a name", most=120), ""),
        description=attempt(lambda: _text(draft.description), ""),
        subject=attempt(lambda: _line(draft.subject, "subject", "a subject", 200), ""),
        empty_text=attempt(lambda: _line(draft.empty_text, "empty_text", "a sentence", 500), ""),
        location=attempt(lambda: _location(draft.location_kind, draft.location), ""),
        open_meeting_url=attempt(lambda: _open_link(draft.open_meeting_url), ""),
        questions=attempt(lambda: _questions(draft.questions), ()),
        zone=attempt(lambda: zone(draft.zone).key, draft.zone),
    )
    attempt(lambda: _check_lengths(draft.durations), None)
    for name, least, most, what in _RANGES:
        attempt(_ranged(getattr(draft, name), least, most, name, what), None)
    for name in ("limit_per_day", "limit_per_week"):
        if (limit := getattr(draft, name)) is not None:
            attempt(_ranged(limit, 1, 1000, name, "A limit"), None)
    if draft.active_from and draft.active_until and draft.active_until <= draft.active_from:
        errors["active_until"] = "The active period must end after it begins"
    for name in ("primary_color", "secondary_color"):
        if (color := getattr(draft, name)) is not None and not _COLOR.match(color):
            errors[name] = "A colour looks like #2456C4"
    if errors:
        raise FormInvalid(errors)
    return cleaned


def problems(draft: ProfileDraft) -> dict[str, str]:
    """What ``checked`` would refuse, by field; empty when it would not."""
    try:
        checked(draft)
    except FormInvalid as refusal:
        return refusal.errors
    return {}


def _slug(text: str) -> str:
    if not _SLUG.match(text) or text.lower() in RESERVED_SLUGS:
        raise Invalid("A web address has letters, digits and hyphens, at most 60", field="slug")
    return text


def _line(text: str, name: str, what: str, most: int) -> str:
    return clean_line(text, field=name, what=what, most=most, required=False)


def _text(text: str) -> str:
    """Lines of text: no control characters but the ends of lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    if any(unicodedata.category(mark) in ("Cc", "Cs") for mark in lines if mark != "\n"):
        raise Invalid("The description has characters that cannot be kept", field="description")
    if len(lines) > LONGEST_DESCRIPTION:
        raise Invalid(
            f"The description has at most {LONGEST_DESCRIPTION} characters", field="description"
        )
    return lines


def _location(kind: LocationKind, text: str) -> str:
    line = _line(text, "location", "where it takes place", 500)
    if not line and kind in _NEEDS_PLACE:
        raise Invalid(_NEEDS_PLACE[kind], field="location")
    if kind is LocationKind.LINK and not _LINK.match(line):
        raise Invalid(_NEEDS_PLACE[kind], field="location")
    return line


def _open_link(text: str) -> str:
    line = _line(text, "open_meeting_url", "a link", 500)
    if line and not _LINK.match(line):
        raise Invalid(_NEEDS_PLACE[LocationKind.LINK], field="open_meeting_url")
    return line


def kind_of_place(text: str) -> LocationKind:
    """What a place is that somebody only wrote down: a link, or plain words."""
    return LocationKind.LINK if _LINK.match(text) else LocationKind.TEXT


def _check_lengths(durations: Sequence[int]) -> None:
    if not 1 <= len(set(durations)) == len(durations) <= MOST_DURATIONS:
        raise Invalid(f"Give 1 to {MOST_DURATIONS} different lengths", field="durations")
    for minutes in durations:
        _ranged(minutes, 1, LONGEST_MINUTES, "durations", "A length in minutes")()


def _ranged(value: int, least: int, most: int, name: str, what: str) -> Callable[[], None]:
    def check() -> None:
        if not least <= value <= most:
            raise Invalid(f"{what} must be from {least} to {most:,}", field=name)

    return check


def _questions(declared: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    names = [str(each.get("name", "")) for each in declared]
    if len(names) > MOST_QUESTIONS or len(set(names)) < len(names):
        raise Invalid(f"Ask at most {MOST_QUESTIONS} questions, each once", field="questions")
    return tuple(_question(each) for each in declared)


def _question(declared: Mapping[str, Any]) -> dict[str, Any]:
    name = str(declared.get("name", ""))
    if not _VARIABLE.match(name):
        raise Invalid("A question has a name of letters and digits", field="questions")
    said = f"“{name}”"
    kind = str(declared.get("type", "text"))
    if kind not in KINDS:
        raise Invalid(f"{said}: there is no such kind of question", field="questions")
    kept = dict(declared) | {
        key: clean_line(
            str(declared[key]),
            field="questions",
            what=f"{words} for {said}",
            most=most,
            required=False,
        )
        for key, words, most in (
            ("label", "a label", 120),
            ("help", "a hint", 300),
            ("default", "a first answer", 500),
        )
        if key in declared
    }
    options = [
        clean_line(str(option), field="questions", what=f"an answer for {said}", most=120)
        for option in declared.get("options", ())
    ]
    if kind == "select" and not 1 <= len(set(options)) == len(options) <= MOST_OPTIONS:
        raise Invalid(f"{said}: give 1 to {MOST_OPTIONS} different answers", field="questions")
    return kept | ({"options": options} if options else {})
