"""Screen A, "choose a time": the page, its part for htmx, and taking a time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.blueprints import limits
from webapp.blueprints.assets import static_url
from webapp.blueprints.booking import booking, entrance, screens, wording
from webapp.blueprints.booking.asking import Asked
from webapp.blueprints.booking.finding import TimesView
from webapp.blueprints.booking.forms import instant
from webapp.blueprints.booking.kept import Known, Text, kept
from webapp.blueprints.booking.manner import Manner, place_of
from webapp.blueprints.booking.screens import Reader
from webapp.blueprints.booking.times import KEY_MARK, Taken, reader_of, times_form, times_of
from webapp.blueprints.pages import see_other, wants_part
from webapp.domain.errors import Invalid, NotFound, NotOffered, SlotTaken
from webapp.domain.span import to_minute, to_minute_up
from webapp.domain.zones import offset_at, zone
from webapp.extensions import db
from webapp.models import Booking, BookingStatus
from webapp.services import freshness, holds, offers, profile_links
from webapp.services.directory import OrganizationCard
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

STYLE = static_url("css/public.css") + static_url("js/kalends.js")
"""Part of every ETag: a page kept by a browser names the sheet and script of its time."""
_OVER = (BookingStatus.LAPSED, BookingStatus.CANCELLED, BookingStatus.DECLINED)


@booking.get("/<org>/<profile>")
def choose(org: str, profile: str) -> AnyResponse:
    """The page of a profile, or for htmx the times alone."""
    slug = entrance.profile_slug(profile)
    duration = _duration(entrance.asked().get("l", ""))
    key, here = (org, slug.lower(), duration), kept()
    known = here.card(key)
    if known is not None and _is_true(known):
        return _page(known)
    with entrance.visit(org) as (organization, uow):
        card = offers.profile_page(uow, slug, duration_minutes=duration)
        revision = offers.page_revision(uow, card)
        known = Known(organization, card, revision, to_minute_up(uow.now))
        if revision.startswith(f"{organization.revision}."):  # else it changed in between
            here.put_card(key, known)
        return _page(known, uow)


def _is_true(known: Known) -> bool:
    """Whether organization, profile and times are still as they were kept."""
    now = house().clock()
    # Rounded up, because a start that is just far enough away now is too near a second later.
    return known.minute == to_minute_up(now) and known.revision == freshness.page_revision(
        db.engine, known.organization.id, known.profile.id, now
    )


@booking.get("/<org>/<profile>/hold")
def hold_address(org: str, profile: str) -> AnyResponse:
    """Nothing lives here: a reload after a lost time goes back to the times."""
    return see_other(entrance.carried(profile_path(org, entrance.profile_slug(profile))))


@booking.post("/<org>/<profile>/hold")
def hold(org: str, profile: str) -> AnyResponse:
    """Take the chosen time for a while and go on to the details; 409 when it is gone."""
    organization = entrance.organization_at(org)
    slug = entrance.profile_slug(profile)
    duration = _duration(request.form.get("l", ""))
    with look(entrance.guest(organization)) as uow:
        card = offers.profile_page(uow, slug, duration_minutes=duration)
    return take(organization, card)


def take(
    organization: OrganizationCard, card: ProfileCard, path: str = "", link: int | None = None
) -> AnyResponse:
    """Take the time that the form names. ``path`` is the page it was chosen on, where that is
    another than the profile's own; ``link`` the single-use link that led there."""
    limits.count("hold")
    try:
        start = instant(request.form.get("start", ""))
        draft = _held(organization, card, start, link)
    except SlotTaken as refusal:
        return _lost(organization, card, refusal, start, path)
    except Invalid as refusal:
        return _lost(organization, card, refusal, None, path)
    return see_other(entrance.carried(f"{profile_path(organization.slug, card.slug)}/b/{draft}"))


