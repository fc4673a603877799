"""What is said when the slot engine does not offer the time that somebody wants to take."""

from __future__ import annotations

from webapp.domain.availability import Availability, ReasonCode
from webapp.domain.errors import NotOffered, SlotTaken
from webapp.domain.speech import Sentence

_TAKEN_CODES = {
    ReasonCode.BOOKED,
    ReasonCode.ON_HOLD,
    ReasonCode.EVENT,
    ReasonCode.AWAY,
    ReasonCode.BUFFER,
    ReasonCode.LIMIT_DAY,
    ReasonCode.LIMIT_WEEK,
    ReasonCode.NO_HOST,
}
BOOKED_MEANWHILE = Sentence("That time was booked by someone else a moment ago")
_SAID = {
    ReasonCode.PAUSED: Sentence("No bookings are taken at the moment"),
    ReasonCode.NOT_STARTED: Sentence("Bookings are not open for that time yet"),
    ReasonCode.ENDED: Sentence("Bookings have ended"),
    ReasonCode.PAST: Sentence("That time has passed"),
    ReasonCode.TOO_SOON: Sentence("That time is too soon to book"),
    ReasonCode.TOO_FAR: Sentence("That time is too far ahead to book"),
}


def refusal(answer: Availability, minute: int) -> SlotTaken:
    """The reason why ``minute`` cannot be taken: somebody has it, or it was never offered."""
    codes = {reason.code for reason in answer.why_not(minute)}
    for code, sentence in _SAID.items():
        if code in codes:
            return NotOffered(sentence)
    if codes <= _TAKEN_CODES:
        return SlotTaken(BOOKED_MEANWHILE)
    return NotOffered(Sentence("That time is not offered"))
