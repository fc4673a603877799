"""Sign-in page, signing in by password, signing out."""

from __future__ import annotations

from flask import Response, redirect, request, url_for

from webapp.blueprints import forgery, limits
from webapp.blueprints.auth.shell import (
    BEFORE_SIGN_IN,
    auth,
    browser_known_to,
    gate,
    let_in,
    source_for,
)
from webapp.blueprints.doors import cookie_name, signed_in
from webapp.blueprints.pages import see_other
from webapp.blueprints.returning import own_page
from webapp.domain.errors import Refusal, TooMany, Unauthenticated
from webapp.extensions import db
from webapp.services import limits as counts
from webapp.services import sessions
from webapp.services.sessions import Credentials, Proven
from webapp.work import SYSTEM, begin, house, look

__all__ = ["auth"]


def sign_in_form(
    *, email: str = "", target: str | None = None, error: Refusal | None = None, status: int = 200
) -> Response:
    """The sign-in page, with what went wrong."""
    return gate(
        "sign_in",
        status=status,
        error=error,
        email=email,
        target=target or "",
        signed_out="out" in request.args,
        demo=house().settings.demo,
    )


@auth.get("/sign-in")
def sign_in() -> Response:
    """The form; whoever is signed in already goes on."""
    target = own_page(request.args.get("next"))
    if signed_in() is not None:
        return see_other(target or url_for("console.home"))
    return sign_in_form(target=target)


@auth.post("/sign-in")
def enter() -> Response:
    """Check the password between two units, then open a new session with a new token."""
    forgery.check_write(BEFORE_SIGN_IN)
    email = request.form.get("email", "")[:254].strip()
    password = request.form.get("password", "")
    target = own_page(request.form.get("next"))
    try:
        limits.count("sign-in", source_for(email))
        with look(SYSTEM) as uow:
            who = sessions.credentials(uow, email)
        return let_in(checked(who, password), target)
    except TooMany as refusal:
        return sign_in_form(email=email, target=target, error=refusal, status=429)
    except Unauthenticated as refusal:
        return sign_in_form(email=email, target=target, error=refusal, status=422)


def checked(who: Credentials, password: str) -> Proven:
    """Check a password with the account's limits around it; no unit may be open.

    A browser in which this account has signed in before has tries of its own. Raises
    ``Unauthenticated`` and ``TooMany``.
    """
    here = house()
    known = browser_known_to(who.email)
    account = counts.hidden(f"account|{who.email}|{known or ''}", here.keys.app)
    if here.settings.rate_limits:
        counts.before_password(db.engine, account, source_for(who.email), here.clock())
    proven = sessions.prove(who, password)
    if here.settings.rate_limits:
        counts.after_password(db.engine, account)
    return proven


@auth.post("/sign-out")
def sign_out() -> Response:
    """End the session on the server; the cookie goes too."""
    found = signed_in()
    settings = house().settings
    if found is not None:
        forgery.check_write(found.csrf_key)
        with begin(SYSTEM) as uow:
            sessions.close_session(uow, request.cookies[cookie_name(settings)])
    response = see_other(url_for("auth.sign_in", out=1))
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="Lax"
    )
    return response


@auth.get("/")
def to_sign_in() -> Response:
    """Whoever cut the address short."""
    sent = redirect(url_for("auth.sign_in"), 302)
    assert isinstance(sent, Response)
    return sent
