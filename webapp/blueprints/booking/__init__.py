"""The public pages: an invitee chooses a time, gives details, keeps a receipt, moves, cancels.

Everything works with plain links and forms; htmx makes the same requests and gets parts. No cookie
is read or set: the zone travels in the address, the draft in its own.
"""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from webapp.blueprints.doors import open_door
from webapp.domain.speech import speech_of

booking = Blueprint("booking", __name__)
open_door(booking)

# The views bind themselves to the blueprint above.
from webapp.blueprints.booking import (  # noqa: E402
    beside,
    choose,
    details,
    errors,
    logo,
    manage,
    markup,
    organization,
    single_use,
)

errors.answer_refusals(booking)
for _written in (
    markup.hidden_inputs,
    markup.soon_buttons,
    markup.week_heads,
    markup.month_rows,
    markup.day_sections,
):
    booking.add_app_template_filter(_written)


def _speak(state: BlueprintSetupState) -> None:
    """Pages behind sign-in share the base with these, and speak English."""
    english = speech_of(None)
    state.app.jinja_env.globals.update(
        say=english.html,
        page_language=english.language,
        script_words=markup.script_words(english),
    )


booking.record_once(_speak)

__all__ = [
    "beside",
    "booking",
    "choose",
    "details",
    "logo",
    "manage",
    "markup",
    "organization",
    "single_use",
]
