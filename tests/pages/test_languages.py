"""The public pages in every language: which one, kept how, and nothing left in English."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import pseudo
from tests.pages.reading import heading, hidden, starts, title, words
from tests.pages.steps import GRACE, HOME, NINE, TEN, book, draft
from tests.pages.test_budgets import FULL, full_profile
from tests.world import World
from webapp.blueprints.booking.kept import kept
from webapp.domain.speech import speech_of
from webapp.models import LocationKind

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
OTHERS = ("de", "fr", "es")


@pytest.fixture
def intro(world: World) -> World:
    world.profile()
    return world


def change(world: World, statement: str, **values: object) -> None:
    with world.desk.begin(world.owner) as uow:
        plain = sa.text(statement).execution_options(unscoped="a test sets the stage")
        uow.session.execute(plain, values)


def speaks(page: str) -> tuple[str, str]:
    """The language and direction that the page says it has."""
    found = re.search(r'<html lang="([^"]+)" dir="([^"]+)">', page)
    assert found
    return found[1], found[2]


# ------------------------------------------------------------------------------ which language


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "de-DE,de;q=0.9", "de"),
        ("", "pt,es;q=0.4", "es"),
        ("", "pt", "en"),
        ("?lang=fr", "de-DE", "fr"),
        ("?lang=xx", "de-DE", "de"),
        ("?lang=ar-XB", "de-DE", "de"),
        ("?lang=../de", "", "en"),
    ],
)
def test_a_page_is_in_the_language_of_its_address_else_of_the_browser(
    intro: World, client: FlaskClient, query: str, header: str, language: str
) -> None:
    page = client.get(f"{HOME}{query}", headers={"Accept-Language": header})
    assert speaks(page.text) == (language, "ltr")
    assert page.headers["Content-Language"] == language
    assert "Accept-Language" in page.headers["Vary"]
    assert speech_of(language)("Soonest") in words(page)


def test_without_any_wish_the_organizations_language_is_spoken(
    intro: World, client: FlaskClient
) -> None:
    change(intro, "UPDATE organization SET locale = 'es', revision = revision + 1")
    assert speaks(client.get(HOME).text)[0] == "es"
    assert speaks(client.get("/harbour/nothing").text)[0] == "es"
    assert speaks(client.get(HOME, headers=GERMAN).text)[0] == "de"


def test_the_foot_offers_each_language_in_itself_and_leads_to_the_same_page(
    intro: World, client: FlaskClient
) -> None:
    page = client.get(f"{HOME}?d=2026-11-25&tz=Asia/Tokyo&lang=fr&auto=1&was=UTC").text
    links = re.findall(
        r'<a href="([^"]+)" lang="(\w+)" [^>]*?( aria-current="true")?>([^<]+)', page
    )
    assert [(code, name, bool(now)) for _, code, now, name in links] == [
        ("en", "English", False),
        ("de", "Deutsch", False),
        ("fr", "Français", True),
        ("es", "Español", False),
    ]
    german = client.get(html.unescape(links[1][0]))
    assert links[1][0] == f"{HOME}?d=2026-11-25&amp;tz=Asia%2FTokyo&amp;lang=de"
    assert "Mittwoch, 25. November" in title(german)
    assert "Tokio" in words(german)


def test_no_address_makes_the_foot_lead_elsewhere(client: FlaskClient) -> None:
    page = client.get("//evil.example.org/x%22%3E?a=%22%3E<b>").text
    links = re.findall(r'<a href="([^"]+)" lang=', page)
    assert len(links) == 4
    assert all(re.match(r"/[^/\\]", link) for link in links)
    assert "<b>" not in page


# ------------------------------------------------------------------------- kept on the way


def test_a_chosen_language_goes_along_every_link_and_form_to_the_receipt(
    intro: World, client: FlaskClient
) -> None:
    page = client.get(f"{HOME}?d=2026-11-24&lang=de")
    inside = page.text.partition("<main")[2].partition("</main>")[0]
    links = [each for each in re.findall(r'href="(/[^"]+)"', inside) if "/o/zones" not in each]
    assert links
    assert [each for each in links if "lang=de" not in each] == []
    assert hidden(page)["lang"] == "de"
    held = client.post(f"{HOME}/hold", data=hidden(page) | {"start": NINE})
    form = client.get(held.headers["Location"])
    assert heading(form) == "Ihre Angaben"
    made = client.post(held.headers["Location"], data=hidden(form) | GRACE)
    receipt = client.get(made.headers["Location"])
    assert heading(receipt) == "Gebucht"
    inside = receipt.text.partition("<main")[2].partition("</main>")[0]
    links = re.findall(r'href="(/harbour/m/[^"]+)"', inside)
    assert [each for each in links if "lang=de" not in each and ".ics" not in each] == []


def test_the_language_and_the_hours_of_a_booking_are_kept_with_it(
    intro: World, client: FlaskClient
) -> None:
    """The receipt speaks as the booking was made, whatever browser opens it later."""
    page = client.get(f"{HOME}?d=2026-11-24&lang=es&h=12")
    data = hidden(page) | {"start": "2026-11-24T13:30Z"}
    held = client.post(f"{HOME}/hold", data=data).headers["Location"]
    bare = held.partition("?")[0]
    form = client.get(bare, headers=GERMAN)
    assert heading(form) == "Sus datos"
    receipt = client.post(bare, data=hidden(form) | GRACE, headers=GERMAN).headers["Location"]
    assert intro.desk.sql("SELECT locale, time_notation FROM booking") == [("es", "12")]
    later = client.get(receipt, headers=GERMAN)
    assert heading(later) == "Reserva confirmada"
    assert "2:30 p.m." in words(later)
    assert heading(client.get(f"{receipt}?lang=fr", headers=GERMAN)) == "C’est réservé"
    assert intro.desk.sql("SELECT locale FROM booking") == [("es",)]


def test_the_hours_can_be_switched_beside_the_zone_and_stay_so(
    intro: World, client: FlaskClient
) -> None:
    page = client.get(f"{HOME}?d=2026-11-24&tz=Europe/Berlin")
    found = re.search(r'id="hours" href="([^"]+)"[^>]*>([^<]+)<', page.text)
    assert found
    assert found[2] == "12-hour clock"
    by_12 = client.get(html.unescape(found[1]))
    assert "2:30 pm" in words(by_12)
    back = re.search(r'id="hours" href="([^"]+)"[^>]*>([^<]+)<', by_12.text)
    assert back
    assert back[2] == "24-hour clock"
    assert "14:30" in words(client.get(html.unescape(back[1])))
    assert "h=12" in re.findall(r'id="d25"[^>]*href="([^"]+)"', by_12.text)[0]


def test_what_is_kept_of_a_page_is_kept_by_language_and_hours(
    intro: World, client: FlaskClient
) -> None:
    asked = [("de", ""), ("en-US", ""), ("en-GB", ""), ("fr", ""), ("en-GB", "&h=12")]

    def look() -> list[tuple[str, str]]:
        found = []
        for header, query in asked:
            page = client.get(f"{HOME}?d=2026-11-24{query}", headers={"Accept-Language": header})
            found.append((page.headers["ETag"], page.text.partition("<main")[2][:3000]))
        return found

    assert kept(client.application).enabled
    first, again = look(), look()
    strip = [re.sub(r'name="key" value="[^"]+"', "", text) for _, text in first]
    assert strip == [re.sub(r'name="key" value="[^"]+"', "", text) for _, text in again]
    assert len(set(strip)) == len(asked) == len({tag for tag, _ in first})


# --------------------------------------------------------------------- nothing left in English


@pytest.fixture
def mirrored(world: World) -> Iterator[World]:
    """The world with an organization whose language has no Latin letters at all."""
    with pseudo.spoken():
        change(world, "UPDATE organization SET locale = 'ar-XB', revision = revision + 1")
        yield world


OWN = {
    *("Harbour", "Ada", "Berg", "Bela", "Cruz", "Chris", "Dahl", "Intro", "call", "Kalends"),
    *("Grace", "Hopper", "example", "org", "UTC", "English", "Deutsch", "Fran", "ais", "Espa"),
    *("Google", "Outlook", "com", "Office", "Yahoo", "https", "meet", "Topic", "topic", "Kolkata"),
    *("name", "berlim", "Europe", "Berlin", "Because", "Mars", "Ask", "Otto", "harbour"),
}
"""Words that people typed, names, and what stands in a message as it is."""


def english(page: str) -> set[str]:
    """The Latin words that a reader or a screen reader meets on the page and that we wrote."""
    bare = re.sub(r"<code>.*?</code>", "", page.partition("<body>")[2] or page)
    told = re.findall(r'(?:aria-label|data-title|data-say|title)="([^"]*)"', bare)
    script = re.search(r'data-words="([^"]+)"', page)
    told += json.loads(html.unescape(script[1])).values() if script else ()
    text = " ".join([words(page), *map(html.unescape, told)])
    return set(re.findall(r"[A-Za-z]{3,}", text)) - OWN


def screens(world: World, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Every public state that can be reached without a race, with its name."""
    link = "https://meet.example.org"
    world.profile(description="{{topic}}", location_kind=LocationKind.LINK, location=link)
    world.profile("ada", "bela", slug="two", durations=(15, 30), needs_approval=True, seats=3)
    world.profile(slug="paused", paused=True)
    world.profile(slug="called", location_kind=LocationKind.INVITEE_PHONE)
    for query in (
        *("", "?d=2026-11-24", "?d=2026-11-28", "?m=2026-12", "?m=1999-01", "?d=nonsense"),
        *("?v=list", "?tz=Asia/Kolkata&was=Europe/Berlin", "?tz=berlim", "?d=2026-11-01"),
        *("?h=12", "?d=2028-01-01"),
    ):
        yield query, client.get(f"{HOME}{query}").text
    for path in (
        "/harbour?all",
        "/harbour/two",
        "/harbour/paused",
        "/harbour/none",
        "/nobody?lang=ar-XB",
    ):
        yield path, client.get(path).text
    for data in ({"start": "2026-11-24T03:00Z"}, {"start": "soon"}, {}):
        yield f"hold {data}", client.post(f"{HOME}/hold", data=data).text
    form = draft(client, TEN)
    yield "details", client.get(form).text
    for typed in ({}, {"guests": "x"}, {"name": "a\nb", "email": "a", "q0": "x" * 2001}):
        yield f"details {typed}", client.post(form, data=hidden(client.get(form).text) | typed).text
    for _ in range(2):
        yield "keep", client.post(form, data=hidden(client.get(form).text) | {"keep": "1"}).text
    receipt = book(client, NINE, q0="Mars")
    for tail in ("", "/move", "/cancel", "/move?start=2026-11-24T13:00Z", "/move?start=no"):
        yield f"receipt{tail}", client.get(f"{receipt}{tail}").text
    cancelled = client.post(f"{receipt}/cancel", data={"reason": "Because"})
    yield "cancelled", client.get(cancelled.headers["Location"]).text
    yield "too late", client.post(f"{receipt}/cancel").text
    yield "wrong method", client.post(f"{HOME}?lang=ar-XB").text


