"""Home: today's bookings, what comes next, what needs somebody, and the first day's steps."""

from __future__ import annotations

from flask import Response, current_app, request, url_for

from webapp.blueprints.console.home_week import week
from webapp.blueprints.console.shell import Clock, Line, ago, console, line, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, NotFound
from webapp.services import agenda, alerts, onboarding
from webapp.services.agenda import Wanted, Which
from webapp.services.alerts import Alerts
from webapp.services.clashes import Clash
from webapp.services.onboarding import Item, Step
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

_NEXT = 6
_REQUESTS = 5
_DONE = {
    "zone": "Your time zone is confirmed.",
    "skipped": "That step is skipped. You can take it up whenever you like.",
}


@console.get("/")
def home() -> Response:
    """Today, for oneself or (``?who=all``) for everybody of the organization."""
    found = me()
    everybody = request.args.get("who") == "all"
    with look(caller()) as uow:
        clock = Clock(found.user_zone, uow.now)
        host = None if everybody else found.user_id
        today = _today(uow, clock, host)
        coming = _coming(uow, clock, host)
        return page(
            "home",
            "home",
            part="console/_home.html",
            done_words=_DONE,
            date=clock.full(uow.now),
            zone=clock.place,
            clock_now=clock.time(uow.now),
            everybody=everybody,
            today=today,
            coming=coming,
            week=week(uow, clock, host),
            requests=_requests(uow, clock),
            waiting=agenda.waiting_count(uow),
            alerts=_alerts(alerts.current(uow, found.user_id), clock),
            steps=_steps(onboarding.checklist(uow), clock),
            public_url=f"{house().settings.base_url}/{found.organization_slug}",
            views=[
                ("Mine", url_for("console.home"), not everybody),
                ("Everybody", url_for("console.home", who="all"), everybody),
            ],
        )


def _today(uow: UnitOfWork, clock: Clock, host: int | None) -> list[Line]:
    day = clock.day_around(clock.today)
    return [line(entry, clock) for entry in agenda.of_day(uow, day, host_id=host)]


def _coming(uow: UnitOfWork, clock: Clock, host: int | None) -> list[Line]:
    later = Wanted(host_id=host, since=clock.day_around(clock.today).end)
    found = agenda.listed(uow, Which.UPCOMING, later, most=_NEXT)
    return [line(entry, clock) for entry in found.entries]


def _requests(uow: UnitOfWork, clock: Clock) -> list[tuple[Line, str]]:
    """The requests that come soonest, each with until when it is kept."""
    found = agenda.listed(uow, Which.WAITING, most=_REQUESTS)
    return [
        (line(entry, clock), clock.moment(entry.decide_by) if entry.decide_by else "")
        for entry in found.entries
    ]


def _alerts(found: Alerts, clock: Clock) -> list[tuple[str, str, str, str]]:
    """Tone, sentence, the words of a link and its address."""
    shown = []
    if found.never_heard or found.silent_since is not None:
        heard = (
            f"has not been heard of since {clock.moment(found.silent_since)}"
            if found.silent_since
            else "has never been heard of"
        )
        sentence = (
            f"Mails are not sent and calendars are not read: the worker {heard}. "
            "Whoever runs this installation can start it."
        )
        shown.append(("bad", sentence, "", ""))
    elif found.late_mails:
        many = found.late_mails > 1
        mails = f"{found.late_mails} mails have" if many else "A mail has"
        shown.append(("warn", f"{mails} been waiting to be sent for more than 15 minutes.", "", ""))
    for mail in found.failed_mails:
        sentence = (
            f"A mail to {mail.address} could not be delivered ({ago(mail.created_at, clock.now)})."
        )
        where = url_for("console.booking_page", uuid=mail.booking_uuid)
        shown.append(("warn", sentence, f"See the booking of {mail.invitee or 'nobody'}", where))
    shown += [_clash(each, clock) for each in found.clashes]
    for card in found.calendars:
        sentence = (
            f"The calendar “{card.name}” could not be read. What it blocked before stays blocked."
        )
        shown.append(("warn", sentence, "See why", url_for("console.calendar_list")))
    return shown


def _clash(found: Clash, clock: Clock) -> tuple[str, str, str, str]:
    what = "You are away" if found.is_away else f"“{found.event or 'An event'}” lies"
    name = found.invitee or "somebody without a name"
    sentence = f"{what} over the booking of {name}, {clock.moment(found.start_at)}."
    where = url_for("console.booking_page", uuid=found.booking_uuid)
    return "warn", sentence, "Move or cancel it", where


_STEPS = {
    Step.ZONE: (
        "Confirm your time zone",
        "Your hours, and every time in this console, are read on this clock.",
        "Choose another",
        "console.account_page",
        "/console/account",
    ),
    Step.HOURS: (
        "Set your working hours",
        "People can only book while you work. It starts as Monday to Friday, 9 to 17.",
        "Set hours",
        "console.availability",
        "/console/availability",
    ),
    Step.CALENDAR: (
        "Link your calendar",
        "What is in it blocks your times, so nobody books over a dentist.",
        "Link a calendar",
        "console.calendar_list",
        "/console/calendars",
    ),
    Step.PROFILE: (
        "Make your first profile",
        "A profile is what people book: how long, with whom, where.",
        "Choose a template",
        "console.profile_list",
        "/console/profiles",
    ),
    Step.BOOKING: (
        "Make a test booking on your own page",
        "See what your invitees see. Share the link when you like it; this step ends with the "
        "first booking made there.",
        "Open your page",
        "",
        "",
    ),
}
"""Title, why, the link's words, the endpoint that does it, and its address."""


def _steps(items: list[Item], clock: Clock) -> list[dict[str, object]]:
    """The checklist in words. A page that this installation does not have gets no link."""
    shown: list[dict[str, object]] = []
    own_page = f"{house().settings.base_url}/{me().organization_slug}"
    first_open = next((i.step for i in items if not i.is_done and not i.is_skipped), None)
    for item in items:
        title, why, words, endpoint, path = _STEPS[item.step]
        there = not endpoint or endpoint in current_app.view_functions
        shown.append(
            {
                "key": item.step.value,
                "title": title,
                "why": f"{clock.place}. {why}" if item.step is Step.ZONE else why,
                "words": words if there else "",
                "url": path or own_page,
                "is_done": item.is_done,
                "is_skipped": item.is_skipped,
                "is_next": item.step is first_open,
                "confirms": item.step is Step.ZONE,
            }
        )
    return shown


@console.post("/first-steps/zone")
def confirm_zone() -> Response:
    """The shown time zone is right."""
    with begin(caller()) as uow:
        onboarding.confirm_zone(uow)
    return see_other(url_for("console.home", done="zone"))


@console.post("/first-steps/<step>/skip")
def skip_step(step: str) -> Response:
    """Leave a step of the first day out."""
    try:
        with begin(caller()) as uow:
            onboarding.skip(uow, _step(step))
    except Conflict:
        return see_other(url_for("console.home"))  # it was done meanwhile; home shows that
    return see_other(url_for("console.home", done="skipped"))


@console.post("/first-steps/<step>/take-up")
def take_up_step(step: str) -> Response:
    """Turn to a step that was left out."""
    with begin(caller()) as uow:
        onboarding.take_up(uow, _step(step))
    return see_other(url_for("console.home"))


def _step(text: str) -> Step:
    if text not in set(Step):
        raise NotFound("There is no such step.")
    return Step(text)
