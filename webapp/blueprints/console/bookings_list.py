"""Bookings: the lists with their filters, and the same as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Response, request, stream_with_context, url_for

from webapp.blueprints.console import bookings_filter
from webapp.blueprints.console.bookings_filter import SIZES, Asked
from webapp.blueprints.console.bookings_matching import matching_count
from webapp.blueprints.console.shell import Clock, by_day, console, line, page
from webapp.blueprints.doors import caller, me
from webapp.domain import spreadsheet
from webapp.domain.permissions import Caller
from webapp.services import agenda, exporting
from webapp.services.agenda import Mark, Page, Which
from webapp.services.bulk import MOST
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import house, look

_TABS = (
    (Which.UPCOMING, "Upcoming", "No bookings yet"),
    (Which.WAITING, "Waiting", "No requests wait for a decision"),
    (Which.PAST, "Past", "Nothing has taken place yet"),
    (Which.CANCELLED, "Cancelled", "Nothing was cancelled"),
)
_ACTIONS = {
    Which.UPCOMING: (("cancel", "Cancel…", "danger"),),
    Which.WAITING: (("cancel", "Cancel…", "danger"),),
    Which.PAST: (("no-show", "Mark as no-show…", ""), ("undo", "Take no-show back…", "quiet")),
    Which.CANCELLED: (),
}
"""What can be done with several at once: the form's word, the button's, its look."""


@console.get("/bookings")
def booking_list() -> Response:
    """One of the lists, some at a time; the address says which, of what, and from where."""
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        asked = bookings_filter.read(uow, request.args, clock)
        found = agenda.listed(
            uow,
            asked.which,
            asked.wanted,
            after=asked.after or None,
            before=asked.before or None,
            most=asked.size,
        )
        words = {key: (said, empty) for key, said, empty in _TABS}
        response = page(
            "bookings",
            "bookings",
            part="console/_bookings.html",
            status=422 if asked.errors else 200,
            title=words[asked.which][0],
            empty=words[asked.which][1],
            asked=asked,
            which=asked.which.value,
            tabs=_tabs(asked, agenda.waiting_count(uow)),
            chips=[(said, asked.address(**{name: ""})) for said, name in asked.chips],
            days=by_day([line(entry, clock) for entry in found.entries]),
            count=len(found.entries),
            earlier=asked.address(before=found.before) if found.before else "",
            later=asked.address(after=found.after) if found.after else "",
            sizes=SIZES,
            actions=_ACTIONS[asked.which],
            matching=_matching(uow, asked, found),
            here=asked.address().partition("?")[2],
            plain=url_for("console.booking_list", list=asked.which.value),
            export=bookings_filter.address_of(
                "console.booking_export", {key: text for key, text in asked.kept.items() if text}
            ),
            zone=clock.place,
            public_url=f"{house().settings.base_url}/{me().organization_slug}",
        )
        response.headers["HX-Push-Url"] = asked.address(after=asked.after, before=asked.before)
        return response


def _matching(uow: UnitOfWork, asked: Asked, shown: Page) -> str:
    """How many are in the list, where there is something to do with all; "" for a single page."""
    if not _ACTIONS[asked.which] or not (shown.before or shown.after):
        return ""
    count = matching_count(uow, asked)
    return f"more than {MOST:,}" if count > MOST else f"{count:,}"


def _tabs(asked: Asked, waiting: int) -> list[tuple[str, str, bool, int]]:
    return [
        (
            words,
            asked.address(list=key.value),
            key is asked.which,
            waiting if key is Which.WAITING else 0,
        )
        for key, words, _ in _TABS
    ]


@console.get("/bookings/export.csv")
def booking_export() -> Response:
    """The same list as a file, read and sent piece by piece; what it holds stands first in it."""
    found = me()
    with look(caller()) as uow:
        clock = Clock(found.user_zone, uow.now)
        asked = bookings_filter.read(uow, request.args, clock)
    name = re.sub(r"[^a-z0-9-]+", "-", f"{found.organization_slug}-bookings-{asked.which.value}")
    file_name = f"{name}-{clock.today.isoformat()}.csv"
    lines = stream_with_context(_lines(caller(), asked, clock))
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _lines(who: Caller, asked: Asked, clock: Clock) -> Iterator[str]:
    """The file's text; each piece is read by a unit of its own, as of one instant."""
    said = f"Bookings: {asked.words}"
    made = f"Times in {clock.name}, made {clock.moment(clock.now)}"
    yield spreadsheet.BOM + spreadsheet.rows_text([[said, made], exporting.COLUMNS])
    after: Mark | None = None
    left = exporting.MOST
    while left > 0:
        with look(who) as uow:
            piece = exporting.piece(
                uow,
                asked.which,
                asked.wanted,
                zone=clock.zone,
                after=after,
                most=min(left, exporting.STEP),
            )
        yield spreadsheet.rows_text(piece.rows)
        left -= len(piece.rows)
        after = piece.after
        if after is None:
            return
    yield spreadsheet.rows_text(
        [[f"These are the first {exporting.MOST:,}. Narrow the list to get the others."]]
    )