def test_no_public_page_says_a_word_that_is_not_translated(
    mirrored: World, client: FlaskClient
) -> None:
    found = {}
    seen = 0
    for name, page in screens(mirrored, client):
        seen += 1
        if "<html" in page:
            assert speaks(page) == ("ar-XB", "rtl"), name
        if left := english(page):
            found[name] = sorted(left)
    assert found == {}
    assert seen > 30


def test_a_request_and_its_ends_are_translated(mirrored: World, client: FlaskClient) -> None:
    mirrored.profile(needs_approval=True)
    receipt = book(client)
    assert english(client.get(receipt).text) == set()
    change(mirrored, "UPDATE booking SET status = 'declined'")
    assert english(client.get(receipt).text) == set()
    change(mirrored, "UPDATE booking SET status = 'confirmed', locale = ''")
    mirrored.desk.clock.forward(days=1, hours=3, minutes=10)
    assert english(client.get(receipt).text) == set()
    mirrored.desk.clock.forward(days=2)
    assert english(client.get(receipt).text) == set()


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_refused_is_said_in_the_readers_language(
    intro: World, client: FlaskClient, code: str
) -> None:
    say = speech_of(code)
    form = f"{draft(client)}?lang={code}"
    answer = client.post(form, data=hidden(client.get(form)) | {"email": "nobody"})
    assert answer.status_code == 422
    text = words(answer)
    assert say("Enter %(what)s", what=say("your name")) in text
    assert say("Enter an e-mail address, like name@example.org") in text
    assert say("There is a problem") in text
    gone = client.get(f"/harbour/nothing?lang={code}")
    assert heading(gone) == say("There is no such page")
    lost = client.post(f"{HOME}/hold", data={"start": NINE, "lang": code, "key": "another-key"})
    assert lost.status_code == 409
    assert say("That time is no longer free") in words(lost)
    assert starts(lost)


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_keeps_the_budgets_of_page_and_part(
    world: World, client: FlaskClient, code: str
) -> None:
    full_profile(world)
    page = client.get(f"{FULL}?d=2026-11-24&lang={code}")
    part = client.get(
        f"{FULL}?d=2026-12-15&h=12&tz=America/New_York&lang={code}", headers={"HX-Request": "true"}
    )
    assert len(gzip.compress(page.data, 6)) <= 8 * 1024
    assert len(gzip.compress(part.data, 6)) <= 3 * 1024
