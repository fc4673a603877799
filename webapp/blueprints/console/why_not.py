""" "Why not?": whether a time of a profile can be booked, and everything that is in its way."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from wtforms import Form, SelectField, StringField

from webapp.blueprints.booking.manner import length
from webapp.blueprints.console.forms import refused
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.console.why_not_words import Told, candidate_line, told
from webapp.blueprints.doors import caller, me
from webapp.domain import wall_clock, zones
from webapp.domain.errors import Invalid, NotFound
from webapp.domain.required import Required
from webapp.services import offers, profiles, why_not
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.services.why_not import Verdict
from webapp.work import house, look


class WhyForm(Form):
    """A profile, an instant on the reader's clock, a length."""

    profile = SelectField("Profile", validate_choice=False)
    date = StringField("Date")
    time = StringField("Time")
    length = SelectField("Length", validate_choice=False)


@console.get("/why-not")
def why_not_page() -> Response:
    """The form, and below it the verdict when all of it is filled in."""
    with look(caller()) as uow:
        return _page(uow)


def _page(uow: UnitOfWork) -> Response:
    clock = Clock(me().user_zone, uow.now)
    choices = profiles.all_profiles(uow)
    form = WhyForm(request.args)
    form.profile.choices = [(each.slug, each.name) for each in choices]
    slug = form.profile.data or (choices[0].slug if choices else "")
    form.profile.data = slug
    if request.args.get("of", slug) != slug:
        form.length.data = None  # it was chosen among another profile's
    card = _card(uow, form, slug)
    verdicts: list[Verdict] = []
    if card is not None:
        form.length.choices = [(str(each), length(each)) for each in card.durations]
        if request.args.get("date") or request.args.get("time"):
            verdicts = _verdicts(uow, form, card, clock)
    form.date.data = form.date.data or clock.today.isoformat()
    return page(
        "why_not",
        "availability",
        part="console/_why_not.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        profiles=choices,
        card=card,
        zone=clock.place,
        answers=[_answer(card, each, clock) for each in verdicts if card],
        twice=len(verdicts) > 1,
    )


def _card(uow: UnitOfWork, form: WhyForm, slug: str) -> ProfileCard | None:
    if not slug:
        return None
    try:
        found = offers.profile_page(uow, slug[:60].replace("\x00", ""))
    except NotFound:
        refused(form, Invalid("Choose a profile from the list.", field="profile"))
        return None
    if found.offering.deleted_at is not None:
        return None
    return found


def _verdicts(uow: UnitOfWork, form: WhyForm, card: ProfileCard, clock: Clock) -> list[Verdict]:
    """One for each instant that the typed time means: two on the night when clocks go back."""
    try:
        day = wall_clock.read_date(form.date.data or "", field="date")
        minute = wall_clock.read_time(form.time.data or "", field="time")
        meant = wall_clock.instants(clock.zone, day, minute, field="time")
        text = (form.length.data or "").strip()
        chosen = int(text) if text.isdecimal() and len(text) < 6 else card.duration_minutes
        if chosen not in card.durations:
            offered = ", ".join(length(each) for each in card.durations)
            raise Invalid(f"The profile has no such length, only {offered}.", field="length")
        form.length.data = str(chosen)
        return [why_not.judge(uow, card, start, chosen) for start in meant]
    except Invalid as refusal:
        refused(form, refusal)
        return []


def _answer(card: ProfileCard, verdict: Verdict, clock: Clock) -> dict[str, Any]:
    by_host: dict[int | None, list[Told]] = {}
    for each in verdict.obstacles:
        by_host.setdefault(each.host_id, []).append(told(each, verdict, card, clock))
    names = {seat.id: seat.name for seat in card.offering.hosts}
    minutes = str(int((verdict.end_at - verdict.start_at).total_seconds()) // 60)
    return {
        "is_listed": verdict.is_listed,
        "when": f"{clock.moment(verdict.start_at)}–{clock.time(verdict.end_at)}",
        "offset": zones.offset_text(clock.zone, verdict.start_at),
        "count": len(verdict.obstacles),
        "profile": by_host.pop(None, []),
        "together": card.required == Required.ALL.value,
        "candidates": [candidate_line(each) for each in verdict.candidates],
        "hosts": [(names.get(key or 0, "A host"), several) for key, several in by_host.items()],
        "public": f"{house().settings.base_url}/{me().organization_slug}/{card.slug}",
        "nearest": [
            (
                clock.moment(each),
                url_for(
                    "console.why_not_page",
                    profile=card.slug,
                    date=clock.local(each).date().isoformat(),
                    time=clock.time(each),
                    length=minutes,
                ),
            )
            for each in verdict.nearest
        ],
    }
