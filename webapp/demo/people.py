"""Who works at the demo clinic, when, and what can be booked there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa

from webapp.demo import calendars
from webapp.demo.profiles import offered
from webapp.domain.permissions import Role
from webapp.domain.span import Interval
from webapp.domain.workhours import WorkHours
from webapp.models import Account, AccountKind, Calendar
from webapp.services import people, profiles, schedules
from webapp.services.profiles import ProfileDraft
from webapp.services.unit_of_work import UnitOfWork

CLINIC_SLUG = "harbour-clinic"
OTHER_SLUG = "hill-studio"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo; ``hours`` is a ``WorkHours`` document without its zone."""

    name: str
    email: str
    zone: str
    role: Role
    hours: dict[str, list[list[str]]]


def _week(
    *intervals: tuple[str, str], days: str = "mon tue wed thu fri"
) -> dict[str, list[list[str]]]:
    return {day: [list(each) for each in intervals] for day in days.split()}


MORNING, AFTERNOON = ("09:00", "12:30"), ("13:30", "17:00")
OWNER = DemoPerson(
    "Nora Lindqvist", "nora@example.org", "Europe/Berlin", Role.OWNER, _week(MORNING, AFTERNOON)
)
MEMBER = DemoPerson(
    "James Okoro", "james@example.org", "Europe/London", Role.MEMBER, _week(("08:30", "16:30"))
)
STAFF = (
    OWNER,
    MEMBER,
    DemoPerson(
        *("Elena Petrova", "elena@example.org", "Europe/Berlin", Role.ADMIN),
        _week(("08:00", "13:00"), ("14:00", "18:00"), days="mon tue wed thu"),
    ),
    DemoPerson(
        *("Priya Raman", "priya@example.org", "Asia/Kolkata", Role.MEMBER),
        _week(("11:30", "20:30"), days="mon tue wed thu fri sat"),
    ),
    DemoPerson(
        *("Mia Chen", "mia@example.org", "America/New_York", Role.MEMBER),
        _week(("07:00", "11:00"), ("12:00", "15:00")),
    ),
    DemoPerson(
        *("Tomás Vidal", "tomas@example.org", "Europe/Madrid", Role.MEMBER),
        _week(("10:00", "14:00"), ("16:00", "20:00")),
    ),
)
OTHER_OWNER = DemoPerson(
    "Sam Hill", "sam@example.com", "America/Denver", Role.OWNER, _week(("09:00", "17:00"))
)


def build(uow: UnitOfWork) -> None:
    """Make both organizations with their people, hours and profiles."""
    _clinic(uow)
    _other(uow)


def _people(uow: UnitOfWork, staff: tuple[DemoPerson, ...]) -> dict[str, int]:
    """The staff with their own hours; gives each first account by first name."""
    accounts = {}
    for person in staff:
        made = people.create_person(
            uow, person.name, person.email, role=person.role, zone=person.zone
        )
        document = {
            "zone": person.zone,
            "weekly": person.hours,
            "overrides": {f"{uow.now.year}-12-{day}": [] for day in (24, 25, 26, 31)},
        }
        default = schedules.of_host(uow, made.id)[0]
        schedules.change(uow, default.id, WorkHours.from_document(document))
        accounts[person.name.split()[0].lower()] = uow.session.scalars(
            sa.select(Account.id).where(Account.host_id == made.id)
        ).one()
    return accounts


def _clinic(uow: UnitOfWork) -> None:
    organization = people.create_organization(
        uow,
        "Harbour Clinic",
        CLINIC_SLUG,
        "Europe/Berlin",
        primary_color="#0F5C6E",
        secondary_color="#C8553D",
    )
    with people.inside(uow, organization.id) as within:
        accounts = _people(within, STAFF)
        room = people.create_room(within, "Treatment room 2", zone="Europe/Berlin")
        accounts["room"] = within.session.scalars(
            sa.select(Account.id).where(Account.host_id == room.id)
        ).one()
        owner = within.session.get_one(Account, accounts["nora"]).host_id
        _second_account(within, owner)
        _schedules(within, owner)
        calendars.link(within, owner, OWNER.zone)
        for draft in offered(within, accounts):
            profiles.create(within, draft)


def _second_account(uow: UnitOfWork, owner: int) -> None:
    """A second writable account of the owner, so that one event can be in several."""
    desk = Account(
        host_id=owner,
        kind=AccountKind.LOCAL,
        name="Front desk",
        email=OWNER.email,
        writable=True,
        created_at=uow.now,
    )
    uow.session.add(desk)
    uow.session.flush()
    uow.session.add(
        Calendar(
            uuid=uuid4(),
            account_id=desk.id,
            name="Front desk",
            zone="Europe/Berlin",
            primary=True,
            created_at=uow.now,
        )
    )
    uow.session.flush()


def _schedules(uow: UnitOfWork, owner: int) -> None:
    """A second schedule, and a day and a half away in three weeks."""
    evening = {"zone": "Europe/Berlin", "weekly": {"wed": [["18:00", "21:00"]]}, "overrides": {}}
    schedules.create(uow, owner, "Late Wednesday", WorkHours.from_document(evening))
    start = (uow.now + timedelta(days=21)).replace(hour=11, minute=0, second=0, microsecond=0)
    schedules.go_away(uow, owner, Interval(start, start + timedelta(hours=30)), "Conference")


def _other(uow: UnitOfWork) -> None:
    organization = people.create_organization(uow, "Hill Studio", OTHER_SLUG, "America/Denver")
    with people.inside(uow, organization.id) as within:
        accounts = _people(within, (OTHER_OWNER,))
        draft = ProfileDraft(
            slug="portrait",
            name="Portrait session",
            durations=(60,),
            step_minutes=60,
            zone="America/Denver",
            accounts=(accounts["sam"],),
        )
        profiles.create(within, draft)
