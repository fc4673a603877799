"""What public pages fetch beside themselves: an organization's colours, names of time zones."""

from __future__ import annotations

from flask import Response, request
from markupsafe import escape

from webapp.blueprints.assets import FOR_EVER, asset_of, brand_url, look_url, sent
from webapp.blueprints.booking import booking, entrance
from webapp.domain.colour import brand_css, derive
from webapp.domain.errors import NotFound
from webapp.domain.zones import offset_text, search, zone
from webapp.work import house

LIKELY = (
    *("Europe/London", "Europe/Berlin", "America/New_York"),
    *("America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo"),
)


@booking.get("/o/<org>/brand.<tag>.css")
def brand(org: str, tag: str) -> Response:
    """The organization's style sheet. Its address changes with the colours, so it never expires;
    an old address gives the colours of today and says that they may change."""
    organization = entrance.organization_at(org)
    text = brand_css(derive(organization.primary_color, organization.secondary_color))
    current = brand_url(organization).endswith(f"/brand.{tag}.css")
    return sent(asset_of(text.encode(), "brand.css"), FOR_EVER if current else "no-store")


@booking.get("/o/<org>/look.<primary>-<secondary>.<tag>.css")
def look(org: str, primary: str, secondary: str, tag: str) -> Response:
    """The style sheet of a profile with colours of its own. They stand in the address, so that a
    profile that is not saved yet has one too."""
    organization = entrance.organization_at(org)
    try:
        text = brand_css(derive(f"#{primary}", f"#{secondary}"))
    except ValueError:
        raise NotFound("there is no such page") from None
    wanted = look_url(organization, f"#{primary}", f"#{secondary}")
    current = wanted.endswith(f".{tag}.css")
    return sent(asset_of(text.encode(), "brand.css"), FOR_EVER if current else "no-store")


@booking.get("/o/zones")
def zones() -> Response:
    """Up to ten time zones that fit what is being typed, as options of a list; at first the
    likeliest."""
    text, now = request.args.get("tz", ""), house().clock()
    found = search(text, now) if text.isprintable() else []
    if not text:
        found = [(name, f"{name}, {offset_text(zone(name), now)}") for name in LIKELY]
    options = "".join(
        f'<option value="{escape(name)}">{escape(label)}</option>' for name, label in found
    )
    response = Response(options, mimetype="text/html")
    response.headers["Cache-Control"] = "private, max-age=600"
    return response
