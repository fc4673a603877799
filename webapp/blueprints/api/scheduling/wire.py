"""The manners of the scheduling surface: its door, its errors, how times and ids are written."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import HTTPException

from webapp.blueprints.doors import bearer_door, challenged
from webapp.blueprints.security import request_id
from webapp.domain.errors import (
    Busy,
    Conflict,
    Forbidden,
    FormInvalid,
    Gone,
    Invalid,
    KeyReused,
    NotFound,
    Refusal,
    TooMany,
    Unauthenticated,
)
from webapp.work import house

LOG = logging.getLogger("kalends.errors")

# Kind of refusal: status, title, and the published sentence (None: the refusal's own).
_SAID: dict[type[Refusal], tuple[int, str, str | None]] = {
    NotFound: (404, "Resource Not Found", "The server could not find the requested resource."),
    Gone: (404, "Resource Not Found", "The server could not find the requested resource."),
    Unauthenticated: (401, "Unauthenticated", "The access token is invalid"),
    Forbidden: (
        403,
        "Permission Denied",
        "You do not have permission to access this resource.",
    ),
    Conflict: (409, "Already Exists", None),
    Invalid: (400, "Invalid Argument", "The supplied parameters are invalid."),
    KeyReused: (400, "Invalid Argument", "The supplied parameters are invalid."),
    TooMany: (429, "Too Many Requests", None),
    Busy: (503, "Service Unavailable", None),
}
_TITLES = {
    404: ("Resource Not Found", "The server could not find the requested resource."),
    405: ("Method Not Allowed", "This resource does not support that method."),
    413: ("Payload Too Large", "The request body is too large."),
}


def refuse(refusal: Refusal) -> Response:
    """A refusal as this surface writes it: ``{"title", "message", "details"}``."""
    kind = next((kind for kind in type(refusal).__mro__ if kind in _SAID), Invalid)
    status, title, sentence = _SAID[kind]
    body: dict[str, Any] = {"title": title, "message": sentence or refusal.message}
    if status == 400:
        errors = refusal.errors if isinstance(refusal, FormInvalid) else {}
        if not errors and refusal.field:
            errors = {refusal.field: refusal.message}
        body["details"] = [{"parameter": name, "message": said} for name, said in errors.items()]
    response = jsonify(body)
    response.status_code = status
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return challenged(response)


def instant(moment: datetime) -> str:
    """UTC with microseconds: ``2020-01-02T03:04:05.678123Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def uri(collection: str, uuid: UUID) -> str:
    """A resource's id is its address."""
    return f"{house().settings.base_url}{scheduling.url_prefix}/{collection}/{uuid}"


scheduling = Blueprint("scheduling", __name__, url_prefix="/api/scheduling")
bearer_door(scheduling, refuse)
scheduling.register_error_handler(Refusal, refuse)


@scheduling.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    title, message = _TITLES.get(status, (error.name, error.description or error.name))
    response = jsonify(title=title, message=message)
    response.status_code = status
    return response


@scheduling.errorhandler(Exception)
def _broken(error: Exception) -> Response:
    LOG.exception("request %s failed", request_id(), exc_info=error)
    response = jsonify(
        title="Internal Server Error",
        message="The server encountered an unexpected condition that prevented it from "
        "fulfilling the request.",
    )
    response.status_code = 500
    return response


@scheduling.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(rest: str) -> Response:  # noqa: ARG001 - the router names it
    """Every other address: known callers learn that there is nothing, others that they are not."""
    raise NotFound("there is no such resource")
