"""Which organization a public address belongs to, and what every public page needs of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, g, request, url_for
from markupsafe import Markup
from werkzeug.routing import RequestRedirect

from webapp.blueprints.assets import brand_url, look_url, static_url
from webapp.blueprints.booking import markup, spoken
from webapp.blueprints.booking.manner import Manner, manner_of
from webapp.blueprints.pages import show, wants_part
from webapp.domain.errors import NotFound
from webapp.domain.language import LANGUAGES
from webapp.domain.permissions import Caller, Role
from webapp.extensions import db
from webapp.models import Booking
from webapp.services import directory, freshness, organizations
from webapp.services.directory import OrganizationCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import look

_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_PUBLIC_ID = re.compile(r"[0-9A-Za-z]{1,27}")
_TOKEN = re.compile(r"[0-9A-Za-z]{1,27}\.[0-9A-Za-z]{27}")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Moved(RequestRedirect):
    """The organization has another address by now: the same page is there."""

    code = 307  # not for good: an organization may take its old address back


@contextmanager
def visit(slug: str) -> Iterator[tuple[OrganizationCard, UnitOfWork]]:
    """The organization at ``/<slug>`` and a reading unit for a visitor of it, on one connection.

    Raises what ``organization_at`` does.
    """
    with look(Caller(None, Role.GUEST)) as uow:
        organization = organization_at(slug, uow)
        yield organization, uow.visiting(organization.id)


def organization_at(slug: str, uow: UnitOfWork | None = None) -> OrganizationCard:
    """The organization at ``/<slug>``, asked for in ``uow`` or else aside.

    Raises ``NotFound``, ``Moved`` for an earlier address.
    """
    name = well_formed(_NAME, slug)
    try:
        if uow is None:
            found = freshness.organization(db.engine, name)
        else:
            found = directory.organization_by_slug(uow, name)
    except NotFound:
        onward = organizations.moved_to(db.engine, slug)
        if onward is None or request.endpoint is None:
            raise
        named = {**request.args, **(request.view_args or {}), "org": onward}
        raise Moved(url_for(request.endpoint, **named)) from None
    g.organization = found
    g.pop("manner", None)
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


def asked() -> dict[str, str]:
    """What the address and the form name, the first of each name.

    Read once: every name that werkzeug's own mapping lacks costs an exception.
    """
    found: dict[str, str] | None = g.get("asked")
    if found is None:
        found = g.asked = request.values.to_dict()
    return found


def speak_as_booked(booking: Booking) -> None:
    """Answer this request in the language and by the hours that ``booking`` was made in, unless
    its address names others."""
    g.booked_in = (booking.locale, booking.time_notation)
    g.pop("manner", None)


def reader_manner() -> Manner:
    """The visitor's habits: as the address says, else as their booking was made, else as the
    browser says, else the organization's language."""
    kept: Manner | None = g.get("manner")
    if kept is not None:
        return kept
    language, notation = g.get("booked_in", ("", ""))
    organization = g.get("organization")
    g.manner = manner = manner_of(
        request.headers.get("Accept-Language", ""),
        asked().get("h") or notation,
        language=_chosen_language() or language,
        fallback=organization.locale if organization is not None else None,
    )
    return manner


def _chosen_language() -> str:
    named = asked().get("lang", "")
    return named if named in LANGUAGES else ""


def carried(path: str) -> str:
    """``path`` with the language and the hours that the visitor's address names."""
    chosen = {"lang": _chosen_language(), "h": asked().get("h", "")}
    chosen["h"] *= chosen["h"] in ("12", "24")
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


def _languages() -> Markup:
    """A link for every language to this page in it."""
    here = "/" + quote(request.path.lstrip("/\\"))
    kept = [(k, v) for k, v in request.args.items() if k not in ("lang", "auto", "was")]
    query = f"{urlencode(kept)}&" if kept else ""
    return markup.language_links(f"{here}?{query}lang=", reader_manner().say.code)


def wear(primary: str | None, secondary: str | None) -> None:
    """Give the page of this request a profile's own colours, as far as it has any."""
    g.look = (primary, secondary) if primary or secondary else None


def _colors(organization: OrganizationCard) -> str:
    look = g.get("look")
    if look is None:
        return brand_url(organization)
    primary, secondary = look
    return look_url(
        organization,
        primary or organization.primary_color,
        secondary or organization.secondary_color,
    )


def _frame(organization: OrganizationCard | None) -> dict[str, Any]:
    """What every page needs of its organization and its reader."""
    manner = reader_manner()
    return {
        "organization": organization,
        "brand_url": _colors(organization) if organization else "",
        "manner": manner,
        "say": manner.say.html,
        "page_language": manner.say.language,
        "script_words": markup.script_words(manner.say),
        "languages": _languages,
        "carried": carried,
    }


def text(name: str, organization: OrganizationCard, **context: Any) -> str:
    """The page ``name`` of this blueprint as text: what is kept of it between two looks."""
    frame = _frame(organization) | {"static_url": static_url}
    return spoken.text(f"booking/{name}.html", reader_manner().say, frame | context)


def part_text(name: str, **context: Any) -> str:
    """The part ``_name`` alone as text; it needs nothing of the page around it."""
    manner = reader_manner()
    frame = {"manner": manner, "say": manner.say.html}
    return spoken.text(f"booking/_{name}.html", manner.say, frame | context)


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
        quiet=quiet,
        **_frame(organization),
        **context,
    )
    response.headers["Content-Language"] = reader_manner().say.code
    if request.method == "GET" and wants_part() and (push or part is None):
        response.headers["HX-Push-Url"] = push or request.full_path.rstrip("?")
    response.vary.add("Accept-Language")
    if quiet:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
    return response
