"""Single-use links: the page of a profile behind an address that books once."""

from __future__ import annotations

import re

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.blueprints.booking import booking, choose, entrance
from webapp.blueprints.booking.times import KEY_MARK
from webapp.blueprints.pages import see_other
from webapp.domain.permissions import Caller, Role
from webapp.services import offers, profile_links
from webapp.services.directory import OrganizationCard
from webapp.services.profile_links import Opened
from webapp.work import look

_CODE = re.compile(r"[0-9A-Za-z]{26}")


@booking.get("/d/<code>/<slug>")
def link_page(code: str, slug: str) -> Response:  # noqa: ARG001 - for people; the code decides
    """Screen A behind a single-use link; 410 says that the link is used, expired or taken back."""
    organization, opened, path = _open(code)
    with look(entrance.guest(organization)) as uow:
        card = offers.profile_page(
            uow, opened.profile_slug, duration_minutes=_length(request.args.get("l", ""))
        )
        context = choose.screen_a(uow, organization, card, request.args, path)
        address = g.pop("times_address", "")
        response = entrance.screen(
            "choose", organization, quiet=True, part="times", push=address, **context
        )
        response.set_data(response.get_data(as_text=True).replace(KEY_MARK, entrance.new_key()))
        return response


@booking.get("/d/<code>/<slug>/hold")
def link_hold_address(code: str, slug: str) -> AnyResponse:
    """Nothing lives here: a reload after a lost time goes back to the times."""
    profile = entrance.profile_slug(slug)
    return see_other(f"/d/{entrance.well_formed(_CODE, code)}/{profile}")


@booking.post("/d/<code>/<slug>/hold")
def link_hold(code: str, slug: str) -> AnyResponse:  # noqa: ARG001
    """Take a time with the link; confirming the draft uses the link up."""
    organization, opened, path = _open(code)
    with look(entrance.guest(organization)) as uow:
        card = offers.profile_page(
            uow, opened.profile_slug, duration_minutes=_length(request.form.get("l", ""))
        )
    return choose.take(organization, card, path=path, link=opened.link_id)


def _open(code: str) -> tuple[OrganizationCard, Opened, str]:
    """Whose link it is, where it leads, and the page's own path."""
    known = entrance.well_formed(_CODE, code)
    with look(Caller(None, Role.GUEST)) as uow:
        opened = profile_links.opened(uow, known)
    organization = entrance.organization_at(opened.organization_slug)
    return organization, opened, f"/d/{known}/{opened.profile_slug}"


def _length(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
