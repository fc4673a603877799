"""The manners of the group booking surface: its errors, how times are written, whose account."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from webapp.blueprints.api.kit import Header, whole
from webapp.blueprints.doors import challenged
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
from webapp.services.program_profiles import ACCOUNT_HEADER, acting_account
from webapp.services.unit_of_work import UnitOfWork

LOG = logging.getLogger("kalends.errors")

_CODES: dict[type[Refusal], tuple[int, str]] = {
    NotFound: (404, "notFound"),
    Gone: (410, "gone"),
    Unauthenticated: (401, "unauthorized"),
    Forbidden: (403, "forbidden"),
    Conflict: (409, "conflict"),
    Invalid: (400, "badRequest"),
    KeyReused: (409, "conflict"),
    TooMany: (429, "tooManyRequests"),
    Busy: (503, "unavailable"),
}
_STATUSES = {
    400: "badRequest",
    404: "notFound",
    405: "methodNotAllowed",
    413: "payloadTooLarge",
    421: "misdirectedRequest",
}
_FIELDS = {
    "slug": "name",
    "durations": "durationMinutes",
    "step_minutes": "availabilityStep",
    "buffer_after_minutes": "bufferBetweenMinutes",
    "notice_minutes": "startAfterMinutes",
    "horizon_days": "timeAvailableFor",
    "active_from": "startTime",
    "active_until": "endTime",
    "overrides": "availabilityIntervals",
    "open_meeting_url": "openMeetingUrl",
    "zone": "workHours.timezone",
    "accounts": "accountIds",
    "questions": "description",
}
"""What the services call a field, and what this surface does."""

ACTING = Header(
    ACCOUNT_HEADER,
    "Which account to act for: with an access token one of the owner's own, by default the first "
    "that can be written to; needed with an API client's id and secret.",
    {"type": "integer", "format": "int64", "minimum": 0},
)

group_booking = Blueprint("group_booking", __name__, url_prefix="/v1/book")


def account_here(uow: UnitOfWork) -> int:
    """The account that this request acts for (see ``acting_account``)."""
    named = request.headers.get(ACCOUNT_HEADER)
    return acting_account(uow, None if named is None else whole(named.strip(), ACCOUNT_HEADER))


def instant(moment: datetime | None) -> str | None:
    """UTC to the second: ``2024-01-27T14:00:00Z``; None stays."""
    if moment is None:
        return None
    return f"{moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def reference() -> str:
    """The request's id in the form of a uuid: its digits are the last of ``X-Request-Id``'s."""
    digits = request_id().rjust(32, "0")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def refuse(refusal: Refusal) -> Response:
    """A refusal as this surface writes it: ``{"code", "message", "requestId", "details"}``."""
    kind = next((kind for kind in type(refusal).__mro__ if kind in _CODES), Invalid)
    status, code = _CODES[kind]
    errors: dict[str, str] = {}
    if isinstance(refusal, FormInvalid):
        errors = {_FIELDS.get(name, name): said for name, said in refusal.errors.items()}
    elif refusal.field:
        errors = {_FIELDS.get(refusal.field, refusal.field): refusal.message}
    message = refusal.message
    if len(errors) > 1:
        message = f"{len(errors)} things in the request are wrong; details names each"
    response = problem(status, code, message, errors)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    elif isinstance(refusal, Busy):
        response.headers["Retry-After"] = "2"
    return challenged(response)


def problem(status: int, code: str, message: str, errors: dict[str, str] | None = None) -> Response:
    """An error in the shape of the surface."""
    body: dict[str, Any] = {
        "code": code,
        "message": message,
        "requestId": reference(),
        "details": [{"field": name, "message": said} for name, said in (errors or {}).items()],
    }
    response = jsonify(body)
    response.status_code = status
    return response


group_booking.register_error_handler(Refusal, refuse)


@group_booking.errorhandler(HTTPException)
def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    response = problem(status, _STATUSES.get(status, "badRequest"), error.description or error.name)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


@group_booking.errorhandler(Exception)
def _broken(error: Exception) -> Response:
    LOG.exception("request %s failed", request_id(), exc_info=error)
    return problem(500, "internalError", "Something went wrong on our side.")
