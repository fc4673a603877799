"""What a use case may refuse, in the house's own words.

A surface never sees an exception it does not know: every refusal carries a stable ``code`` and a
sentence for people, and each surface decides how that looks on its wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class Refusal(Exception):
    """A use case declined. Not a bug: surfaces render it, and nothing is written."""

    code = "refused"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(Refusal):
    """No such thing in this organization; another organization's thing looks the same."""

    code = "not_found"


class Gone(Refusal):
    """It was here and was deleted on purpose."""

    code = "gone"


class LinkClosed(Gone):
    """A link that books once is used, expired or taken back; the sentence says which."""

    code = "link_closed"


class Unauthenticated(Refusal):
    """The caller did not prove who they are."""

    code = "unauthenticated"


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    code = "forbidden"


class Invalid(Refusal):
    """The request is well formed and makes no sense here."""

    code = "invalid"


class FormInvalid(Invalid):
    """Several fields are wrong at once; ``errors`` maps a field's name to its sentence."""

    code = "invalid"

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(next(iter(errors.values())), field=next(iter(errors)))
        self.errors = errors


class Conflict(Refusal):
    """The request made sense a moment ago."""

    code = "conflict"


class SlotTaken(Conflict):
    """Somebody else holds part of the requested time.

    ``alternatives`` are the nearest free starts (UTC), soonest distance first.
    """

    code = "slot_taken"

    def __init__(self, message: str, *, alternatives: Sequence[datetime] = ()) -> None:
        super().__init__(message, field="start")
        self.alternatives = tuple(alternatives)


class NotOffered(SlotTaken):
    """The profile does not offer that start at all: off the grid, outside hours, too soon."""

    code = "not_offered"


class HoldExpired(Conflict):
    """The time was kept for a while and is free again; it has to be chosen anew."""

    code = "hold_expired"


class AlreadyBooked(Conflict):
    """This person holds a booking of this profile on that day; a question, not an error.

    ``booking_uuid`` names the booking that exists.
    """

    code = "already_booked"

    def __init__(self, message: str, *, booking_uuid: str) -> None:
        super().__init__(message, field="email")
        self.booking_uuid = booking_uuid


class TooMany(Refusal):
    """A limit was reached; ``retry_after_seconds`` says when to try again."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Busy(Refusal):
    """The database could not take the write in time; trying again is safe."""

    code = "busy"


class KeyReused(Refusal):
    """An idempotency key came back with another request body."""

    code = "key_reused"
