"""Users of the scheduling surface."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from webapp.blueprints.api.scheduling.wire import instant, scheduling, uri
from webapp.blueprints.doors import caller
from webapp.services import people
from webapp.services.people import Owner
from webapp.work import house, look


@scheduling.get("/users/me")
def read_me() -> Response:
    """The owner of the key."""
    with look(caller()) as uow:
        return jsonify(resource=user_resource(people.key_owner(uow)))


def user_resource(user: Owner) -> dict[str, Any]:
    """A person as this surface writes a User: every key of 2023 and of 2026."""
    page = f"{house().settings.base_url}/{user.organization_slug}?host={user.slug}"
    return {
        "uri": uri("users", user.uuid),
        "name": user.name,
        "slug": user.slug,
        "email": user.email,
        "scheduling_url": page,
        "timezone": user.zone,
        "time_notation": "24h",
        "avatar_url": None,
        "created_at": instant(user.created_at),
        "updated_at": instant(user.created_at),
        "current_organization": uri("organizations", user.organization_uuid),
        "resource_type": "User",
        "locale": "en",
    }