def _held(
    organization: OrganizationCard, card: ProfileCard, start: datetime, link: int | None
) -> str:
    """The draft's public id. A key that led to a hold which is over by now counts for nothing."""
    key = entrance.form_key()
    asked, manner = _zone_asked(card), entrance.reader_manner()
    if key is not None:
        key = f"{key}.{card.duration_minutes}.{to_minute(start)}"
    with begin(entrance.guest(organization)) as uow:
        for again in (key, None):
            draft = holds.hold(
                uow,
                card.id,
                start,
                duration_minutes=card.duration_minutes,
                zone_name=asked,
                key=again,
                fingerprint=limits.client_source(),
                instead_of=entrance.earlier_draft(),
                locale=manner.say.code,
                time_notation=str(manner.notation),
            )
            if draft.status not in _OVER and (
                draft.expires_at is None or draft.expires_at > uow.now
            ):
                break
        earlier = entrance.earlier_draft()
        if link is not None or earlier is not None:
            profile_links.attach(uow, draft.id, link_id=link, instead_of=earlier)
        return draft.public_id


def _zone_asked(card: ProfileCard) -> str:
    if card.zone_locked:
        return card.zone
    try:
        return zone(request.form.get("tz", "")[:64] or card.zone).key
    except Invalid:
        return card.zone


def _lost(
    organization: OrganizationCard,
    card: ProfileCard,
    refusal: Invalid | SlotTaken,
    start: datetime | None,
    path: str,
) -> Response:
    """Screen A again with what happened first and the nearest other times as buttons."""
    with look(entrance.guest(organization)) as uow:
        others = []
        if start is not None and card.state == "active":
            others = offers.alternatives(uow, card, start)
        asked, reader = _asked_and_reader(uow, card, request.form, organization, path)
        soon = screens.spelled(reader, (to_minute(each) for each in others))
        say = reader.manner.say
        message = say(refusal.message)
        if isinstance(refusal, NotOffered):
            title = message
        else:
            title = say("That time is no longer free") if start else say("Choose a time")
        line = f"{message}." if title != message else ""
        taken = Taken(title, line, soon)
        context = _context(uow, card, asked, reader) | {"taken": taken}
        status = 409 if isinstance(refusal, SlotTaken) else 422
        response = entrance.screen("choose", organization, status=status, **context)
        response.set_data(response.get_data(as_text=True).replace(KEY_MARK, entrance.new_key()))
        response.headers["Cache-Control"] = "no-store"
        return response


def _duration(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def profile_path(org: str, slug: str) -> str:
    """The address of a profile's page."""
    return f"/{quote(org)}/{quote(slug)}"


# ------------------------------------------------------------------------------ the page itself


def _page(known: Known, uow: UnitOfWork | None = None) -> Response:
    """The page under its ETag: not sent again when unchanged, not rendered again when kept."""
    g.organization = known.organization
    is_part, manner = wants_part(), entrance.reader_manner()
    tag = _tag(known, "part" if is_part else "page", manner)
    told = {
        "ETag": tag,
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Vary": "HX-Request, Accept-Language",
        "Content-Language": manner.say.code,
    }
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=told, mimetype="text/html")
    here = kept()
    text = here.text(tag)
    if text is None:
        if uow is not None:
            text = _fresh(uow, known, is_part)
        else:
            with look(entrance.guest(known.organization)) as uow:
                text = _fresh(uow, known, is_part)
        here.put_text(tag, text)
    if is_part and text.address:
        by_script = entrance.asked().get("auto") == "1"
        told["HX-Replace-Url" if by_script else "HX-Push-Url"] = text.address
    return Response(text.with_key(entrance.new_key()), headers=told, mimetype="text/html")


def _tag(known: Known, part: str, manner: Manner) -> str:
    """The ETag: everything that the text follows from."""
    habits = f"{manner.say.code}.{manner.notation}.{manner.week_start}"
    said = "|".join(
        (
            *(known.organization.slug, known.profile.slug, known.revision, str(known.minute)),
            *(request.environ.get("QUERY_STRING", ""), part, habits, STYLE),
        )
    )
    return f'W/"{hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:20]}"'


def _fresh(uow: UnitOfWork, known: Known, is_part: bool) -> Text:
    """The page, or for htmx its part, made anew."""
    card = known.profile
    asked, reader = _asked_and_reader(uow, card, entrance.asked(), known.organization)
    context = _times_context(uow, card, asked, reader)
    if is_part:
        text = entrance.part_text("times", **context)
    else:
        about = wording.about(card, reader.manner)
        text = entrance.text("choose", known.organization, about=about, **context)
    return Text.of(g.pop("times_address", ""), text, KEY_MARK)


