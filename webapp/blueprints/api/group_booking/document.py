"""What the group booking surface says of itself in its OpenAPI document."""

from __future__ import annotations

from webapp.blueprints.api.group_booking.schemas import Problem
from webapp.blueprints.api.kit import About

ABOUT = About(
    title="Group booking",
    version="1",
    description=(
        "Profiles that one of several hosts can take, or that need all of them; groups of hosts; "
        "their free times, and bookings. Instants are RFC 3339 in UTC, work hours are wall times "
        "of their own time zone. The same paths and shapes as Aurinko's booking API."
    ),
    prefix="/v1/book",
    problem=Problem,
)
