"""Availability: a host's schedules, times away and public holidays, and "Why not?" beside them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from wtforms import Form, HiddenField, StringField

from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain import wall_clock, zones
from webapp.domain.errors import Conflict, Invalid, NotFound, Refusal
from webapp.domain.hours_words import said, said_date
from webapp.domain.span import Interval, from_minute
from webapp.domain.workhours import WorkHours
from webapp.services import away, holidays_of, schedules
from webapp.services.away import AwayCard, AwayDraft
from webapp.services.holidays_of import HolidaysCard
from webapp.services.orphans import Orphans, WouldOrphan
from webapp.services.schedules import HostLine, ScheduleCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

DONE = {
    "made": "The schedule is there. It counts for no profile yet.",
    "made-first": "The schedule is there.",
    "copied": "The copy is there. It counts for no profile yet.",
    "default": "Profiles that name no schedule now use this one.",
    "deleted": "The schedule is deleted.",
    "away": "The time away is noted. Nobody can book it.",
    "back": "The time away is removed. Its times can be booked again.",
    "holidays": "The holidays are kept. Nobody can book them.",
    "holidays-dropped": "These holidays are ordinary days again.",
}
OFFICE = (((540, 1020),),) * 5 + ((),) * 2
MOST_ORPHANS_SHOWN = 20
SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class NewScheduleForm(Form):
    """The name of another schedule."""

    name = StringField("Name")


class AwayForm(Form):
    """A time away: two dates, and times for less than whole days."""

    start = StringField("First day")
    start_time = StringField("From")
    end = StringField("Last day")
    end_time = StringField("Until")
    label = StringField("What for")
    accepted = HiddenField()


def asked_host(uow: UnitOfWork) -> HostLine:
    """Whose availability ``?host=`` asks for, by default the reader's own."""
    text = request.args.get("host", "")
    try:
        return schedules.host_of(uow, UUID(text) if text else None)
    except ValueError as no_uuid:
        raise NotFound("there is no such person here") from no_uuid


def own_or(host: HostLine) -> UUID | None:
    """What ``?host=`` has to say for this host; nothing for the reader."""
    return None if host.id == me().user_id else host.uuid


def near_date(day: date, today: date) -> str:
    """ "Thu 24 Dec", with the year when it is another one."""
    return f"{SHORT[day.weekday()]} {said_date(day, today)}"


def back_to(host: HostLine, done: str, anchor: str | None = None) -> Response:
    """To the host's availability, which says what was done."""
    return see_other(url_for("console.availability", host=own_or(host), done=done, _anchor=anchor))


@console.get("/availability")
def availability() -> Response:
    """The schedules, times away and holidays of one host."""
    with look(caller()) as uow:
        return _page(uow, asked_host(uow))


def _page(uow: UnitOfWork, host: HostLine, *, status: int = 200, **more: Any) -> Response:
    clock = Clock(host.zone, uow.now)
    hosts = schedules.hosts_of(uow)
    context: dict[str, Any] = {
        "form": NewScheduleForm(),
        "away_form": AwayForm(),
        "orphaned": None,
        "becoming": None,
        "problem": "",
    } | more
    return page(
        "availability",
        "availability",
        part="console/_availability.html",
        status=status,
        done_words=DONE,
        host=host,
        is_mine=host.id == me().user_id,
        host_key=own_or(host),
        hosts=hosts if len(hosts) > 1 else [],
        zone=clock.place,
        schedules=[_shown(card, clock) for card in schedules.cards(uow, host.id)],
        away=[_shown_away(card, clock) for card in away.coming(uow, host.id)],
        past=[_shown_away(card, clock) for card in away.past(uow, host.id)],
        holidays=[_shown_holidays(card, clock) for card in holidays_of.of_host(uow, host.id)],
        **context,
    )


def _shown(card: ScheduleCard, clock: Clock) -> dict[str, Any]:
    there = Clock(card.hours.zone, clock.now)
    return {
        "card": card,
        "words": said(card.hours, there.today),
        "serving": [each for each in card.profiles if not each.own_hours],
        "own_hours": [each for each in card.profiles if each.own_hours],
    }


