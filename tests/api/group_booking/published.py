"""The published schemas as facts, closed: every key listed is there and no other but newer ones."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

_FACTS = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "group_booking.json").read_text(encoding="utf-8")
)
OPERATIONS: dict[str, dict[str, Any]] = _FACTS["operations"]
SCHEMAS: dict[str, dict[str, Any]] = _FACTS["schemas"]
FIELDS_IN_ERRORS = {"code", "message", "requestId", "details"}

NEWER = {
    "WeekWorkSchedule": {"source"},
    "BookingOutDto": {"clientOrgId"},
    "BookingTimesOutDto": {"limit", "offset", "done", "totalSize", "existingMeeting"},
    "CreateMeetingResponse": {"rescheduleToken", "reservationId"},
    "ConfirmReservationOutDto": {"rescheduleToken"},
}
"""Keys that the newer of the published clients knows beside the schema."""

RENAMED = {"ReservationId"}
"""Keys that are written otherwise than the schema spells them."""

NULLS = {
    *("startTime", "endTime", "workHours", "availabilityIntervals", "context", "clientOrgId"),
    *("nextPageToken", "nextFromDate", "default", "id", "reservationId", "groupXid"),
    "existingMeeting",
}
"""Keys that may hold null where there is nothing to tell."""


def operation_at(method: str, path: str) -> dict[str, Any]:
    """The published operation that a request meets."""
    for each in OPERATIONS.values():
        pattern = re.sub(r"\{\w+\}", "[^/]+", each["path"])
        if each["method"] == method and re.fullmatch(pattern, path):
            return each
    raise KeyError((method, path))


def check(method: str, path: str, answer: Any) -> None:
    """Fail when an answer is not what was published."""
    faults = list(_faults(answer, {"$ref": operation_at(method, path)["answer"]}, "answer", ""))
    assert faults == []


def _faults(value: Any, schema: dict[str, Any], at: str, key: str) -> list[str]:
    if value is None:
        return [] if key in NULLS else [f"{at} is null"]
    if "$ref" in schema:
        name = schema["$ref"]
        return _of_kind(value, SCHEMAS[name], at, NEWER.get(name, set()))
    return _of_kind(value, schema, at, set())


def _of_kind(value: Any, schema: dict[str, Any], at: str, newer: set[str]) -> list[str]:
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        if not isinstance(value, dict):
            return [f"{at} is no object"]
        known = schema["properties"]
        there, listed = set(value), set(known) - RENAMED
        faults = [f"{at}.{name} is missing" for name in sorted(listed - there)]
        faults += [f"{at}.{name} is not published" for name in sorted(there - listed - newer)]
        for name in there & listed:
            faults += _faults(value[name], known[name], f"{at}.{name}", name)
        return faults
    if kind == "array":
        if not isinstance(value, list):
            return [f"{at} is no list"]
        return [
            f for n, e in enumerate(value) for f in _faults(e, schema["items"], f"{at}[{n}]", "")
        ]
    return [] if _plain(value, schema) else [f"{at} is {value!r}, not {schema}"]


def _plain(value: Any, schema: dict[str, Any]) -> bool:
    kinds: dict[str, type] = {"integer": int, "string": str, "boolean": bool}
    kind = kinds[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if schema.get("format") == "date-time":
        return value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None
    if schema.get("format") == "date":
        return date.fromisoformat(value).isoformat() == value
    return True
