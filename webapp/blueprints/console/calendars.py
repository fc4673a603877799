"""Calendars: what blocks the reader's own times, linking more, and how their reading went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.shell import Clock, ago, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid, Refusal
from webapp.models import FeedState
from webapp.services import accounts, feeds
from webapp.services.accounts import CalendarCard
from webapp.services.feeds import LaidOut
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

_STATES = {
    FeedState.WAITING: ("Being read", "info"),
    FeedState.FRESH: ("Up to date", "ok"),
    FeedState.FAILING: ("Not readable", "bad"),
}
_SHOWN_PROBLEMS = 5


@console.get("/calendars")
def calendar_list() -> Response:
    """The reader's calendars, and the two ways to link another."""
    with look(caller()) as uow:
        return _list(uow)


def _list(uow: UnitOfWork, *, refusal: Refusal | None = None, **typed: Any) -> Response:
    found = me()
    clock = Clock(found.user_zone, uow.now)
    cards = accounts.calendars_of(uow, found.user_id)
    return page(
        "calendars",
        "calendars",
        part="console/_calendars.html",
        status=_status(refusal),
        calendars=[_shown(card, clock) for card in cards],
        waiting=any(card.state is FeedState.WAITING for card in cards),
        errors={refusal.field or "form": refusal.message} if refusal else {},
        typed=typed,
    )


def _status(refusal: Refusal | None) -> int:
    if refusal is None:
        return 200
    return 409 if isinstance(refusal, Conflict) else 422


def _shown(card: CalendarCard, clock: Clock) -> dict[str, Any]:
    words, tone = _STATES[card.state] if card.state else ("Built in", "ok")
    return {
        "card": card,
        "state": words,
        "tone": tone,
        "problems": card.problems[:_SHOWN_PROBLEMS],
        "more": card.problems[_SHOWN_PROBLEMS:],
        "read": ago(card.read_at, clock.now) if card.read_at else "",
        "read_full": clock.moment(card.read_at) if card.read_at else "",
        "tried": ago(card.tried_at, clock.now) if card.tried_at else "",
    }


@console.post("/calendars/addresses")
def link_address() -> Response:
    """Link the calendar at an address; the worker reads it in a moment."""
    url, name = request.form.get("url", ""), request.form.get("name", "")
    try:
        with begin(caller()) as uow:
            feeds.link_url(uow, me().user_id, name=name, url=url)
    except (Invalid, Conflict) as refusal:
        with look(caller()) as uow:
            return _list(uow, refusal=refusal, url=url, name=name)
    return see_other(url_for("console.calendar_list", done="linked"))


@console.post("/calendars/files")
def link_file() -> Response:
    """Link an uploaded file. It is read here, before anything is written."""
    name = request.form.get("name", "")
    try:
        file_name, laid_out = _uploaded()
        with begin(caller()) as uow:
            feeds.link_file(uow, me().user_id, name=name, file_name=file_name, laid_out=laid_out)
    except (Invalid, Conflict) as refusal:
        refusal.field = "file"
        with look(caller()) as uow:
            return _list(uow, refusal=refusal, file_name=name)
    return see_other(url_for("console.calendar_list", done="read"))


@console.get("/calendars/<uuid:uuid>/file")
def replace_page(uuid: UUID) -> Response:
    """A newer file for a calendar that was uploaded."""
    with look(caller()) as uow:
        return _replace_page(uow, uuid)


def _replace_page(uow: UnitOfWork, uuid: UUID, refusal: Refusal | None = None) -> Response:
    card = accounts.calendar_card(uow, uuid, me().user_id)
    return page(
        "replace",
        "calendars",
        part="console/_replace.html",
        status=_status(refusal),
        card=card,
        error=refusal.message if refusal else "",
    )


@console.post("/calendars/<uuid:uuid>/file")
def replace_file(uuid: UUID) -> Response:
    """Put a newer file in place of the old; one that cannot be read changes nothing."""
    try:
        file_name, laid_out = _uploaded()
        with begin(caller()) as uow:
            feeds.replace_file(uow, uuid, me().user_id, file_name=file_name, laid_out=laid_out)
    except (Invalid, Conflict) as refusal:
        with look(caller()) as uow:
            return _replace_page(uow, uuid, refusal)
    return see_other(url_for("console.calendar_list", done="read"))


def _uploaded() -> tuple[str, LaidOut]:
    """The uploaded file, read and laid out; no unit is open, because this may take seconds."""
    sent = request.files.get("file")
    content = sent.stream.read(feeds.LARGEST + 1) if sent else b""
    if sent is None or not content:
        raise Invalid("Choose a calendar file; its name ends in .ics.", field="file")
    found = me()
    laid_out = feeds.lay_out(
        content,
        zone=found.user_zone,
        window=feeds.window_of(house().clock()),
        owner_emails=(found.user_email,),
    )
    return sent.filename or "calendar.ics", laid_out


@console.post("/calendars/<uuid:uuid>/reading")
def read_again(uuid: UUID) -> Response:
    """Read a linked address now."""
    with begin(caller()) as uow:
        feeds.ask_again(uow, uuid, me().user_id)
    return see_other(url_for("console.calendar_list", done="asked"))


@console.get("/calendars/<uuid:uuid>/removal")
def remove_page(uuid: UUID) -> Response:
    """What removing the calendar does."""
    with look(caller()) as uow:
        card = accounts.calendar_card(uow, uuid, me().user_id)
        return page("remove", "calendars", part="console/_remove.html", card=card)


@console.post("/calendars/<uuid:uuid>/removal")
def remove(uuid: UUID) -> Response:
    """Remove the calendar with its events."""
    with begin(caller()) as uow:
        feeds.remove(uow, uuid, me().user_id)
    return see_other(url_for("console.calendar_list", done="removed"))
