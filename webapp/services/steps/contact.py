"""Checking how a person can be reached: names, mail addresses, phone numbers."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from webapp.domain.errors import Invalid
from webapp.domain.speech import Sentence

_HIDDEN = {"Cf", "Cc", "Cs", "Co"}
"""Unicode categories that never show: bidi controls, zero-width characters, line breaks."""


def clean_line(text: str, *, field: str, what: str, most: int, required: bool = True) -> str:
    """One visible line of at most ``most`` characters, NFC; raises ``Invalid``.

    Zero-width and bidi characters are dropped; line breaks and NUL are refused.
    """
    if any(unicodedata.category(mark) == "Cc" for mark in text.strip()):
        raise Invalid(Sentence("Enter %(what)s on one line", what=what), field=field)
    normal = unicodedata.normalize("NFC", text)
    line = "".join(mark for mark in normal if unicodedata.category(mark) not in _HIDDEN).strip()
    if required and not line:
        raise Invalid(Sentence("Enter %(what)s", what=what), field=field)
    if len(line) > most:
        told = Sentence("Enter %(what)s with at most %(most)s characters", what=what, most=most)
        raise Invalid(told, field=field)
    return line


def clean_email(text: str, *, field: str = "email") -> str:
    """A deliverable-looking address with its domain in lower case; raises ``Invalid``."""
    stripped = text.strip()
    refusal = Invalid(Sentence("Enter an e-mail address, like name@example.org"), field=field)
    if not stripped or len(stripped) > 254:
        raise refusal
    try:
        return validate_email(stripped, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise refusal from error


def email_key(text: str) -> str:
    """What two spellings of one mailbox have in common, for finding a person again."""
    return text.strip().casefold()


def clean_phone(text: str, *, region: str | None = None, field: str = "phone") -> str:
    """A number in E.164 (``+4930123456``); any spacing is accepted. Raises ``Invalid``."""
    import phonenumbers  # a megabyte of tables that most requests never need

    try:
        number = phonenumbers.parse(text.strip()[:60], region)
    except phonenumbers.NumberParseException as error:
        told = Sentence("Enter a phone number with its country code, like +49 30 123456")
        raise Invalid(told, field=field) from error
    if not phonenumbers.is_valid_number(number):
        told = Sentence("Enter a phone number that exists, like +49 30 123456")
        raise Invalid(told, field=field)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
