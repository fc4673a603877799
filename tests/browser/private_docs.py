"""The API's own page: closed, and with an operation and the shape of its answer open."""

from __future__ import annotations

from tests.browser.live import Live
from tests.browser.stage import State
from tests.browser.visitor import Visitor

OPERATION = "#group-booking-bookingGroupMeetingTimes"


def _docs(live: Live, visitor: Visitor) -> None:
    visitor.open("/api/docs")


def _docs_open(live: Live, visitor: Visitor) -> None:
    visitor.open("/api/docs")
    visitor.page.locator(f"{OPERATION} summary").click()
    visitor.page.locator(f"{OPERATION} a", has_text="BookingTimes").click()
    visitor.page.locator("#group-booking-BookingTimes").wait_for()


DOCS_STATES: tuple[State, ...] = (
    State("api-docs", _docs, 200, "Group booking", "Make a profile of the organization"),
    State("api-docs-open", _docs_open, 200, "BookingTimes", "nextPageToken"),
)
