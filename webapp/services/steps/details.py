"""What a booker fills in, and whether all of it is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from webapp.domain.errors import FormInvalid, Invalid
from webapp.domain.questions import checked_answers, questions_of
from webapp.domain.speech import Sentence
from webapp.domain.zones import zone
from webapp.services.steps.contact import clean_email, clean_line, clean_phone
from webapp.services.steps.offering import Offering

MOST_GUESTS = 10
NOBODY = "Guest"
"""What somebody is called whom a program does not name."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a booker fills in. ``second_ok``: yes, another booking on the same day. ``locale`` and
    ``time_notation`` are what they read the form in, "" to leave what the draft has.
    ``anonymous``: a program books, name and address may be empty and nobody is written to then."""

    name: str
    email: str
    phone: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    guests: tuple[str, ...] = ()
    zone: str = ""
    second_ok: bool = False
    locale: str = ""
    time_notation: str = ""
    anonymous: bool = False


def check_details(profile: Offering, details: Details) -> Details:
    """The details cleaned for keeping; raises ``FormInvalid`` with every faulty field."""
    errors: dict[str, str] = {}

    def attempt(check: Callable[..., str], *args: object, **kwargs: object) -> str:
        try:
            return check(*args, **kwargs)
        except Invalid as refusal:
            errors.setdefault(refusal.field or "form", refusal.message)
            return ""

    if details.anonymous and not details.name.strip():
        details = replace(details, name=details.email.strip()[:200] or NOBODY)
    name = attempt(clean_line, details.name, field="name", what=Sentence("your name"), most=200)
    addressed = details.email.strip() or not details.anonymous
    email = attempt(clean_email, details.email) if addressed else ""
    needs_phone = profile.location_kind.value == "invitee_phone"
    phone = ""
    if details.phone.strip() or needs_phone:
        phone = attempt(clean_phone, details.phone)
    guests = [guest for guest in details.guests if guest.strip()]
    if len(guests) > MOST_GUESTS:
        errors["guests"] = Sentence("Add at most %(most)s guests", most=MOST_GUESTS)
    cleaned = tuple(attempt(clean_email, guest, field="guests") for guest in guests[:MOST_GUESTS])
    asked = questions_of(profile.description, profile.questions)
    answers, wrong = checked_answers(asked, details.answers)
    errors |= {f"answer-{name}": sentence for name, sentence in wrong.items()}
    zone_name = attempt(lambda: zone(details.zone).key) if details.zone else ""
    if errors:
        raise FormInvalid(errors)
    return replace(
        details,
        name=name,
        email=email,
        phone=phone,
        answers=answers,
        guests=cleaned,
        zone=zone_name,
    )
