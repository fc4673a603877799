"""The job that reads one linked calendar: prepare, fetch and lay out, record."""

from __future__ import annotations

import logging

from webapp.delivery.egress import Egress, EgressFailed, Fetched
from webapp.domain.errors import Invalid
from webapp.jobs.kinds import Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.services import feeds
from webapp.services.feeds import LaidOut, Reading
from webapp.work import begin, house, look, system_of

log = logging.getLogger("kalends.worker")

MOST_TRIES = 5
_ANSWERS = {
    401: "The address asks for a sign-in. Use the calendar's secret or public address.",
    403: "The address may not be read. Use the calendar's secret or public address.",
    404: "There is no calendar at this address any more.",
    410: "There is no calendar at this address any more.",
    429: "The server asks to be left alone for a while. It is tried again later.",
}


def refresh_feed(ticket: Ticket, tools: Tools) -> bool:  # noqa: ARG001 - a handler's shape
    """Reads one linked calendar again and writes what it says as busy time."""
    read_feed(ticket.organization_id, ticket.payload["feed_id"])
    return False


def read_feed(organization_id: int | None, feed_id: int) -> None:
    """Read the calendar now. Whatever is wrong with it becomes its report; raises only ``Busy``."""
    caller = system_of(organization_id)
    with look(caller) as uow:
        reading = feeds.prepare(uow, feed_id)
    if reading is None:
        return
    try:
        laid_out, etag = _read(reading)
    except (Invalid, EgressFailed) as refusal:
        with begin(caller) as uow:
            feeds.record_failure(uow, reading, refusal.message)
        log.info("calendar not read", extra={"feed": feed_id, "reason": refusal.code})
        return
    with begin(caller) as uow:
        if laid_out is None:
            feeds.record_unchanged(uow, reading, etag)
        else:
            feeds.record(uow, reading, laid_out, etag)
    log.info("calendar read", extra={"feed": feed_id, "changed": laid_out is not None})


def _read(reading: Reading) -> tuple[LaidOut | None, str | None]:
    """Fetch and lay out, with no unit open; None when nothing has to be written anew."""
    content, etag = _content(reading)
    if content is None:
        return None, etag
    laid_out = feeds.lay_out(
        content, zone=reading.zone, window=reading.window, owner_emails=reading.owner_emails
    )
    return laid_out, etag


def _content(reading: Reading) -> tuple[bytes | None, str | None]:
    """The bytes to lay out and their ETag; None where what is laid out still holds."""
    if reading.url is None:
        return (reading.content if reading.is_stale else None), None
    fetched = _fetch(reading)
    etag = fetched.headers.get("etag")
    if fetched.status == 304:
        return reading.content, etag or reading.etag
    if fetched.status != 200:
        said = f"The server answered with an error ({fetched.status}). It is tried again later."
        raise Invalid(_ANSWERS.get(fetched.status, said), field="url")
    return fetched.body, etag


def _fetch(reading: Reading) -> Fetched:
    settings = house().settings
    egress = Egress(settings.egress_allow, feeds.own_addresses(settings))
    headers = {"Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
    if reading.etag and (not reading.is_stale or reading.content is not None):
        headers["If-None-Match"] = reading.etag
    return egress.fetch(reading.url or "", headers=headers, max_bytes=feeds.LARGEST)


register(feeds.JOB, Kind(refresh_feed, "outside", most_tries=MOST_TRIES))
