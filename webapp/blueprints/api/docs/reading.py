"""An OpenAPI document read for people: operations by theme, and what their fields may hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field or parameter. ``shape`` names the object it holds, "" for plain values."""

    name: str
    kind: str
    shape: str
    needed: bool
    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with its fields."""

    name: str
    words: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation. ``door`` is the permission it takes, "" for everybody."""

    name: str
    method: str
    path: str
    summary: str
    door: str
    parameters: tuple[Field, ...]
    body: str
    answer: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Operations that belong together."""

    name: str
    operations: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """A surface as its page shows it."""

    name: str
    title: str
    words: str
    themes: tuple[Theme, ...]
    shapes: tuple[Shape, ...]


def read(name: str, document: Mapping[str, Any]) -> Surface:
    """The document of the surface ``name`` for people."""
    shown: dict[str, list[Shown]] = {each["name"]: [] for each in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown[operation["tags"][0]].append(_operation(method, path, operation))
    return Surface(
        name,
        document["info"]["title"],
        document["info"]["description"],
        tuple(Theme(tag, tuple(operations)) for tag, operations in shown.items()),
        tuple(
            Shape(each, _first(schema.get("description", "")), tuple(_fields(schema)))
            for each, schema in document["components"]["schemas"].items()
        ),
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Shown:
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Shown(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        door=operation.get("x-permission", ""),
        parameters=tuple(_parameter(each) for each in operation["parameters"]),
        body=_shape(body.get("schema", {})),
        answer=_shape(answer),
    )


def _parameter(each: Mapping[str, Any]) -> Field:
    schema = each["schema"]
    words = each.get("description", "")
    return Field(each["name"], _kind(schema), "", each["required"], each["in"], words)


def _fields(schema: Mapping[str, Any]) -> Iterable[Field]:
    needed = set(schema.get("required", ()))
    for name, each in schema.get("properties", {}).items():
        words = _first(each.get("description", ""))
        yield Field(name, _kind(each), _shape(each), name in needed, "", words)


def _first(text: str) -> str:
    """Lines of a description as one."""
    return " ".join(text.split())


def _shape(schema: Mapping[str, Any]) -> str:
    """The object that a schema comes to, through lists and choices."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    parts = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    return next((found for part in parts if (found := _shape(part))), "")


def _kind(schema: Mapping[str, Any]) -> str:
    """What a field may hold, in a few words."""
    if "$ref" in schema:
        return _shape(schema)
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything"))
