"""Single-use links of a profile: making them, copying them, seeing what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from wtforms import Form, StringField

from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.profiles import DONE, public_url
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.services import profile_links, profiles
from webapp.services.profile_links import LinkCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

_STATES = {
    "unused": ("Unused", "ok"),
    "used": ("Used", "info"),
    "expired": ("Expired", "warn"),
    "revoked": ("Taken back", "bad"),
}


class LinksForm(Form):
    """How many links, for how long, and what for."""

    count = StringField("How many")
    days = StringField("Days they work")
    note = StringField("Note")


@console.get("/profiles/<uuid:uuid>/links")
def profile_links_page(uuid: UUID) -> Response:
    """The links of a profile, newest first, and a form for more."""
    with look(caller()) as uow:
        return _links(uow, uuid, typed(LinksForm, count="1", days="14"))


def _links(
    uow: UnitOfWork, uuid: UUID, form: LinksForm, *, status: int = 200, refusal: str = ""
) -> Response:
    profile = profiles.for_change(uow, uuid)
    text = request.args.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    found = profile_links.listed(uow, profile.id, after=after)
    clock = Clock(me().user_zone, uow.now)
    here = url_for("console.profile_links_page", uuid=uuid)
    return page(
        "profile_links",
        "profiles",
        part="console/_profile_links.html",
        status=status,
        done_words=DONE,
        profile=profile,
        page_url=public_url(profile.slug),
        form=form,
        refusal=refusal,
        links=[_shown(each, profile.slug, clock) for each in found.links],
        more=f"{here}?after={found.after}" if found.after else "",
        first=here if after is not None else "",
    )


def _shown(each: LinkCard, slug: str, clock: Clock) -> dict[str, Any]:
    words, tone = _STATES[each.state]
    return {
        "link": each,
        "url": f"{house().settings.base_url}/d/{each.code}/{slug}",
        "state": words,
        "tone": tone,
        "made": clock.moment(each.created_at),
        "until": clock.moment(each.expires_at) if each.expires_at else "",
        "ended": clock.moment(each.ended_at) if each.ended_at else "",
        "booking": url_for("console.booking_page", uuid=each.booking_uuid)
        if each.booking_uuid
        else "",
    }


@console.post("/profiles/<uuid:uuid>/links")
def make_profile_links(uuid: UUID) -> Response:
    """Make some links."""
    form = typed(LinksForm)
    try:
        with begin(caller()) as uow:
            profile_links.make(
                uow,
                uuid,
                count=_whole(form.count.data, "count") or 0,
                days=_whole(form.days.data, "days"),
                note=form.note.data or "",
            )
    except Invalid as refusal:
        with look(caller()) as uow:
            refused(form, refusal)
            return _links(uow, uuid, form, status=422)
    return see_other(url_for("console.profile_links_page", uuid=uuid, done="made"))


def _whole(text: str | None, name: str) -> int | None:
    said = (text or "").strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 6):
        raise Invalid("Enter a whole number, like 5", field=name)
    return int(said)


@console.post("/profiles/<uuid:uuid>/links/revocation")
def revoke_profile_links(uuid: UUID) -> Response:
    """Take the ticked links back."""
    try:
        with begin(caller()) as uow:
            profile_links.revoke(uow, uuid, [_uuid(each) for each in request.form.getlist("link")])
    except Conflict as refusal:
        with look(caller()) as uow:
            form = LinksForm(data={"count": "1", "days": "14"})
            return _links(uow, uuid, form, status=409, refusal=f"{refusal.message}.")
    return see_other(url_for("console.profile_links_page", uuid=uuid, done="revoked"))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is no such link") from None
