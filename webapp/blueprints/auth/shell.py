"""What all pages before the session share: the blueprint, its cookies, and letting somebody in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for

from webapp.blueprints import forgery, limits
from webapp.blueprints.doors import cookie_name, open_door
from webapp.blueprints.pages import see_other, show
from webapp.blueprints.refusals import private_errors
from webapp.domain.errors import Refusal, TooMany
from webapp.services import known_browsers, passkeys, second_step, sessions
from webapp.services import limits as counts
from webapp.services.sessions import Proven, SecondStepNeeded
from webapp.work import SYSTEM, begin, house

auth = Blueprint("auth", __name__, url_prefix="/auth")
open_door(auth)
private_errors(auth)

BEFORE_SIGN_IN = "sign-in"
"""There is no session yet whose key a token could be made from."""
STEP, KNOWN = "step", "known"
"""Cookies beside the session's: what was begun and is not done yet; a browser seen before."""


def gate(name: str, *, status: int = 200, error: Refusal | None = None, **context: Any) -> Response:
    """A page before the session; ``error`` is shown above its form."""
    settings = house().settings
    response = show(
        f"auth/{name}.html",
        status=status,
        csrf=forgery.token_of(BEFORE_SIGN_IN),
        error=error.message if error else "",
        field=error.field if error else "",
        provider=settings.openid,
        passkeys=passkeys.possible(settings),
        **context,
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def told(
    title: str, sentence: str, *, status: int = 200, links: tuple[tuple[str, str], ...] = ()
) -> Response:
    """A page that says one thing and how to go on: ``links`` are words and addresses."""
    onward = links or (("Sign in", url_for("auth.sign_in")),)
    return gate("told", status=status, title=title, sentence=sentence, links=onward)


# ------------------------------------------------------------------------------------ cookies


def set_session(response: Response, token: str) -> None:
    """Give the browser its session's token."""
    _set(response, cookie_name(house().settings), token, sessions.ABSOLUTE)


def set_step(response: Response, token: str, lasts: timedelta) -> None:
    """Give the browser the token of what it has begun."""
    _set(response, _named(STEP), token, lasts)


def step_token() -> str:
    """The token of what this browser has begun; empty without one."""
    return request.cookies.get(_named(STEP), "")


def end_step(response: Response) -> None:
    """What was begun is over."""
    settings = house().settings
    response.delete_cookie(
        _named(STEP), path="/", secure=settings.is_https, httponly=True, samesite="Lax"
    )


def browser_known_to(email: str) -> str | None:
    """What names this browser in the counts when ``email`` has signed in here before."""
    here, mark = house(), request.cookies.get(_named(KNOWN), "")
    return known_browsers.known(here.keys, mark, email, here.clock()) if mark else None


def _named(what: str) -> str:
    return f"{cookie_name(house().settings)}-{what}"


def _set(response: Response, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        secure=house().settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


# ----------------------------------------------------------------------------- letting people in


def source_for(email: str) -> str | None:
    """Where tries at this account are counted: at the network, or at a browser it knows."""
    known = browser_known_to(email)
    if known is None:
        return limits.client_source()
    return counts.hidden(f"known|{known}", house().keys.app)


def let_in(proven: Proven, target: str | None) -> Response:
    """A new session for whoever proved to be them, or on to the second step.

    Raises ``Unauthenticated`` when the account was closed or changed meanwhile.
    """
    here = house()
    old = request.cookies.get(cookie_name(here.settings))
    try:
        with begin(SYSTEM) as uow:
            if old:
                sessions.close_session(uow, old)
            email = sessions.still_proven(uow, proven).email or ""
            token = sessions.open_session(uow, proven, request.headers.get("User-Agent", ""))
    except SecondStepNeeded:
        with begin(SYSTEM) as uow:
            held = second_step.hold(uow, proven, target or "")
        response = see_other(url_for("auth.second_step_page"))
        set_step(response, held, second_step.LASTS)
        return response
    response = see_other(target or url_for("console.home"))
    set_session(response, token)
    if step_token():
        end_step(response)
    mark = known_browsers.mark_for(here.keys, email, here.clock())
    _set(response, _named(KNOWN), mark, known_browsers.LASTS)
    return response
