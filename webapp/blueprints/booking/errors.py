"""How refusals and faults look on public pages: one designed page, the right status."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from webapp.blueprints.booking import entrance
from webapp.blueprints.booking.wording import Notice
from webapp.blueprints.refusals import status_of
from webapp.blueprints.security import request_id
from webapp.domain.errors import Busy, Gone, NotFound, Refusal, TooMany

_NOT_FOUND = Notice(
    "There is no such page",
    (
        "The link may have been shortened or mistyped. Please copy it whole, "
        "or ask the person who gave it to you for a new one.",
    ),
)
_GONE = Notice(
    "This page was taken down",
    ("It can no longer be booked. Bookings made through it stay as they are.",),
)
_BROKEN = (
    "Nothing was booked or changed by this request. Please try again in a minute; "
    "if it happens again, tell whoever helps you the reference."
)


def answer_refusals(blueprint: Blueprint) -> None:
    """Every refusal of ``blueprint`` becomes a page."""
    blueprint.register_error_handler(Refusal, refused)


def refused(refusal: Refusal) -> Response:
    """A refusal as a page of the public side."""
    response = page(_notice(refusal), status_of(refusal))
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    elif isinstance(refusal, Busy):
        response.headers["Retry-After"] = "2"
    return response


def failed(error: HTTPException) -> Response:
    """An error of HTTP itself (405, 413, 421, ...) as a page."""
    status = error.code or 500
    if status == 404:
        return page(_NOT_FOUND, 404)
    title = {
        405: "This page does not do that",
        413: "That is too much at once",
        421: "This address is not served here",
    }.get(status, "This request could not be read")
    response = page(Notice(title, ("Nothing was booked or changed.",), _links()), status)
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def broken() -> Response:
    """A fault of ours: says that nothing happened, and what to tell whoever helps."""
    title = "Something went wrong on our side"
    return page(Notice(title, (_BROKEN,), _links(), request_id()), 500)


def page(notice: Notice, status: int) -> Response:
    """A page with one message."""
    found = getattr(g, "organization", None)
    response = entrance.screen(
        "page", found, status=status, folder="errors", part="error", notice=notice
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _notice(refusal: Refusal) -> Notice:
    found = getattr(g, "organization", None)
    links = ((f"All bookings of {found.name}", f"/{found.slug}"),) if found else ()
    if isinstance(refusal, NotFound):
        return Notice(_NOT_FOUND.title, _NOT_FOUND.lines, links)
    if isinstance(refusal, Gone):
        return Notice(_GONE.title, _GONE.lines, links)
    if isinstance(refusal, TooMany):
        wait = _wait(refusal.retry_after_seconds)
        lines = (refusal.message, f"Please try again in {wait}.")
        return Notice("Too many requests", lines, _links())
    if isinstance(refusal, Busy):
        line = "Nothing was booked or changed. Please try again."
        return Notice("Very busy just now", (line,), _links())
    return Notice(_sentence(refusal.message), (), _links())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def _wait(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds" if seconds != 1 else "1 second"
    return f"{-(-seconds // 60)} minutes"


def _links() -> tuple[tuple[str, str], ...]:
    if request.method == "GET":
        return (("Try again", "/" + request.full_path.rstrip("?").lstrip("/\\")),)
    return ()
