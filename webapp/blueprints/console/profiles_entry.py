"""The profile editor's form: read from what is stored or was sent, and made into a draft."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from webapp.blueprints.console.forms import SelectChoice
from webapp.blueprints.console.profiles_rows import Rows
from webapp.domain import wall_clock
from webapp.domain.errors import FormInvalid, Invalid
from webapp.domain.hours_text import read_hours, read_week
from webapp.domain.required import Required
from webapp.domain.workhours import MOST_OVERRIDES, WEEKDAYS, Hours, WorkHours
from webapp.domain.zones import zone
from webapp.models import LocationKind
from webapp.services.profiles import ProfileDraft, problems

UNITS = (("minutes", "minutes", 1), ("hours", "hours", 60), ("days", "days", 1440))
PLACES = (
    (LocationKind.LINK, "Video call"),
    (LocationKind.PHONE, "They call us"),
    (LocationKind.INVITEE_PHONE, "We call them"),
    (LocationKind.ADDRESS, "In person"),
    (LocationKind.TEXT, "Something else"),
)
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE = re.compile(r"[0-9]{1,6}")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})(?::[0-9]{2})?")


class ProfileForm(Form):
    """The fields that come once; questions and groups come in rows beside them."""

    version = HiddenField()
    seen = HiddenField()
    name = StringField("Name")
    description = TextAreaField("Description")
    durations = StringField("Lengths in minutes")
    required = RadioField(
        "How many of them",
        choices=[SelectChoice("one", "Any one of them"), SelectChoice("all", "Everyone together")],
    )
    accounts = SelectMultipleField("People", coerce=str, validate_choice=False)
    seats = StringField("Seats at each time")
    hours_kind = RadioField(
        "Hours",
        choices=[
            SelectChoice("hosts", "The hosts’ own hours"),
            SelectChoice("own", "Hours of this profile"),
        ],
    )
    hours_zone = HiddenField()
    hours_mon = StringField("Monday")
    hours_tue = StringField("Tuesday")
    hours_wed = StringField("Wednesday")
    hours_thu = StringField("Thursday")
    hours_fri = StringField("Friday")
    hours_sat = StringField("Saturday")
    hours_sun = StringField("Sunday")
    hours_dates = TextAreaField("Single dates")
    step_minutes = StringField("A time every")
    zone = StringField("Time zone")
    horizon_days = StringField("Days ahead")
    active_from = StringField("Open from")
    active_until = StringField("Open until")
    location_kind = RadioField(
        "Where", choices=[SelectChoice(kind.value, words) for kind, words in PLACES]
    )
    location = StringField("Link, number or address")
    asks_phone = BooleanField("Ask for a phone number")
    needs_approval = BooleanField("Approve each booking by hand")
    buffer_before_minutes = StringField("Minutes kept free before")
    buffer_after_minutes = StringField("Minutes kept free after")
    notice = StringField("Shortest notice")
    notice_unit = SelectField(
        "Unit of the notice", choices=[SelectChoice(key, words) for key, words, _ in UNITS]
    )
    limit_per_day = StringField("Bookings a day, for each host")
    limit_per_week = StringField("Bookings a week, for each host")
    own_colors = BooleanField("Colours of its own")
    primary_color = StringField("Main colour")
    secondary_color = StringField("Second colour")
    empty_text = StringField("When there are no times")
    slug = StringField("Web address")
    secret = BooleanField("Secret: only people with the link find it")
    subject = StringField("Title in calendars")
    hold_minutes = StringField("Minutes a chosen time is kept")

    @property
    def days(self) -> list[Any]:
        """The seven fields of the week, Monday first."""
        return [self[f"hours_{day}"] for day in WEEKDAYS]


WHOLE = {
    "seats": "the number of seats",
    "step_minutes": "the step in minutes",
    "horizon_days": "the number of days",
    "buffer_before_minutes": "a number of minutes",
    "buffer_after_minutes": "a number of minutes",
    "hold_minutes": "a number of minutes",
}
"""Fields of one whole number, and what each asks for."""


@dataclass(slots=True)
class Entry:
    """Everything that the editor shows: the form, its rows, and what is wrong at which field."""

    form: ProfileForm
    rows: Rows

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Put each sentence at its field, or above the form when it belongs to none."""
        for name, sentence in errors.items():
            if name in self.form:
                self.form[name].errors = [*self.form[name].errors, sentence]
            else:
                self.form.form_errors.append(sentence)


# ------------------------------------------------------------------------------- from the store


