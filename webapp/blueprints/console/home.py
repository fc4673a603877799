"""Home: today's bookings, what comes next, and what needs somebody."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.blueprints.booking.manner import full_day
from webapp.blueprints.console.shell import Clock, console, line, page
from webapp.blueprints.doors import caller, me
from webapp.models import FeedState
from webapp.services import accounts, agenda
from webapp.services.agenda import Which
from webapp.work import house, look

_NEXT = 6


@console.get("/")
def home() -> Response:
    """Today, for oneself or (``?who=all``) for everybody of the organization."""
    found = me()
    everybody = request.args.get("who") == "all"
    with look(caller()) as uow:
        clock = Clock(found.user_zone, uow.now)
        host = None if everybody else found.user_id
        day = clock.day_around(clock.today)
        today = [line(entry, clock) for entry in agenda.of_day(uow, day, host_id=host)]
        coming = [
            line(entry, clock)
            for entry in agenda.listed(uow, Which.UPCOMING, most=200).entries
            if entry.start_at >= day.end and (host is None or host in entry.host_ids)
        ]
        failing = [
            card
            for card in accounts.calendars_of(uow, found.user_id)
            if card.state is FeedState.FAILING
        ]
        return page(
            "home",
            "home",
            part="console/_home.html",
            date=full_day(clock.today),
            zone=clock.place,
            clock_now=clock.time(uow.now),
            everybody=everybody,
            today=today,
            coming=coming[:_NEXT],
            waiting=agenda.waiting_count(uow),
            failing=failing,
            public_url=f"{house().settings.base_url}/{found.organization_slug}",
            views=[
                ("Mine", url_for("console.home"), not everybody),
                ("Everybody", url_for("console.home", who="all"), everybody),
            ],
        )