def _shown_away(card: AwayCard, clock: Clock) -> dict[str, Any]:
    if card.days is None:
        same = clock.local(card.start_at).date() == clock.local(card.end_at).date()
        end = clock.time(card.end_at) if same else clock.moment(card.end_at)
        words = f"{clock.moment(card.start_at)} – {end}"
    else:
        first, last = card.days
        words = clock.full(card.start_at)
        if first != last:
            words += f" – {clock.full(card.end_at - timedelta(minutes=1))}"
    return {
        "card": card,
        "when": words,
        "is_now": card.start_at <= clock.now < card.end_at,
        "label": card.label or "Away",
    }


def _shown_holidays(card: HolidaysCard, clock: Clock) -> dict[str, Any]:
    off = [each for each in card.holidays if each.is_off]
    following = [f"{each.name} ({said_date(each.day, clock.today)})" for each in off[:2]]
    return {"card": card, "off": len(off), "all": len(card.holidays), "next": ", ".join(following)}


def shown_orphans(found: Orphans, clock: Clock) -> dict[str, Any]:
    """Bookings that fall outside, as the parts show them: the first twenty, and how many more."""
    count = len(found.bookings)
    return {
        "sentence": WouldOrphan(found).message,
        "mark": found.mark,
        "lines": [
            {
                "url": url_for("console.booking_page", uuid=each.uuid),
                "when": f"{clock.moment(each.start_at)}–{clock.time(each.end_at)}",
                "who": each.invitee or "No name",
                "profile": each.profile_name,
            }
            for each in found.bookings[:MOST_ORPHANS_SHOWN]
        ],
        "more": max(0, count - MOST_ORPHANS_SHOWN),
    }


# --------------------------------------------------------------------------------- schedules


@console.post("/availability")
def new_schedule() -> Response:
    """Another schedule, Monday to Friday from nine to five, ready to be changed."""
    form = typed(NewScheduleForm)
    try:
        with begin(caller()) as uow:
            host = asked_host(uow)
            hours = WorkHours(zones.zone(host.zone).key, OFFICE)
            uuid = schedules.create(uow, host.id, form.name.data or "", hours).uuid
    except Invalid as refusal:
        refused(form, refusal)
        with look(caller()) as uow:
            return _page(uow, asked_host(uow), status=422, form=form)
    return see_other(url_for("console.schedule_page", uuid=uuid, done="made"))


@console.post("/availability/<uuid:uuid>/copies")
def copy_schedule(uuid: UUID) -> Response:
    """A copy to change, which counts for nothing yet."""
    try:
        with begin(caller()) as uow:
            copied = schedules.duplicate(uow, uuid).uuid
    except Invalid as refusal:
        with look(caller()) as uow:
            host = schedules.card(uow, uuid).host
            return _page(uow, host, status=422, problem=refusal.message)
    return see_other(url_for("console.schedule_page", uuid=copied, done="copied"))


@console.post("/availability/<uuid:uuid>/default")
def make_default(uuid: UUID) -> Response:
    """Let it count wherever no schedule was chosen; shows first what falls outside by that."""
    try:
        with begin(caller()) as uow:
            card = schedules.card(uow, uuid)
            schedules.make_default(uow, card.id, accepted=request.form.get("accepted", ""))
    except WouldOrphan as refusal:
        with look(caller()) as uow:
            card = schedules.card(uow, uuid)
            clock = Clock(me().user_zone, uow.now)
            found = shown_orphans(refusal.orphans, clock)
            return _page(uow, card.host, status=409, becoming=card, orphaned=found)
    return back_to(card.host, "default")


@console.get("/availability/<uuid:uuid>/removal")
def delete_page(uuid: UUID) -> Response:
    """What deleting the schedule does, or why it cannot be deleted."""
    with look(caller()) as uow:
        return _delete_page(uow, uuid)