def values_of(draft: ProfileDraft) -> dict[str, Any]:
    """The form's values for a draft; instants on the clocks of the profile's zone."""
    here = zone(draft.zone)
    amount, unit = _largest_unit(draft.notice_minutes)
    plain = {name: getattr(draft, name) for name in _SAME}
    whole = {name: str(getattr(draft, name)) for name in WHOLE}
    return (
        plain
        | whole
        | {
            "durations": ", ".join(str(each) for each in draft.durations),
            "required": draft.required.value,
            "accounts": [str(each) for each in draft.accounts],
            "location_kind": draft.location_kind.value,
            "notice": str(amount),
            "notice_unit": unit,
            "limit_per_day": str(draft.limit_per_day or ""),
            "limit_per_week": str(draft.limit_per_week or ""),
            "active_from": _local(draft.active_from, here),
            "active_until": _local(draft.active_until, here),
            "own_colors": draft.primary_color is not None or draft.secondary_color is not None,
            "primary_color": draft.primary_color or "#2456C4",
            "secondary_color": draft.secondary_color or "#7A4B00",
            **_hours_values(draft),
        }
    )


_SAME = (
    *("name", "description", "zone", "location", "asks_phone", "needs_approval"),
    *("empty_text", "slug", "secret", "subject"),
)
"""Fields whose form and draft hold the same."""


def _largest_unit(minutes: int) -> tuple[int, str]:
    for key, _, size in reversed(UNITS):
        if minutes and minutes % size == 0:
            return minutes // size, key
    return minutes, "hours" if not minutes else "minutes"


def _local(instant: datetime | None, here: ZoneInfo) -> str:
    return instant.astimezone(here).strftime("%Y-%m-%dT%H:%M") if instant else ""


def _hours_values(draft: ProfileDraft) -> dict[str, str]:
    hours = draft.hours
    if hours is None:
        return {"hours_kind": "hosts"}
    values = {
        f"hours_{day}": _typed(each) for day, each in zip(WEEKDAYS, hours.weekly, strict=True)
    }
    dates = [f"{day.isoformat()}: {_typed(each) or 'closed'}" for day, each in hours.overrides]
    return values | {
        "hours_kind": "own",
        "hours_dates": "\n".join(dates),
        "hours_zone": hours.zone if hours.zone != draft.zone else "",
    }


def _typed(hours: Hours) -> str:
    return ", ".join(
        f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}" for start, end in hours
    )


# ------------------------------------------------------------------------------------ to a draft


def draft_of(entry: Entry, base: ProfileDraft) -> ProfileDraft:
    """The draft that the form makes; ``base`` gives what the form does not hold (place, pause).

    Groups are left out: they are candidates of their own until they are saved. Raises
    ``FormInvalid`` with a sentence for every field that cannot be read.
    """
    reading = _Reading(entry.form)
    here = reading.zone(base.zone)
    plain: dict[str, Any] = {name: reading.text(name) for name in _TEXTS}
    plain |= {name: entry.form[name].data for name in _TICKS}
    plain |= {name: reading.whole(name, what) for name, what in WHOLE.items()}
    draft = ProfileDraft(
        **plain,
        zone=here.key,
        description=entry.form.description.data or "",
        durations=reading.durations(),
        questions=tuple(row.declared(i) for i, row in enumerate(entry.rows.questions)),
        notice_minutes=reading.notice(),
        limit_per_day=reading.limit("limit_per_day"),
        limit_per_week=reading.limit("limit_per_week"),
        active_from=reading.moment("active_from", here, base.active_from),
        active_until=reading.moment("active_until", here, base.active_until),
        hours=reading.hours(here),
        location_kind=reading.word("location_kind", LocationKind, LocationKind.TEXT),
        required=reading.word("required", Required, Required.ONE),
        primary_color=reading.color("primary_color"),
        secondary_color=reading.color("secondary_color"),
        accounts=reading.accounts(),
        paused=base.paused,
        position=base.position,
    )
    if any(row.own and not row.label.strip() for row in entry.rows.questions):
        reading.errors["questions"] = "Write what each question asks"
    if reading.errors:  # everything at once, what the service would say too
        raise FormInvalid(problems(draft) | reading.errors)
    return draft


_TICKS = ("asks_phone", "needs_approval", "secret")
_TEXTS = ("name", "slug", "subject", "location", "empty_text")

T = TypeVar("T")


