"""A real OpenID provider on loopback, and somebody's browser at it."""

from __future__ import annotations

import http.client
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import authlib.deprecate  # sets warning filters of its own when it is imported
from werkzeug.serving import WSGIRequestHandler, make_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    assert authlib.deprecate
    import oidc_provider_mock
    from oidc_provider_mock import _app

LOOPBACK = "127.0.0.1"

OpenIDCode: Any = _app.OpenIDCode
"""The provider's own maker of ID tokens: tests let it make wrong ones."""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def provider(people: dict[str, dict[str, object]], **options: Any) -> Iterator[str]:
    """A provider that answers HTTP, with the claims of ``people`` by subject; its issuer."""
    users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in people.items()]
    made: Any = oidc_provider_mock.app(user_claims=users, **options)
    served = made.wsgi_app.app  # without its debugger
    server = make_server(LOOPBACK, 0, served, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(method: str, url: str, body: str | None = None) -> http.client.HTTPResponse:
    """One request of a browser at the provider; the answer, read."""
    parts = urlsplit(url)
    wire = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    wire.request(method, f"{parts.path}?{parts.query}", body, kind)
    answer = wire.getresponse()
    answer.read()
    wire.close()
    return answer


def signed_in_there(url: str, who: str) -> str:
    """Sign in at the provider's page ``url``; path and query the browser is sent back to."""
    answer = asked("POST", url, urlencode({"sub": who}))
    assert answer.status == 302
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"
