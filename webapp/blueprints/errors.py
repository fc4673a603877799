"""Errors outside any blueprint's own manners: unknown addresses, refused hosts, faults of ours."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from webapp.blueprints.booking import errors as public
from webapp.blueprints.refusals import status_of
from webapp.blueprints.security import request_id
from webapp.domain.errors import Refusal

LOG = logging.getLogger("kalends.errors")

_PROGRAMS = ("/api/", "/v1/", "/rest-api/", "/modules/", "/voice/")
"""Addresses that programs use: they get JSON, people get a page."""


def init_app(app: Flask) -> None:
    """Answer whatever no blueprint answered."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _failed)
    app.register_error_handler(Exception, _broken)


def _refused(refusal: Refusal) -> Response:
    if _asked_by_program():
        return _json(status_of(refusal), refusal.message)
    return public.refused(refusal)


def _failed(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    if _asked_by_program():
        return _json(status, error.description or error.name)
    return public.failed(error)


def _broken(error: Exception) -> Response:
    LOG.exception("request %s failed", request_id(), exc_info=error)
    if _asked_by_program():
        return _json(500, "Something went wrong on our side.")
    return public.broken()


def _asked_by_program() -> bool:
    return request.path.startswith(_PROGRAMS)


def _json(status: int, message: str) -> Response:
    response = jsonify(error=message, reference=request_id())
    response.status_code = status
    return response
