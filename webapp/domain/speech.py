"""Saying a sentence in a reader's language, from the catalogues in ``webapp/translations``.

Messages are written in English where they are said: ``say("No times on %(day)s.", day=day)``.
What is refused on a lower floor is a ``Sentence``: English text that remembers how it was made,
so that whoever shows it can say it in another language.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from markupsafe import Markup

from webapp.domain.idiom import Idiom, idiom_of
from webapp.domain.language import SOURCE, Language, language_of

FOLDER = Path(__file__).parent.parent / "translations"


class Sentence(str):
    """An English sentence, and the message and values it was made of."""

    message: str
    values: dict[str, object]

    def __new__(cls, message: str, /, **values: object) -> Sentence:
        """``message`` with its ``%(name)s`` filled in; values may be sentences themselves."""
        made = super().__new__(cls, message % values if values else message)
        made.message, made.values = message, values
        return made


class Speech:
    """One language: its catalogue, and what its dates look like. Called, it says a message."""

    def __init__(self, language: Language, messages: NullTranslations) -> None:
        self.language = language
        self.code = language.code
        self._one = messages.gettext
        self._many = messages.ngettext
        self._page = lru_cache(maxsize=1024)(self._marked)

    @cached_property
    def idiom(self) -> Idiom:
        """Names of days and months, patterns and lists."""
        return idiom_of(self.language.cldr)

    def __call__(self, message: str, /, **values: object) -> str:
        """``message`` in this language with its ``%(name)s`` filled in.

        A ``Sentence`` is said from its own message and values; text that is in no catalogue is
        said as it is.
        """
        if isinstance(message, Sentence):
            return self(message.message, **(message.values | values))
        said = self._one(message)
        return said % self._own(values) if values else said

    def many(self, one: str, other: str, number: int, /, **values: object) -> str:
        """The form that fits ``number``, which stands in it as ``%(number)s``."""
        return self._many(one, other, number) % self._own(values | {"number": number})

    def html(self, message: str, /, **values: object) -> Markup:
        """The same for a page: messages may hold tags, values are escaped."""
        said = self._page(message)
        return said % values if values else said

    def _marked(self, message: str) -> Markup:
        return Markup(self._one(message))  # noqa: S704 - a message is ours

    def _own(self, values: dict[str, object]) -> dict[str, object]:
        return {
            name: self(each) if isinstance(each, Sentence) else each
            for name, each in values.items()
        }


@lru_cache(maxsize=64)
def speech_of(code: str | None) -> Speech:
    """The language called ``code``, read once; English for any other text, and for None."""
    language = language_of(code)
    return Speech(language, catalogue(language.code))


def catalogue(code: str) -> NullTranslations:
    """The messages of a language; those of English are the messages themselves."""
    if code == SOURCE:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (FOLDER / code / "LC_MESSAGES" / "kalends.po").open("rb") as file:
        read: Any = read_po(file, locale=code, abort_invalid=True)
    packed = BytesIO()
    write_mo(packed, read)
    packed.seek(0)
    return GNUTranslations(packed)
