"""Mails in every language: the reader's, whole, with their header and their dates."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from tests import pseudo
from tests.delivery.frozen import EXTRA, values
from tests.delivery.test_letters import WRITTEN, paper
from tests.world import World, at
from webapp.delivery.letters import Stationery
from webapp.domain.language import LANGUAGES
from webapp.domain.mail import Letter, compose
from webapp.domain.speech import speech_of
from webapp.models import Organization, User
from webapp.services import bookings, holds
from webapp.services.holds import Details

__all__ = ["paper"]

EVERY = [(template, audience) for template in EXTRA for audience in ("invitee", "host")]
every_mail = pytest.mark.parametrize(("template", "audience"), EVERY)
TITLES = {
    ("booked", "invitee"): "You’re booked",
    ("booked", "host"): "New booking",
    ("requested", "invitee"): "Your request was sent",
    ("requested", "host"): "New request",
    ("moved", "invitee"): "Your booking has a new time",
    ("moved", "host"): "A booking was moved",
    ("cancelled", "invitee"): "Your booking was cancelled",
    ("cancelled", "host"): "A booking was cancelled",
    ("declined", "invitee"): "Your request was declined",
    ("declined", "host"): "A request was declined",
}
OWN = {
    *("Intro", "Call", "call", "Ada", "Grace", "Charles", "Harbour", "Clinic", "Kalends", "invite"),
    *(
        "Europe",
        "Berlin",
        "America",
        "New",
        "York",
        "UTC",
        "Lovelace",
        "Lov",
        "Hopper",
        "Babbage",
        "ics",
    ),
    *("Google", "Outlook", "com", "Office", "Yahoo", "https", "http", "example", "org", "nbsp"),
}
"""Names, and what stands in a message as it is."""


def write(paper: Stationery, template: str, audience: str, **more: Any) -> Letter:
    frozen = json.loads(json.dumps(values(template, audience) | more))
    return paper.write(
        template, audience, "ada@example.com", frozen, message_uuid=UUID(int=5), written_at=WRITTEN
    )


@every_mail
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_mail_is_in_its_readers_language_in_every_part(
    paper: Stationery, template: str, audience: str, code: str
) -> None:
    letter = write(paper, template, audience, locale=code)
    read = message_from_bytes(compose(letter), policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert read["Content-Language"] == code
    say = speech_of(code)
    title = say(TITLES[template, audience])
    kinds = {}
    for part in read.walk():
        if not part.is_multipart():
            kinds[part.get_content_type()] = part.get_content()
    assert {"text/plain", "text/html", "text/calendar"} <= kinds.keys()
    assert kinds["text/plain"].splitlines()[0] == title
    assert f'<html lang="{code}" dir="ltr">' in kinds["text/html"]
    assert title in kinds["text/html"]
    assert say("Length") in kinds["text/plain"]
    assert say.idiom.months[10] in kinds["text/plain"]


@every_mail
def test_no_mail_says_a_word_that_is_not_translated(
    paper: Stationery, template: str, audience: str
) -> None:
    plain = {"description": "", "answers": {}, "location": "", "reason": "", "subject": ""}
    with pseudo.spoken():
        letter = write(paper, template, audience, locale="ar-XB", **plain)
    html = re.sub(r"<style>.*?</style>", "", letter.html, flags=re.S)
    for text in (letter.subject, letter.text, re.sub(r"<[^>]*>", " ", html)):
        bare = re.sub(r"https?://\S+|\S+@\S+", "", text)
        assert set(re.findall(r"[A-Za-z]{3,}", bare)) - OWN == set()
    assert 'dir="rtl"' in letter.html
    assert "text-align:right" in letter.html


def test_old_mails_without_a_language_are_english_by_24_hours(paper: Stationery) -> None:
    letter = write(paper, "booked", "invitee")
    assert letter.language == "en"
    assert "09:00 – 09:30" in letter.text
    by_12 = write(paper, "booked", "invitee", time_notation="12", locale="xx")
    assert "9:00 am – 9:30 am" in by_12.text


def frozen_of(world: World) -> dict[tuple[str, str], str]:
    """The language of each message in the outbox, by template and audience."""
    rows = world.desk.sql('SELECT template, audience, "values" FROM message')
    told = {}
    for template, audience, text in rows:
        found = json.loads(text) if isinstance(text, str) else text
        told[str(template), str(audience)] = f"{found['locale']} {found['time_notation']}"
    return told


def test_each_reader_is_written_to_in_their_own_language_also_later(every_world: World) -> None:
    """What the invitee read in is kept with the booking; hosts have chosen theirs."""
    world = every_world
    with world.desk.begin(world.owner) as uow:
        ada = uow.session.get_one(User, world.hosts["ada"])
        ada.locale, ada.time_notation = "fr", "12"
    profile = world.profile()
    draft = world.hold(profile, at(9), locale="de", time_notation="24")
    with world.desk.begin(world.guest) as uow:
        made = holds.confirm(uow, draft, Details("Grace", "grace@example.org"))
        uuid = made.uuid
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, uuid, by=bookings.Actor.HOST)
    assert frozen_of(world) == {
        ("booked", "invitee"): "de 24",
        ("booked", "host"): "fr 12",
        ("cancelled", "invitee"): "de 24",
        ("cancelled", "host"): "fr 12",
    }


def test_who_named_no_language_is_written_to_in_the_organizations(every_world: World) -> None:
    world = every_world
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(Organization, world.organization_id).locale = "es"
    world.book(world.profile(), at(9))
    assert frozen_of(world)[("booked", "invitee")] == "es 24"
