"""Reading JSON from strangers: one object, told exactly once, of characters that can be kept."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from webapp.domain.errors import FormInvalid, Invalid

LARGEST_BODY = 256 * 1024
DEEPEST = 32
_NEVER_KEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WHOLE = "body"
"""What faults of the body as such are filed under."""


def read_object(data: bytes) -> dict[str, Any]:
    """The JSON object in ``data`` (UTF-8); raises ``Invalid`` for everything else.

    Refused are names told twice in one object, NaN and infinities, characters that cannot be kept
    (NUL and other controls, halves of surrogate pairs), and what is nested too deeply. What the
    request says about its content type does not matter.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The body is not UTF-8", field=_WHOLE) from None
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        told = f"The body is not JSON: line {error.lineno}, column {error.colno}"
        raise Invalid(told, field=_WHOLE) from None
    except RecursionError:
        raise Invalid("The body is nested too deeply", field=_WHOLE) from None
    except ValueError:  # a number of thousands of digits
        raise Invalid("The body has a number that is too long", field=_WHOLE) from None
    if not isinstance(found, dict):
        raise Invalid("The body must be a JSON object", field=_WHOLE)
    faults: dict[str, str] = {}
    _look(found, "", 1, faults)
    if faults:
        raise FormInvalid(faults)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Invalid("The body says the same name twice in one object", field=_WHOLE)
    return made


def _no_number(_: str) -> NoReturn:
    raise Invalid("The body has a number that is none", field=_WHOLE)


def _look(value: Any, path: str, depth: int, faults: dict[str, str]) -> None:
    """Note every text that cannot be kept."""
    if depth > DEEPEST:
        raise Invalid("The body is nested too deeply", field=_WHOLE)
    if isinstance(value, dict):
        for name, each in value.items():
            if not _can_be_kept(name):
                faults[path or _WHOLE] = "There is a name with characters that cannot be kept"
            else:
                _look(each, f"{path}.{name}" if path else name, depth + 1, faults)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            _look(each, f"{path}[{place}]", depth + 1, faults)
    elif isinstance(value, str) and not _can_be_kept(value):
        faults[path] = "There are characters that cannot be kept"


def _can_be_kept(text: str) -> bool:
    return _NEVER_KEPT.search(text) is None
