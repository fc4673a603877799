"""Lets a library that brings its own ``requests`` session speak through the egress client alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from webapp.delivery.egress import Egress

_MOST_BYTES = 2**20
_SECONDS = 10.0


def confine(session: requests.Session, egress: Egress) -> None:
    """Let ``session`` reach the world through ``egress`` only.

    No environment, proxy or netrc has a say, and a redirect is not followed by the session.
    """
    session.trust_env = False
    session.max_redirects = 0
    session.adapters.clear()
    session.mount("", _EgressAdapter(egress))


class _EgressAdapter(BaseAdapter):
    """Sends prepared requests by the rules of the house; GET and POST are all there is."""

    def __init__(self, egress: Egress) -> None:
        super().__init__()
        self._egress = egress

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The answer as ``requests`` shapes it. Raises ``EgressRefused`` and ``EgressFailed``."""
        url = request.url or ""
        headers = {str(name): str(value) for name, value in request.headers.items()}
        headers.pop("Content-Length", None)  # of what is really sent; a GET has no body here
        if request.method == "POST":
            body = request.body or b""
            sent = body.encode() if isinstance(body, str) else bytes(body)
            answer = self._egress.post(
                url, sent, headers=headers, max_bytes=_MOST_BYTES, total_seconds=_SECONDS
            )
        else:
            answer = self._egress.fetch(
                url,
                headers=headers,
                max_bytes=_MOST_BYTES,
                total_seconds=_SECONDS,
                max_redirects=0,
            )
        return _shaped(request, answer.status, answer.headers, answer.body)

    def close(self) -> None:
        """Nothing is kept open."""


def _shaped(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, str], body: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    # What the body was packed in is undone already.
    kept = {name: value for name, value in headers.items() if name != "content-encoding"}
    response.headers = CaseInsensitiveDict(kept)
    response.raw = io.BytesIO(body)
    response.url = request.url or ""
    response.request = request
    return response