def _delete_page(uow: UnitOfWork, uuid: UUID, status: int = 200) -> Response:
    card = schedules.card(uow, uuid)
    return page(
        "schedule_removal",
        "availability",
        part="console/_schedule_removal.html",
        status=status,
        card=card,
        host_key=own_or(card.host),
        words=said(card.hours, Clock(card.hours.zone, uow.now).today),
        why=schedules.kept_because(uow, schedules.by_uuid(uow, uuid)),
    )


@console.post("/availability/<uuid:uuid>/removal")
def delete_schedule(uuid: UUID) -> Response:
    """Delete it; one that is in use, and the default, are refused."""
    try:
        with begin(caller()) as uow:
            card = schedules.card(uow, uuid)
            schedules.delete(uow, card.id)
    except Conflict:
        with look(caller()) as uow:
            return _delete_page(uow, uuid, 409)
    return back_to(card.host, "deleted")


# --------------------------------------------------------------------------------- time away


@console.post("/availability/away")
def go_away() -> Response:
    """Note a time away; what stands in it is shown before it is noted."""
    form = typed(AwayForm)
    try:
        with begin(caller()) as uow:
            host = asked_host(uow)
            away.add(uow, host.id, _away_draft(form, host), accepted=form.accepted.data or "")
    except WouldOrphan as refusal:
        form.accepted.data = refusal.orphans.mark
        with look(caller()) as uow:
            found = shown_orphans(refusal.orphans, Clock(me().user_zone, uow.now))
            return _page(uow, asked_host(uow), status=409, away_form=form, orphaned=found)
    except Invalid as refusal:
        return _away_refused(form, refusal)
    return back_to(host, "away", "away")


def _away_refused(form: AwayForm, refusal: Refusal) -> Response:
    refused(form, refusal)
    with look(caller()) as uow:
        return _page(uow, asked_host(uow), status=422, away_form=form)


def _away_draft(form: AwayForm, host: HostLine) -> AwayDraft:
    """Whole dates where no time was typed; else from the first instant to the last.

    Where clocks go back, the earlier of two starts and the later of two ends.
    """
    label = form.label.data or ""
    first = wall_clock.read_date(form.start.data or "", field="start")
    last = wall_clock.read_date(form.end.data or form.start.data or "", field="end")
    starts, ends = (form.start_time.data or "").strip(), (form.end_time.data or "").strip()
    if not starts and not ends:
        return AwayDraft(label, days=(first, last))
    start = _instants(host, first, starts, "start_time")[0]
    end = _instants(host, last if ends else last + timedelta(days=1), ends, "end_time")[-1]
    if end <= start:
        raise Invalid("The end is not after the start.", field="end_time" if ends else "end")
    return AwayDraft(label, times=Interval(start, end))


def _instants(host: HostLine, day: date, text: str, field: str) -> tuple[datetime, ...]:
    """A typed time on a date, else the first instant of the date."""
    zone = zones.zone(host.zone)
    if not text:
        return (from_minute(zones.local_day_bounds(zone, day)[0]),)
    return wall_clock.instants(zone, day, wall_clock.read_time(text, field=field), field=field)


@console.get("/availability/away/<uuid:uuid>/removal")
def away_page(uuid: UUID) -> Response:
    """What removing a time away does."""
    with look(caller()) as uow:
        card = away.card(uow, uuid)
        host = next(each for each in schedules.hosts_of(uow) if each.id == card.host_id)
        return page(
            "away_removal",
            "availability",
            part="console/_away_removal.html",
            shown=_shown_away(card, Clock(host.zone, uow.now)),
            host_key=own_or(host),
        )


@console.post("/availability/away/<uuid:uuid>/removal")
def come_back(uuid: UUID) -> Response:
    """Remove a time away."""
    with begin(caller()) as uow:
        card = away.card(uow, uuid)
        host = next(each for each in schedules.hosts_of(uow) if each.id == card.host_id)
        away.remove(uow, uuid)
    return back_to(host, "back", "away")
