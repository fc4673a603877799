"""Two languages that nobody speaks: they show what is not translated, too narrow or not mirrored.

``en-XA`` has accents and is 40 % longer than English; ``ar-XB`` is written from right to left in
Arabic letters, with the CLDR's Arabic dates. Neither is ever offered to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations

import pytest

from webapp.domain import language, speech
from webapp.domain.language import Language

LONG, MIRRORED = "en-XA", "ar-XB"
_KEPT = re.compile(r"%\([a-z_]+\)s|<[^>]+>|\{\}|invite\.ics|name@example\.org")
_PLAIN = "abcdefghijklmnopqrstuvwxyz"
_ACCENTED = str.maketrans(
    _PLAIN + _PLAIN.upper(), "åƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"
)
_ARABIC = "ابجدهوزحطيكلمنسعفصقرشتثخذض"
_MIRROR = str.maketrans(_PLAIN + _PLAIN.upper(), _ARABIC * 2)


def _between(message: str, letters: dict[int, int]) -> str:
    """``message`` with other letters, but for placeholders and tags."""
    pieces, since = [], 0
    for kept in _KEPT.finditer(message):
        pieces += [message[since : kept.start()].translate(letters), kept.group()]
        since = kept.end()
    return "".join([*pieces, message[since:].translate(letters)])


def longer(message: str) -> str:
    """``message`` with accents, and 40 % more of it."""
    more = -(-len(message) * 2 // 5)
    return _between(message, _ACCENTED) + " ļö" * (more // 3)


def mirrored(message: str) -> str:
    """``message`` in letters that are written from right to left."""
    return _between(message, _MIRROR)


class Pseudo(NullTranslations):
    """A catalogue that has every message."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._say = longer if code == LONG else mirrored

    def gettext(self, message: str) -> str:
        return self._say(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._say(msgid1 if n == 1 else msgid2)


@contextmanager
def spoken() -> Iterator[None]:
    """Both can be asked for by ``?lang=`` while the block lasts."""
    real = speech.catalogue
    with pytest.MonkeyPatch.context() as patch:
        for made in (
            Language(LONG, "Þšéûđö", "en_GB"),
            Language(MIRRORED, "بدي", "ar", "rtl"),
        ):
            patch.setitem(language.LANGUAGES, made.code, made)
        patch.setattr(
            speech,
            "catalogue",
            lambda code: Pseudo(code) if code in (LONG, MIRRORED) else real(code),
        )
        yield
    speech.speech_of.cache_clear()
