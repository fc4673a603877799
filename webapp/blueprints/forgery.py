"""Writes that a browser is tricked into: which requests of a signed-in browser may change things.

Three layers: the browser's own word (``Sec-Fetch-Site``, else ``Origin``), a token of the session
where it says nothing, and ``SameSite=Lax`` on the cookie.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import request
from werkzeug.datastructures import FileStorage

from webapp.blueprints.security import own_origins
from webapp.domain.errors import Forbidden
from webapp.work import house

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "csrf", "X-CSRF"
_NOT_KEPT = frozenset({FIELD, "password"})


class Forged(Forbidden):
    """The write did not come from one of our own pages.

    ``fresh`` is a new token when the form was only stale and may be sent again, else empty.
    """

    code = "forged"

    def __init__(self, message: str, *, fresh: str = "") -> None:
        super().__init__(message)
        self.fresh = fresh


def token_of(session_key: str) -> str:
    """The token in this session's forms, derived from a key that never leaves the server."""
    said = hmac.new(house().keys.app, f"csrf|{session_key}".encode(), hashlib.sha256)
    return said.hexdigest()[:40]


def check_write(session_key: str) -> None:
    """Raise ``Forged`` unless this request came from our own pages; reading is always fine."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise Forged("This was sent from another site, so nothing was done.")
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null":
        if origin.lower() not in own_origins(house().settings):
            raise Forged("This was sent from another site, so nothing was done.")
        return
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    right = token_of(session_key)
    if not hmac.compare_digest(sent.encode("utf-8", "replace"), right.encode()):
        raise Forged("This form had been open for too long, so nothing was done yet.", fresh=right)


def typed() -> list[tuple[str, str]]:
    """What was typed into the refused form, to be sent again: no passwords, no files."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in _NOT_KEPT and not isinstance(value, FileStorage)
    ]
