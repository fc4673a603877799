"""Questions on the booking form: made from the ``{{variables}}`` of a profile's description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.domain.errors import Invalid
from webapp.domain.speech import Sentence

KINDS = ("text", "textarea", "number", "phone", "select", "checkbox")
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_ ]{0,39}?)\s*\}\}")
OWN = frozenset({
    *("name", "email", "phone", "host", "date", "time", "duration", "organization"),
    *("openmeetingurl", "rescheduletoken"),
})  # fmt: skip
"""Variables that are filled by what is known anyway, in lower case; they make no question."""

LONGEST_ANSWER = 2000


@dataclass(frozen=True, slots=True)
class Question:
    """One field that a booker fills in. ``options`` are for ``select`` only."""

    name: str
    label: str
    type: str
    required: bool
    help: str = ""
    default: str = ""
    options: tuple[str, ...] = ()


def variables(text: str) -> tuple[str, ...]:
    """The names of the ``{{variables}}`` of a text, each once, in order of appearance."""
    return tuple(dict.fromkeys(match.group(1) for match in _VARIABLE.finditer(text)))


def questions_of(
    description: str, declared: Iterable[Mapping[str, Any]] = ()
) -> tuple[Question, ...]:
    """The form's questions: the description's variables, then what is declared beside them.

    A declaration (``{"name", "label", "type", "required", "help", "default", "options"}``)
    refines the variable of its name; a variable without one is a required line of text. Those
    with an ``order`` (a number) come first, in that order.
    """
    known = {str(each["name"]): each for each in declared}
    names = [name for name in variables(description) if name.lower() not in OWN]
    names += [name for name in known if name not in names]
    names.sort(key=lambda name: _place(known.get(name, {})))
    return tuple(_question(name, known.get(name, {})) for name in names)


def _place(declared: Mapping[str, Any]) -> float:
    order = declared.get("order")
    return order if isinstance(order, int | float) else float("inf")


def _question(name: str, declared: Mapping[str, Any]) -> Question:
    kind = str(declared.get("type", "text"))
    return Question(
        name=name,
        label=str(declared.get("label") or _label(name)),
        type=kind if kind in KINDS else "text",
        required=bool(declared.get("required", True)),
        help=str(declared.get("help", "")),
        default=str(declared.get("default", "")),
        options=tuple(str(option) for option in declared.get("options", ())),
    )


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()
    return words[:1].upper() + words[1:]


def shown_description(text: str) -> str:
    """The description as the page shows it: variables stand as their label in brackets."""
    return _VARIABLE.sub(lambda match: f"({_label(match.group(1)).lower()})", text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace known variables, in one pass: values are never read again; unknown stay as typed."""
    folded = {name.lower(): value for name, value in values.items()}
    return _VARIABLE.sub(lambda match: folded.get(match.group(1).lower(), match.group(0)), text)


def checked_answers(
    questions: Iterable[Question], given: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The answers to keep, by question name, and what is wrong, by question name.

    Answers to nothing that was asked are dropped; an unticked checkbox is "no".
    """
    kept: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for question in questions:
        value = given.get(question.name, "").strip()
        try:
            kept[question.name] = _checked(question, value)
        except Invalid as refusal:
            wrong[question.name] = refusal.message
    return kept, wrong


def _checked(question: Question, value: str) -> str:
    label = question.label
    if question.type == "checkbox":
        if question.required and not value:
            raise Invalid(Sentence("Tick “%(label)s” to go on", label=label))
        return "yes" if value else "no"
    if not value:
        if question.required:
            raise Invalid(Sentence("Enter an answer to “%(label)s”", label=label))
        return ""
    if len(value) > LONGEST_ANSWER:
        most = LONGEST_ANSWER
        told = Sentence("“%(label)s” has at most %(most)s characters", label=label, most=most)
        raise Invalid(told)
    if "\x00" in value:
        raise Invalid(Sentence("“%(label)s” has characters that cannot be kept", label=label))
    if question.type == "number" and not re.fullmatch(r"-?[0-9]{1,15}([.,][0-9]{1,6})?", value):
        raise Invalid(Sentence("Enter a number for “%(label)s”, like 3", label=label))
    if question.type == "select" and value not in question.options:
        raise Invalid(Sentence("Choose one of the answers to “%(label)s”", label=label))
    return value
