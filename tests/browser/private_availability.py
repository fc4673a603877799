"""The pages of availability that tests look at, and how somebody gets there."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from tests.browser.live import Live
from tests.browser.private import busy_week, sign_in
from tests.browser.stage import State, intro
from tests.browser.visitor import Visitor
from webapp.domain.workhours import WorkHours
from webapp.services import away, holidays_of, schedules
from webapp.services.away import AwayDraft

HERE = "/console/availability"
LUNCH = ((540, 720), (780, 1020))
HOURS = WorkHours(
    "Europe/Berlin",
    (LUNCH,) * 4 + (((540, 840),),) + ((),) * 2,
    ((date(2026, 11, 2), ()), (date(2026, 12, 24), ()), (date(2026, 12, 31), ((540, 720),))),
)
LATE = WorkHours("Europe/Berlin", ((),) * 2 + (((1080, 1260),),) + ((),) * 4)


def furnished(live: Live) -> tuple[UUID, UUID, UUID]:
    """A busy week, two schedules, a conference, the holidays of Berlin; their uuids in order.

    The first is the default schedule, the second the time away, the third the holidays.
    """
    busy_week(live)
    ada = live.world.hosts["ada"]
    with live.world.desk.begin(live.world.owner) as uow:
        default = schedules.of_host(uow, ada)[0]
        default.labels = {"2026-12-24": "Christmas Eve", "2026-12-31": "Half day"}
        schedules.change(uow, default.id, HOURS)
        schedules.create(uow, ada, "Late Wednesday", LATE)
        gone = away.add(
            uow, ada, AwayDraft("Conference", days=(date(2026, 12, 1), date(2026, 12, 3)))
        )
        kept = holidays_of.keep(uow, ada, "DE", "BE")
        return default.uuid, gone.uuid, kept.uuid


def _at(live: Live, visitor: Visitor, path: str = HERE) -> None:
    sign_in(live, visitor)
    visitor.open(path)


def _availability(live: Live, visitor: Visitor) -> None:
    furnished(live)
    _at(live, visitor)


def _availability_of_a_new_host(live: Live, visitor: Visitor) -> None:
    _at(live, visitor)


def _away_over_a_booking(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    _at(live, visitor)
    visitor.fill("start", "2026-11-24")
    visitor.press("#away form .primary", lands=".av-confirm")


def _away_refused(live: Live, visitor: Visitor) -> None:
    _at(live, visitor)
    visitor.fill("start", "2027-03-28")
    visitor.fill("start_time", "02:30")
    visitor.press("#away form .primary", lands=".summary")


def _schedule(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[0]
    _at(live, visitor, f"{HERE}/{uuid}")


def _schedule_copying(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[0]
    _at(live, visitor, f"{HERE}/{uuid}")
    visitor.page.locator(".av-copy summary").first.click()


def _schedule_refused(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[0]
    _at(live, visitor, f"{HERE}/{uuid}")
    visitor.page.locator("#mon-to-0").fill("5")
    visitor.fill("zone", "Berlni")
    visitor.press(".av-save-bar .primary", lands=".summary")


def _schedule_orphans(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[0]
    _at(live, visitor, f"{HERE}/{uuid}")
    visitor.page.locator("#tue-on").uncheck()
    visitor.press(".av-save-bar .primary", lands=".av-confirm")


def _schedule_overtaken(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[0]
    _at(live, visitor, f"{HERE}/{uuid}")
    with live.world.desk.begin(live.world.owner) as uow:
        schedules.change(uow, schedules.by_uuid(uow, uuid).id, LATE)
    visitor.press(".av-save-bar .primary", lands=".av-confirm")


def _schedule_kept(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[0]
    _at(live, visitor, f"{HERE}/{uuid}/removal")


def _away_removal(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[1]
    _at(live, visitor, f"{HERE}/away/{uuid}/removal")


def _holidays_new(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, f"{HERE}/holidays?country=GB&region=SCT")


def _holidays(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[2]
    _at(live, visitor, f"{HERE}/holidays/{uuid}")


def _holidays_removal(live: Live, visitor: Visitor) -> None:
    uuid = furnished(live)[2]
    _at(live, visitor, f"{HERE}/holidays/{uuid}/removal")


def _why_not_empty(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, "/console/why-not")


def _why_not(live: Live, visitor: Visitor) -> None:
    furnished(live)
    _at(live, visitor, "/console/why-not?profile=intro&date=2026-12-01&time=12:10&length=30")


def _why_not_offered(live: Live, visitor: Visitor) -> None:
    intro(live)
    _at(live, visitor, "/console/why-not?profile=intro&date=2026-11-24&time=14:00&length=30")


AVAILABILITY_STATES: tuple[State, ...] = (
    State("availability", _availability, 200, "Availability", "Off on 10 of 10 holidays"),
    State("availability-new", _availability_of_a_new_host, 200, "Schedules", "Mon–Fri 09:00"),
    State("availability-away-over", _away_over_a_booking, 409, "Time away", "falls outside"),
    State("availability-away-refused", _away_refused, 422, "Time away", "There is no 02:30"),
    State("schedule", _schedule, 200, "The next two weeks", "without 24 Dec"),
    State("schedule-copying", _schedule_copying, 200, "Every week", "Copy Monday to"),
    State("schedule-refused", _schedule_refused, 422, "Please check", "Did you mean Europe/Berlin"),
    State("schedule-orphans", _schedule_orphans, 409, "Every week", "1 booking falls outside."),
    State("schedule-overtaken", _schedule_overtaken, 409, "Every week", "Somebody else changed"),
    State("schedule-kept", _schedule_kept, 200, "Delete schedule", "cannot be deleted"),
    State("away-removal", _away_removal, 200, "Remove time away", "Conference"),
    State("holidays-new", _holidays_new, 200, "Public holidays", "Saint Andrew's Day"),
    State("holidays", _holidays, 200, "Germany, Berlin", "Off on"),
    State("holidays-removal", _holidays_removal, 200, "Keep these holidays", "ordinary days"),
    State("why-not-empty", _why_not_empty, 200, "Why not?", "There is no booking profile yet"),
    State("why-not", _why_not, 200, "No, it is not offered", "Away: “Conference”"),
    State("why-not-offered", _why_not_offered, 200, "Yes, it is offered", "Offered"),
)
