"""What the mail templates show: the outbox's frozen values, turned into words for one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from webapp.domain.mail import Mailbox, cut, one_line
from webapp.domain.questions import shown_description
from webapp.domain.speech import Sentence, Speech
from webapp.domain.spoken_time import Spoken, in_words, spoken
from webapp.domain.zones import zone

Audience = str
"""``invitee`` or ``host``."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Values for the templates; every line of text is one visible line, None means: say nothing.

    ``when`` is in the reader's zone (of the place, for a meeting in person), ``elsewhere`` the
    same in the other side's. ``answers`` and ``contact`` are for hosts, ``notes`` for invitees.
    ``change`` names what was changed about somebody's sign-in, ``address`` their new one.
    ``done_by`` says who did it, as a sentence. ``shortened_to`` is set when long texts were cut.
    """

    audience: Audience
    organization: str
    sender_name: str
    reply_to: Mailbox | None
    reader_name: str
    what: str = ""
    profile: str = ""
    length: str = ""
    when: Spoken | None = None
    old: Spoken | None = None
    elsewhere: str | None = None
    decide_by: Spoken | None = None
    place_label: str = ""
    place: str = ""
    place_link: str | None = None
    hosts: str = ""
    contact: Contact | None = None
    guests: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    notes: str = ""
    reference: str = ""
    done_by: str = ""
    reason: str = ""
    page_url: str = ""
    again_url: str = ""
    add_links: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    change: str = ""
    address: str = ""
    shortened_to: int | None = None

    def shortened(self, most: int) -> Facts:
        """The same with texts of at most ``most`` characters; 0 leaves them out."""
        texts = [self.notes, self.reason, *(text for _, text in self.answers)]
        if all(len(text) <= most for text in texts):
            return self
        return replace(
            self,
            notes=cut(self.notes, most) if most else "",
            reason=cut(self.reason, most) if most else "",
            answers=tuple((label, cut(text, most)) for label, text in self.answers if most),
            shortened_to=most,
        )


@dataclass(frozen=True, slots=True)
class Contact:
    """How the host reaches the invitee."""

    name: str
    email: str
    phone: str


def facts_of(
    template: str, audience: Audience, values: Mapping[str, Any], say: Speech, *, base_url: str
) -> Facts:
    """Read frozen values for one reader, in the language of ``say``; KeyError or ValueError when
    they are not whole."""
    organization = values.get("organization") or {}
    plain = Facts(
        audience=audience,
        organization=_line(organization.get("name")),
        sender_name="",
        reply_to=None,
        reader_name=_line(values.get("reader")),
        again_url=f"{base_url}/{organization['slug']}" if organization.get("slug") else "",
        page_url=_url(values.get("console_url" if audience == "host" else "manage_url")),
    )
    if template == "invitation":
        return _of_invitation(plain, values, say)
    if "start" not in values:
        return replace(
            plain,
            what=_line(values.get("calendar")),
            problem=_line(values.get("problem"), 500),
            change=_line(values.get("change")),
            address=_line(values.get("email"), 254),
        )
    return _with_booking(template, plain, values, say)


def _of_invitation(plain: Facts, values: Mapping[str, Any], say: Speech) -> Facts:
    """Who invites (``what``) as what (``profile``), and until when (``decide_by``)."""
    name, until = _line(values["inviter"]), _instant(values["until"])
    return replace(
        plain,
        sender_name=plain.organization,
        what=name,
        profile=str(values["role"]),
        decide_by=spoken(until, until, zone(values["zone"]), say),
        page_url=_url(values.get("once_url")),
        problem=say(
            "%(name)s invites you to the team of %(organization)s.",
            name=name,
            organization=plain.organization,
        ),
    )


def _with_booking(template: str, plain: Facts, values: Mapping[str, Any], say: Speech) -> Facts:
    invitee, hosts = values["invitee"], values["hosts"]
    for_host = plain.audience == "host"
    names = say.idiom.listed([_line(host["name"]) for host in hosts])
    contact = Contact(
        _line(invitee["name"]), _line(invitee["email"], 254), _line(invitee.get("phone"), 40)
    )
    label, place, link = _place(values, for_host, say)
    by = str(values.get("by") or "")
    invitees = Mailbox(contact.name, contact.email) if contact.email else None
    return replace(
        plain,
        sender_name="" if for_host else names,
        reply_to=invitees if for_host else _first_mailbox(hosts),
        reader_name=plain.reader_name if for_host else contact.name,
        what=_what(values, contact.name if for_host else names, say),
        profile=_line(values.get("profile_name")),
        length=in_words(int(values["duration_minutes"]), say),
        **_times(values, say),
        place_label=label,
        place=place,
        place_link=link,
        hosts=names,
        contact=contact if for_host else None,
        guests=tuple(_line(guest, 254) for guest in values.get("guests") or ()),
        answers=_answers(values) if for_host else (),
        notes="" if for_host else _text(shown_description(values.get("description") or "")),
        reference=f"#{values['reference']}" if values.get("reference") else "",
        done_by=_done_by(template, for_host, by, contact.name, names, say),
        # Words come from the other side only: nobody needs their own back, and strangers who
        # never booked get no words of a booker's.
        reason="" if by == "invitee" and not for_host else _text(values.get("reason") or ""),
    )


def _times(values: Mapping[str, Any], say: Speech) -> dict[str, Any]:
    hours = 12 if values.get("time_notation") == "12" else 24

    def told(start: datetime, end: datetime, name: str) -> Spoken:
        return spoken(start, end, zone(name), say, notation=hours)

    start, end = _instant(values["start"]), _instant(values["end"])
    reader, host = values["zone"], values.get("host_zone") or values["zone"]
    first, other = (host, reader) if values.get("location_kind") == "address" else (reader, host)
    when, elsewhere = told(start, end, first), told(start, end, other)
    same = (when.day, when.clock) == (elsewhere.day, elsewhere.clock)
    short = f"{elsewhere.clock} ({elsewhere.zone}, {elsewhere.offset})"
    said = short if when.day == elsewhere.day else elsewhere.line
    found: dict[str, Any] = {"when": when, "elsewhere": None if same else said}
    if values.get("old_start"):
        found["old"] = told(_instant(values["old_start"]), _instant(values["old_end"]), first)
    if values.get("decide_by"):
        until = _instant(values["decide_by"])
        found["decide_by"] = told(until, until, first)
    return found


def _place(values: Mapping[str, Any], for_host: bool, say: Speech) -> tuple[str, str, str | None]:
    """How the meeting takes place: a label, the words, and a link when it is one."""
    kind, place = values.get("location_kind"), _line(values.get("location"), 500)
    if kind == "invitee_phone":
        phone = _line(values["invitee"].get("phone"), 40)
        if phone:
            place = (
                say("You call %(number)s", number=phone)
                if for_host
                else say("You are called at %(number)s", number=phone)
            )
        return say("By phone"), place, None
    if kind == "phone":
        return say("By phone"), place if for_host else say("Call %(number)s", number=place), None
    if kind == "link" and place.startswith(("https://", "http://")):
        return say("Online"), place, place
    if kind == "link_later":
        return say("Where"), say("Online; the link comes with the confirmation"), None
    return say("Where"), place, None


def _what(values: Mapping[str, Any], other: str, say: Speech) -> str:
    """The title: the profile's own subject, else the profile with whoever else comes."""
    subject, profile = _line(values.get("subject"), 300), _line(values.get("profile_name"))
    standing = f"{profile}: {_line(values['invitee']['name'])}"
    if subject and subject != cut(standing, 300):
        return subject
    return say("%(profile)s with %(names)s", profile=profile, names=other) if other else profile


