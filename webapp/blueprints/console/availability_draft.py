"""What is typed into the schedule editor, kept as it was typed, and what hours it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from werkzeug.datastructures import MultiDict

from webapp.domain import zones
from webapp.domain.dates_text import check_near, read_dates
from webapp.domain.errors import Invalid
from webapp.domain.hours_text import NAMES, clock, read_hours, read_week
from webapp.domain.hours_words import said_date
from webapp.domain.workhours import MOST_OVERRIDES, WEEKDAYS, Hours, WorkHours
from webapp.services.schedules import ScheduleCard, ScheduleDraft

USUAL = ("09:00", "17:00")
LONGEST_FIELD = 1000
Row = tuple[str, str]


@dataclass(slots=True)
class DayDraft:
    """One weekday: whether it is on, and its rows of from and to as they were typed."""

    key: str
    name: str
    on: bool
    rows: list[Row]

    @property
    def text(self) -> str | None:
        """All rows as one text, None for a day that is off."""
        if not self.on:
            return None
        return ", ".join(_joined(*row) for row in self.rows if any(row))


@dataclass(slots=True)
class DateDraft:
    """A date with hours of its own; no hours is a day off."""

    day: date
    hours: str
    label: str
    error: str = ""


@dataclass(slots=True)
class Draft:
    """The whole form. ``errors`` by field; ``notes`` say what was made of what was typed."""

    name: str
    zone: str
    days: list[DayDraft]
    dates: list[DateDraft]
    new_dates: str = ""
    new_hours: str = ""
    new_label: str = ""
    shown_for: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    hours: WorkHours | None = None
    focus: str = ""

    @property
    def service_draft(self) -> ScheduleDraft:
        """What the service saves; only of a draft that has ``hours``."""
        assert self.hours is not None
        labels = {each.day: each.label for each in self.dates if each.label}
        return ScheduleDraft(self.name, self.hours, labels)


def stored_draft(card: ScheduleCard) -> Draft:
    """The form as the schedule is kept."""
    usual = next((rows for hours in card.hours.weekly if (rows := _rows(hours))), [USUAL])
    return Draft(
        name=card.name,
        zone=card.hours.zone,
        days=[
            DayDraft(key, name, bool(hours), _rows(hours) or usual[:])
            for key, name, hours in zip(WEEKDAYS, NAMES, card.hours.weekly, strict=True)
        ],
        dates=[
            DateDraft(day, _typed(hours), card.labels.get(day.isoformat(), ""))
            for day, hours in card.hours.overrides
        ],
        hours=card.hours,
    )


def typed_draft(form: MultiDict[str, str]) -> Draft:
    """The form as it was sent."""
    days = []
    for key, name in zip(WEEKDAYS, NAMES, strict=True):
        starts, ends = form.getlist(f"{key}-from"), form.getlist(f"{key}-to")
        ends += [""] * (len(starts) - len(ends))
        rows = [(_cut(a), _cut(b)) for a, b in zip(starts, ends, strict=False)]
        days.append(DayDraft(key, name, f"{key}-on" in form, rows or [("", "")]))
    return Draft(
        name=_cut(form.get("name", "")),
        zone=_cut(form.get("zone", "")),
        days=days,
        dates=_typed_dates(form),
        new_dates=_cut(form.get("new-dates", "")),
        new_hours=_cut(form.get("new-hours", "")),
        new_label=_cut(form.get("new-label", "")),
        shown_for=form.get("preview", "")[:40],
    )


def _typed_dates(form: MultiDict[str, str]) -> list[DateDraft]:
    found = []
    hours, labels = form.getlist("date-hours"), form.getlist("date-label")
    for text, own, label in zip(form.getlist("date"), hours, labels, strict=False):
        try:
            found.append(DateDraft(date.fromisoformat(text[:10]), _cut(own), _cut(label)))
        except ValueError:
            continue  # not a field that the form has
    return found[:MOST_OVERRIDES]


def act(draft: Draft, action: str, form: MultiDict[str, str]) -> None:
    """Do what one of the small buttons says: more rows, fewer rows, copying a day."""
    verb, _, rest = action.partition("-")
    key, _, number = rest.partition("-")
    day = next((each for each in draft.days if each.key == key), None)
    if verb == "add" and day is not None:
        day.rows.append(("", ""))
        day.on = True
        draft.focus = f"{key}-from-{len(day.rows) - 1}"
    elif verb == "remove" and day is not None and number.isdecimal():
        _remove_row(day, int(number[:4]))
        draft.focus = f"{key}-add"
    elif verb == "remove" and key == "date" and number.isdecimal():
        if int(number[:6]) < len(draft.dates):
            del draft.dates[int(number[:6])]
        draft.focus = "new-dates"
    elif verb == "copy" and day is not None:
        _copy(draft, day, set(form.getlist(f"copy-{key}")))
        draft.focus = f"{key}-on"


def _remove_row(day: DayDraft, number: int) -> None:
    if number < len(day.rows):
        del day.rows[number]
    if not day.rows:
        day.on, day.rows = False, [USUAL]


def _copy(draft: Draft, model: DayDraft, wanted: set[str]) -> None:
    if "all" in wanted:
        wanted |= set(WEEKDAYS)
    if "weekdays" in wanted:
        wanted |= set(WEEKDAYS[:5])
    for day in draft.days:
        if day.key in wanted:
            day.on, day.rows = model.on, list(model.rows)


def settle(draft: Draft, card: ScheduleCard, today: date) -> None:
    """Read the draft: its ``hours``, or ``errors`` and no hours.

    Dates in the fields for new ones join the list. ``today`` is the date in the schedule's zone.
    """
    draft.hours = None
    zone = _zone(draft)
    week = read_week([day.text for day in draft.days])
    draft.notes += week.notes
    for index, sentence in week.errors.items():
        draft.errors[f"{WEEKDAYS[index]}-on"] = sentence
    if draft.new_dates.strip():
        _add_dates(draft, today)
    kept = {day for day, _ in card.hours.overrides}
    overrides = {each.day: _date_hours(draft, each, kept, today) for each in draft.dates}
    if not draft.errors and not any(each.error for each in draft.dates):
        draft.hours = WorkHours(zone, week.weekly, tuple(sorted(overrides.items())))


def _zone(draft: Draft) -> str:
    try:
        draft.zone = zones.zone(draft.zone.strip()).key
    except Invalid as refusal:
        draft.errors["zone"] = refusal.message
    return draft.zone


def _add_dates(draft: Draft, today: date) -> None:
    """Put the new dates into the list; what was there for a date is replaced."""
    try:
        found = read_dates(draft.new_dates, today)
    except Invalid as refusal:
        draft.errors["new-dates"] = refusal.message
        return
    if draft.new_hours.strip():
        try:
            _own_hours(draft.new_hours, "These dates")
        except Invalid as refusal:
            draft.errors["new-hours"] = refusal.message
            return
    added = [DateDraft(day, draft.new_hours.strip(), draft.new_label) for day in found]
    kept = [each for each in draft.dates if each.day not in set(found)]
    draft.dates = sorted(kept + added, key=lambda each: each.day)
    if len(draft.dates) > MOST_OVERRIDES:
        draft.errors["new-dates"] = f"At most {MOST_OVERRIDES} dates can have hours of their own."
    draft.new_dates = draft.new_hours = draft.new_label = ""


def _date_hours(draft: Draft, each: DateDraft, kept: set[date], today: date) -> Hours:
    try:
        if each.day not in kept and each.day > today:
            check_near(each.day, today)  # one that has passed does no harm, and may be another's
        if not each.hours.strip():
            return ()
        hours, notes = _own_hours(each.hours, said_date(each.day, today))
    except Invalid as refusal:
        each.error = refusal.message
        return ()
    draft.notes += notes
    return hours


def _own_hours(text: str, name: str) -> tuple[Hours, tuple[str, ...]]:
    read = read_hours(text, name)
    if read.next_day:
        raise Invalid(
            f"{name}: a date ends at midnight. End at 24:00, and give the date after it its own"
            " hours."
        )
    return read.hours, read.notes


def _rows(hours: Hours) -> list[Row]:
    return [(clock(start), clock(end)) for start, end in hours]


def _typed(hours: Hours) -> str:
    return ", ".join(f"{clock(start)}–{clock(end)}" for start, end in hours)


def _joined(start: str, end: str) -> str:
    """A row as text: "9" and "17" are "9-17"; whole hours typed into the first stay as they are."""
    return f"{start}-{end}" if start.strip() and end.strip() else start.strip() or f"?-{end}"


def _cut(text: str) -> str:
    return text[:LONGEST_FIELD]
