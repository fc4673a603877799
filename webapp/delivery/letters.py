"""Writing a mail from what the outbox froze: plain values in, a ``Letter`` out.

What a booker typed goes to the hosts only. The mail to an address that nobody has confirmed yet
carries no free text of theirs, so that the form cannot be used to write to strangers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webapp.delivery.mail_calendar import calendar_part, invitation_of
from webapp.delivery.mail_facts import Facts, facts_of
from webapp.delivery.mail_look import Look
from webapp.domain.colour import Brand, derive
from webapp.domain.itip import Organizer, add_links
from webapp.domain.mail import LONGEST_SUBJECT, Letter, Mailbox, cut, one_line
from webapp.domain.speech import Speech, speech_of
from webapp.settings import Settings

LARGEST_HTML = 30_000
"""Bytes; some mail programs hide what comes after a hundred kilobytes, and phones pay for it."""
_CUTS = (1500, 500, 150, 0)

TEMPLATES = (
    *("booked", "requested", "moved", "cancelled", "declined", "feed-failing", "invitation"),
    *("password-reset", "address-confirm", "sign-in-changed"),
)
"""Every mail there is: a folder of ``templates/mail`` each."""


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "mail"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Stationery:
    """The installation's paper: templates, sender address and the links' base."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = parseaddr(settings.mail_from)

    def write(
        self,
        template: str,
        audience: str,
        address: str,
        values: Mapping[str, Any],
        *,
        message_uuid: UUID,
        written_at: datetime,
    ) -> Letter:
        """The mail ``template`` for one reader: ``audience`` is ``invitee`` or ``host``.

        Raises ``KeyError`` or ``ValueError`` when ``values`` are not what the outbox writes.
        """
        if template not in TEMPLATES:
            raise ValueError(f"there is no mail called {template!r}")
        say = speech_of(values.get("locale"))
        facts = facts_of(template, audience, values, say, base_url=self._settings.base_url)
        own_name, own_address = self._sender
        organizer = Organizer(facts.organization or own_name, own_address)
        invitation = invitation_of(facts, values, written_at, say, organizer=organizer)
        if invitation is not None and (template, audience) == ("booked", "invitee"):
            links = tuple((link.name, link.url) for link in add_links(invitation))
            facts = replace(facts, add_links=links)
        domain = id_domain(self._settings.mail_domain)
        uid = str(values.get("uid") or message_uuid).partition("@")[0]
        return Letter(
            message_id=f"{message_uuid}@{domain}",
            thread_id=f"{uid}.{audience}@{domain}",
            written_at=written_at,
            sender=Mailbox(facts.sender_name or own_name, own_address),
            reply_to=facts.reply_to,
            recipient=Mailbox(facts.reader_name, address),
            subject=self._subject(template, facts, say),
            text=self._render(template, "body.txt", facts, say),
            html=self._html(template, facts, say, _brand(values)),
            language=say.code,
            calendar=calendar_part(template, invitation, values),
        )

    def _subject(self, template: str, facts: Facts, say: Speech) -> str:
        said = self._render(template, "subject.txt", facts, say)
        return cut(one_line(said, 200), LONGEST_SUBJECT)

    def _html(self, template: str, facts: Facts, say: Speech, brand: Brand) -> str:
        """The HTML part; long texts are cut until it is small enough, the plain part has all."""
        look = Look(brand, say.language.direction)
        html = ""
        for most in _CUTS:
            html = self._render(template, "body.html", facts.shortened(most), say, look)
            if len(html.encode()) <= LARGEST_HTML:
                break
        return html

    def _render(
        self, template: str, name: str, facts: Facts, say: Speech, look: Look | None = None
    ) -> str:
        """A part of the mail; with a ``look`` it is HTML, and what is said is escaped."""
        page = _templates().get_template(f"{template}/{name}")
        return page.render(
            mail=facts, look=look, say=say if look is None else say.html, language=say.language
        )


def id_domain(domain: str) -> str:
    """The right-hand side of a message id: the base URL's host, if an id may hold it."""
    return "localhost" if ":" in domain else domain


def _brand(values: Mapping[str, Any]) -> Brand:
    organization = values.get("organization") or {}
    colours = (
        organization.get("primary_color") or "#2456C4",
        organization.get("secondary_color") or "#7A4B00",
    )
    try:
        return derive(*colours)
    except ValueError:
        return derive("#2456C4", "#7A4B00")
