"""``/api/<surface>/openapi.json`` and ``/api/docs``: both readings of the same operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, jsonify

from webapp.blueprints.api import group_booking, kit
from webapp.blueprints.api.docs.reading import Surface, read
from webapp.blueprints.api.group_booking.document import ABOUT as GROUP_BOOKING
from webapp.blueprints.api.kit import About, Operation
from webapp.blueprints.doors import open_door
from webapp.blueprints.pages import show
from webapp.domain.errors import NotFound
from webapp.work import house

_SURFACES: Mapping[str, tuple[About, Sequence[Operation]]] = {
    "group-booking": (GROUP_BOOKING, group_booking.OPERATIONS),
}

api_docs = Blueprint("api_docs", __name__, url_prefix="/api")
open_door(api_docs)


def surfaces() -> list[str]:
    """The names of the surfaces that have a document."""
    return list(_SURFACES)


@lru_cache(maxsize=8)
def document_of(name: str, server: str) -> dict[str, Any]:
    """The document of a surface on an installation at ``server``; KeyError for none such."""
    about, operations = _SURFACES[name]
    return kit.document(about, operations, server)


@lru_cache(maxsize=8)
def _read(name: str, server: str) -> Surface:
    return read(name, document_of(name, server))


@api_docs.get("/<name>/openapi.json")
def openapi(name: str) -> Response:
    """A surface's document, for any page."""
    if name not in _SURFACES:
        raise NotFound("there is no such document")
    response = jsonify(document_of(name, house().settings.base_url))
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@api_docs.get("/docs")
def explorer() -> Response:
    """Every surface with its operations and shapes, without any script."""
    server = house().settings.base_url
    return show("api/docs.html", surfaces=[_read(name, server) for name in _SURFACES])
