"""What an invitee fills in: name and address, the profile's questions, guests.

The form knows the wire and keeps what was typed; what is right is decided by ``services.holds``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField

from webapp.blueprints.booking.manner import Manner
from webapp.domain.errors import Invalid
from webapp.domain.questions import LONGEST_ANSWER, Question
from webapp.domain.span import FIRST, LAST
from webapp.domain.speech import Sentence, Speech
from webapp.services.holds import Details

_KINDS = {"number": "text", "phone": "tel"}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as the template writes it; ``error`` stands beside it and in the summary."""

    id: str
    name: str
    label: str
    kind: str
    value: str
    required: bool
    help: str = ""
    error: str = ""
    autocomplete: str = ""
    inputmode: str = ""
    longest: int = 200
    rows: int = 3
    options: tuple[str, ...] = ()


class DetailsForm(Form):
    """The fields that every profile has; those of its questions are added by ``form_for``."""

    name = StringField()
    email = StringField()
    phone = StringField()
    guests = StringField()
    second_ok = StringField()
    start = StringField()
    keep = StringField()
    key = StringField()


@lru_cache(maxsize=256)
def _form_class(names: tuple[str, ...]) -> type[DetailsForm]:
    return type("AskedForm", (DetailsForm,), {name: StringField() for name in names})


@dataclass(frozen=True, slots=True)
class DetailsEntry:
    """What was typed for one profile, read once."""

    form: DetailsForm
    questions: tuple[Question, ...]
    phone_asked: bool
    phone_required: bool

    def text(self, name: str) -> str:
        """What stands in the field ``name``, cut where no service would read on."""
        value = self.form[name].data
        return value[: LONGEST_ANSWER + 1] if isinstance(value, str) else ""

    def details(self, zone_name: str, manner: Manner) -> Details:
        """What was typed, for ``holds.confirm`` to check."""
        answers = {
            question.name: self.text(f"q{place}") for place, question in enumerate(self.questions)
        }
        return Details(
            name=self.text("name"),
            email=self.text("email"),
            phone=self.text("phone"),
            answers=answers,
            guests=tuple(self.text("guests").replace(",", "\n").split("\n")),
            zone=zone_name,
            second_ok=self.text("second_ok") == "1",
            locale=manner.say.code,
            time_notation=str(manner.notation),
        )

    def fields(self, errors: Mapping[str, str], say: Speech) -> tuple[FieldView, ...]:
        """The fields everybody sees, in order; ``errors`` by the names the service uses."""
        found = [
            self._field("name", say("Name"), "text", errors, autocomplete="name"),
            self._field(
                "email",
                say("E-mail address"),
                "email",
                errors,
                autocomplete="email",
                inputmode="email",
            ),
        ]
        if self.phone_asked:
            found.append(
                self._field(
                    "phone",
                    say("Phone number"),
                    "tel",
                    errors,
                    autocomplete="tel",
                    inputmode="tel",
                    required=self.phone_required,
                    help=say("With the country code, like +49 30 123456."),
                )
            )
        return (*found, *(self._question(i, q, errors) for i, q in enumerate(self.questions)))

    def more(self, errors: Mapping[str, str], say: Speech) -> tuple[FieldView, ...]:
        """The fields behind "Add guests"."""
        return (
            self._field(
                "guests",
                say("Guests"),
                "textarea",
                errors,
                required=False,
                help=say("One e-mail address per line; they get the invitation too."),
            ),
        )

    def _field(
        self,
        name: str,
        label: str,
        kind: str,
        errors: Mapping[str, str],
        *,
        required: bool = True,
        help: str = "",
        autocomplete: str = "",
        inputmode: str = "",
    ) -> FieldView:
        return FieldView(
            id=name,
            name=name,
            label=label,
            kind=kind,
            value=self.text(name),
            required=required,
            help=help,
            error=errors.get(name, ""),
            autocomplete=autocomplete,
            inputmode=inputmode,
            longest=LONGEST_ANSWER if kind == "textarea" else 254,
        )

    def _question(self, place: int, question: Question, errors: Mapping[str, str]) -> FieldView:
        name = f"q{place}"
        kind = _KINDS.get(question.type, question.type)
        return FieldView(
            id=name,
            name=name,
            label=question.label,
            kind=kind,
            value=self.text(name),
            required=question.required,
            help=question.help,
            error=errors.get(f"answer-{question.name}", ""),
            inputmode={"number": "decimal", "phone": "tel"}.get(question.type, ""),
            longest=LONGEST_ANSWER,
            options=question.options,
        )


def entry_of(
    typed: MultiDict[str, str] | None,
    questions: tuple[Question, ...],
    *,
    phone_asked: bool,
    phone_required: bool,
) -> DetailsEntry:
    """The form of a profile, filled with what was typed, or with its defaults for a first look."""
    names = tuple(f"q{place}" for place in range(len(questions)))
    if typed is None:
        defaults = {name: q.default for name, q in zip(names, questions, strict=True)}
        typed = MultiDict(defaults)
    return DetailsEntry(_form_class(names)(typed), questions, phone_asked, phone_required)


def summary(fields: tuple[FieldView, ...]) -> tuple[tuple[str, str], ...]:
    """What the error summary lists: pairs of a field's id and its sentence."""
    return tuple((field.id, field.error) for field in fields if field.error)


def instant(text: str) -> datetime:
    """The UTC instant that a time's button posts; raises ``Invalid`` for anything else."""
    refusal = Invalid(Sentence("Choose a time"), field="start")
    if not text or len(text) > 40:
        raise refusal
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None or not FIRST <= found < LAST:
            raise refusal
    except (ValueError, OverflowError) as error:
        raise refusal from error
    return found.astimezone(UTC)
