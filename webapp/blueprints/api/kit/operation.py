"""An operation of a surface as data: its routes, its document and its tests are readings of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from webapp.domain.permissions import Permission

_PLACE = re.compile(r"\{(\w+)\}")
_NUMBERED = frozenset({"id"})
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Header:
    """A header that an operation reads."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of a surface.

    ``path`` has its parameters in braces, below the surface's prefix; ``{id}`` is a number.
    ``name`` is the operationId. ``run`` gets the path's parameters and, where declared, ``query``
    and ``body`` by name; it gives an object of JSON, or its text as bytes. ``permission`` None:
    for everybody, from any page, without a key.
    """

    method: str
    path: str
    name: str
    run: Callable[..., Any]
    summary: str
    answer: type[BaseModel]
    permission: Permission | None = None
    also: tuple[Permission, ...] = ()
    """What it takes beside ``permission``."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    headers: tuple[Header, ...] = ()
    tag: str = ""
    conflicts: bool = False
    """Whether it may answer 409."""
    gone: bool = False
    """Whether it may answer 410."""

    @property
    def is_public(self) -> bool:
        """Whether it asks for no key."""
        return self.permission is None

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Everything that it takes."""
        return () if self.permission is None else (self.permission, *self.also)

    @property
    def places(self) -> list[str]:
        """The parameters of the path, in order."""
        return _PLACE.findall(self.path)

    @property
    def rule(self) -> str:
        """The path as a routing rule."""
        return _PLACE.sub(lambda found: f"<{'int:' * is_number(found[1])}{found[1]}>", self.path)

    def fits(self, path: str) -> bool:
        """Whether ``path`` (below the prefix) is one that this operation serves by its method."""
        parts = _PLACE.split(self.path)
        pattern = "".join(
            re.escape(part) if not n % 2 else ("[0-9]+" if is_number(part) else "[^/]+")
            for n, part in enumerate(parts)
        )
        return re.fullmatch(pattern, path) is not None


def is_number(place: str) -> bool:
    """Whether the path's parameter ``place`` is a number."""
    return place in _NUMBERED
