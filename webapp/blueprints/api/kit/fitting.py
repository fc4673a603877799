"""Fitting what came over the wire into a model, every fault named at once by its JSON path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from webapp.domain.errors import FormInvalid, Invalid

Model = TypeVar("Model", bound=BaseModel)

_MOST_FAULTS = 100
_WORDS = {
    "missing": "This is needed",
    "int_type": "Write a whole number",
    "int_from_float": "Write a whole number",
    "int_parsing": "Write a whole number",
    "int_parsing_size": "This number is too large",
    "string_type": "Write text",
    "bool_type": "Write true or false",
    "list_type": "Write a list",
    "model_type": "Write an object",
    "model_attributes_type": "Write an object",
    "dict_type": "Write an object",
    "literal_error": "Write {expected}",
    "enum": "Write {expected}",
    "greater_than_equal": "Write a number from {ge} on",
    "less_than_equal": "Write a number up to {le}",
    "string_too_short": "Write at least {min_length} characters",
    "string_too_long": "Write at most {max_length} characters",
    "too_short": "List at least {min_length}",
    "too_long": "List at most {max_length}",
}


def fitted(model: type[Model], values: Mapping[str, Any]) -> Model:
    """``values`` as ``model``; raises ``FormInvalid`` with a sentence for every faulty place.

    A model may say in ``beyond(values)`` what no single field of it can tell: pairs of a place and
    a sentence, found in values that may be of any type.
    """
    faults: dict[str, str] = {}
    made = None
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False)[:_MOST_FAULTS]:
            faults.setdefault(_path(each["loc"]), _said(each))
    for place, said in getattr(model, "beyond", _nothing)(values):
        faults.setdefault(place, said)
    if faults or made is None:
        raise FormInvalid(dict(islice(faults.items(), _MOST_FAULTS)))
    return made


def _nothing(_: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ()


def fitting_query(model: type[Model], request: Request) -> Model:
    """The request's query as ``model``; what is empty counts as left out."""
    return fitted(model, {name: value for name, value in request.args.items() if value})


def whole(text: str, field: str, *, most: int = 2**63 - 1) -> int:
    """A whole number from 0 to ``most`` out of a header or parameter; raises ``Invalid``."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > most:
        raise Invalid("Write a whole number", field=field)
    return int(text)


def _path(loc: tuple[int | str, ...]) -> str:
    """``workHours.daySchedules[0].workingIntervals``."""
    made = ""
    for part in loc:
        if isinstance(part, int):
            made += f"[{part}]"
        else:
            made += f".{part}" if made else part
    return made or "body"


def _said(fault: ErrorDetails) -> str:
    words = _WORDS.get(fault["type"])
    return words.format_map(fault.get("ctx", {})) if words else fault["msg"]
