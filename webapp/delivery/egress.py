"""The one client for requests that Kalends sends on somebody's word: calendar feeds and the like.

A name is resolved once, every answer has to pass, and the connection goes to an answer that
passed; certificate, SNI and Host still belong to the name. No environment, cookie or proxy has a
say, and nothing outlives its total time or size, however slowly or tightly packed it comes.
"""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError, TimeoutError

from webapp.delivery.addresses import (
    Address,
    AddressRules,
    EgressFailed,
    EgressRefused,
    Network,
    Target,
    read_url,
)
from webapp.delivery.bodies import Body, PackedBody

__all__ = ["Egress", "EgressFailed", "EgressRefused", "Fetched"]

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 15.0
MAX_HEADERS = 64 * 1024
MAX_ANSWERS = 32
MAX_TRIED = 3
USER_AGENT = "Kalends/0.1 (calendar feed reader)"

_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_ACROSS_HOSTS = frozenset({"accept", "if-none-match", "if-modified-since", "user-agent"})

Resolver = Callable[..., list[Any]]
"""Called as ``resolver(host, port, type=SOCK_STREAM)``; answers as ``socket.getaddrinfo``."""

log = logging.getLogger("kalends.egress")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: header names in lower case, the body unpacked (empty from status 400 on and for
    304), ``url`` where it came from in the end.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Egress:
    """Fetches under the rules; safe to share between threads.

    ``allow_networks`` and ``own_addresses`` as in AddressRules; ``ca_file`` is a bundle to trust
    instead of the usual one.
    """

    def __init__(
        self,
        allow_networks: Iterable[str | Network] = (),
        own_addresses: Iterable[str] = (),
        resolver: Resolver = socket.getaddrinfo,
        ca_file: str | None = None,
    ) -> None:
        self._rules = AddressRules(allow_networks, own_addresses)
        self._resolver = resolver
        self._verify: bool | str = ca_file or True

    def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 16 * 2**20,
        total_seconds: float = 30,
        max_redirects: int = 3,
    ) -> Fetched:
        """GET ``url`` and what it redirects to; any status is an answer.

        ``max_bytes`` counts the unpacked body, ``total_seconds`` everything from the first look-up
        to the last byte. Raises EgressRefused before anything is connected to, EgressFailed after.
        """
        target = read_url(url)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        given.pop("host", None)
        with _Deadline(total_seconds) as deadline:
            for _ in range(max_redirects + 1):
                route = self._route(target, deadline)
                answer = _ask(target, route, given, self._verify, max_bytes, None)
                if isinstance(answer, Fetched):
                    return answer
                following = _redirected(target, answer)
                if following.origin != target.origin:
                    given = {n: v for n, v in given.items() if n in _KEPT_ACROSS_HOSTS}
                target = following
        raise EgressRefused("bad_redirect", "The address redirects too often.")

    def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        max_bytes: int = 2**20,
        total_seconds: float = 10,
    ) -> Fetched:
        """POST ``body`` to ``url`` and nowhere else: a redirect is refused.

        Limits and refusals as for ``fetch``.
        """
        target = read_url(url)
        given = {name.lower(): value for name, value in headers.items()}
        given.pop("host", None)
        with _Deadline(total_seconds) as deadline:
            route = self._route(target, deadline)
            answer = _ask(target, route, given, self._verify, max_bytes, body)
        if isinstance(answer, Fetched):
            return answer
        raise EgressRefused("bad_redirect", "The address redirects, which is not followed here.")

    def _route(self, target: Target, deadline: _Deadline) -> _Route:
        """Where to connect, after every answer for the name has passed."""
        self._rules.check_url(target)
        literal = target.literal
        addresses = [literal] if literal is not None else self._resolve(target, deadline)
        if self._rules.check(target, addresses):
            log.info(
                "request into an allowed network",
                extra={"host": target.host, "address": str(addresses[0]), "port": target.port},
            )
        return _Route(addresses[:MAX_TRIED], target.port, deadline)

    def _resolve(self, target: Target, deadline: _Deadline) -> list[Address]:
        """All addresses of a name, asked once; in a thread, because a look-up has no time-out."""
        found: SimpleQueue[list[Any]] = SimpleQueue()

        def look_up() -> None:
            try:
                found.put(self._resolver(target.host, target.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError):
                found.put([])

        threading.Thread(target=look_up, daemon=True, name="egress-lookup").start()
        try:
            answers = found.get(timeout=CONNECT_SECONDS)
        except Empty:
            answers = []
        deadline.check()
        # Scope ids belong to link-local addresses, which do not pass anyway.
        texts = dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers)
        if not texts or len(texts) > MAX_ANSWERS:
            raise EgressFailed("unreachable", "There is no host of that name.")
        return [ip_address(text) for text in texts]


