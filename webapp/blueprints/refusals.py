"""How refusals look on the pages behind sign-in: one designed page, the right status."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from webapp.blueprints import forgery
from webapp.blueprints.doors import signed_in
from webapp.blueprints.pages import show
from webapp.blueprints.security import request_id
from webapp.domain.errors import (
    Busy,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    KeyReused,
    NotFound,
    Refusal,
    TooMany,
    Unauthenticated,
)

LOG = logging.getLogger("kalends.errors")

STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Gone: 410,
    Unauthenticated: 401,
    Forbidden: 403,
    Conflict: 409,
    KeyReused: 422,
    Invalid: 422,
    TooMany: 429,
    Busy: 503,
}
_TITLES = {
    400: "This request could not be read",
    401: "Please sign in",
    403: "You may not do this",
    404: "There is no such page",
    405: "This page does not do that",
    409: "Something changed meanwhile",
    410: "This is gone",
    413: "This is too large",
    421: "This address is not served here",
    422: "This does not fit",
    429: "Please wait a moment",
    500: "Something went wrong on our side",
    503: "Please try again in a moment",
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal, by the nearest kind that has one."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), 400)


def private_errors(blueprint: Blueprint) -> None:
    """Answer every refusal and error of ``blueprint`` with a page of the console."""
    blueprint.register_error_handler(forgery.Forged, forged)
    blueprint.register_error_handler(Refusal, refused)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _broken)


def error_page(status: int, sentence: str, *, reference: str = "") -> Response:
    """The designed page for ``status``; ``reference`` is what to tell whoever helps."""
    return show(
        "console/error.html",
        "console/_error.html",
        status=status,
        title=_TITLES.get(status, _TITLES[400]),
        sentence=sentence,
        reference=reference,
        me=signed_in(),
        csrf=_token(),
    )


def refused(refusal: Refusal) -> Response:
    """A refusal as a page."""
    response = error_page(status_of(refusal), refusal.message)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    elif isinstance(refusal, Busy):
        response.headers["Retry-After"] = "2"
    return response


def forged(refusal: forgery.Forged) -> Response:
    """403 for a write from elsewhere; a stale form keeps what was typed and can be sent again."""
    response = show(
        "console/forged.html",
        "console/_forged.html",
        status=403,
        sentence=refusal.message,
        fresh=refusal.fresh,
        action=request.path,
        typed=forgery.typed() if refusal.fresh else [],
        files=bool(refusal.fresh and request.files),
        csrf=_token(),
        me=signed_in(),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    return error_page(status, error.description or "")


def _broken(error: Exception) -> Response:
    LOG.exception("request %s failed", request_id(), exc_info=error)
    sentence = "Nothing was changed. If it happens again, name this reference."
    return error_page(500, sentence, reference=request_id())


def _token() -> str:
    found = signed_in()
    return forgery.token_of(found.csrf_key if found else "sign-in")
