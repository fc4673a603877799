"""Every string that a visitor meets is in the catalogues, and they say nothing else."""

from __future__ import annotations

import re

import pytest
from babel import Locale
from babel.localedata import locale_identifiers

from tests.architecture.messages import TRANSLATED, catalogue_path, faults, in_line
from tests.architecture.source import PACKAGE
from webapp.blueprints.booking.manner import manner_of
from webapp.domain.language import LANGUAGES, SOURCE

_NOT_TEXT = re.compile(
    r"\{\{.*?\}\}(?:-[a-z]+)?|\{%.*?%\}|\{#.*?#\}|<style>.*?</style>|<!.*?>|&[a-z]+;", re.S
)
_TOLD = re.compile(r'(?:aria-label|title|placeholder|alt|data-title|data-say)="([^"]*)"')
_WORD = re.compile(r"[A-Za-z]{2,}")


def public_templates() -> list[str]:
    """The templates that visitors and readers of mails meet."""
    folder = PACKAGE / "templates"
    paths = [folder / "base.html"]
    for name in ("booking", "errors", "mail"):
        paths += sorted((folder / name).rglob("*.*"))
    return [path.relative_to(folder).as_posix() for path in paths]


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_has_every_message_and_nothing_else(code: str) -> None:
    """Run ``python -m tests.architecture.messages --write`` and translate what is empty."""
    assert list(faults(code)) == []


def test_every_language_that_is_offered_has_a_catalogue_and_every_catalogue_is_offered() -> None:
    folders = {path.name for path in (PACKAGE / "translations").iterdir() if path.is_dir()}
    assert folders == LANGUAGES.keys() - {SOURCE} == set(TRANSLATED)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_stands_as_the_command_writes_it(code: str) -> None:
    kept, written = catalogue_path(code).read_text(), in_line(code).decode()
    by = re.compile(r'^"Generated-By: .*$', re.M)
    assert by.sub("", kept) == by.sub("", written)


@pytest.mark.parametrize("name", public_templates())
def test_a_template_has_no_words_outside_messages(name: str) -> None:
    text = (PACKAGE / "templates" / name).read_text()
    bare = _NOT_TEXT.sub("", text)
    words = [word for told in _TOLD.findall(bare) for word in _WORD.findall(told)]
    words += _WORD.findall(re.sub(r"<[^>]*>", " ", bare))
    assert set(words) <= {"Kalends"}


def test_hours_and_weeks_are_those_of_the_cldr() -> None:
    """What a region writes in each language that we have."""
    wrong = []
    for name in locale_identifiers():
        language, _, region = name.partition("_")
        if language not in LANGUAGES or not re.fullmatch("[A-Z]{2}", region):
            continue
        locale = Locale.parse(name)
        manner = manner_of(f"{language}-{region}")
        told = (12 if "a" in locale.time_formats["short"].pattern else 24, locale.first_week_day)
        start = 6 if told[1] == 6 else 0
        if (manner.notation, manner.week_start) != (told[0], start):
            wrong.append((name, told, manner.notation, manner.week_start))
    assert wrong == []
