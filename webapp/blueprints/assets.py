"""Style sheets and scripts: named by their content, cached for ever, compressed once at start.

Bundles are made in memory from the sources in ``webapp/static``: a public page needs one style
sheet and one script of ours, and its organization's colours.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from mimetypes import guess_type
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request

from webapp.blueprints.doors import open_door
from webapp.domain.colour import brand_hash
from webapp.services.directory import OrganizationCard

FOLDER = Path(__file__).parent.parent / "static"
HTMX = "vendor/htmx-2.0.11/htmx.min.js"
BUNDLES = {
    "css/public.css": ("css/tokens.css", "css/base.css", "css/booking.css"),
    "css/private.css": (
        "css/tokens.css",
        "css/base.css",
        "css/console.css",
        *sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("css/console/*.css")),
    ),
    "js/kalends.js": (HTMX, "js/own.js"),
    "js/private.js": (
        HTMX,
        "js/console.js",
        *sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("js/console/*.js")),
    ),
}
"""Served name to the sources it is joined from, in order."""

FOR_EVER = "public, max-age=31536000, immutable"
_COMPRESSED = frozenset({"text/css", "text/javascript", "text/html", "text/plain", "image/svg+xml"})
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

assets = Blueprint("assets", __name__)
open_door(assets, limited=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent. ``packed`` is its gzip, None where that gains nothing."""

    body: bytes
    packed: bytes | None
    type: str
    tag: str


def init_app(app: Flask) -> None:
    """Serve the files, and let templates name them."""
    app.register_blueprint(assets)
    app.jinja_env.globals["static_url"] = static_url


def static_url(path: str) -> str:
    """The address of ``path`` (a file below static/ or a bundle), with its content's hash in it.

    KeyError for what does not exist: a template that names it is wrong.
    """
    return f"/static/{_names()[path]}"


def brand_url(organization: OrganizationCard) -> str:
    """The address of the organization's own style sheet, which changes with its colours."""
    tag = _brand_hash(organization.primary_color, organization.secondary_color)
    return f"/o/{organization.slug}/brand.{tag}.css"


def look_url(organization: OrganizationCard, primary: str, secondary: str) -> str:
    """The address of a style sheet with a profile's own colours (``#RRGGBB``)."""
    tag = _brand_hash(primary, secondary)
    return f"/o/{organization.slug}/look.{primary[1:]}-{secondary[1:]}.{tag}.css".lower()


def packed(text: str | bytes) -> bytes:
    """``text`` as gzip, the same bytes every time."""
    body = text.encode() if isinstance(text, str) else text
    return gzip.compress(body, 9, mtime=0)


def sent(asset: Asset, cache_control: str) -> Response:
    """``asset`` compressed where the browser takes it, or 304 where it has it already."""
    takes_gzip = asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    body = asset.packed if takes_gzip and asset.packed is not None else asset.body
    response = Response(body, content_type=asset.type)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = cache_control
    response.vary.add("Accept-Encoding")
    response.set_etag(asset.tag + ("-gz" if takes_gzip else ""))
    response.make_conditional(request)
    return response


def asset_of(body: bytes, name: str) -> Asset:
    """``body`` made ready to be sent under ``name``."""
    kind = _TYPES.get(Path(name).suffix) or guess_type(name)[0] or "text/plain"
    small = packed(body) if kind in _COMPRESSED else None
    tag = hashlib.sha256(body).hexdigest()[:12]
    return Asset(body, small, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, tag)


@assets.get("/static/<path:name>")
def file(name: str) -> Response:
    """A style sheet, a script, a licence."""
    asset = _served().get(name)
    if asset is None:
        abort(404)
    return sent(asset, FOR_EVER if asset.tag in name else "public, max-age=300")


@cache
def _files() -> dict[str, Asset]:
    """Everything below static/ by its plain name, bundles included."""
    found = {
        path.relative_to(FOLDER).as_posix(): asset_of(path.read_bytes(), path.name)
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }
    for name, sources in BUNDLES.items():
        joined = b"\n".join((FOLDER / source).read_bytes() for source in sources)
        found[name] = asset_of(joined, name)
    return found


@cache
def _names() -> dict[str, str]:
    """Plain names to the names they are served under."""
    return {name: _hashed(name, asset.tag) for name, asset in _files().items()}


@cache
def _served() -> dict[str, Asset]:
    files = _files()
    return files | {_hashed(name, asset.tag): asset for name, asset in files.items()}


@lru_cache(maxsize=4096)
def _brand_hash(primary: str, secondary: str) -> str:
    return brand_hash(primary, secondary)


def _hashed(name: str, tag: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{tag}.{suffix}" if dot and "/" not in suffix else f"{name}.{tag}"
