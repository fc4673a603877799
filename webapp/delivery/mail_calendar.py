"""The meeting that a mail is about, as calendar programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from webapp.delivery.mail_facts import Facts
from webapp.domain.itip import Attendee, Invitation, Organizer, Status, cancel_text, request_text
from webapp.domain.mail import CalendarPart
from webapp.domain.speech import Speech

_ENDS = ("cancelled", "declined")


def invitation_of(
    facts: Facts,
    values: Mapping[str, Any],
    written_at: datetime,
    say: Speech,
    *,
    organizer: Organizer,
) -> Invitation | None:
    """The meeting of a mail, None when it is about something else.

    The first host that has a mailbox invites, else ``organizer`` does; the others and the
    invitee, with the address they typed, take part.
    """
    if facts.when is None:
        return None
    hosts = [Organizer(host["name"], host["email"]) for host in values["hosts"] if host["email"]]
    chair = hosts[0] if hosts else organizer
    return Invitation(
        uid=str(values["uid"]),
        sequence=int(values["sequence"]),
        summary=facts.what,
        start=datetime.fromisoformat(values["start"]),
        end=datetime.fromisoformat(values["end"]),
        zone=facts.when.zone,
        organizer=chair,
        attendees=tuple(_attendees(values, hosts)),
        created_at=written_at,
        written_at=written_at,
        description="\n\n".join(_description(facts, say)),
        location=facts.place,
        url=facts.page_url,
    )


def _attendees(values: Mapping[str, Any], hosts: list[Organizer]) -> Iterator[Attendee]:
    for host in hosts[1:]:
        yield Attendee(host.name, host.email)
    if values["invitee"]["email"]:
        yield Attendee(values["invitee"]["name"], values["invitee"]["email"])
    for guest in values.get("guests") or ():
        yield Attendee("", str(guest), "NEEDS-ACTION", "OPT-PARTICIPANT")


def _description(facts: Facts, say: Speech) -> Iterator[str]:
    if facts.notes:
        yield facts.notes
    if facts.contact is not None:
        parts = (facts.contact.name, facts.contact.email, facts.contact.phone)
        yield "\n".join(part for part in parts if part)
    for label, text in facts.answers:
        yield f"{label}:\n{text}"
    if facts.page_url:
        to_host = facts.contact is not None
        what = say("Open the booking:") if to_host else say("Change the time or cancel:")
        yield f"{what} {facts.page_url}"


def calendar_part(
    template: str, invitation: Invitation | None, values: Mapping[str, Any]
) -> CalendarPart | None:
    """The iTIP object of the mail: CANCEL when the meeting ended with it, else REQUEST."""
    if invitation is None:
        return None
    if template in _ENDS:
        return CalendarPart("CANCEL", cancel_text(invitation))
    status: Status = "TENTATIVE" if values.get("status") == "TENTATIVE" else "CONFIRMED"
    return CalendarPart("REQUEST", request_text(invitation, status))
