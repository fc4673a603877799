"""Where a request comes from, and the limits by it, for the entrances of the web."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TypeVar

from flask import current_app, g, request

from webapp.extensions import db
from webapp.services import limits
from webapp.services.limits import IpAddress, PageMeter, SeenNotes
from webapp.settings import Settings
from webapp.work import house

T = TypeVar("T")

_FARTHEST = 20
"""Forwarded addresses looked at, from the right; a longer list is nobody's proxy chain."""


def client_address() -> IpAddress | None:
    """The address of whoever asks; None for a local socket.

    Forwarded addresses are believed only as far as trusted proxies wrote them: from the right,
    the first that is no trusted proxy is the client.
    """
    address = _read(request.remote_addr or "")
    settings = house().settings
    if address is None or not settings.trusted_proxies:
        return address
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
    for text in reversed(forwarded.split(",")[-_FARTHEST:]):
        if not _is_trusted(address, settings):
            break
        further = _read(text.strip())
        if further is None:
            break
        address = further
    return address


def client_source() -> str | None:
    """Where the request is counted; None when it is not limited (loopback, or limits are off)."""
    here = house()
    if not here.settings.rate_limits:
        return None
    if "source" not in g:
        g.source = limits.source_of(client_address(), here.keys.app)
    source: str | None = g.source
    return source


def count(name: str, source: str | None = None) -> None:
    """Note one more ``name`` ("hold", "booking", "manage", "sign-in"); raises ``TooMany``.

    By default from where this request comes. Call it before any unit of work is opened: the count
    is written on a connection of its own.
    """
    if house().settings.rate_limits:
        limits.count(db.engine, name, source or client_source(), house().clock())


def look_at_page() -> None:
    """A ``before_request`` of public blueprints: at most 120 pages a minute from one source."""
    if request.method in ("GET", "HEAD"):
        meter: PageMeter = _kept("kalends-pages", PageMeter)
        meter.look(client_source(), house().clock())


def seen(subject: str) -> None:
    """Note that a session or key was used just now (at most once a minute each)."""
    notes: SeenNotes = _kept("kalends-seen", SeenNotes)
    notes.note(db.engine, subject, house().clock())


def _kept(name: str, make: type[T]) -> T:
    """One per application, made when first asked for."""
    found: T | None = current_app.extensions.get(name)
    if found is None:
        found = current_app.extensions.setdefault(name, make())
    return found


def _read(text: str) -> IpAddress | None:
    if text.startswith("[") and "]" in text:  # [2001:db8::1]:4711
        text = text[1 : text.index("]")]
    elif text.count(":") == 1:  # 192.0.2.1:4711
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IpAddress, settings: Settings) -> bool:
    return any(
        address.version == network.version and address in network
        for network in settings.trusted_proxies
    )
