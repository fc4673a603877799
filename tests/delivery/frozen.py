"""Frozen values of a mail as the outbox writes them, to start tests from."""

from __future__ import annotations

from typing import Any

VALUES: dict[str, Any] = {
    "uid": "8d0e5d0c-6c57-4a5b-9d3b-6d1f6a3f0001@book.example.org",
    "sequence": 0,
    "status": "CONFIRMED",
    "subject": "Intro call: Ada Lovelace",
    "start": "2026-11-12T08:00:00Z",
    "end": "2026-11-12T08:30:00Z",
    "duration_minutes": 30,
    "host_zone": "America/New_York",
    "hosts": [{"name": "Grace Hopper", "email": "grace@example.org"}],
    "invitee": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+4930123456"},
    "guests": ["charles@example.com"],
    "location": "https://meet.example.org/harbour",
    "location_kind": "link",
    "description": "A short call about {{topic}}.\nHave your papers at hand.",
    "answers": {"Topic": "Engines\nand <b>looms</b>"},
    "reference": 1042,
    "profile_name": "Intro call",
    "organization": {"name": "Harbour Clinic", "slug": "harbour-clinic"},
    "decide_by": None,
}
INVITEE = {
    "zone": "Europe/Berlin",
    "manage_url": "https://book.example.org/harbour-clinic/m/token",
}
HOST = {
    "zone": "America/New_York",
    "console_url": "https://book.example.org/console/bookings/uuid",
    "reader": "Grace Hopper",
}
EXTRA: dict[str, dict[str, Any]] = {
    "booked": {},
    "requested": {"status": "TENTATIVE", "decide_by": "2026-11-11T08:00:00Z"},
    "moved": {
        "sequence": 1,
        "old_start": "2026-11-11T14:00:00Z",
        "old_end": "2026-11-11T14:30:00Z",
        "by": "invitee",
        "reason": "My train is late",
    },
    "cancelled": {"sequence": 2, "by": "host", "reason": "I am ill"},
    "declined": {"sequence": 1, "by": "system", "reason": ""},
}
"""What each mail carries beside the facts."""


def values(template: str, audience: str, **more: Any) -> dict[str, Any]:
    """The frozen values of one mail."""
    own = HOST if audience == "host" else INVITEE
    return VALUES | own | EXTRA[template] | more