def screen_a(
    uow: UnitOfWork,
    organization: OrganizationCard,
    card: ProfileCard,
    query: Mapping[str, str],
    path: str = "",
) -> dict[str, Any]:
    """What the page shows at another address than the profile's own: behind a single-use link, in
    the preview of a profile that is not saved yet."""
    asked, reader = _asked_and_reader(uow, card, query, organization, path)
    return _context(uow, card, asked, reader)


def _asked_and_reader(
    uow: UnitOfWork,
    card: ProfileCard,
    query: Mapping[str, str],
    organization: OrganizationCard,
    path: str = "",
) -> tuple[Asked, Reader]:
    """What was asked for, and whom the times are made for."""
    path = path or profile_path(organization.slug, card.slug)
    return reader_of(
        uow,
        card,
        query,
        path=path,
        zone_name=card.zone,
        duration_minutes=card.duration_minutes,
        carry_duration=card.duration_minutes != card.durations[0],
        locked=card.zone_locked,
    )


def _context(uow: UnitOfWork, card: ProfileCard, asked: Asked, reader: Reader) -> dict[str, Any]:
    """What screen A shows: what can be booked, and its times."""
    about = wording.about(card, reader.manner)
    return {"about": about, "taken": None} | _times_context(uow, card, asked, reader)


def _times_context(
    uow: UnitOfWork, card: ProfileCard, asked: Asked, reader: Reader
) -> dict[str, Any]:
    """What the part with the times shows: them, or why there are none to choose."""
    entrance.wear(card.offering.primary_color, card.offering.secondary_color)
    if card.state != "active":
        return {"closed": _closed(card, asked), "form": None, "times": None}
    view = times_of(uow, card, asked, reader, without=None, draft=_own_draft(uow, card, asked))
    action = f"{reader.path}/hold"
    form = times_form(card, asked, reader, view, method="post", action=action, lengths=True)
    context: dict[str, Any] = {"closed": None, "form": form, "times": view}
    if asked.was is not None and asked.was.key != asked.zone.key:
        context["said"] = _switched(asked, reader, view)
    return context


def _own_draft(uow: UnitOfWork, card: ProfileCard, asked: Asked) -> Booking | None:
    """The hold that the visitor came back from, while it keeps a time of this profile."""
    if not asked.draft:
        return None
    try:
        found = holds.draft(uow, asked.draft)
    except NotFound:
        return None
    kept_until = found.expires_at
    alive = found.status is BookingStatus.HELD and kept_until is not None and kept_until > uow.now
    return found if alive and found.profile_id == card.id else None


def _switched(asked: Asked, reader: Reader, view: TimesView) -> str:
    """ "Times now in New York. 09:00 in Paris is 03:00." """
    say, here = reader.manner.say, place_of(asked.zone.key, reader.manner)
    sentence = say("Times now in %(place)s.", place=here)
    first = next((t for c in view.columns for _, part in c.groups for t in part if t[0]), None)
    if asked.was is None or first is None:
        return sentence
    start = to_minute(instant(first[0]))
    then = reader.manner.clock[(start + offset_at(asked.was, start)) % 1440]
    place = place_of(asked.was.key, reader.manner)
    same = say("%(then)s in %(place)s is %(now)s.", then=then, place=place, now=first[1])
    return f"{sentence} {same}"


def _closed(card: ProfileCard, asked: Asked) -> wording.Notice:
    """Why nothing can be booked: paused, not open yet, over."""
    here, say = asked.zone.key, asked.manner.say
    if card.state == "not_started" and card.active_from is not None:
        opens = wording.moment(card.active_from, here, asked.manner)
        place = place_of(here, asked.manner)
        return wording.Notice(
            say("Bookings are not open yet"),
            (say("They open on %(moment)s (%(place)s).", moment=opens, place=place),),
        )
    if card.state == "ended" and card.active_until is not None:
        day = wording.moment(card.active_until, here, asked.manner)
        line = say("They were open until %(moment)s.", moment=day)
        return wording.Notice(say("Bookings are closed"), (line,))
    return wording.Notice(
        say("No bookings at the moment"),
        (card.message_when_none or say("This page is paused. Please look again later."),),
    )
