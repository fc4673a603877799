"""Where to go after signing in: only ever to a page of our own."""

from __future__ import annotations

import re
from urllib.parse import unquote

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from webapp.blueprints.doors import DOORS

_PLAIN = re.compile(r"/[A-Za-z0-9._~/-]*(\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?")
_LONGEST = 1000
_ALSO = frozenset({"auth.invitation_page"})
"""Pages that need no session and that somebody comes back to with one."""


def own_page(target: str | None) -> str | None:
    """``target`` when it is the path of a page that one is signed in for, else None.

    The path must be written plainly (no escapes, no host, no dots as segments), and our own router
    must resolve it for GET without a redirect.
    """
    if not target or len(target) > _LONGEST or not _PLAIN.fullmatch(target):
        return None
    path, _, query = target.partition("?")
    segments = path.split("/")[1:]
    if path.startswith("//") or "." in segments or ".." in segments:
        return None
    if any(ord(mark) < 32 or ord(mark) == 127 for mark in unquote(query)):
        return None
    router = current_app.url_map.bind("localhost")
    try:
        endpoint, _ = router.match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    blueprint = str(endpoint).rpartition(".")[0]
    return target if DOORS.get(blueprint) == "session" or endpoint in _ALSO else None