class _Deadline:
    """The total time: when it is over, every connection of this fetch is shut down.

    Time-outs of a socket start anew with every byte; this one does not.
    """

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._passed = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection down at the end, also when it is inside a TLS handshake."""
        with self._lock:
            # A duplicate stays valid when the TLS layer takes the original over.
            self._sockets.append(connection.dup())
        self.check()

    def check(self) -> None:
        """Raise EgressFailed when the time is over."""
        if self._passed:
            raise EgressFailed("timeout", "The other side took too long to answer.")

    def _end(self) -> None:
        with self._lock:
            self._passed = True
            for connection in self._sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class _Route:
    """The checked addresses of one request."""

    def __init__(self, addresses: list[Address], port: int, deadline: _Deadline) -> None:
        self.addresses = addresses
        self.port = port
        self.deadline = deadline
        self.connected = False

    def connect(self, connection: HTTPConnection) -> socket.socket:
        """A socket to the first address that takes it; no name is looked up here."""
        seconds = CONNECT_SECONDS / len(self.addresses)
        for address in self.addresses:
            self.deadline.check()
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            opened = socket.socket(family, socket.SOCK_STREAM)
            try:
                opened.settimeout(seconds)
                opened.connect((str(address), self.port))
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.settimeout(SILENCE_SECONDS)
                self.deadline.watch(opened)
            except OSError:
                opened.close()
                continue
            self.connected = True
            return opened
        raise NewConnectionError(connection, "no address answered")


class _PinnedHTTP(HTTPConnection):
    """A connection that goes where its route says, whatever its host is called."""

    def __init__(self, *args: Any, route: _Route, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kalends_route = route

    def _new_conn(self) -> socket.socket:
        return self._kalends_route.connect(self)


class _PinnedHTTPS(HTTPSConnection):
    """The same under TLS; the certificate is checked against the name."""

    def __init__(self, *args: Any, route: _Route, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kalends_route = route

    def _new_conn(self) -> socket.socket:
        return self._kalends_route.connect(self)


class _PinnedAdapter(HTTPAdapter):
    """Hands requests pinned connections; one adapter serves one request."""

    def __init__(self, route: _Route) -> None:
        self._route = route
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        """The pool as requests would have it, with pinned connections in it."""
        pool = super().get_connection_with_tls_context(*args, **options)
        assert isinstance(pool, HTTPConnectionPool)
        kind = _PinnedHTTPS if pool.scheme == "https" else _PinnedHTTP
        # A maker does for urllib3 wherever a class does; its types only know the class.
        pool.ConnectionCls = partial(kind, route=self._route)  # type: ignore[assignment]
        return pool


def _ask(
    target: Target,
    route: _Route,
    given: Mapping[str, str],
    verify: bool | str,
    max_bytes: int,
    body: bytes | None,
) -> Fetched | str:
    """One request, a POST when there is a ``body``: the answer, or where it redirects to.

    No session of requests: that would read the environment, and the whole body of a redirect.
    """
    fixed = {"Accept-Encoding": "gzip", "Connection": "close"}
    usual = {"User-Agent": USER_AGENT, "Accept": "text/calendar, */*;q=0.5"}
    adapter = _PinnedAdapter(route)
    try:
        method = "GET" if body is None else "POST"
        headers = {**usual, **given, **fixed}
        request = requests.Request(method, target.url, headers=headers, data=body)
        waits = (CONNECT_SECONDS, SILENCE_SECONDS)
        with adapter.send(request.prepare(), stream=True, timeout=waits, verify=verify) as response:
            answer = _read(response, target, max_bytes)
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError) as error:
        route.deadline.check()
        raise _failure(error, route) from None
    finally:
        adapter.close()
    # A connection shut down by the deadline may look like a body that simply ended.
    route.deadline.check()
    return answer


def _read(response: requests.Response, target: Target, max_bytes: int) -> Fetched | str:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADERS:
        raise EgressFailed("bad_answer", "The headers of the answer are too large.")
    if response.status_code in _REDIRECTS:
        return headers.get("location", "")
    body = b""
    if response.status_code < 400 and response.status_code != 304:
        body = _body(response, headers, max_bytes)
    return Fetched(response.status_code, headers, body, target.url)


def _body(response: requests.Response, headers: Mapping[str, str], max_bytes: int) -> bytes:
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in (*PackedBody.packings, "", "identity"):
        raise EgressFailed("bad_answer", "The answer is packed in a way Kalends did not ask for.")
    body = PackedBody(max_bytes) if encoding in PackedBody.packings else Body(max_bytes)
    # Read in whole chunks by http.client, which bounds the lines of chunked answers.
    while data := response.raw.read(_CHUNK, decode_content=False):
        body.take(data)
    return body.whole()


def _redirected(target: Target, location: str) -> Target:
    """The next hop; its addresses are checked like those of the first."""
    if not location or len(location) > 2048:
        raise EgressRefused("bad_redirect", "The address redirects to nowhere.")
    try:
        following = read_url(urljoin(target.url, location))
    except (EgressRefused, ValueError):
        raise EgressRefused("bad_redirect", "The address redirects to no web address.") from None
    if target.scheme == "https" and following.scheme != "https":
        raise EgressRefused("bad_redirect", "The address redirects to one without encryption.")
    return following


def _failure(error: Exception, route: _Route) -> EgressFailed:
    """One of the fixed codes; what the other side or a library said is not repeated."""
    if isinstance(error, (requests.exceptions.SSLError, SSLError)):
        return EgressFailed("insecure", "The certificate of the other side could not be trusted.")
    if isinstance(error, (requests.Timeout, TimeoutError)):
        return EgressFailed("timeout", "The other side took too long to answer.")
    if not route.connected:
        return EgressFailed("unreachable", "The other side could not be reached.")
    return EgressFailed("bad_answer", "The answer was not understood or broke off.")
