"""The audit log in words: what was done, to what, and what changed from what to what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from webapp.services.audit import Entry

Moment = Callable[[datetime], str]
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

FAMILIES = (
    ("booking.", "Bookings"),
    ("profile.", "Profiles"),
    ("schedule.", "Hours"),
    ("away.", "Time away"),
    ("calendar.", "Calendars"),
    ("member.", "People"),
    ("invitation.", "Invitations"),
    ("role.", "Roles"),
    ("ownership.", "Ownership"),
    ("room.", "Rooms"),
    ("token.", "Access tokens"),
    ("client.", "API clients"),
    ("organization.", "Settings"),
    ("logo.", "Logo"),
)
"""Beginnings of actions that can be filtered by, and their words."""

_ACTIONS = {
    "booking.confirmed": "made",
    "booking.requested": "asked for",
    "booking.approved": "approved",
    "booking.moved": "moved",
    "booking.cancelled": "cancelled",
    "booking.declined": "declined",
    "booking.reassigned": "gave to somebody else",
    "profile.saved": "saved",
    "profile.served": "changed who serves",
    "profile.shares": "changed whose turn it is in",
    "profile.levelled": "made everybody’s turns level in",
    "profile.paused": "paused",
    "profile.resumed": "resumed",
    "profile.deleted": "deleted",
    "profile.host_left": "took a host off",
    "schedule.created": "made",
    "schedule.changed": "changed",
    "schedule.deleted": "deleted",
    "schedule.default": "made the usual one",
    "away.added": "added",
    "away.removed": "removed",
    "calendar.removed": "removed",
    "member.added": "added",
    "member.removed": "removed",
    "role.changed": "changed the role of",
    "ownership.transferred": "handed the organization over to",
    "room.renamed": "renamed",
    "room.removed": "removed",
    "invitation.sent": "sent",
    "invitation.resent": "sent again",
    "invitation.revoked": "revoked",
    "invitation.accepted": "accepted",
    "token.made": "made",
    "token.revoked": "revoked",
    "client.made": "made",
    "client.revoked": "revoked",
    "organization.changed": "changed",
    "invitees.forgotten": "forgot old invitees of",
    "logo.changed": "changed the logo of",
    "logo.removed": "removed the logo of",
}
_KINDS = {
    "booking": "booking",
    "profile": "profile",
    "schedule": "hours",
    "away": "time away",
    "calendar": "calendar",
    "user": "person",
    "invitation": "invitation",
    "token": "access token",
    "client": "API client",
    "organization": "the organization",
}
_ROLES = {
    "guest": "A visitor",
    "system": "Kalends",
    "api_client": "An API client",
    "owner": "An owner",
    "admin": "An admin",
    "member": "A member",
}
_FIELDS = {
    "primary_color": "main colour",
    "secondary_color": "second colour",
    "retention_months": "months until invitees are forgotten",
    "slug": "address",
    "zone": "time zone",
    "locale": "language",
    "by": "by the",
    "given": "bookings handed over",
    "kept": "bookings left",
    "cancelled": "bookings cancelled",
}


def who(entry: Entry) -> str:
    """Who did it: a name, or what kind of caller."""
    return entry.actor_name or _ROLES.get(entry.actor, entry.actor)


def did(entry: Entry) -> str:
    """What was done, as a verb: "cancelled"."""
    known = _ACTIONS.get(entry.action)
    return known or entry.action.partition(".")[2].replace("_", " ") or entry.action


def subject(entry: Entry) -> str:
    """To what: "booking 7", a person's name."""
    if entry.subject_name:
        return entry.subject_name
    kind, _, number = entry.subject.partition(":")
    words = _KINDS.get(kind, kind.replace("_", " "))
    return words if kind == "organization" else f"{words} {number}".strip()


def details(entry: Entry, moment: Moment) -> list[str]:
    """What changed, one sentence each: "time zone: from Europe/Berlin to Europe/Paris".

    ``moment`` writes an instant for the reader.
    """
    plain = _Plain(moment, entry.people)
    said = []
    changes = dict(entry.changes)
    if "old" in changes and "new" in changes:
        said.append(plain.from_to("", changes.pop("old"), changes.pop("new")))
    for name, value in changes.items():
        words = _FIELDS.get(name, name.replace("_", " "))
        if isinstance(value, Mapping) and value.keys() == {"old", "new"}:
            said.append(plain.from_to(f"{words}: ", value["old"], value["new"]))
        elif name == "by":
            said.append(f"by the {plain(value)}")
        elif value not in ("", None, []):
            said.append(f"{words}: {plain(value)}")
    said += [f"{name.replace('_', ' ')}: {plain(value)}" for name, value in entry.personal.items()]
    if entry.was_forgotten:
        said.append("names were forgotten")
    return said


class _Plain:
    """JSON values as a person would write them, of at most 300 characters."""

    def __init__(self, moment: Moment, people: Mapping[str, str]) -> None:
        self._moment = moment
        self._people = people

    def from_to(self, lead: str, old: Any, new: Any) -> str:
        return f"{lead}from {self(old)} to {self(new)}"

    def __call__(self, value: Any) -> str:
        if value is None or value == "" or value == []:
            return "nothing"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(self._people.get(f"user:{each}") or self(each) for each in value)[:300]
        if isinstance(value, Mapping):
            return ", ".join(f"{name} {self(each)}" for name, each in value.items())[:300]
        text = str(value)
        if _INSTANT.fullmatch(text):
            return self._moment(datetime.fromisoformat(text))
        return self._people.get(text) or text[:300]
