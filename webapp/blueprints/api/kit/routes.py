"""Routes made from operations: door, permission, query and body in, JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from webapp.blueprints import limits
from webapp.blueprints.api.kit.bodies import LARGEST_BODY, read_object
from webapp.blueprints.api.kit.fitting import fitted, fitting_query
from webapp.blueprints.api.kit.operation import LARGEST_ID, Operation
from webapp.blueprints.doors import Refuse, bearer_door, caller
from webapp.domain.errors import Forbidden, NotFound

_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")


def publish(blueprint: Blueprint, operations: Sequence[Operation], refuse: Refuse) -> None:
    """Give ``blueprint`` its door and a route for each operation, and an answer elsewhere."""
    public = {each.name: each for each in operations if each.is_public}
    bearer_door(blueprint, refuse, public=tuple(public))
    for operation in operations:
        blueprint.add_url_rule(
            operation.rule, operation.name, _view(operation), methods=[operation.method]
        )

    def nowhere(rest: str = "") -> Response:
        fitting = [each.method for each in operations if each.fits(f"/{rest}")]
        if fitting:
            raise MethodNotAllowed(valid_methods=fitting)
        raise NotFound("there is no such resource")

    blueprint.add_url_rule("/<path:rest>", "nowhere", nowhere, methods=_ANY)
    named = {f"{blueprint.name}.{name}" for name in public}

    def open_to_pages(response: Response) -> Response:
        if request.endpoint in named:
            _open(response, [each.method for each in public.values()])
        return response

    blueprint.after_request(open_to_pages)


def _open(response: Response, methods: Sequence[str]) -> None:
    """Let pages of any origin read what needs no key."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Idempotent-Replayed, Retry-After"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(set(methods)))
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "600"


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**places: Any) -> Response:
        if operation.is_public:
            limits.look_at_page()
        for permission in operation.permissions:
            if not caller().may(permission):
                raise Forbidden(f"this needs the permission {permission.value}")
        if any(isinstance(each, int) and each > LARGEST_ID for each in places.values()):
            raise NotFound("there is no such resource")
        if operation.query is not None:
            places["query"] = fitting_query(operation.query, request)
        if operation.body is not None:
            request.max_content_length = LARGEST_BODY
            places["body"] = fitted(operation.body, read_object(request.get_data()))
        return _answered(operation.run(**places))

    return view


def _answered(made: Any) -> Response:
    """``made`` as the answer, which nobody keeps."""
    text = made if isinstance(made, bytes) else json.dumps(made, separators=(",", ":")).encode()
    response = Response(text, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
