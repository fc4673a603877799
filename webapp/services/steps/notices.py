"""The mails a change of a booking causes: rows in the outbox, written with the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from webapp.domain.questions import fill, questions_of
from webapp.models import Booking, BookingStatus, LocationKind, Message, MessageState
from webapp.models.direct import Insertion
from webapp.services.directory import OrganizationCard
from webapp.services.steps import links
from webapp.services.steps.letterhead import letterhead
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.unit_of_work import UnitOfWork

_NEW_MESSAGE = Insertion(Message)


def iso(instant: datetime) -> str:
    """``2026-11-12T08:00:00Z``: how an instant stands in frozen values."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def uid_of(uow: UnitOfWork, booking: Booking) -> str:
    """The iCalendar UID of the invitee's mail, constant over moves."""
    return f"{booking.uuid}@{uow.settings.mail_domain}"


def manage_url(uow: UnitOfWork, organization: OrganizationCard, booking: Booking) -> str:
    """The invitee's link to see, move and cancel the booking."""
    token = links.manage_token(uow.keys, booking)
    return f"{uow.settings.base_url}/{organization.slug}/m/{token}"


def notify(
    uow: UnitOfWork,
    template: str,
    booking: Booking,
    profile: Offering,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
    **extra: Any,
) -> None:
    """Post ``template`` about ``booking`` to the invitee and to each host that has a mailbox.

    ``extra`` is frozen beside the facts: ``old_start``, ``old_end``, ``reason``, ``by``.
    """
    facts = _facts(uow, booking, profile, organization, hosts) | extra
    mails = _to_invitee(uow, template, booking, profile, organization, hosts, facts)
    _post(uow, [*mails, *_to_hosts(uow, template, booking, hosts, facts)])


def tell_invitee(
    uow: UnitOfWork,
    template: str,
    booking: Booking,
    profile: Offering,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
    **extra: Any,
) -> None:
    """Post ``template`` to the invitee alone; ``hosts`` are those who will be there."""
    facts = _facts(uow, booking, profile, organization, hosts) | extra
    _post(uow, _to_invitee(uow, template, booking, profile, organization, hosts, facts))


def tell_hosts(
    uow: UnitOfWork,
    template: str,
    booking: Booking,
    profile: Offering,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
    readers: Sequence[HostSeat],
    **extra: Any,
) -> None:
    """Post ``template`` to those of ``readers`` who have a mailbox."""
    facts = _facts(uow, booking, profile, organization, hosts) | extra
    _post(uow, _to_hosts(uow, template, booking, readers, facts))


def _to_invitee(
    uow: UnitOfWork,
    template: str,
    booking: Booking,
    profile: Offering,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
    facts: dict[str, Any],
) -> list[dict[str, Any]]:
    """The invitee's mail; none for somebody whom a program booked without an address."""
    if not booking.email:
        return []
    token = links.manage_token(uow.keys, booking)
    manage = {
        "zone": booking.zone,
        "manage_url": manage_url(uow, organization, booking),
        "description": description_of(profile, booking, organization, hosts, rescheduleToken=token),
        "locale": booking.locale or organization.locale,
        "time_notation": booking.time_notation or "24",
    }
    manage |= _hidden_place(booking, profile)
    return [_message(uow, template, "invitee", booking.email, booking, facts | manage)]


def _to_hosts(
    uow: UnitOfWork,
    template: str,
    booking: Booking,
    readers: Sequence[HostSeat],
    facts: dict[str, Any],
) -> list[dict[str, Any]]:
    console = f"{uow.settings.base_url}/console/bookings/{booking.uuid}"
    return [
        _message(
            uow,
            template,
            "host",
            host.email,
            booking,
            facts
            | {"zone": host.zone, "console_url": console, "reader": host.name}
            | {"locale": host.locale, "time_notation": host.time_notation},
        )
        for host in readers
        if host.email
    ]


def _hidden_place(booking: Booking, profile: Offering) -> dict[str, str]:
    """A conference link is for those whose booking stands: what stands in its place until then."""
    if profile.location_kind is not LocationKind.LINK or not _waits(booking):
        return {}
    return {"location": "", "location_kind": "link_later"}


def _waits(booking: Booking) -> bool:
    """Whether nobody said yes (yet)."""
    return booking.status in (BookingStatus.PENDING, BookingStatus.DECLINED)


def _facts(
    uow: UnitOfWork,
    booking: Booking,
    profile: Offering,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
) -> dict[str, Any]:
    labels = {q.name: q.label for q in questions_of(profile.description, profile.questions)}
    return {
        "uid": uid_of(uow, booking),
        "sequence": booking.sequence,
        "status": "TENTATIVE" if booking.status is BookingStatus.PENDING else "CONFIRMED",
        "subject": subject_of(profile, booking, organization, hosts),
        "start": iso(booking.start_at),
        "end": iso(booking.end_at),
        "duration_minutes": int((booking.end_at - booking.start_at).total_seconds() // 60),
        "host_zone": hosts[0].zone if hosts else profile.zone,
        "hosts": [{"name": host.name, "email": host.email} for host in hosts],
        "invitee": {"name": booking.name, "email": booking.email, "phone": booking.phone},
        "guests": list(booking.guests),
        "location": profile.location,
        "location_kind": profile.location_kind.value,
        "answers": {labels.get(name, name): text for name, text in booking.answers.items()},
        "reference": booking.reference,
        "profile_name": profile.name,
        "organization": letterhead(organization),
        "decide_by": iso(booking.decide_by) if booking.decide_by else None,
    }


def subject_of(
    profile: Offering,
    booking: Booking,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
) -> str:
    """The event's title: the profile's template filled, else ``<profile>: <invitee>``."""
    if not profile.subject:
        return f"{profile.name}: {booking.name}"[:300]
    return fill(profile.subject, _values(profile, booking, organization, hosts))[:300]


def description_of(
    profile: Offering,
    booking: Booking,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
    **more: str,
) -> str:
    """The profile's description with everything filled in that is known of the booking.

    ``more`` is for the invitee alone: their reschedule token.
    """
    if "{{" not in profile.description:
        return profile.description
    return fill(profile.description, _values(profile, booking, organization, hosts) | more)


def _values(
    profile: Offering,
    booking: Booking,
    organization: OrganizationCard,
    hosts: Sequence[HostSeat],
) -> dict[str, str]:
    """What the variables of subject and description stand for."""
    values = {str(name): str(value) for name, value in booking.answers.items()}
    return values | {
        "name": booking.name,
        "email": booking.email,
        "phone": booking.phone,
        "profile": profile.name,
        "organization": organization.name,
        "host": ", ".join(host.name for host in hosts),
        "openMeetingUrl": "" if _waits(booking) else profile.open_meeting_url,
    }


def _message(
    uow: UnitOfWork,
    template: str,
    audience: str,
    address: str,
    booking: Booking,
    values: dict[str, Any],
) -> dict[str, Any]:
    return {
        "uuid": uuid4(),
        "template": template,
        "audience": audience,
        "address": address,
        "booking_id": booking.id,
        "values": values,
        "state": MessageState.QUEUED,
        "created_at": uow.now,
    }


def _post(uow: UnitOfWork, messages: Sequence[dict[str, Any]]) -> None:
    """Put the messages into the outbox with a job each."""
    ids = [_NEW_MESSAGE.add(uow.session, **message) for message in messages]
    for message_id in ids:
        uow.enqueue("send-message", message_id=message_id)
