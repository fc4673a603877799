"""The page of an organization: what can be booked there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response

from webapp.blueprints.booking import booking, entrance, wording
from webapp.blueprints.booking.choose import profile_path
from webapp.blueprints.booking.manner import Manner
from webapp.blueprints.pages import see_other
from webapp.domain.speech import Sentence
from webapp.services import offers
from webapp.services.offers import ProfileLine
from webapp.work import look

_LONGEST_SUMMARY = 160
_STATES = {
    "paused": Sentence("paused at the moment"),
    "not_started": Sentence("not open yet"),
    "ended": Sentence("closed"),
}


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
            return see_other(entrance.carried(profile_path(found.slug, lines[0].slug)))
        manner = entrance.reader_manner()
        return entrance.screen(
            "organization",
            found,
            heading=manner.say("Book with %(name)s", name=found.name),
            cards=[_view(found.slug, line, manner) for line in lines],
        )


def _view(org: str, line: ProfileLine, manner: Manner) -> ProfileView:
    first = line.description.strip().partition("\n")[0]
    if len(first) > _LONGEST_SUMMARY:
        first = first[:_LONGEST_SUMMARY].rsplit(" ", 1)[0] + " …"
    state = manner.say(_STATES[line.state]) if line.state in _STATES else ""
    facts = " · ".join(part for part in (wording.lengths(line.durations, manner), state) if part)
    url = entrance.carried(profile_path(org, line.slug))
    return ProfileView(url, line.name, first, facts)
