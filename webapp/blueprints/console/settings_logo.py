"""The organization's logo: a picture uploaded, or taken away."""

from __future__ import annotations

from contextlib import closing

from flask import Response, request, url_for
from werkzeug.datastructures import FileStorage

from webapp.blueprints.console.settings import settings_page
from webapp.blueprints.console.shell import console
from webapp.blueprints.doors import caller
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.permissions import Permission
from webapp.domain.picture import LARGEST, picture_of
from webapp.services import organizations
from webapp.work import begin, look


@console.post("/settings/logo")
def save_logo() -> Response:
    """Show a picture on the public pages; one that is none changes nothing."""
    if not caller().may(Permission.ORGANIZATION_CHANGE):
        raise Forbidden("Only owners and admins change the logo.")
    sent = request.files.get("logo")
    try:
        content = _read(sent)
        if not content:
            raise Invalid("Choose a picture first.", field="logo")
        picture = picture_of(content)
    except Invalid as refusal:
        with look(caller()) as uow:
            return settings_page(uow, logo_error=refusal.message, status=422)
    with begin(caller()) as uow:
        organizations.set_logo(uow, picture)
    return see_other(url_for("console.settings", done="logo"))


def _read(sent: FileStorage | None) -> bytes:
    """What was sent, one byte more than the most at the most."""
    if sent is None:
        return b""
    with closing(sent):
        return sent.stream.read(LARGEST + 1)


@console.post("/settings/logo/removal")
def remove_logo() -> Response:
    """Show the first letter of the name again."""
    with begin(caller()) as uow:
        organizations.remove_logo(uow)
    return see_other(url_for("console.settings", done="logo-removed"))
