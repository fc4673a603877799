"""What can be booked at the demo clinic: one profile of each kind."""

from __future__ import annotations

from dataclasses import replace

from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours
from webapp.models import LocationKind
from webapp.services import profiles
from webapp.services.profiles import ProfileDraft
from webapp.services.unit_of_work import UnitOfWork

Accounts = dict[str, int]
"""Each host's first account, by the host's first name in lower case."""

BASE = ProfileDraft(slug="-", name="-", durations=(30,), step_minutes=30, zone="Europe/Berlin")


def offered(uow: UnitOfWork, accounts: Accounts) -> list[ProfileDraft]:
    """The clinic's profiles; the first is confirmed at once, by one host, for name and mail."""
    made = [
        _intro_call(accounts),
        _consultation(accounts),
        _case_conference(accounts),
        _assessment(uow, accounts),
        _movement_class(accounts),
        _home_visit(accounts),
        _summer_check(accounts),
    ]
    return [replace(draft, position=position) for position, draft in enumerate(made)]


def _intro_call(accounts: Accounts) -> ProfileDraft:
    return replace(
        BASE,
        slug="intro-call",
        name="Intro call",
        description="Half an hour to get to know each other and to see how we can help.",
        buffer_after_minutes=10,
        notice_minutes=120,
        location_kind=LocationKind.LINK,
        location="https://meet.example.org/harbour-intro",
        subject="Intro call with {{name}}",
        accounts=(accounts["nora"],),
    )


def _consultation(accounts: Accounts) -> ProfileDraft:
    return replace(
        BASE,
        slug="consultation",
        name="Consultation",
        description="With whoever of us is free first. Tell us what it is about when we meet.",
        durations=(30, 60),
        buffer_before_minutes=5,
        buffer_after_minutes=5,
        notice_minutes=240,
        location_kind=LocationKind.LINK,
        location="https://meet.example.org/harbour-consultation",
        accounts=tuple(accounts[name] for name in ("nora", "james", "elena", "priya")),
    )


def _case_conference(accounts: Accounts) -> ProfileDraft:
    return replace(
        BASE,
        slug="case-conference",
        name="Case conference",
        description="Everybody who looks after you at one table.",
        durations=(60,),
        notice_minutes=1440,
        limit_per_day=2,
        required=Required.ALL,
        location_kind=LocationKind.ADDRESS,
        location="Kai 7, 20457 Hamburg",
        accounts=tuple(accounts[name] for name in ("nora", "james", "elena")),
    )


def _assessment(uow: UnitOfWork, accounts: Accounts) -> ProfileDraft:
    any_of = [accounts[name] for name in ("elena", "james", "mia")]
    all_of = [accounts["nora"], accounts["room"]]
    therapists = profiles.create_group(uow, "Therapists", any_of, required=Required.ONE)
    intake = profiles.create_group(uow, "Intake", all_of, required=Required.ALL)
    return replace(
        BASE,
        slug="assessment",
        name="Specialist assessment",
        description="One of our therapists, together with intake in treatment room 2.",
        durations=(45,),
        step_minutes=15,
        buffer_after_minutes=15,
        notice_minutes=720,
        horizon_days=90,
        required=Required.ALL,
        location_kind=LocationKind.ADDRESS,
        location="Kai 7, treatment room 2, 20457 Hamburg",
        groups=(therapists.id, intake.id),
    )


def _movement_class(accounts: Accounts) -> ProfileDraft:
    class_times = [["07:00", "08:00"], ["17:30", "18:30"]]
    hours = {"zone": "Europe/Berlin", "weekly": {"tue": class_times, "thu": class_times}}
    return replace(
        BASE,
        slug="morning-class",
        name="Movement class",
        description="Gentle movement for up to eight people. Bring a towel.",
        durations=(60,),
        step_minutes=60,
        seats=8,
        hours=WorkHours.from_document(hours),
        location_kind=LocationKind.ADDRESS,
        location="Kai 7, hall, 20457 Hamburg",
        accounts=(accounts["tomás"],),
    )


def _home_visit(accounts: Accounts) -> ProfileDraft:
    return replace(
        BASE,
        slug="home-visit",
        name="Home visit",
        description="We come to {{street}} in {{town}}. Anything we should know: {{notes}}",
        questions=(
            {"name": "street", "label": "Street and number"},
            {"name": "town", "label": "Town"},
            {"name": "notes", "label": "Notes", "type": "textarea", "required": False},
        ),
        durations=(90,),
        buffer_before_minutes=30,
        buffer_after_minutes=30,
        notice_minutes=2880,
        limit_per_week=5,
        needs_approval=True,
        asks_phone=True,
        location="At your home",
        accounts=(accounts["elena"],),
    )


def _summer_check(accounts: Accounts) -> ProfileDraft:
    return replace(
        BASE,
        slug="summer-check",
        name="Summer check-up",
        description="Back when the days get longer.",
        paused=True,
        accounts=(accounts["nora"],),
    )
