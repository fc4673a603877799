"""How the console's forms are read, and how a use case's refusal finds its field."""

from __future__ import annotations

from typing import TypeVar

from flask import request
from wtforms import Form

# Every form takes its choices from here, because the stubs of WTForms do not know their class.
from wtforms.fields.choices import SelectChoice as SelectChoice  # type: ignore[attr-defined]

from webapp.domain.errors import Refusal

F = TypeVar("F", bound=Form)

LONGEST_TEXT = 10_000
"""No field of the console reads more; what is longer is refused by the service that knows why."""


def typed(kind: type[F], **stored: object) -> F:
    """The form as it was sent, or filled from what is ``stored`` where nothing was sent."""
    return kind(request.form if request.method == "POST" else None, data=dict(stored))


def refused(form: Form, refusal: Refusal) -> None:
    """Put the refusal's sentence at its field, or above the form when it names none of its own."""
    name = refusal.field
    if name is not None and name in form:
        form[name].errors = [*form[name].errors, refusal.message]
    else:
        form.form_errors.append(refusal.message)
