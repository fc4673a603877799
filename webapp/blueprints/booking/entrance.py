"""Which organization a public address belongs to, and what every public page needs of it."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Response, current_app, g, request

from webapp.blueprints.assets import brand_url
from webapp.blueprints.booking.manner import Manner, manner_of
from webapp.blueprints.pages import show, wants_part
from webapp.domain.errors import NotFound
from webapp.domain.permissions import Caller, Role
from webapp.extensions import db
from webapp.services import freshness
from webapp.services.directory import OrganizationCard

_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_PUBLIC_ID = re.compile(r"[0-9A-Za-z]{1,27}")
_TOKEN = re.compile(r"[0-9A-Za-z]{1,27}\.[0-9A-Za-z]{27}")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def organization_at(slug: str) -> OrganizationCard:
    """The organization at ``/<slug>``; raises ``NotFound``."""
    found = freshness.organization(db.engine, well_formed(_NAME, slug))
    g.organization = found
    return found


def well_formed(shape: re.Pattern[str], text: str) -> str:
    """``text``, or ``NotFound`` when nothing can have such a name: no database is asked."""
    if shape.fullmatch(text) is None:
        raise NotFound("there is no such page")
    return text


def profile_slug(text: str) -> str:
    """A profile's name in an address; raises ``NotFound``."""
    return well_formed(_NAME, text)


def draft_id(text: str) -> str:
    """A draft's name in an address; raises ``NotFound``."""
    return well_formed(_PUBLIC_ID, text)


def manage_token(text: str) -> str:
    """What a manage link ends in; raises ``NotFound``."""
    return well_formed(_TOKEN, text)


def new_key() -> str:
    """A fresh idempotency key for a form."""
    return secrets.token_urlsafe(16)


def form_key() -> str | None:
    """The key that a form carried, None when it carries none that we made."""
    key = request.form.get("key", "")
    return key if _KEY.fullmatch(key) else None


def earlier_draft() -> str | None:
    """The draft that a form says it turns away from."""
    named = request.form.get("b", "")
    return named if _PUBLIC_ID.fullmatch(named) else None


def guest(organization: OrganizationCard) -> Caller:
    """A visitor of that organization."""
    return Caller(organization.id, Role.GUEST)


def reader_manner() -> Manner:
    """The visitor's habits, by what the browser says of their language."""
    return manner_of(request.headers.get("Accept-Language", ""), request.values.get("h"))


def text(name: str, organization: OrganizationCard, **context: Any) -> str:
    """The template ``name`` of this blueprint as text: what a page that is kept is made of."""
    template = current_app.jinja_env.get_template(f"booking/{name}.html")
    return template.render(organization=organization, brand_url=brand_url(organization), **context)


def screen(
    name: str,
    organization: OrganizationCard | None,
    *,
    status: int = 200,
    quiet: bool = False,
    folder: str = "booking",
    part: str | None = None,
    push: str = "",
    **context: Any,
) -> Response:
    """The screen ``name``: the whole page, or for htmx its part.

    A part that a GET answers is a page of its own address, so htmx is told to show that address,
    ``push`` where it is another. ``part`` names another part for htmx than the screen's own.
    ``quiet`` pages hold somebody's booking: not for search engines, caches or referrers.
    """
    response = show(
        f"{folder}/{name}.html",
        f"{folder}/_{part or name}.html",
        status=status,
        organization=organization,
        brand_url=brand_url(organization) if organization else "",
        quiet=quiet,
        **context,
    )
    if request.method == "GET" and wants_part() and (push or part is None):
        response.headers["HX-Push-Url"] = push or request.full_path.rstrip("?")
    response.vary.add("Accept-Language")
    if quiet:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
    return response
