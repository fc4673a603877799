"""The page of an organization: what can be booked there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response

from webapp.blueprints.booking import booking, entrance, wording
from webapp.blueprints.booking.choose import profile_path
from webapp.blueprints.pages import see_other
from webapp.services import offers
from webapp.services.offers import ProfileLine
from webapp.work import look

_LONGEST_SUMMARY = 160


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One profile in the list."""

    url: str
    name: str
    summary: str
    facts: str


@booking.get("/<org>")
def organization(org: str) -> Response:
    """The public profiles; the only one is shown at once."""
    found = entrance.organization_at(org)
    with look(entrance.guest(found)) as uow:
        lines = offers.public_profiles(uow)
        if len(lines) == 1 and "all" not in request.args:
            return see_other(profile_path(found.slug, lines[0].slug))
        return entrance.screen(
            "organization",
            found,
            heading=f"Book with {found.name}",
            cards=[_view(found.slug, line) for line in lines],
        )


def _view(org: str, line: ProfileLine) -> ProfileView:
    first = line.description.strip().partition("\n")[0]
    if len(first) > _LONGEST_SUMMARY:
        first = first[:_LONGEST_SUMMARY].rsplit(" ", 1)[0] + " …"
    state = {
        "paused": "paused at the moment",
        "not_started": "not open yet",
        "ended": "closed",
    }.get(line.state, "")
    facts = " · ".join(part for part in (wording.lengths(line.durations), state) if part)
    return ProfileView(profile_path(org, line.slug), line.name, first, facts)