class _Reading:
    """The form's text read into values; what cannot be read is kept by field."""

    def __init__(self, form: ProfileForm) -> None:
        self.form = form
        self.errors: dict[str, str] = {}

    def attempt(self, name: str, read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except Invalid as refusal:
            self.errors.setdefault(name, refusal.message)
            return instead

    def text(self, name: str) -> str:
        return (self.form[name].data or "").strip()

    def word(self, name: str, kind: Any, instead: Any) -> Any:
        text = self.text(name)
        if text not in set(kind):
            self.errors[name] = "Choose one of these"
            return instead
        return kind(text)

    def whole(self, name: str, what: str) -> int:
        text = self.text(name)
        if not _WHOLE.fullmatch(text):
            self.errors[name] = f"Enter {what} as a whole number, like 15"
            return 1
        return int(text)

    def limit(self, name: str) -> int | None:
        return self.whole(name, "the limit") if self.text(name) else None

    def notice(self) -> int:
        size = next((s for key, _, s in UNITS if key == self.form.notice_unit.data), 1)
        if not self.text("notice"):
            return 0
        minutes = self.whole("notice", "the notice") * size
        if minutes > 365 * 1440:
            self.errors["notice"] = "The notice is at most 365 days"
        return minutes

    def durations(self) -> tuple[int, ...]:
        parts = re.split(r"[\s,;/]+|\band\b|\bor\b", self.text("durations").casefold())
        parts = [part.removesuffix("minutes").removesuffix("min") for part in parts]
        parts = [part for part in parts if part]
        if not parts or not all(_WHOLE.fullmatch(part) for part in parts):
            self.errors["durations"] = "Enter lengths in minutes, like 30 or 15, 30, 60"
            return (30,)
        return tuple(dict.fromkeys(int(part) for part in parts))

    def accounts(self) -> tuple[int, ...]:
        sent = [text for text in self.form.accounts.data or () if _WHOLE.fullmatch(text)]
        return tuple(dict.fromkeys(int(text) for text in sent))

    def color(self, name: str) -> str | None:
        return self.text(name).upper() if self.form.own_colors.data else None

    def zone(self, instead: str) -> ZoneInfo:
        return self.attempt("zone", lambda: zone(self.text("zone")), zone(instead))

    def moment(self, name: str, here: ZoneInfo, stored: datetime | None) -> datetime | None:
        text = self.text(name)
        if not text:
            return None
        if _local(stored, here) == text:  # untouched: to the second, and after clocks go back
            return stored
        return self.attempt(name, lambda: _instant(text, here, name), None)

    def hours(self, here: ZoneInfo) -> WorkHours | None:
        if self.form.hours_kind.data != "own":
            return None
        week = read_week([(field.data or "").strip() or None for field in self.form.days])
        for number, sentence in week.errors.items():
            self.errors[f"hours_{WEEKDAYS[number]}"] = sentence
        none: tuple[tuple[Any, Hours], ...] = ()
        dates = self.attempt("hours_dates", lambda: _dates(self.text("hours_dates")), none)
        name = self.text("hours_zone") or here.key
        own = self.attempt("hours_kind", lambda: zone(name), here)
        if not week.errors and not any(week.weekly) and not dates:
            self.errors["hours_kind"] = "Enter hours for at least one day"
        if self.errors.keys() & {"hours_kind", "hours_dates"} or week.errors:
            return None
        return WorkHours(own.key, week.weekly, dates)


def _instant(text: str, here: ZoneInfo, name: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Invalid("Choose a date and a time", field=name)
    day = wall_clock.read_date(found[1], field=name)
    minute = wall_clock.read_time(found[2], field=name)
    return wall_clock.instants(here, day, minute, field=name)[0].astimezone(UTC)


def _dates(text: str) -> tuple[tuple[Any, Hours], ...]:
    """Lines like ``2026-12-24: closed`` and ``2026-12-31: 9-12``, sorted by date."""
    found: dict[Any, Hours] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        date_text, colon, rest = line.strip().partition(":")
        day = wall_clock.read_date(date_text, field="hours_dates") if colon else None
        if day is None:
            raise Invalid(f"“{line.strip()[:30]}”: write a line like 2026-12-24: closed")
        if rest.strip().casefold() in ("", "closed", "off"):
            found[day] = ()
            continue
        typed = read_hours(rest, day.isoformat())
        if typed.next_day:
            raise Invalid(f"{day.isoformat()}: hours after midnight belong to the next date")
        found[day] = typed.hours
    if len(found) > MOST_OVERRIDES:
        raise Invalid(f"At most {MOST_OVERRIDES} dates can have hours of their own")
    return tuple(sorted(found.items()))
