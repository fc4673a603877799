"""The organization's logo: somebody else's file, so it is served as a picture and nothing else."""

from __future__ import annotations

from flask import Response

from webapp.blueprints.assets import FOR_EVER
from webapp.blueprints.booking import booking, entrance
from webapp.extensions import db
from webapp.services import organizations


@booking.get("/o/<org>/logo.<tag>")
def logo(org: str, tag: str) -> Response:
    """The picture. Its address changes with it, so it never expires."""
    found = organizations.logo(db.engine, entrance.organization_at(org).slug, tag[:40])
    response = Response(found.content, content_type=found.media_type)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response
