"""Which passwords are good enough: long, and not the first thing anybody would try."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.domain.errors import Invalid

SHORTEST = 12
LONGEST = 128
_FEWEST_KINDS = 5
_OBVIOUS = (
    *("password", "passwort", "motdepasse", "contrasena", "letmein", "welcome", "iloveyou"),
    *("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "1q2w3e4r", "admin", "kalends"),
    *("0123456789", "9876543210", "abcdefghij"),
)
_FEWEST_OF_ONES_OWN = 5


def check_password(password: str, *, known: Iterable[str] = ()) -> None:
    """Raise ``Invalid`` unless ``password`` may protect an account.

    12 to 128 characters, any characters, no rules of composition. Refused are few different
    characters and obvious words (``known``: the person's name, address and organization) with
    less than five characters beside them.
    """
    if len(password) < SHORTEST:
        raise Invalid(f"Use at least {SHORTEST} characters; a sentence is fine.", field="password")
    if len(password) > LONGEST:
        raise Invalid(f"Use at most {LONGEST} characters.", field="password")
    if len(set(password)) < _FEWEST_KINDS:
        raise Invalid("Use more different characters.", field="password")
    rest = password.casefold()
    for word in sorted((*_OBVIOUS, *_words(known)), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest.strip("0123456789!?. -_")) < _FEWEST_OF_ONES_OWN and rest != password.casefold():
        raise Invalid("That is easy to guess; add words of your own.", field="password")


def _words(known: Iterable[str]) -> list[str]:
    """The parts of names and addresses that are long enough to be recognised."""
    parts: list[str] = []
    for text in known:
        for part in text.casefold().replace("@", " ").replace(".", " ").replace("-", " ").split():
            if len(part) > 3:
                parts.append(part)
    return parts
