"""Sign-in page, signing in, signing out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for

from webapp.blueprints import forgery, limits
from webapp.blueprints.doors import cookie_name, open_door, signed_in
from webapp.blueprints.pages import see_other, show
from webapp.blueprints.refusals import private_errors
from webapp.blueprints.returning import own_page
from webapp.domain.errors import Refusal, TooMany, Unauthenticated
from webapp.extensions import db
from webapp.services import limits as counts
from webapp.services import sessions
from webapp.work import SYSTEM, begin, house, look

auth = Blueprint("auth", __name__, url_prefix="/auth")
open_door(auth)
private_errors(auth)

_BEFORE_SIGN_IN = "sign-in"
"""There is no session yet whose key a token could be made from."""


def _form(
    *, email: str = "", target: str | None = None, error: Refusal | None = None, status: int = 200
) -> Response:
    response = show(
        "auth/sign_in.html",
        status=status,
        email=email,
        target=target or "",
        error=error.message if error else "",
        csrf=forgery.token_of(_BEFORE_SIGN_IN),
        signed_out="out" in request.args,
        demo=house().settings.demo,
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


@auth.get("/sign-in")
def sign_in() -> Response:
    """The form; whoever is signed in already goes on."""
    target = own_page(request.args.get("next"))
    if signed_in() is not None:
        return see_other(target or url_for("console.home"))
    return _form(target=target)


@auth.post("/sign-in")
def enter() -> Response:
    """Check the password between two units, then open a new session with a new token."""
    forgery.check_write(_BEFORE_SIGN_IN)
    email = request.form.get("email", "")[:254].strip()
    password = request.form.get("password", "")
    target = own_page(request.form.get("next"))
    try:
        token = _session_for(email, password)
    except TooMany as refusal:
        return _form(email=email, target=target, error=refusal, status=429)
    except Unauthenticated as refusal:
        return _form(email=email, target=target, error=refusal, status=422)
    settings = house().settings
    response = see_other(target or url_for("console.home"))
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=sessions.ABSOLUTE,
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def _session_for(email: str, password: str) -> str:
    limits.count("sign-in")
    here = house()
    with look(SYSTEM) as uow:
        who = sessions.credentials(uow, email)
    account = counts.hidden(f"account|{who.email}", here.keys.app)
    if here.settings.rate_limits:
        counts.before_password(db.engine, account, limits.client_source(), here.clock())
    proven = sessions.prove(who, password)
    if here.settings.rate_limits:
        counts.after_password(db.engine, account)
    old = request.cookies.get(cookie_name(here.settings))
    with begin(SYSTEM) as uow:
        if old:
            sessions.close_session(uow, old)
        return sessions.open_session(uow, proven, request.headers.get("User-Agent", ""))


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
