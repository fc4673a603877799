"""Which language somebody is answered in, and how days, lists and numbers are said in each."""

from __future__ import annotations

from datetime import date

import pytest

from webapp.domain.errors import Invalid
from webapp.domain.language import LANGUAGES, Choice, negotiated
from webapp.domain.speech import Sentence, speech_of
from webapp.domain.spoken_time import in_words
from webapp.domain.zones import zone

THURSDAY = date(2026, 11, 12)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", Choice("de", "AT")),
        ("pt-BR, es;q=0.7, en;q=0.8", Choice("en")),
        ("en;q=0, fr-CA", Choice("fr", "CA")),
        ("it, *;q=0.5", Choice("es")),
        ("zh-Hant-TW", Choice("es")),
        ("", Choice("es")),
        ("de;q=x, ;;;,, fr", Choice("fr")),
        ("x" * 5000 + ", de", Choice("es")),
        (", ".join(["xx"] * 30) + ", de", Choice("es")),
        ("de;q=1e9, \x00, ../../etc/passwd", Choice("es")),
    ],
)
def test_the_most_wanted_language_that_we_have_is_spoken_else_the_organizations(
    header: str, wanted: Choice
) -> None:
    assert negotiated(None, header, "es") == wanted


def test_a_language_that_was_chosen_wins_and_nonsense_counts_for_nothing() -> None:
    assert negotiated("fr", "de-DE", "es") == Choice("fr")
    assert negotiated("fr", "de-DE, fr-CA;q=0.1", "es") == Choice("fr", "CA")
    for named in ("xx", "", "de/../en", None):
        assert negotiated(named, "de-DE", "es").code == "de"
    assert negotiated(None, "", "xx").code == "en"


@pytest.mark.parametrize(
    ("code", "full", "short", "month", "listed"),
    [
        ("en", "Thursday 12 November 2026", "Thu 12 Nov", "November 2026", "a, b or c"),
        ("de", "Donnerstag, 12. November 2026", "Do., 12. Nov.", "November 2026", "a, b oder c"),
        ("fr", "jeudi 12 novembre 2026", "jeu. 12 nov.", "novembre 2026", "a, b ou c"),
        ("es", "jueves, 12 de noviembre de 2026", "jue, 12 nov", "noviembre de 2026", "a, b o c"),
    ],
)
def test_days_and_lists_are_said_as_the_language_does(
    code: str, full: str, short: str, month: str, listed: str
) -> None:
    idiom = speech_of(code).idiom
    assert (idiom.full_day(THURSDAY), idiom.short_day(THURSDAY)) == (full, short)
    assert (idiom.month_year(THURSDAY), idiom.listed("abc", "or")) == (month, listed)
    assert [idiom.listed(words) for words in ((), ("a",))] == ["", "a"]


@pytest.mark.parametrize(
    ("code", "lengths"),
    [
        ("en", ["0 minutes", "1 minute", "45 minutes", "1 hour", "2 hours 1 minute"]),
        ("de", ["0 Minuten", "1 Minute", "45 Minuten", "1 Stunde", "2 Stunden 1 Minute"]),
        ("fr", ["0 minute", "1 minute", "45 minutes", "1 heure", "2 heures 1 minute"]),
        ("es", ["0 minutos", "1 minuto", "45 minutos", "1 hora", "2 horas 1 minuto"]),
    ],
)
def test_numbers_take_the_form_that_the_language_wants(code: str, lengths: list[str]) -> None:
    assert [in_words(each, speech_of(code)) for each in (0, 1, 45, 60, 121)] == lengths


def test_the_clock_is_written_by_12_or_24_hours() -> None:
    labels = {code: speech_of(code).idiom.clock(12)[870] for code in LANGUAGES}
    assert labels["en"] == "2:30 pm"
    assert labels["es"] == "2:30 p.m."
    assert [speech_of(code).idiom.clock(24)[545] for code in ("en", "de", "fr", "es")] == [
        *("09:05", "09:05", "09:05", "9:05")
    ]
    assert all(len(set(speech_of(c).idiom.clock(n))) == 1440 for c in LANGUAGES for n in (12, 24))


def test_a_refusal_is_english_and_can_be_said_in_any_language() -> None:
    with pytest.raises(Invalid) as refused:
        zone("Berlim")
    told = refused.value.message
    assert told == "There is no time zone called “Berlim”. Did you mean Europe/Berlin?"
    assert speech_of("de")(told) == ("Es gibt keine Zeitzone „Berlim“. Meinten Sie Europe/Berlin?")


def test_a_sentence_within_a_sentence_is_said_in_the_same_language() -> None:
    told = Sentence("Enter %(what)s", what=Sentence("your name"))
    assert told == "Enter your name"
    assert speech_of("fr")(told) == "Saisissez votre nom"


def test_what_is_in_no_catalogue_is_said_as_it_is() -> None:
    assert speech_of("de")("100 % of nothing") == "100 % of nothing"
    assert speech_of("de").html("%(name)s cancelled this booking.", name="<b>") == (
        "&lt;b&gt; hat diese Buchung abgesagt."
    )
