"""The public pages: an invitee chooses a time, gives details, keeps a receipt, moves, cancels.

Everything works with plain links and forms; htmx makes the same requests and gets parts. No cookie
is read or set: the zone travels in the address, the draft in its own.
"""

from __future__ import annotations

from flask import Blueprint

from webapp.blueprints.doors import open_door

booking = Blueprint("booking", __name__)
open_door(booking)

# The views bind themselves to the blueprint above.
from webapp.blueprints.booking import (  # noqa: E402
    beside,
    choose,
    details,
    errors,
    manage,
    markup,
    organization,
)

errors.answer_refusals(booking)
booking.add_app_template_filter(markup.time_items)
booking.add_app_template_filter(markup.month_rows)

__all__ = ["beside", "booking", "choose", "details", "manage", "markup", "organization"]
