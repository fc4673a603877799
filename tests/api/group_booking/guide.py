"""What the published guide sends, with the places where it slips left open."""

from __future__ import annotations

CREATE = """{
    "id": 1,
    "name": "aurinkoDemo",
    "durationMinutes": 30,
    "availabilityStep": 15,
    "timeAvailableFor": "30D",
    "subject": "Aurinko Demo",
    "description": "A conference call with Aurinko.",
    "location": "Teleconference",
    "workHours": {
        "timezone": "ZONE",
        "daySchedules": [
            {
                "dayOfWeek": "monday",
                "workingIntervals": [{"start": "START","end": "END"}]
            }
        ]
    },
    "context": "string",
    "startConference": true
}"""


def written(zone: str = "America/New_York", start: str = "09:00:00", end: str = "17:00:00") -> str:
    """The body that makes the guide's profile, repaired, or with other values in those places."""
    return CREATE.replace("ZONE", zone).replace("START", start).replace("END", end)


AS_PUBLISHED = written("Americas/New_York", "14:15:22Z", "14:15:22Z")
"""The same body word for word: a zone that does not exist, and an interval without length."""
