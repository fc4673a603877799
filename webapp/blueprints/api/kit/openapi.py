"""The OpenAPI 3.1 document of a surface, made from its operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import WithDefaultSchema

from webapp.blueprints.api.kit.operation import LARGEST_ID, Operation, is_number

Mode = Literal["validation", "serialization"]
Refs = Mapping[Any, dict[str, Any]]
"""Where a model's schema stands, by the model and its mode."""

_STATUSES = {
    400: "Something in the request is wrong; `details` names it",
    401: "The key is missing or wrong",
    403: "The key is known and may not do this",
    404: "There is no such thing for this key",
    409: "The request no longer fits what is there",
    410: "What it was about is over",
    413: "The body is too large",
    429: "Too many requests; `Retry-After` says when to try again",
    500: "Something went wrong on our side",
    503: "The database is busy; trying again is safe",
}


@dataclass(frozen=True, slots=True)
class About:
    """What a surface says of itself. ``problem`` is the shape of its refusals."""

    title: str
    version: str
    description: str
    prefix: str
    problem: type[BaseModel]


class _Plain(GenerateJsonSchema):
    """Schemas without titles made from names, and without null for what may be left out."""

    def field_title_should_be_set(self, _: object) -> bool:
        return False

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default", "") is None:
            del made["default"]
        return made


def document(about: About, operations: Sequence[Operation], server: str) -> dict[str, Any]:
    """The whole document; ``server`` is the installation's own address."""
    refs, definitions = models_json_schema(
        list(_models(about, operations)),
        ref_template="#/components/schemas/{model}",
        schema_generator=_Plain,
    )
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(about.prefix + each.path, {})[each.method.lower()] = _told(each, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "version": about.version,
            "description": about.description,
        },
        "servers": [{"url": server}],
        "security": [{"bearer": []}, {"client": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "responses": {
                f"Problem{status}": _problem(words, refs[about.problem, "serialization"])
                for status, words in _STATUSES.items()
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A person's access token",
                },
                "client": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "An API client's id and secret",
                },
            },
        },
    }


def _models(
    about: About, operations: Iterable[Operation]
) -> Iterable[tuple[type[BaseModel], Mode]]:
    found: dict[tuple[type[BaseModel], Mode], None] = {(about.problem, "serialization"): None}
    for each in operations:
        found[each.answer, "serialization"] = None
        if each.body is not None:
            found[each.body, "validation"] = None
    return found


def _told(operation: Operation, refs: Refs) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_places(operation), *_headers(operation), *_query(operation)],
        "responses": {
            "200": {
                "description": "Done",
                "content": _json(refs[operation.answer, "serialization"]),
            }
        }
        | {
            str(status): {"$ref": f"#/components/responses/Problem{status}"}
            for status in _statuses(operation)
        },
    }
    if operation.body is not None:
        schema = refs[operation.body, "validation"]
        told["requestBody"] = {"required": True, "content": _json(schema)}
    if operation.is_public:
        told["security"] = []
    else:
        told["x-permission"] = " ".join(each.value for each in operation.permissions)
    return told


def _statuses(operation: Operation) -> list[int]:
    found = {400, 404, 429, 500, 503} if operation.is_public else {400, 401, 403, 404, 500, 503}
    found |= {409} if operation.conflicts else set()
    found |= {410} if operation.gone else set()
    return sorted(found | ({413} if operation.body is not None else set()))


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _problem(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": _json(schema)}


def _places(operation: Operation) -> Iterable[dict[str, Any]]:
    for name in operation.places:
        schema: dict[str, Any] = {"type": "string"}
        if is_number(name):
            schema = {"type": "integer", "format": "int64", "minimum": 0, "maximum": LARGEST_ID}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _headers(operation: Operation) -> Iterable[dict[str, Any]]:
    for each in operation.headers:
        yield {
            "name": each.name,
            "in": "header",
            "required": False,
            "description": each.description,
            "schema": each.schema,
        }


def _query(operation: Operation) -> Iterable[dict[str, Any]]:
    if operation.query is None:
        return
    schema = operation.query.model_json_schema(schema_generator=_Plain)
    required = set(schema.get("required", ()))
    for name, each in schema["properties"].items():
        kept = {key: value for key, value in each.items() if key not in ("title", "description")}
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": each.get("description", ""),
            "schema": kept,
        }
