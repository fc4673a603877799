"""The forms of keys: what a new one is called, may do and how long it lives."""

from __future__ import annotations

from datetime import datetime, timedelta

from wtforms import Form, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput

from webapp.blueprints.console.forms import SelectChoice
from webapp.domain.permissions import GRANTS, SCOPE_WORDS, Caller, Permission, Role

EXPIRIES = [
    SelectChoice("30", "30 days"),
    SelectChoice("90", "90 days"),
    SelectChoice("365", "A year"),
    SelectChoice("never", "Never"),
]
OVERLAPS = [
    SelectChoice("0", "It ends now"),
    SelectChoice("1", "It works for one more hour"),
    SelectChoice("24", "It works for 24 more hours"),
]
FIRST_TICKED = (Permission.PROFILE_READ, Permission.BOOKING_READ)
"""Ticked in a new form: what shows something and changes nothing."""
_ABOUT_ONESELF = {
    Permission.CALENDAR_READ,
    Permission.CALENDAR_LINK,
    Permission.SCHEDULE_CHANGE,
}


class KeyForm(Form):
    """A new access token or API client."""

    name = StringField("Name", [InputRequired("Enter a name."), Length(max=80)])
    reach = RadioField(
        "What it may do",
        choices=[
            SelectChoice("some", "Only what is ticked here"),
            SelectChoice("all", "Everything"),
        ],
        default="some",
        validators=[InputRequired("Choose what the key may do.")],
    )
    scopes = SelectMultipleField("Ticked", option_widget=CheckboxInput())
    expires = SelectField("It expires after", choices=EXPIRIES, default="90")

    @property
    def wanted(self) -> frozenset[Permission] | None:
        """The scopes as the services take them."""
        if self.reach.data == "all":
            return None
        return frozenset(Permission(value) for value in self.scopes.data or ())

    def until(self, now: datetime) -> datetime | None:
        """When the key expires, from ``now``."""
        days = self.expires.data
        return None if days == "never" else now + timedelta(days=int(days))


class SecretForm(Form):
    """Another secret for a key that lives."""

    overlap = RadioField(
        "The old secret", choices=OVERLAPS, default="24", validators=[InputRequired("Choose one.")]
    )


def scopes_of(caller: Caller, *, client: bool) -> list[SelectChoice]:
    """What a new key can be narrowed to, in words: never more than ``caller`` may."""
    allowed = caller.allowed
    if client:
        allowed = (allowed & GRANTS[Role.API_CLIENT]) - _ABOUT_ONESELF
    return [
        SelectChoice(scope.value, words) for scope, words in SCOPE_WORDS.items() if scope in allowed
    ]


def said_of(scopes: frozenset[Permission] | None) -> str:
    """A key's scopes in words."""
    if scopes is None:
        return "Everything its holder may do"
    said = [words for scope, words in SCOPE_WORDS.items() if scope in scopes]
    return ", ".join([*said[:1], *(words[0].lower() + words[1:] for words in said[1:])])
