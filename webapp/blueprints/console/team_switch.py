"""Several organizations: which ones the reader belongs to, and going from one to another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.shell import console
from webapp.blueprints.doors import me, signed_in
from webapp.blueprints.pages import see_other
from webapp.domain.errors import NotFound
from webapp.extensions import db
from webapp.services import organizations
from webapp.services.organizations import Home
from webapp.work import SYSTEM, begin


@console.context_processor
def _organizations() -> dict[str, Any]:
    """The other organizations of whoever reads, for the menu; asked when a page shows it."""

    def other_organizations() -> list[Home]:
        found = signed_in()
        if found is None:
            return []
        return [
            home
            for home in organizations.homes(db.engine, found.user_id)
            if home.id != found.organization_id
        ]

    return {"other_organizations": other_organizations}


@console.post("/organization")
def switch_organization() -> Response:
    """Look at another organization from now on, in this browser."""
    try:
        wanted = UUID(request.form.get("organization", ""))
    except ValueError:
        raise NotFound("You belong to no such organization.") from None
    found = me()
    with begin(SYSTEM) as uow:
        organizations.switch(uow, found.session_id, found.user_id, wanted)
    return see_other(url_for("console.home"))
