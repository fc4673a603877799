"""What holds for every answer and every request: headers, Host, size, request ids, the log line."""

from __future__ import annotations

import logging
import re
import secrets
import time
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSession, SessionInterface
from werkzeug.exceptions import HTTPException

from webapp import logs
from webapp.settings import Settings
from webapp.work import house

LOG = logging.getLogger("kalends.request")

LARGEST_BODY = 1024 * 1024
LARGEST_UPLOAD = 16 * 1024 * 1024

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
POLICY = f"{_POLICY}; frame-ancestors 'none'"
"""The Content-Security-Policy of every page but the embedded ones."""
EMBED_POLICY = f"{_POLICY}; frame-ancestors *"

_NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media"),
        *("fullscreen", "geolocation", "gyroscope", "magnetometer", "microphone", "midi"),
        *("payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock"),
        *("sync-xhr", "usb", "xr-spatial-tracking"),
    )
)
_OWN_PASSKEYS = _NO_DEVICES.replace(
    "publickey-credentials-get=()", "publickey-credentials-get=(self)"
)
"""For the pages on which somebody signs in or proves again who they are."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HEALTH = ("/healthz", "/readyz")
_PRIVATE = ("/console", "/auth")
# What follows these path segments is a secret: manage link, draft, single-use link, invitation.
_BEFORE_SECRETS = frozenset({"m", "b", "d", "invitations", "reset", "verify", "decide"})
_TOKEN_PAGE = re.compile(r"/(?:e/)?[^/]+/m/|/d/|/auth/(?:invitations|reset|verify|openid)/")
_LONGEST_LOGGED = 200
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


class MisdirectedRequest(HTTPException):
    """The request names a host that this installation is not (RFC 9110 15.5.20)."""

    code = 421
    description = "This address is not served here."


class _NoSession(SessionInterface):
    """Flask's own cookie session stays empty: ours are rows, and public pages use no cookie."""

    def open_session(self, *_: object) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, *_: object) -> None:
        return None


def init_app(app: Flask) -> None:
    """Bind the rules of this module to ``app``; its settings must be in place."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.config["MAX_FORM_PARTS"] = 500
    app.session_interface = _NoSession()
    app.before_request(_begin)
    app.after_request(_finish)


def allow_upload() -> None:
    """This request may bring a file: a body up to 16 MiB and a little. Before it is parsed."""
    request.max_content_length = LARGEST_UPLOAD + 64 * 1024


def request_id() -> str:
    """The reference of this request, as the log and the error pages name it."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
        logs.request_id.set(g.request_id)
    kept: str = g.request_id
    return kept


def _begin() -> None:
    g.began = time.perf_counter()
    request_id()
    if not host_is_ours(request.headers.get("Host", ""), house().settings):
        raise MisdirectedRequest


def host_is_ours(host: str, settings: Settings) -> bool:
    """Whether a Host header names this installation.

    It must equal the base URL's; where that is loopback, 127.0.0.1, localhost and [::1] are alike
    on any port. Health checks may come by address.
    """
    name, port = split_host(host)
    own = urlsplit(settings.base_url)
    if own.hostname in _LOOPBACK and name in _LOOPBACK:
        return True
    default = 443 if own.scheme == "https" else 80
    if name == own.hostname and (port or default) == (own.port or default):
        return True
    return request.path in _HEALTH and (_is_address(name) or name == "localhost")


def split_host(host: str) -> tuple[str, int | None]:
    """``example.org:8000`` as name and port; the empty name for what is no host."""
    if not _HOST.fullmatch(host):
        return "", None
    parts = urlsplit(f"//{host}")
    try:
        return (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def own_origins(settings: Settings) -> frozenset[str]:
    """The origins our own pages have: the base URL's, and its loopback twins."""
    own = urlsplit(settings.base_url)
    if own.hostname not in _LOOPBACK:
        return frozenset({f"{own.scheme}://{own.netloc}"})
    port = f":{own.port}" if own.port else ""
    return frozenset(f"{own.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def _finish(response: Response) -> Response:
    _add_headers(response, request.path, house().settings)
    response.headers["X-Request-Id"] = request_id()
    _log(response)
    return response


def _add_headers(response: Response, path: str, settings: Settings) -> None:
    headers = response.headers
    embedded = path.startswith("/e/")
    headers.setdefault("Content-Security-Policy", EMBED_POLICY if embedded else POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    secret = _TOKEN_PAGE.match(path) is not None
    headers.setdefault("Referrer-Policy", "no-referrer" if secret else "same-origin")
    headers["Permissions-Policy"] = _OWN_PASSKEYS if path.startswith(_PRIVATE) else _NO_DEVICES
    if not embedded:
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    shared = embedded or path == "/widget.js"
    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if path.startswith(_PRIVATE):
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    elif secret:
        headers.setdefault("Cache-Control", "no-store")


def _log(response: Response) -> None:
    """One line: what was asked and how it went, but nobody's data and no secret."""
    began = g.pop("began", None)
    fields = {
        "method": request.method[:10],
        "path": masked_path(request.path),
        "query": sorted({key[:30] for key in request.args})[:12],
        "endpoint": request.endpoint,
        "status": response.status_code,
        "ms": None if began is None else round((time.perf_counter() - began) * 1000, 1),
        "bytes": response.calculate_content_length(),
    }
    LOG.info("request", extra=fields)


def masked_path(path: str) -> str:
    """``path`` without the secrets that links carry: ``/harbour-clinic/m/***``."""
    segments = path.split("/")
    for place, segment in enumerate(segments):
        after_secret_word = place > 0 and segments[place - 1] in _BEFORE_SECRETS
        if segment and (after_secret_word or len(segment) > 60 or "@" in segment):
            segments[place] = "***"
    return "/".join(segments)[:_LONGEST_LOGGED]
