"""Doors: how each blueprint learns who asks. Every blueprint is registered with exactly one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from flask import Blueprint, Flask, Request, Response, g, redirect, request, url_for
from flask_login import UserMixin, current_user

from webapp.blueprints import forgery, limits, security
from webapp.blueprints.pages import wants_part
from webapp.domain.errors import Refusal, Unauthenticated
from webapp.domain.permissions import Caller
from webapp.extensions import db, login
from webapp.services import keys, sessions
from webapp.services.sessions import SignedIn
from webapp.settings import Settings
from webapp.work import SYSTEM, house, look

Refuse = Callable[[Refusal], Response]
Authenticate = Callable[[Request], Caller]

DOORS: dict[str, str] = {}
"""Which door each blueprint has, by the blueprint's name: "open", "session" or "key"."""

CHALLENGES = ('Bearer realm="kalends"', 'Basic realm="kalends", charset="UTF-8"')


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """What Flask-Login calls the user: somebody with a living session."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in

    def get_id(self) -> str:
        """The session's number; Flask-Login never stores it, because the cookie is ours."""
        return str(self.signed_in.session_id)


def init_app(app: Flask) -> None:
    """Bind Flask-Login to our own sessions."""
    login.init_app(app, add_context_processor=False)
    login.session_protection = None  # a stolen cookie is answered by revoking, not by guessing
    login.request_loader(_visitor)


def cookie_name(settings: Settings) -> str:
    """``__Host-`` binds the cookie to https and this host; plain http knows no such prefix."""
    return "__Host-kalends" if settings.is_https else "kalends"


def _visitor(asked: Request) -> Visitor | None:
    token = asked.cookies.get(cookie_name(house().settings))
    if not token:
        return None
    with look(SYSTEM) as uow:
        found = sessions.signed_in(uow, token)
    if found is None:
        return None
    limits.seen(f"session:{found.session_id}")
    return Visitor(found)


def signed_in() -> SignedIn | None:
    """The living session of this request, if it has one."""
    found = getattr(current_user, "signed_in", None)
    return found if isinstance(found, SignedIn) else None


def me() -> SignedIn:
    """The living session behind a session door."""
    found = signed_in()
    if found is None:
        raise Unauthenticated("Please sign in.")
    return found


def caller() -> Caller:
    """Who came through this blueprint's door."""
    found: Caller = g.caller
    return found


# ---------------------------------------------------------------------------------- the doors


def open_door(blueprint: Blueprint, *, limited: bool = True) -> None:
    """For everybody. ``limited``: looks are counted by where they come from (public pages)."""
    _hang(blueprint, "open")
    if limited:
        blueprint.before_request(limits.look_at_page)


def session_door(blueprint: Blueprint, *, uploads: tuple[str, ...] = ()) -> None:
    """For signed-in people; others are sent to sign in and come back to where they were.

    Writes must come from our own pages (``forgery.check_write``). ``uploads`` names the endpoints
    that take files: bodies up to 16 MiB, once it is known who sends them.
    """
    _hang(blueprint, "session")
    large = {f"{blueprint.name}.{name}" for name in uploads}

    def ask() -> Response | None:
        found = signed_in()
        if found is None:
            return _to_sign_in()
        if request.endpoint in large:
            security.allow_upload()
        g.caller = found.caller
        forgery.check_write(found.csrf_key)
        return None

    blueprint.before_request(ask)


def bearer_door(blueprint: Blueprint, refuse: Refuse, *, public: tuple[str, ...] = ()) -> None:
    """For programs: ``Bearer`` access tokens and Basic ``client id:secret``. No cookie is read.

    ``refuse`` writes a refusal in the surface's own shape; 401 gets its challenges here.
    ``public`` names endpoints that everybody may read (the surface's document).
    """
    _hang_keys(blueprint, by_key, refuse, public)


def client_door(blueprint: Blueprint, refuse: Refuse, *, public: tuple[str, ...] = ()) -> None:
    """For an organization's own programs: Basic ``client id:secret`` alone."""
    _hang_keys(blueprint, by_client, refuse, public)


def _hang(blueprint: Blueprint, door: str) -> None:
    if DOORS.get(blueprint.name, door) != door:
        raise RuntimeError(f"the blueprint {blueprint.name} already has a door")
    DOORS[blueprint.name] = door


def _hang_keys(
    blueprint: Blueprint, authenticate: Authenticate, refuse: Refuse, public: tuple[str, ...]
) -> None:
    _hang(blueprint, "key")
    for_everybody = {f"{blueprint.name}.{name}" for name in public}

    def ask() -> Response | None:
        if request.endpoint in for_everybody:
            return None
        try:
            g.caller = authenticate(request)
        except Refusal as refusal:
            return challenged(refuse(refusal))
        return None

    blueprint.before_request(ask)


def challenged(response: Response) -> Response:
    """A 401 says how to prove oneself (RFC 9110 11.6.1); other answers stay as they are."""
    if response.status_code == 401:
        response.headers.setlist("WWW-Authenticate", CHALLENGES)
    return response


def _to_sign_in() -> Response:
    """To the sign-in page, and back here afterwards (a form has to be filled in again)."""
    where = request.full_path.rstrip("?") if request.method in forgery.SAFE else None
    if wants_part():
        answer = Response("Please sign in.", 401, mimetype="text/plain")
        answer.headers["HX-Redirect"] = url_for("auth.sign_in", next=where)
        return answer
    sent = redirect(url_for("auth.sign_in", next=where), 303)
    assert isinstance(sent, Response)
    return sent


# ----------------------------------------------------------------------------------- the keys


def by_key(asked: Request) -> Caller:
    """The caller behind an access token or an API client; raises ``Unauthenticated``."""
    kind, _, rest = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        holder = keys.by_token(db.engine, rest.strip(), house().clock())
        limits.seen(holder.subject)
        return holder.caller
    return by_client(asked)


def by_client(asked: Request) -> Caller:
    """The caller behind Basic ``client id:secret``; raises ``Unauthenticated``."""
    name, secret = basic_pair(asked)
    holder = keys.by_client(db.engine, name, secret, house().clock())
    limits.seen(holder.subject)
    return holder.caller


def basic_pair(asked: Request) -> tuple[str, str]:
    """The two halves of an HTTP Basic header (RFC 7617); raises ``Unauthenticated``."""
    kind, _, rest = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            text = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            text = ""
        name, colon, secret = text.partition(":")
        if colon:
            return name, secret
    raise Unauthenticated("The access token is invalid.")
