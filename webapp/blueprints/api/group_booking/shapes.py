"""The small shapes that this surface's schemas are made of: names, lines, instants, periods."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from webapp.blueprints.api.kit.operation import LARGEST_ID
from webapp.domain import periods
from webapp.domain.errors import Invalid
from webapp.domain.periods import Period
from webapp.domain.required import Required
from webapp.domain.span import FIRST, LAST
from webapp.services.steps.profile_draft import RESERVED_SLUGS

CAMEL = ConfigDict(
    alias_generator=to_camel, validate_by_name=False, validate_by_alias=True, strict=True
)
"""Keys in camelCase, types as they are, and what is unknown is ignored."""

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_SLUG = re.compile(r"[A-Za-z0-9-]{1,60}")
_UNSEEN = {"Cf", "Cc", "Cs", "Co", "Zs", "Zl", "Zp"}


def fault(said: str) -> PydanticCustomError:
    """A fault in words of our own."""
    return PydanticCustomError("kalends", "{said}", {"said": said})


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise fault("A name has 1 to 60 letters, digits and hyphens: it is part of an address")
    if text.lower() in RESERVED_SLUGS:
        raise fault("This name has a meaning of its own; choose another")
    return text


def one_line(text: str) -> str:
    """Text without ends of lines."""
    if any(unicodedata.category(mark) == "Cc" for mark in text.strip()):
        raise fault("Write it on one line")
    return text


def _seen(text: str) -> str:
    if all(unicodedata.category(mark) in _UNSEEN for mark in text):
        raise fault("Write something that can be seen")
    return text


def _link(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s<>\"']{1,480}", text.strip()):
        raise fault("Write a link, like https://meet.example.org/room")
    return text


def instant_of(value: Any) -> datetime:
    """An RFC 3339 instant with its offset, in UTC; for use as a validator."""
    if isinstance(value, datetime):
        return value
    told = fault("Write an instant like 2026-01-27T14:00:00Z")
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise told
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise told from None
    if not FIRST <= moment < LAST:
        raise fault("Instants lie between 1970 and 2100")
    return moment


def instant_or_none(value: Any) -> datetime | None:
    """The same of raw values, for what no single field can tell."""
    try:
        return None if value is None else instant_of(value)
    except ValueError:
        return None


def _period(value: Any) -> Period:
    if not isinstance(value, str):
        raise fault("Write a period like P30D, P4W or P3M")
    try:
        return periods.period(value)
    except Invalid as refusal:
        raise fault(refusal.message) from None


def _required(value: Any) -> Required:
    if value not in ("one", "all"):
        raise fault("Write one or all")
    return Required(value)


Slug = Annotated[
    str,
    AfterValidator(_slug),
    Field(description="Names the profile in its address: unique, whatever the case"),
]
Line = Annotated[str, AfterValidator(one_line)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line),
                 AfterValidator(_seen)]  # fmt: skip
Link = Annotated[Line, Field(max_length=500), AfterValidator(_link)]
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Instant = Annotated[
    datetime,
    BeforeValidator(instant_of),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
PeriodText = Annotated[
    Period,
    BeforeValidator(_period),
    WithJsonSchema({
        "type": "string",
        "examples": ["P30D", "P4W", "P3M"],
        "description": "ISO 8601 in whole days, 1 to 365 of them; a month has 30, a year 365",
    }),
]  # fmt: skip
Mode = Annotated[
    Required,
    BeforeValidator(_required),
    WithJsonSchema({"type": "string", "enum": ["one", "all"]}),
]
