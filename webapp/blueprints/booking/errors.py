"""How refusals and faults look on public pages: one designed page, the right status."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from webapp.blueprints.booking import entrance
from webapp.blueprints.booking.wording import Notice
from webapp.blueprints.refusals import status_of
from webapp.blueprints.security import request_id
from webapp.domain.errors import Busy, Gone, LinkClosed, NotFound, Refusal, TooMany
from webapp.domain.idiom import first_up
from webapp.domain.speech import Sentence, Speech

_NOT_FOUND = Notice(
    Sentence("There is no such page"),
    (
        Sentence(
            "The link may have been shortened or mistyped. Please copy it whole, "
            "or ask the person who gave it to you for a new one."
        ),
    ),
)
_GONE = Notice(
    Sentence("This page was taken down"),
    (Sentence("It can no longer be booked. Bookings made through it stay as they are."),),
)
_ASK_AGAIN = Sentence(
    "Ask the person who gave you the link for a new one. Bookings made before stay as they are."
)
_BROKEN = Sentence(
    "Nothing was booked or changed by this request. Please try again in a minute; "
    "if it happens again, tell whoever helps you the reference."
)
_TITLES = {
    405: Sentence("This page does not do that"),
    413: Sentence("That is too much at once"),
    421: Sentence("This address is not served here"),
}
_UNREADABLE = Sentence("This request could not be read")
_UNCHANGED = Sentence("Nothing was booked or changed.")


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
    title = _TITLES.get(status, _UNREADABLE)
    response = page(Notice(title, (_UNCHANGED,), _links()), status)
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def broken() -> Response:
    """A fault of ours: says that nothing happened, and what to tell whoever helps."""
    title = Sentence("Something went wrong on our side")
    return page(Notice(title, (_BROKEN,), _links(), request_id()), 500)


def page(notice: Notice, status: int) -> Response:
    """A page with one message."""
    found = getattr(g, "organization", None)
    said = _said(notice, entrance.reader_manner().say)
    response = entrance.screen(
        "page", found, status=status, folder="errors", part="error", notice=said
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _notice(refusal: Refusal) -> Notice:
    found = getattr(g, "organization", None)
    links: tuple[tuple[str, str], ...] = ()
    if found:
        words = Sentence("All bookings of %(name)s", name=found.name)
        links = ((words, entrance.carried(f"/{found.slug}")),)
    if isinstance(refusal, NotFound):
        return Notice(_NOT_FOUND.title, _NOT_FOUND.lines, links)
    if isinstance(refusal, LinkClosed):
        return Notice(refusal.message, (_ASK_AGAIN,), ())
    if isinstance(refusal, Gone):
        return Notice(_GONE.title, _GONE.lines, links)
    if isinstance(refusal, TooMany):
        wait = _wait(refusal.retry_after_seconds, entrance.reader_manner().say)
        lines = (refusal.message, Sentence("Please try again in %(wait)s.", wait=wait))
        return Notice(Sentence("Too many requests"), lines, _links())
    if isinstance(refusal, Busy):
        line = Sentence("Nothing was booked or changed. Please try again.")
        return Notice(Sentence("Very busy just now"), (line,), _links())
    return Notice(refusal.message, (), _links())


def _said(notice: Notice, say: Speech) -> Notice:
    """``notice`` in the reader's language; its title has no full stop."""
    return Notice(
        first_up(say(notice.title)).rstrip("."),
        tuple(say(line) for line in notice.lines),
        tuple((say(words), href) for words, href in notice.links),
        notice.reference,
    )


def _wait(seconds: int, say: Speech) -> str:
    if seconds < 90:
        return say.many("%(number)s second", "%(number)s seconds", seconds)
    return say.many("%(number)s minute", "%(number)s minutes", -(-seconds // 60))


def _links() -> tuple[tuple[str, str], ...]:
    if request.method == "GET":
        return ((Sentence("Try again"), "/" + request.full_path.rstrip("?").lstrip("/\\")),)
    return ()