_DID = {
    "moved": {
        "system": Sentence("Kalends moved this booking by itself."),
        "you": Sentence("You moved this booking."),
        "your side": Sentence("Your side moved this booking."),
        "other": Sentence("%(name)s moved this booking."),
    },
    "cancelled": {
        "system": Sentence("Kalends cancelled this booking by itself."),
        "you": Sentence("You cancelled this booking."),
        "your side": Sentence("Your side cancelled this booking."),
        "other": Sentence("%(name)s cancelled this booking."),
    },
    "declined": {
        "system": Sentence("Nobody answered the request in time."),
        "you": Sentence("You declined this request."),
        "your side": Sentence("Your side declined this request."),
        "other": Sentence("%(name)s declined this request."),
    },
}


def _done_by(template: str, for_host: bool, by: str, invitee: str, hosts: str, say: Speech) -> str:
    """Who did it, as a sentence for this reader."""
    did = _DID.get(template)
    if did is None or not by:
        return ""
    if by == "system":
        sentence = did["system"]
    elif (by == "invitee") is not for_host:
        sentence = did["your side" if for_host else "you"]
    else:
        sentence = did["other"]
    return say(sentence, name=invitee if for_host else hosts or say("The host"))


def _answers(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    given = values.get("answers") or {}
    return tuple((_line(label), _text(str(text))) for label, text in given.items() if text)


def _first_mailbox(hosts: list[Mapping[str, Any]]) -> Mailbox | None:
    for host in hosts:
        if host.get("email"):
            return Mailbox(_line(host["name"]), host["email"])
    return None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"an instant without a zone: {text!r}")
    return instant


def _line(text: object, most: int = 120) -> str:
    return one_line(str(text or ""), most)


def _text(text: str) -> str:
    """Text of several lines without anything that hides or turns what follows."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line, 4000) for line in lines).strip()


def _url(text: object) -> str:
    url = str(text or "")
    return url if url.startswith(("https://", "http://")) and _line(url, 2000) == url else ""
